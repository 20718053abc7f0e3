"""Compute the contents of compress.json: scores of fp32 and int8, and sizes.

All numbers count predictions or bytes, so processors with the same predictions write the same file.
"""

from collections.abc import Mapping, Sequence
from statistics import mean
from typing import Any

import numpy as np
import pandas as pd

from crossfer.artifacts.paths import ID
from crossfer.compression.graph_runner import Probabilities
from crossfer.compression.inputs import Inputs
from crossfer.compression.mixed_precision import disagreement
from crossfer.flatten import flatten
from crossfer.reporting import metrics
from crossfer.reporting.formatting import interval, percent, percentage_points
from crossfer.reporting.transfer import zero_shot_targets

FP32, INT8 = PRECISIONS = ("fp32", "int8")


def compute_scores(inputs: Inputs, int8: Probabilities, resamples: int, seed: int) -> dict[str, Any]:
    """Return the scores of the fp32 model and of the int8 graph in each domain.

    `int8` has the graph's probabilities.
    """
    fp32 = inputs.fp32_probabilities
    domains = {
        name: _domain_scores(rows, {FP32: fp32[name], INT8: int8[name]}, inputs.labels, resamples, seed)
        for name, rows in inputs.predictions.items()
    }
    zero_shot = [domains[name] for name in zero_shot_targets(inputs.languages, inputs.source)]
    accuracies = [f"accuracy_{precision}" for precision in PRECISIONS]
    drops = [scores["accuracy_drop"] for scores in domains.values()]
    return {
        "domains": domains,
        "source_accuracy_int8": domains[inputs.source]["accuracy_int8"],
        "zero_shot": {key: round(mean(scores[key] for scores in zero_shot), 6) for key in accuracies if zero_shot},
        "mean_accuracy_drop": round(mean(drops), 6),
        "max_accuracy_drop": max(drops),
    }


def _domain_scores(
    rows: pd.DataFrame, probabilities: Probabilities, labels: Sequence[str], resamples: int, seed: int
) -> dict[str, Any]:
    """Return the scores of one domain; `probabilities` are by precision."""
    scores: dict[str, Any] = {"n": len(rows)}
    correct = {}
    for precision in PRECISIONS:
        predicted = np.array(labels)[probabilities[precision].argmax(1)]
        correct[precision] = pd.Series(np.asarray(rows["label"]) == predicted, index=rows[ID].array)
        of_domain = metrics.domain_scores(rows["label"], predicted, resamples, seed)
        scores |= {f"accuracy_{precision}{end}": of_domain[f"accuracy{end}"] for end in ("", "_low", "_high")}
    scores |= metrics.accuracy_drop(correct[FP32], correct[INT8], resamples, seed)
    return scores | {"agreement": round(1 - disagreement(probabilities[FP32], probabilities[INT8]), 6)}


def add_macro_f1(scores: Mapping[str, Any], inputs: Inputs, int8: Probabilities) -> dict[str, Any]:
    """Return scores with the int8 graph's macro-F1 in each domain, for the model card."""
    predictions = {name: np.array(inputs.labels)[rows.argmax(1)] for name, rows in int8.items()}
    domains = {
        name: {**values, "macro_f1_int8": metrics.macro_f1(inputs.predictions[name]["label"], predictions[name])}
        for name, values in scores["domains"].items()
    }
    return {**scores, "domains": domains}


def compute_sizes(bytes_fp32: int, bytes_int8: int) -> dict[str, float]:
    """Return the bytes of the model in fp32 and in int8, and their ratio."""
    return {"bytes_fp32": bytes_fp32, "bytes_int8": bytes_int8, "size_ratio": round(bytes_int8 / bytes_fp32, 6)}


def metrics_to_log(scores: Mapping[str, Any], fp32: Probabilities, int8: Probabilities) -> dict[str, float]:
    """Return the numbers of compress.json by dotted name, and `largest_change`.

    The latter is the largest change of a probability in each domain. It differs between processors, so compress.json
    does not have it.
    """
    numbers = {name: value for name, value in flatten(scores).items() if isinstance(value, int | float)}
    changes = {f"domains.{name}.largest_change": float(np.abs(fp32[name] - int8[name]).max()) for name in fp32}
    return numbers | changes


def progress_lines(scores: Mapping[str, Any]) -> list[str]:
    """Return the progress lines: one per domain, then student, mean drop and size."""
    lines = []
    for name, domain in scores["domains"].items():
        fp32, int8 = (percent(domain[f"accuracy_{precision}"]) for precision in PRECISIONS)
        drop = f"{percentage_points(domain['accuracy_drop'])} ({interval(domain, 'accuracy_drop')})"
        agreement = f"{percent(domain['agreement'])} of {domain['n']} predictions agree"
        lines.append(f"{name}: accuracy {fp32} in fp32, {int8} in int8, drop {drop}; {agreement}")
    if "student" in scores:
        n_layers, n_rows = scores["student"]["student_layers"], sum(scores["student"]["rows"].values())
        lines.append(f"a student of {n_layers} layers, trained on {n_rows:,} rows without labels")
    size = " to ".join(f"{scores[f'bytes_{precision}'] / 1e6:.0f} MB" for precision in PRECISIONS)
    drop = percentage_points(scores["mean_accuracy_drop"])
    lines.append(f"mean accuracy drop {drop}; size {size}, {scores['size_ratio']:.3f}")
    return lines
