"""robustness.md: how the model breaks, for people."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from crossfer.reporting.formatting import interval, percent, points, score
from crossfer.reporting.markdown import table
from crossfer.robustness.perturbed import CLEAN, STRENGTHS
from crossfer.robustness.results import Results
from crossfer.robustness.scores import EVERY, MEAN, chosen

METHOD = (
    "Of each domain's test rows {rows} at most are disturbed, the same items in all domains that hold them, and each of"
    " them in every way and strength; what is said of all domains is their mean, each weighing the same.",
    "Only what the model sees of a content is disturbed. It then goes through the same cleaner as in preprocess and"
    " where the model serves (look-alikes and invisible signs of texts are undone, pictures are framed anew); *without"
    " the cleaner* says what that is worth. What the cleaner refuses counts as wrong.",
    "Strengths are those of WAYS in crossfer/robustness/{modality}.py, set before anything was measured.",
    "Intervals are 95 % bootstrap intervals of the items; model, seed and domains are taken as given. Rows are few, so"
    " what a single domain loses is uncertain by several points.",
    "ECE, in 15 bins, is never quite nought, and the larger the fewer the rows. The temperature is fitted on validation"
    " rows of the source alone and changes no guess; predict does not apply it.",
)


def markdown(found: Results, robust: str, reliable: str) -> str:
    """The page, with the names of the pictures beside it."""
    measured = found.measured
    clean, light = chosen(measured, EVERY, CLEAN, CLEAN), chosen(measured, EVERY, MEAN, "light")
    lines = [
        f"# How {found.task} breaks",
        f"Rows as they are: {score(clean)}. Under light disturbances {score(light)} on the mean of the ways, which is"
        f" {points(light['lost'])} less ({interval(light, 'lost')}).",
        f"![accuracy lost by way and strength]({robust})",
        "## Accuracy under each disturbance",
        _ways(measured),
        "## Without the cleaner",
        "What the same disturbances lose where contents go to the model as they come; ways that it makes no difference"
        " to are left out.",
        _uncleaned(measured),
        "## By domain",
        _domains(measured),
        "## Confidence",
        f"![reliability diagram]({reliable})",
        f"The temperature is {found.temperature:.2f}: "
        + (
            "the model is surer than it is right."
            if found.temperature > 1
            else "the model is less sure than it is right."
        ),
        table(
            ["domain", "test rows", "accuracy", "mean confidence", "ECE", "ECE with the temperature"],
            [
                [
                    row["domain"],
                    f"{row['n']:,}",
                    percent(row["accuracy"]),
                    percent(row["sure"]),
                    f"{row['ece']:.3f}",
                    f"{row['ece_scaled']:.3f}",
                ]
                for row in found.calibrated.to_dict("records")
            ],
        ),
        "## Contents out of its scope",
        "AUROC: how often the model is surer of a test row than of a content that is none of its business; 1 is always,"
        " 0.5 by chance.",
        table(
            ["test rows of", "against", "contents", "refused", "guessed at 90 % or more", "AUROC"],
            [
                [
                    row["inside"],
                    row["outside"],
                    str(row["n"]),
                    str(row["refused"]),
                    percent(row["sure"]),
                    f"{row['auroc']:.3f} ({row['low']:.3f} to {row['high']:.3f})",
                ]
                for row in found.scopes.to_dict("records")
            ],
        ),
        "The mistakes that the model was surest of are in mistakes.html, which `dvc repro` or `dvc pull` brings.",
        "## How to read this",
        "\n".join(f"- {text.format(rows=found.rows, modality=found.modality)}" for text in METHOD),
    ]
    return "\n\n".join(lines) + "\n"


def _ways(measured: pd.DataFrame) -> str:
    """Accuracy on the mean of all domains, by way and strength."""
    every = measured[(measured["domain"] == EVERY) & (measured["way"] != CLEAN) & measured["cleaned"]]
    rows = [
        [way, *(_said(chosen(measured, EVERY, way, strength)) for strength in STRENGTHS)]
        for way in dict.fromkeys(every["way"])
    ]
    return table(["", *STRENGTHS], rows)


def _uncleaned(measured: pd.DataFrame) -> str:
    """Accuracy without the cleaner, where that differs."""
    every = measured[(measured["domain"] == EVERY) & ~measured["cleaned"]]
    rows = []
    for way in dict.fromkeys(every["way"]):
        pairs = [
            [chosen(measured, EVERY, way, strength, cleaned) for cleaned in (True, False)] for strength in STRENGTHS
        ]
        if any(one["accuracy"] != other["accuracy"] for one, other in pairs):
            rows.append([way, *(_said(other) for _, other in pairs)])
    return table(["", *STRENGTHS], rows)


def _domains(measured: pd.DataFrame) -> str:
    """Of each domain, the mean of the ways at each strength."""
    rows = []
    for domain in dict.fromkeys(measured["domain"]):
        clean = chosen(measured, domain, CLEAN, CLEAN)
        means = [chosen(measured, domain, MEAN, strength) for strength in STRENGTHS]
        rows.append([domain, str(clean["n"]), score(clean), *map(_said, means)])
    return table(["domain", "rows", "as they are", *(f"{strength}, mean of the ways" for strength in STRENGTHS)], rows)


def _said(row: Mapping[str, Any]) -> str:
    """An accuracy and what was lost, with the loss's interval."""
    return f"{percent(row['accuracy'])}, lost {points(row['lost'])} ({interval(row, 'lost')})"
