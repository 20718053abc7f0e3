"""What compress.json says: how many answers the small model changes, domain by domain, and how small it is."""

from collections.abc import Mapping, Sequence
from statistics import mean
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crossfer.artifacts.paths import ID
from crossfer.compression.mixed_precision import changed
from crossfer.flatten import flatten
from crossfer.reporting import metrics
from crossfer.reporting.formatting import interval, percent, points

FULL, SMALL = "fp32", "int8"  # the two forms, in the names of figures


def score(
    rows: Mapping[str, pd.DataFrame],
    kinds: Mapping[str, str],
    source: str,
    before: Mapping[str, NDArray[np.float64]],
    after: Mapping[str, NDArray[np.float64]],
    labels: Sequence[str],
    resamples: int,
    seed: int,
) -> dict[str, Any]:
    """Of each domain accuracy before and after, what was lost, how many answers agree, how far a probability moved.

    Args:
        rows: of each domain, its rows of predictions.parquet.
        kinds: each domain's kind.
        source: the source domain.
        before: what the model in single precision said, (rows, labels).
        after: what the small one says.
        labels: the names of the columns.
        resamples: bootstrap resamples.
        seed: of the resampling.
    """
    found: dict[str, Any] = {}
    for name, truth in ((name, table["truth"]) for name, table in rows.items()):
        scores: dict[str, Any] = {"n": len(truth)}
        right = {}
        for form, shares in ((FULL, before[name]), (SMALL, after[name])):
            guess = np.array(labels)[shares.argmax(1)]
            right[form] = pd.Series(np.asarray(truth) == guess, index=rows[name][ID].array)
            one = metrics.domain_scores(truth, guess, resamples, seed)
            scores |= {key.replace("accuracy", f"accuracy_{form}"): one[key] for key in one if key.startswith("acc")}
        scores |= metrics.lost(right[FULL], right[SMALL], resamples, seed)
        scores["agreement"] = round(1 - changed(before[name], after[name]), 6)
        scores["largest_change"] = round(float(np.abs(before[name] - after[name]).max()), 6)
        found[name] = scores
    others = [name for name in found if kinds[name] != kinds[source]]
    zero_shot = {
        f"accuracy_{form}": round(mean(found[name][f"accuracy_{form}"] for name in others), 6)
        for form in (FULL, SMALL)
        if others
    }
    return {
        "domains": found,
        "source_accuracy_int8": found[source][f"accuracy_{SMALL}"],
        "zero_shot": zero_shot,
        "mean_lost": round(mean(scores["lost"] for scores in found.values()), 6),
        "most_lost": max(scores["lost"] for scores in found.values()),
    }


def sizes(full: int, small: int, spared: Sequence[str]) -> dict[str, Any]:
    """Bytes of both forms, their ratio, and what of the small one is in single precision."""
    return {"bytes_fp32": full, "bytes": small, "size_ratio": round(small / full, 6), "kept_fp32": list(spared)}


def numbers(found: Mapping[str, Any]) -> dict[str, float]:
    """All numbers of compress.json, by dotted name."""
    return {name: value for name, value in flatten(found).items() if isinstance(value, int | float)}


def summary(found: Mapping[str, Any]) -> list[str]:
    """The same in sentences, a line a domain."""
    lines = [
        f"{name}: {percent(scores['accuracy_fp32'])} before, {percent(scores['accuracy_int8'])} in 8 bits; lost"
        f" {points(scores['lost'])} ({interval(scores, 'lost')}); {percent(scores['agreement'])} of {scores['n']}"
        " answers agree"
        for name, scores in found["domains"].items()
    ]
    size = (
        f"{found['bytes'] / 1e6:.0f} MB instead of {found['bytes_fp32'] / 1e6:.0f} MB, {found['size_ratio']:.3f} of it"
    )
    return [*lines, *_student(found), f"lost on average {points(found['mean_lost'])}; {size}"]


def _student(found: Mapping[str, Any]) -> list[str]:
    """What a student was taught on, if the small model is one."""
    if "student" not in found:
        return []
    rows = found["student"]["rows"]
    return [f"a student of {found['student']['layers']} layers, taught on {sum(rows.values()):,} rows without labels"]
