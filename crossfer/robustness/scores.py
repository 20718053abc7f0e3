"""Measure the accuracy under each perturbation.

The drop is the difference from the accuracy on the same unperturbed rows.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from crossfer.artifacts.paths import ID
from crossfer.reporting import metrics
from crossfer.robustness.perturbed import CLEAN, SEVERITIES

ALL_DOMAINS, MEAN = "all", "mean"  # in the columns domain and perturbation: means with equal weights
CASE_COLUMNS = ["domain", "perturbation", "severity", "cleaned"]


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
    correct = results.pivot(index=ID, columns=CASE_COLUMNS, values="correct").astype(float)
    accuracies = {case: correct[case].mean() for case in correct}
    resampled_accuracies = metrics.resampled_means({case: correct[case] for case in correct}, bootstrap_samples, seed)
    domains = list(dict.fromkeys(results["domain"]))
    cases = dict.fromkeys(zip(*(results[name] for name in CASE_COLUMNS[1:]), strict=True))
    averaged_cases: dict[Any, list[Any]] = {case: [case] for case in cases}
    for severity in SEVERITIES:
        for cleaned in (True, False):
            averaged_cases[MEAN, severity, cleaned] = [(name, severity, cleaned) for name in perturbations]
    rows = []
    for domain in [*domains, ALL_DOMAINS]:
        members = domains if domain == ALL_DOMAINS else [domain]
        clean_columns = [(member, CLEAN, CLEAN, True) for member in members]
        clean_accuracy = float(np.mean([accuracies[column] for column in clean_columns]))
        clean_samples = np.mean([resampled_accuracies[column] for column in clean_columns], axis=0)
        for case, parts in averaged_cases.items():
            columns = [(member, *part) for member in members for part in parts]
            accuracy = float(np.mean([accuracies[column] for column in columns]))
            samples = np.mean([resampled_accuracies[column] for column in columns], axis=0)
            rows.append(
                {
                    **dict(zip(CASE_COLUMNS, (domain, *case), strict=True)),
                    "n": sum(int(correct[column].count()) for column in clean_columns),
                    "accuracy": metrics.round_score(accuracy),
                    **metrics.interval("accuracy", samples),
                    "accuracy_drop": metrics.round_score(clean_accuracy - accuracy),
                    **metrics.interval("accuracy_drop", clean_samples - samples),
                }
            )
    return pd.DataFrame(rows)


def select_row(
    accuracies: pd.DataFrame, domain: str, perturbation: str, severity: str, cleaned: bool = True
) -> dict[str, Any]:
    """Return one row of `accuracy_table`."""
    matches = (accuracies[CASE_COLUMNS] == [domain, perturbation, severity, cleaned]).all(axis=1)
    return dict(accuracies[matches].iloc[0])
