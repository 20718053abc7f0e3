"""What evaluate writes: metrics.json, the tables beside it, and the pictures."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from crossfer.artifacts import io, paths
from crossfer.evaluation import charts
from crossfer.reporting import metrics

# Shown by `dvc plots`; metrics.json by `dvc metrics`.
ACCURACY, CLASSES, GUESSES, CURVE = "accuracy.csv", "classes.csv", "predictions.csv", "learning_curve.csv"


@dataclass(frozen=True)
class FewShot:
    """What the model says of a target after it was adapted to it.

    Attributes:
        shots: rows of each label that it may have learned from, at most.
        rows: how many those were in all.
        labels: the adapted model's.
        guesses: of the target's test rows, columns id, truth, guess, probabilities.
    """

    shots: int
    rows: int
    labels: Sequence[str]
    guesses: pd.DataFrame


def compute(
    guesses: Mapping[str, pd.DataFrame],
    kinds: Mapping[str, str],
    source: str,
    labels: list[str],
    resamples: int,
    seed: int,
    few_shot: Mapping[str, FewShot] | None = None,
) -> dict[str, Any]:
    """All that metrics.json holds.

    Args:
        guesses: of each domain, columns id, truth, guess, probabilities (by label), floor (the classical guess).
        kinds: each domain's kind.
        source: the source domain.
        labels: the model's.
        resamples: bootstrap resamples.
        seed: of the resampling.
        few_shot: of the targets that have shots.
    """
    domains: dict[str, dict[str, Any]] = {}
    floors, right = {}, {}
    for domain, rows in guesses.items():
        domains[domain] = {"kind": kinds[domain], **_scores(rows, labels, resamples, seed)}
        floors[domain] = metrics.domain_scores(rows["label"], rows["baseline"], resamples, seed)
        right[domain] = pd.Series((rows["label"] == rows["prediction"]).to_numpy(), index=rows[paths.ID])
    found = {"source": source, "labels": labels, "domains": domains, "baseline": floors}
    macro_f1 = {domain: float(scores["macro_f1"]) for domain, scores in domains.items()}
    zero_shot = metrics.transfer_scores(right, macro_f1, kinds, source, resamples, seed)
    if zero_shot is not None:
        others = [floors[domain]["accuracy"] for domain in floors if kinds[domain] != kinds[source]]
        found["zero_shot"] = {**zero_shot, "baseline_accuracy": metrics.round_score(np.mean(others))}
    if few_shot:
        found["few_shot"] = {domain: _beside(right[domain], few, resamples, seed) for domain, few in few_shot.items()}
    return found


def _scores(rows: pd.DataFrame, labels: Sequence[str], resamples: int, seed: int) -> dict[str, Any]:
    """Scores of a model with these labels; rows of a label that it does not know are counted."""
    loss = metrics.cross_entropy(rows["label"], metrics.probability_matrix(rows, labels), labels)
    scores = metrics.domain_scores(rows["label"], rows["prediction"], resamples, seed)
    return {"loss": loss, **scores, "unknown_labels": int((~rows["label"].isin(labels)).sum())}


def _beside(zero_shot: pd.Series, few: FewShot, resamples: int, seed: int) -> dict[str, Any]:
    """A target's few-shot scores, and what the shots gained over zero-shot on the same rows, with its interval."""
    rows = few.guesses
    right = pd.Series((rows["label"] == rows["prediction"]).to_numpy(), index=rows[paths.ID])
    drawn = metrics.resampled_means({"few": right, "zero": zero_shot}, resamples, seed)
    gain = metrics.paired_bootstrap(float(right.mean() - zero_shot.mean()), drawn["few"] - drawn["zero"])
    named = {name.replace("difference", "gain"): value for name, value in gain.items()}
    return {"shots": few.shots, "rows": few.rows, **_scores(rows, few.labels, resamples, seed), **named}


def cost(training: Mapping[str, Any], size: int) -> dict[str, int]:
    """Return the rows and weights that were trained, and the model's size in bytes.

    Args:
        training: training.json.
        size: bytes of the model's weights.
    """
    return {
        "training_rows": len(training["rows"]),
        "parameters": training["weights"],
        "trained_parameters": training["trained_weights"],
        "model_bytes": size,
    }


def scrubbed(quality: Mapping[str, Any]) -> dict[str, float]:
    """Return how many rows of each domain lost each kind of personal data, from quality.json."""
    return {
        f"{change}/{domain}": count
        for domain, account in quality.items()
        for change, count in account["changed"].items()
        if change.startswith(paths.SCRUBBED_PREFIX)
    }


def flatten(report: Mapping[str, Any]) -> dict[str, float]:
    """The report's numbers by name, the measure first, as `accuracy/zh`, so that MLflow shows domains side by side."""
    found = {f"{part}/{name}": value for part in ("zero_shot", "cost") for name, value in report.get(part, {}).items()}
    by_domain = {"": report["domains"], "baseline_": report["baseline"], "few_shot_": report.get("few_shot", {})}
    for prefix, scores_by_domain in by_domain.items():
        for domain, scores in scores_by_domain.items():
            found |= {f"{prefix}{name}/{domain}": value for name, value in scores.items()}
    return {name: value for name, value in found.items() if isinstance(value, int | float)}


def lines(report: Mapping[str, Any]) -> Iterator[str]:
    """Lines for a terminal: each domain's accuracy, and what was transferred."""
    for domain, scores in report["domains"].items():
        yield f"{domain}: accuracy {_interval(scores)}, baseline {report['baseline'][domain]['accuracy']:.1%}"
    for domain, scores in report.get("few_shot", {}).items():
        yield f"{domain}, {scores['shots']} shots: accuracy {_interval(scores)}, {100 * scores['gain']:+.1f} pp"
    if zero_shot := report.get("zero_shot"):
        yield (
            f"zero-shot, mean of {zero_shot['domains']} domains: {_interval(zero_shot)}, worst"
            f" {zero_shot['worst']} {zero_shot['worst_accuracy']:.1%}, gap to {zero_shot['reference']}"
            f" {100 * zero_shot['gap']:.1f} pp"
        )


def write(
    folder: Path, task: str, report: Mapping[str, Any], guesses: Mapping[str, pd.DataFrame], history: pd.DataFrame
) -> list[Path]:
    """Write metrics.json, tables and charts to `folder`, all of them or none; return their paths."""
    written: list[Path] = []
    with ExitStack() as files:

        def path(name: str) -> Path:
            written.append(folder / name)
            return files.enter_context(io.replace_file(written[-1]))

        every = pd.concat(guesses.values(), ignore_index=True)
        scored = (
            metrics.class_scores(rows["label"], rows["prediction"]).assign(domain=name)
            for name, rows in guesses.items()
        )
        by_domain = accuracy_table(report)
        io.write_json(path(paths.METRICS), report)
        by_domain.to_csv(path(ACCURACY), index=False)
        by_class = pd.concat(scored)[["domain", "label", "n", "precision", "recall", "f1"]]
        io.write_csv(path(CLASSES), by_class, ["label"])
        io.write_csv(path(GUESSES), every[["domain", "label", "prediction"]], ["label", "prediction"])
        history.to_csv(path(CURVE), index=False)
        labels = sorted({*report["labels"], *every["label"]})
        matrices = {
            domain: metrics.confusion(rows["label"], rows["prediction"], labels) for domain, rows in guesses.items()
        }
        charts.accuracy_by_domain(path("accuracy.png"), by_domain, f"{task}: trained on {report['source']} only")
        charts.confusion_matrices(path("confusion.png"), matrices, labels)
        charts.learning_curve(path("learning_curve.png"), history, f"{task}: training on {report['source']}")
    return written


def accuracy_table(report: Mapping[str, Any]) -> pd.DataFrame:
    """A row a domain, the source first, then by role and accuracy.

    Columns: domain, role (source, same kind, other kind), n, accuracy, accuracy_low, accuracy_high, macro_f1, floor;
    if a domain has shots also few_shot, few_shot_low, few_shot_high.
    """
    source = report["source"]
    rows = []
    for domain, scores in report["domains"].items():
        same = scores["kind"] == report["domains"][source]["kind"]
        role = "source" if domain == source else "same kind" if same else "other kind"
        row = {"domain": domain, "role": role, **scores, "baseline": report["baseline"][domain]["accuracy"]}
        if few := report.get("few_shot", {}).get(domain):
            row |= {f"few_shot{end}": few[f"accuracy{end}"] for end in ("", "_low", "_high")}
        rows.append(row)
    frame = pd.DataFrame(rows).drop(columns=["kind", "loss", "unknown_labels"])
    order = {"source": 0, "same kind": 1, "other kind": 2}
    key = frame["role"].map(order).rename("place")
    frame = frame.assign(place=key).sort_values(["place", "accuracy", "domain"], ascending=[True, False, True])
    return frame.drop(columns="place").reset_index(drop=True)


def _interval(scores: Mapping[str, float]) -> str:
    """An accuracy with its interval, as `88.3% (79.9-96.7)`."""
    return f"{scores['accuracy']:.1%} ({100 * scores['accuracy_low']:.1f}-{100 * scores['accuracy_high']:.1f})"
