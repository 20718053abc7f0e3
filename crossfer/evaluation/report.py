"""Compute the contents of metrics.json and write the reports of a task."""

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
from crossfer.reporting.accuracy import accuracy_table
from crossfer.reporting.formatting import accuracy_with_interval, count, count_with_noun, percent, percentage_points
from crossfer.reporting.transfer import report_targets, score_domains


@dataclass(frozen=True)
class FewShot:
    """Predictions of a model that was adapted to a target.

    Attributes:
        shots: rows per label that it learned from, at most.
        rows: number of rows that it learned from.
        labels: of the adapted model.
        predictions: on the target's test rows, columns id, label, prediction, probabilities.
    """

    shots: int
    rows: int
    labels: Sequence[str]
    predictions: pd.DataFrame


def compute_scores(
    predictions: Mapping[str, pd.DataFrame],
    languages: Mapping[str, str | None],
    source: str,
    labels: list[str],
    resamples: int,
    seed: int,
    few_shot: Mapping[str, FewShot] | None = None,
) -> dict[str, Any]:
    """Return the contents of metrics.json, except the cost.

    Args:
        predictions: for each domain, the columns id, label, prediction, probabilities (by label), baseline.
        languages: of each domain; None for images.
        source: the source domain.
        labels: of the model.
        resamples: number of bootstrap resamples.
        seed: of the resampling.
        few_shot: of the targets that have shots.
    """
    scores = score_domains(predictions, languages, source, resamples, seed)
    report: dict[str, Any] = {"source": source, "labels": labels, "domains": {}, "baseline": {}}
    for domain, rows in predictions.items():
        language = {} if languages[domain] is None else {"language": languages[domain]}
        report["domains"][domain] = language | _add_loss(scores["domains"][domain], rows, labels)
        report["baseline"][domain] = metrics.domain_scores(rows["label"], rows["baseline"], resamples, seed)
    if zero_shot := scores["zero_shot"]:
        targets = [report["baseline"][domain]["accuracy"] for domain in report_targets(report)]
        report["zero_shot"] = {**zero_shot, "baseline_accuracy": metrics.round_score(np.mean(targets))}
    if few_shot:
        report["few_shot"] = {
            domain: _few_shot_scores(predictions[domain], adapted, resamples, seed)
            for domain, adapted in few_shot.items()
        }
    return report


def _add_loss(scores: Mapping[str, Any], rows: pd.DataFrame, labels: Sequence[str]) -> dict[str, Any]:
    """Return scores with the loss and the number of rows with unknown labels."""
    loss = metrics.cross_entropy(rows["label"], metrics.probability_matrix(rows, labels), labels)
    return {"loss": loss, **scores, "unknown_labels": int((~rows["label"].isin(labels)).sum())}


def _few_shot_scores(zero_shot: pd.DataFrame, adapted: FewShot, resamples: int, seed: int) -> dict[str, Any]:
    """Return a target's few-shot scores, and their gain over zero-shot.

    The gain is measured on the same rows and has an interval and p.
    """
    rows = adapted.predictions
    correct, before = metrics.correct_by_id(rows), metrics.correct_by_id(zero_shot)
    samples = metrics.resampled_means({"few": correct, "zero": before}, resamples, seed)
    gain = metrics.paired_bootstrap(float(correct.mean() - before.mean()), samples["few"] - samples["zero"])
    scores = metrics.domain_scores(rows["label"], rows["prediction"], resamples, seed)
    return {
        "shots": adapted.shots,
        "rows": adapted.rows,
        **_add_loss(scores, rows, adapted.labels),
        **{name.replace("difference", "gain"): value for name, value in gain.items()},
    }


def model_cost(training: Mapping[str, Any], size: int) -> dict[str, int]:
    """Return the number of training rows and parameters, and the model's bytes.

    Args:
        training: training.json.
        size: bytes of the model's weights.
    """
    return {
        "training_rows": len(training["rows"]),
        "parameters": training["parameters"],
        "trained_parameters": training["trained_parameters"],
        "model_bytes": size,
    }


def scrubbed_rows(quality: Mapping[str, Any]) -> dict[str, float]:
    """Return the number of rows with replaced personal data, by type and domain.

    `quality` is the content of quality.json.
    """
    return {
        f"{change}/{domain}": count
        for domain, account in quality.items()
        for change, count in account["changed"].items()
        if change.startswith(paths.SCRUBBED_PREFIX)
    }


def mlflow_metrics(report: Mapping[str, Any]) -> dict[str, float]:
    """Return the numbers of metrics.json by name, the metric first: `accuracy/zh`.

    MLflow groups metrics by this prefix.
    """
    values = {f"{part}/{name}": value for part in ("zero_shot", "cost") for name, value in report.get(part, {}).items()}
    by_domain = {"": report["domains"], "baseline_": report["baseline"], "few_shot_": report.get("few_shot", {})}
    for prefix, scores_by_domain in by_domain.items():
        for domain, scores in scores_by_domain.items():
            values |= {f"{prefix}{name}/{domain}": value for name, value in scores.items()}
    return {name: value for name, value in values.items() if isinstance(value, int | float)}


def progress_lines(report: Mapping[str, Any]) -> Iterator[str]:
    """Yield one line per domain, one per target with shots, and the zero-shot scores."""
    for domain, scores in report["domains"].items():
        baseline = percent(report["baseline"][domain]["accuracy"])
        rows = (
            f"; {count(scores['unknown_labels'])} of {count(scores['n'])} rows have labels that the model does not know"
        )
        unknown = rows if scores["unknown_labels"] else ""
        yield f"{domain}: accuracy {accuracy_with_interval(scores)}, baseline {baseline}{unknown}"
    for domain, scores in report.get("few_shot", {}).items():
        gain = percentage_points(scores["gain"], signed=True)
        yield f"{domain}, {scores['shots']} shots: accuracy {accuracy_with_interval(scores)}, {gain}"
    if zero_shot := report.get("zero_shot"):
        items = f"on {count(zero_shot['gap_n'])} paired items" if "gap_n" in zero_shot else "no paired items"
        targets = count_with_noun(zero_shot["domains"], "domain", "domains")
        yield (
            f"zero-shot, mean of {targets}: accuracy {accuracy_with_interval(zero_shot)}, worst"
            f" {zero_shot['worst']} {percent(zero_shot['worst_accuracy'])}, gap to {zero_shot['reference']}"
            f" {percentage_points(zero_shot['gap'])} ({items})"
        )


def write_reports(
    folder: Path, task: str, report: Mapping[str, Any], predictions: Mapping[str, pd.DataFrame], history: pd.DataFrame
) -> list[Path]:
    """Write metrics.json, tables and charts, all of them or none; return their paths."""
    written: list[Path] = []
    with ExitStack() as files:

        def new_file(name: str) -> Path:
            written.append(folder / name)
            return files.enter_context(io.replace_file(written[-1]))

        rows, table = pd.concat(predictions.values(), ignore_index=True), accuracy_table(report)
        classes = [
            metrics.class_scores(domain_rows["label"], domain_rows["prediction"]).assign(domain=domain)
            for domain, domain_rows in predictions.items()
        ]
        io.write_json(new_file(paths.METRICS_FILE), report)
        table.to_csv(new_file("accuracy.csv"), index=False)
        by_class = pd.concat(classes)[["domain", "label", "n", "precision", "recall", "f1"]]
        io.write_csv(new_file("classes.csv"), by_class, ["label"])
        columns = ["label", "prediction"]
        io.write_csv(new_file("predictions.csv"), rows[["domain", *columns]], columns)
        history.to_csv(new_file("learning_curve.csv"), index=False)
        names = sorted({*report["labels"], *rows["label"]})
        matrices = {
            domain: metrics.confusion(domain_rows["label"], domain_rows["prediction"], names)
            for domain, domain_rows in predictions.items()
        }
        charts.accuracy_by_domain(new_file("accuracy.png"), table, f"{task}: trained on {report['source']} only")
        charts.confusion_matrices(new_file("confusion.png"), matrices, names)
        charts.learning_curve(new_file("learning_curve.png"), history, f"{task}: training on {report['source']}")
    return written
