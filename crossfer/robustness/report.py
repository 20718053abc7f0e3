"""What stress writes: stress.json, stress.csv, robustness.md and its pictures."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from crossfer.artifacts import io
from crossfer.reporting.formatting import accuracy_with_interval, interval, percentage_points
from crossfer.robustness import calibration, charts, page
from crossfer.robustness.confidence import TARGETS
from crossfer.robustness.perturbed import CLEAN, SEVERITIES
from crossfer.robustness.results import Results
from crossfer.robustness.scores import ALL_DOMAINS, MEAN, select

SUMMARY, TABLE, PAGE, ROBUSTNESS, RELIABILITY = (
    "stress.json",
    "stress.csv",
    "robustness.md",
    "robustness.png",
    "reliability.png",
)


def summary(found: Results) -> dict[str, Any]:
    """What stress.json holds: few numbers, to be compared across commits; stress.csv has them all."""
    ends = ("accuracy", "accuracy_low", "accuracy_high")
    losses = ("accuracy_drop", "accuracy_drop_low", "accuracy_drop_high")
    clean = select(found.measured, ALL_DOMAINS, CLEAN, CLEAN)
    scores: dict[str, Any] = {"clean": {name: clean[name] for name in ends}}
    for severity in SEVERITIES:
        mean, bare = (select(found.measured, ALL_DOMAINS, MEAN, severity, cleaned) for cleaned in (True, False))
        scores[severity] = {
            **{name: mean[name] for name in (*ends, *losses)},
            "accuracy_drop_uncleaned": bare["accuracy_drop"],
        }
    ece = {
        row.domain: {"ece": row.ece, "ece_temperature_scaled": row.ece_temperature_scaled}
        for row in found.calibrated.itertuples()
    }
    groups = [name for name in (found.source, TARGETS) if name in ece]
    numbers = {**scores, "temperature": found.temperature, "calibration": {name: ece[name] for name in groups}}
    if found.scopes is not None:
        inside = found.scopes[found.scopes["inside"] == found.source].iloc[0]
        numbers["out_of_distribution"] = {name: inside[name] for name in ("auroc", "auroc_low", "auroc_high")}
    return numbers


def lines(found: Results) -> Iterator[str]:
    """Yield a line for a terminal of each severity."""
    for severity in SEVERITIES:
        mean = select(found.measured, ALL_DOMAINS, MEAN, severity)
        lost = f"{percentage_points(mean['accuracy_drop'])} ({interval(mean, 'accuracy_drop')})"
        yield f"{severity} perturbations: accuracy {accuracy_with_interval(mean)}, lost {lost}"


def write(folder: Path, found: Results) -> list[Path]:
    """Write all to `folder`; return the paths."""
    folder.mkdir(parents=True, exist_ok=True)  # other stages report there too
    io.write_json(folder / SUMMARY, summary(found))
    groups = [name for name in (found.source, TARGETS) if name in found.predictions]
    panels = {
        name: {
            version: calibration.reliability(found.predictions[name].sure(by), found.predictions[name].right)
            for version, by in (("uncalibrated", 1.0), (f"with temperature {found.temperature:.2f}", found.temperature))
        }
        for name in groups
    }
    with io.replace_file(folder / TABLE) as new:
        found.measured.to_csv(new, index=False)
    with io.replace_file(folder / PAGE) as new:
        new.write_text(page.markdown(found, ROBUSTNESS, RELIABILITY), encoding="utf-8")
    with io.replace_file(folder / ROBUSTNESS) as new:
        charts.robustness(new, found.measured, f"{found.task}: accuracy lost under perturbations")
    with io.replace_file(folder / RELIABILITY) as new:
        charts.reliability(new, panels, f"{found.task}: calibration")
    return [folder / name for name in (SUMMARY, TABLE, PAGE, ROBUSTNESS, RELIABILITY)]
