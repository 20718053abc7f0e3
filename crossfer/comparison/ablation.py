"""Summarize a task's ablation: points, and paired differences between them.

A variant says which weights a classifier starts from, and which of them are trained. A point is a variant trained on a
fraction of the labels; its score is the mean over its experiments, which differ only in their seed. Intervals and tests
resample the test rows, the same rows for all points. They also resample the seeds of a point that has several.
"""

from collections.abc import Mapping, Sequence
from itertools import combinations, groupby
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crossfer.artifacts import digests
from crossfer.reporting import metrics
from crossfer.reporting.metrics import round_score

# From the fewest pretrained weights and trained parameters to the most.
VARIANTS = {
    "baseline": "baseline",
    "random": "random weights, all layers trained",
    "head": "pretrained, only the head trained",
    "partial": "pretrained, upper layers trained",
    "full": "pretrained, all layers trained",
}
RANDOM = "random"
TRANSFER_VARIANTS = ("partial", "full")  # the first one that was run stands for transfer
GAIN_VARIANTS = ("full", "partial")  # the first one is compared with "random"; "full" differs only in initial weights
ALL_LABELS = 1.0
IN_DOMAIN, ZERO_SHOT = "in_domain", "zero_shot"
SIZES = ("parameters", "trained_parameters", "model_bytes")
ORIGIN = ("experiment", "seed", "commit", "command")

Ablation = Mapping[str, Any]
Point = tuple[str, float]  # variant and train_fraction
Samples = dict[tuple[Point, str], NDArray[np.float64]]


def matches_test_rows(ablation: Ablation, ids: Mapping[str, Sequence[str]]) -> bool:
    """Return whether all rows of data/ablation were scored on these test rows.

    `ids` has the sorted ids of each domain.
    """
    expected = {domain: digests.strings_digest(row_ids) for domain, row_ids in ids.items()}
    return all(row["test_ids_digest"] == expected for row in ablation["rows"])


def summarize_ablation(
    ablation: Ablation, ids: Mapping[str, Sequence[str]], measures: Mapping[str, list[str]], resamples: int, seed: int
) -> dict[str, Any]:
    """Return an ablation's points with intervals, and their paired differences.

    Args:
        ablation: the content of data/ablation, which matches the test rows.
        ids: for each domain, the sorted ids of its test rows.
        measures: for each measure (in_domain, zero_shot), the domains whose accuracies are averaged.
        resamples: number of bootstrap resamples.
        seed: of the resampling.

    Returns:
        settings; points; transfer_variant (the one that stands for transfer, or None); gain_variant (the one that is
        compared with random weights, or None); paired (differences with Holm-corrected p-values).
    """
    order = list(VARIANTS)
    rows = sorted(ablation["rows"], key=lambda row: (order.index(row["variant"]), row["train_fraction"], row["seed"]))
    points = {key: list(group) for key, group in groupby(rows, lambda row: (row["variant"], row["train_fraction"]))}
    correct = {point: _correct_by_seed(group, ids) for point, group in points.items()}
    samples = _resample(correct, measures, resamples, seed)
    by_seed = {
        (point, measure): np.mean([marks[domain].mean() for domain in domains], axis=0)
        for point, marks in correct.items()
        for measure, domains in measures.items()
    }
    transfer_variant, gain_variant = (
        next((variant for variant in variants if (variant, ALL_LABELS) in points), None)
        for variants in (TRANSFER_VARIANTS, GAIN_VARIANTS)
    )
    return {
        "settings": ablation["settings"],
        "points": [
            _describe(group, correct[point])
            | {measure: _score(by_seed[point, measure], samples[point, measure]) for measure in measures}
            for point, group in points.items()
        ],
        "transfer_variant": transfer_variant,
        "gain_variant": gain_variant,
        "paired": _test_differences(_tested_pairs(list(points), transfer_variant), measures, by_seed, samples),
    }


def _describe(group: Sequence[Mapping[str, Any]], correct: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    """Return a point's experiments, cost and accuracy by domain."""
    first_row = group[0]
    return {
        "variant": first_row["variant"],
        "train_fraction": first_row["train_fraction"],
        "seeds": len(group),
        "training_rows": first_row["training_rows"],
        "cpu_seconds": round_score(np.mean([row["cpu_seconds"] for row in group])),
        **{size: first_row[size] for size in SIZES},
        "domains": {name: round_score(marks.to_numpy().mean()) for name, marks in correct.items()},
        "experiments": [{name: row[name] for name in ORIGIN} for row in group],
    }


def _correct_by_seed(group: Sequence[Mapping[str, Any]], ids: Mapping[str, Sequence[str]]) -> dict[str, pd.DataFrame]:
    """Return each domain's correct predictions: one row per id, one column per seed."""
    return {
        domain: pd.DataFrame(
            {number: [int(mark) for mark in row["correct"][domain]] for number, row in enumerate(group)}, [*row_ids]
        )
        for domain, row_ids in ids.items()
    }


def _resample(
    correct: Mapping[Point, Mapping[str, pd.DataFrame]], measures: Mapping[str, list[str]], resamples: int, seed: int
) -> Samples:
    """Return each measure of each point in each resample.

    A test row is drawn for all points and domains at once.
    """
    columns = {
        (point, domain, number): marks[number]
        for point, by_domain in correct.items()
        for domain, marks in by_domain.items()
        for number in marks
    }
    means = metrics.resampled_means(columns, resamples, seed)
    generator = np.random.default_rng([seed, len(correct)])
    samples: Samples = {}
    for point, by_domain in correct.items():
        seeds = len(next(iter(by_domain.values())).columns)
        draws = generator.multinomial(seeds, np.full(seeds, 1 / seeds), size=resamples)
        for measure, domains in measures.items():
            by_seed = [np.mean([means[point, domain, n] for domain in domains], axis=0) for n in range(seeds)]
            samples[point, measure] = (draws * np.array(by_seed).T).sum(axis=1) / seeds
    return samples


def _score(by_seed: NDArray[np.float64], samples: NDArray[np.float64]) -> dict[str, float]:
    """Return a measure's mean over seeds with its interval, and the range over seeds."""
    return {
        "accuracy": round_score(by_seed.mean()),
        **metrics.interval("accuracy", samples),
        "lowest_seed": round_score(by_seed.min()),
        "highest_seed": round_score(by_seed.max()),
    }


def _tested_pairs(points: Sequence[Point], transfer_variant: str | None) -> list[tuple[Point, Point]]:
    """Return the pairs to test; each further test would cost statistical power."""
    all_label_points = [point for point in points if point[1] == ALL_LABELS]
    pairs = [(point, earlier_point) for earlier_point, point in combinations(all_label_points, 2)]
    if transfer_variant is None:
        return pairs
    few_label_points = [point for point in points if point[0] == transfer_variant and point[1] < ALL_LABELS]
    pairs += [(point, (RANDOM, point[1])) for point in few_label_points if (RANDOM, point[1]) in points]
    if few_label_points and (RANDOM, ALL_LABELS) in points:
        pairs.append((few_label_points[0], (RANDOM, ALL_LABELS)))
    return pairs


def _test_differences(
    pairs: Sequence[tuple[Point, Point]],
    measures: Mapping[str, list[str]],
    by_seed: Mapping[tuple[Point, str], NDArray[np.float64]],
    samples: Samples,
) -> list[dict[str, Any]]:
    """Return the difference of each pair in each measure, a minus b."""
    tests: list[dict[str, Any]] = []
    for a, b in pairs:
        ends = {name: {"variant": end[0], "train_fraction": end[1]} for name, end in (("a", a), ("b", b))}
        for measure in measures:
            difference = float(by_seed[a, measure].mean()) - float(by_seed[b, measure].mean())
            test = metrics.paired_bootstrap(difference, samples[a, measure] - samples[b, measure])
            tests.append({"measure": measure, **ends, **test})
    corrected_p_values = metrics.holm([test["p"] for test in tests])
    return [{**test, "p_holm": p} for test, p in zip(tests, corrected_p_values, strict=True)]
