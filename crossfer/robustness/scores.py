"""Accuracy under each perturbation, and its drop from the accuracy on the same unperturbed rows."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from crossfer.artifacts.paths import ID
from crossfer.reporting import metrics
from crossfer.robustness.perturbed import CLEAN, SEVERITIES

ALL_DOMAINS, MEAN = "all", "mean"  # in the columns domain and perturbation: means with equal weights
CASE = ["domain", "perturbation", "severity", "cleaned"]


def accuracy_table(
    results: pd.DataFrame, perturbations: Sequence[str], bootstrap_samples: int, seed: int
) -> pd.DataFrame:
    """Return one row per domain, perturbation, severity, and cleaned or not.

    Args:
        results: as `PerturbedScorer.score_domain` returns it, for all domains.
        perturbations: those that MEAN averages.
        bootstrap_samples: resamples of the items, each with its rows in all domains and perturbations.
        seed: of the resampling.

    Returns:
        Columns domain, perturbation, severity, cleaned, n, accuracy, accuracy_low, accuracy_high, accuracy_drop,
        accuracy_drop_low, accuracy_drop_high.
    """
    correct = results.pivot(index=ID, columns=CASE, values="correct").astype(float)
    accuracies = {case: correct[case].mean() for case in correct}
    resampled = metrics.resampled_means({case: correct[case] for case in correct}, bootstrap_samples, seed)
    domains = list(dict.fromkeys(results["domain"]))
    averaged: dict[tuple[Any, ...], list[tuple[Any, ...]]] = {
        case: [case] for case in dict.fromkeys(zip(*(results[name] for name in CASE[1:]), strict=True))
    }
    for severity in SEVERITIES:
        for cleaned in (True, False):
            averaged[MEAN, severity, cleaned] = [(name, severity, cleaned) for name in perturbations]
    rows = []
    for domain in [*domains, ALL_DOMAINS]:
        members = domains if domain == ALL_DOMAINS else [domain]
        clean_columns = [(member, CLEAN, CLEAN, True) for member in members]
        clean = float(np.mean([accuracies[column] for column in clean_columns]))
        clean_samples = np.mean([resampled[column] for column in clean_columns], axis=0)
        for case, parts in averaged.items():
            columns = [(member, *part) for member in members for part in parts]
            accuracy = float(np.mean([accuracies[column] for column in columns]))
            samples = np.mean([resampled[column] for column in columns], axis=0)
            rows.append(
                {
                    **dict(zip(CASE, (domain, *case), strict=True)),
                    "n": sum(int(correct[column].count()) for column in clean_columns),
                    "accuracy": metrics.round_score(accuracy),
                    **metrics.interval("accuracy", samples),
                    "accuracy_drop": metrics.round_score(clean - accuracy),
                    **metrics.interval("accuracy_drop", clean_samples - samples),
                }
            )
    return pd.DataFrame(rows)


def select_row(
    accuracies: pd.DataFrame, domain: str, perturbation: str, severity: str, cleaned: bool = True
) -> dict[str, Any]:
    """Return one row of `accuracy_table`."""
    matches = (accuracies[CASE] == [domain, perturbation, severity, cleaned]).all(axis=1)
    return dict(accuracies[matches].iloc[0])
