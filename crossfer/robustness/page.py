"""robustness.md: how the model breaks, for people."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from crossfer.reporting.formatting import accuracy_with_interval, interval, percent, percentage_points
from crossfer.reporting.render import render
from crossfer.robustness.perturbed import CLEAN, SEVERITIES
from crossfer.robustness.results import Results
from crossfer.robustness.scores import ALL_DOMAINS, MEAN, select


def markdown(results: Results, robustness: str, reliability: str) -> str:
    """Return the page.

    Args:
        results: of stress.
        robustness: file name of the chart of perturbations.
        reliability: file name of the reliability diagram.
    """
    measured = results.measured
    light = select(measured, ALL_DOMAINS, MEAN, "light")
    return render(
        "crossfer.robustness",
        "robustness.md.j2",
        results=results,
        robustness=robustness,
        reliability=reliability,
        clean=accuracy_with_interval(select(measured, ALL_DOMAINS, CLEAN, CLEAN)),
        light=_accuracy(light),
        severities=list(SEVERITIES),
        perturbations=_perturbations(measured),
        uncleaned=_uncleaned(measured),
        domains=_domains(measured),
        calibrated=results.calibrated.to_dict("records"),
        scopes=[] if results.scopes is None else results.scopes.to_dict("records"),
    )


def _perturbations(measured: pd.DataFrame) -> list[list[str]]:
    """Return one row per perturbation, with its mean over the domains."""
    every = measured[(measured["domain"] == ALL_DOMAINS) & (measured["perturbation"] != CLEAN) & measured["cleaned"]]
    return [
        [perturbation, *(_accuracy(select(measured, ALL_DOMAINS, perturbation, severity)) for severity in SEVERITIES)]
        for perturbation in dict.fromkeys(every["perturbation"])
    ]


def _uncleaned(measured: pd.DataFrame) -> list[list[str]]:
    """Return one row per perturbation whose accuracy differs without the cleaner."""
    every = measured[(measured["domain"] == ALL_DOMAINS) & ~measured["cleaned"]]
    rows = []
    for perturbation in dict.fromkeys(every["perturbation"]):
        with_, without = (
            [select(measured, ALL_DOMAINS, perturbation, severity, cleaned) for severity in SEVERITIES]
            for cleaned in (True, False)
        )
        if [row["accuracy"] for row in with_] != [row["accuracy"] for row in without]:
            rows.append([perturbation, *map(_accuracy, without)])
    return rows


def _domains(measured: pd.DataFrame) -> list[list[str]]:
    """Return one row per domain, with the mean of the perturbations."""
    rows = []
    for domain in dict.fromkeys(measured["domain"]):
        clean = select(measured, domain, CLEAN, CLEAN)
        means = [select(measured, domain, MEAN, severity) for severity in SEVERITIES]
        rows.append([domain, str(clean["n"]), accuracy_with_interval(clean), *map(_accuracy, means)])
    return rows


def _accuracy(row: Mapping[str, Any]) -> str:
    """Return an accuracy and what was lost, with the interval of the loss."""
    return (
        f"{percent(row['accuracy'])}, lost {percentage_points(row['accuracy_drop'])} ({interval(row, 'accuracy_drop')})"
    )
