"""Accuracy under each disturbance, and what it lost against the same rows as they are, with intervals."""

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crossfer.artifacts.paths import ID
from crossfer.reporting import metrics
from crossfer.robustness.perturbed import CLEAN, SEVERITIES

ALL_DOMAINS, MEAN = "all", "mean"  # in place of a domain, and of a perturbation
COLUMNS = ["domain", "perturbation", "severity", "cleaned"]

Drawn = NDArray[np.float64]


def table(answers: pd.DataFrame, perturbations: Sequence[str], resamples: int, seed: int) -> pd.DataFrame:
    """Accuracies of every domain, and their mean, by perturbation, severity, and whether contents were cleaned.

    Args:
        answers: as `PerturbedScorer.of_domain` gives them, of all domains.
        perturbations: those that a mean is taken of at each severity.
        resamples: bootstrap resamples of the items; an item is drawn in all domains and disturbances.
        seed: of the resampling.

    Returns:
        Columns domain (ALL_DOMAINS: their mean), perturbation (MEAN: their mean), severity, cleaned, n, accuracy,
        accuracy_low, accuracy_high; accuracy_drop, accuracy_drop_low, accuracy_drop_high: compared with CLEAN.
    """
    right = answers.pivot(index=ID, columns=COLUMNS, values="right").astype(float)
    drawn = metrics.resampled_means({column: right[column] for column in right}, resamples, seed)
    shares: dict[Hashable, float] = {column: right[column].mean() for column in right}
    n = {column: int(right[column].count()) for column in right}
    domains = list(dict.fromkeys(answers["domain"]))
    cases = [(perturbation, severity, cleaned) for perturbation, severity, cleaned in _cases(answers)]
    rows = []
    for domain in [*domains, ALL_DOMAINS]:
        of = domains if domain == ALL_DOMAINS else [domain]
        clean = [(one, CLEAN, CLEAN, True) for one in of]
        for case in cases:
            rows.append(_row(domain, case, [(one, *case) for one in of], clean, shares, drawn, n))
        for severity in SEVERITIES:
            for cleaned in (True, False):
                columns = [(one, perturbation, severity, cleaned) for one in of for perturbation in perturbations]
                rows.append(_row(domain, (MEAN, severity, cleaned), columns, clean, shares, drawn, n))
    return pd.DataFrame(rows)


def _cases(answers: pd.DataFrame) -> list[tuple[str, str, bool]]:
    """Perturbation, severity and cleaned, as they come."""
    return list(dict.fromkeys(zip(answers["perturbation"], answers["severity"], answers["cleaned"], strict=True)))


def _row(
    domain: str,
    case: tuple[str, str, bool],
    columns: Sequence[Hashable],
    clean: Sequence[Hashable],
    shares: dict[Hashable, float],
    drawn: dict[Any, Drawn],
    n: dict[Hashable, int],
) -> dict[str, Any]:
    """One row: the mean of some columns, against that of clean ones."""
    accuracy, before = (float(np.mean([shares[one] for one in some])) for some in (columns, clean))
    here, there = (np.mean([drawn[one] for one in some], axis=0) for some in (columns, clean))
    return {
        **dict(zip(COLUMNS, (domain, *case), strict=True)),
        "n": sum(n[one] for one in clean),
        "accuracy": metrics.round_score(accuracy),
        **metrics.interval("accuracy", here),
        "accuracy_drop": metrics.round_score(before - accuracy),
        **metrics.interval("accuracy_drop", there - here),
    }


def select(
    measured: pd.DataFrame, domain: str, perturbation: str, severity: str, cleaned: bool = True
) -> dict[str, Any]:
    """Return the row of a domain, perturbation and severity, with the cleaner or without it."""
    wanted = zip(COLUMNS, (domain, perturbation, severity, cleaned), strict=True)
    found = measured[np.logical_and.reduce([measured[column] == value for column, value in wanted])]
    return dict(found.iloc[0])
