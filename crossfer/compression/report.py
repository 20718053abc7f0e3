"""Contents of compress.json: how many predictions int8 changes in each domain, and the size of the model.

All of it counts predictions or bytes, so that it is the same on every processor that gives the same predictions.
"""

from collections.abc import Mapping, Sequence
from statistics import mean
from typing import Any

import numpy as np
import pandas as pd

from crossfer.artifacts.paths import ID
from crossfer.compression.mixed_precision import Probabilities, changed_fraction
from crossfer.flatten import flatten
from crossfer.reporting import metrics
from crossfer.reporting.formatting import interval, percent, percentage_points
from crossfer.reporting.transfer import zero_shot_targets

FP32, INT8 = "fp32", "int8"  # the two forms, in the names of figures


def score(
    rows: Mapping[str, pd.DataFrame],
    languages: Mapping[str, str | None],
    source: str,
    fp32: Probabilities,
    int8: Probabilities,
    labels: Sequence[str],
    resamples: int,
    seed: int,
) -> dict[str, Any]:
    """Return accuracies of both forms, the accuracy lost and the agreement of their predictions, by domain.

    Args:
        rows: of each domain, its rows of predictions.parquet.
        languages: of each domain; None for images.
        source: the source domain.
        fp32: probabilities of the fp32 model.
        int8: probabilities of the int8 graph.
        labels: names of the columns of probabilities.
        resamples: of the bootstrap.
        seed: of the resampling.
    """
    domains = {
        name: _domain_scores(table, {FP32: fp32[name], INT8: int8[name]}, labels, resamples, seed)
        for name, table in rows.items()
    }
    others = zero_shot_targets(languages, source)
    zero_shot = {
        f"accuracy_{form}": round(mean(domains[name][f"accuracy_{form}"] for name in others), 6)
        for form in (FP32, INT8)
        if others
    }
    return {
        "domains": domains,
        "source_accuracy_int8": domains[source][f"accuracy_{INT8}"],
        "zero_shot": zero_shot,
        "mean_accuracy_drop": round(mean(scores["accuracy_drop"] for scores in domains.values()), 6),
        "max_accuracy_drop": max(scores["accuracy_drop"] for scores in domains.values()),
    }


def _domain_scores(
    table: pd.DataFrame, forms: Probabilities, labels: Sequence[str], resamples: int, seed: int
) -> dict[str, Any]:
    """Return the scores of one domain."""
    truth = table["label"]
    scores: dict[str, Any] = {"n": len(truth)}
    correct = {}
    for form, probabilities in forms.items():
        predicted = np.array(labels)[probabilities.argmax(1)]
        correct[form] = pd.Series(np.asarray(truth) == predicted, index=table[ID].array)
        one = metrics.domain_scores(truth, predicted, resamples, seed)
        scores |= {key.replace("accuracy", f"accuracy_{form}"): one[key] for key in one if key.startswith("acc")}
    scores |= metrics.accuracy_drop(correct[FP32], correct[INT8], resamples, seed)
    return scores | {"agreement": round(1 - changed_fraction(forms[FP32], forms[INT8]), 6)}


def sizes(fp32: int, int8: int, fp32_layers: Sequence[str]) -> dict[str, Any]:
    """Return the bytes of both forms, their ratio, and the blocks kept in fp32."""
    return {
        "bytes_fp32": fp32,
        "bytes_int8": int8,
        "size_ratio": round(int8 / fp32, 6),
        "fp32_layers": list(fp32_layers),
    }


def largest_changes(fp32: Probabilities, int8: Probabilities) -> dict[str, float]:
    """Return how far a probability moves at most, by domain, for the run alone: it differs between processors."""
    return {f"domains.{name}.largest_change": float(np.abs(fp32[name] - int8[name]).max()) for name in fp32}


def numbers(scores: Mapping[str, Any]) -> dict[str, float]:
    """Return all numbers of compress.json, by dotted name."""
    return {name: value for name, value in flatten(scores).items() if isinstance(value, int | float)}


def summary(scores: Mapping[str, Any]) -> list[str]:
    """Return the progress lines of compress: one per domain, then student, size and mean."""
    lines = []
    for name, domain in scores["domains"].items():
        fp32, int8 = (percent(domain[f"accuracy_{form}"]) for form in (FP32, INT8))
        drop = f"{percentage_points(domain['accuracy_drop'])} ({interval(domain, 'accuracy_drop')})"
        agreement = f"{percent(domain['agreement'])} of {domain['n']} predictions agree"
        lines.append(f"{name}: accuracy {fp32} in fp32, {int8} in int8, drop {drop}; {agreement}")
    if "student" in scores:
        layers, trained_on = scores["student"]["student_layers"], sum(scores["student"]["rows"].values())
        lines.append(f"a student of {layers} layers, trained on {trained_on:,} rows without labels")
    sizes = " to ".join(f"{scores[f'bytes_{form}'] / 1e6:.0f} MB" for form in (FP32, INT8))
    drop = percentage_points(scores["mean_accuracy_drop"])
    lines.append(f"mean accuracy drop {drop}; size {sizes}, {scores['size_ratio']:.3f}")
    return lines
