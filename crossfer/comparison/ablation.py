"""Summarise a task's ablation: accuracy and cost of each point, and paired differences between points.

A variant says which weights a classifier starts from, and which of them are trained. A point is a variant trained on a
fraction of the labels. Experiments that differ only in their seed are one point: their mean. Intervals and tests
resample the test rows, the same rows for all points, and the seeds of each point that has several.
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

# From the least that is carried over to the most that is trained.
VARIANTS = {
    "baseline": "classical floor",
    "random": "random weights, all layers trained",
    "head": "pretrained, head alone trained",
    "partial": "pretrained, upper part trained",
    "full": "pretrained, all layers trained",
}
RANDOM = "random"
ADAPTED = ("partial", "full")  # the variant that stands for transfer is the first there is
GAINING = ("full", "partial")  # so is the one whose gain over random weights is told: "full" differs by its start alone
FULL = 1.0
IN_DOMAIN, ZERO_SHOT = "in_domain", "zero_shot"
SIZES = ("parameters", "trained_parameters", "model_bytes")
ORIGIN = ("experiment", "seed", "commit", "command")

Ladder = Mapping[str, Any]
Point = tuple[str, float]  # variant and share
Drawn = dict[tuple[Point, str], NDArray[np.float64]]


def fits(ladder: Ladder, ids: Mapping[str, Sequence[str]]) -> bool:
    """The ladder was measured on these test rows.

    Args:
        ladder: as data/ablation holds it.
        ids: of each domain, the ids of its test rows, sorted.
    """
    items = {domain: digests.strings_digest(of_domain) for domain, of_domain in ids.items()}
    return all(row["test_ids_digest"] == items for row in ladder["rows"])


def summarise(
    ladder: Ladder, ids: Mapping[str, Sequence[str]], measures: Mapping[str, list[str]], resamples: int, seed: int
) -> dict[str, Any]:
    """The ladder's points with intervals, and the paired differences between them.

    Args:
        ladder: as data/ablation holds it; it fits.
        ids: of each domain, the ids of its test rows, sorted.
        measures: of each measure (in_domain, zero_shot), the domains whose accuracies are averaged.
        resamples: bootstrap resamples.
        seed: of the resampling.

    Returns:
        settings; points: of each variant and share the measures with intervals and the range over seeds, accuracy by
        domain, costs and experiments; transfer_variant: the one that stands for transfer, None if it was not run;
        gain_variant: the one that is compared with random weights; paired: differences between points, with
        Holm-corrected p-values.
    """
    order = list(VARIANTS)
    rows = sorted(ladder["rows"], key=lambda row: (order.index(row["variant"]), row["train_fraction"], row["seed"]))
    points = {
        key: list(group)
        for key, group in groupby(rows, lambda row: (str(row["variant"]), float(row["train_fraction"])))
    }
    right = {point: _right(group, ids) for point, group in points.items()}
    drawn = _drawn(right, measures, resamples, seed)
    by_seed = {
        (point, measure): np.mean([marks[domain].mean() for domain in domains], axis=0)
        for point, marks in right.items()
        for measure, domains in measures.items()
    }
    value = {key: float(scores.mean()) for key, scores in by_seed.items()}
    described = [
        _described(group, right[point])
        | {measure: _measured(by_seed[point, measure], drawn[point, measure]) for measure in measures}
        for point, group in points.items()
    ]
    adapted, gaining = (
        next((variant for variant in variants if (variant, FULL) in points), None) for variants in (ADAPTED, GAINING)
    )
    tested = [(a, b, measure) for a, b in _contrasts(list(points), adapted) for measure in measures]
    return {
        "settings": ladder["settings"],
        "points": described,
        "transfer_variant": adapted,
        "gain_variant": gaining,
        "paired": _paired(tested, value, drawn),
    }


def _described(group: Sequence[Mapping[str, Any]], right: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    """A point without its measures: what was run, at what cost, and how well it does in each domain."""
    first = group[0]
    return {
        "variant": first["variant"],
        "train_fraction": first["train_fraction"],
        "seeds": len(group),
        "training_rows": first["training_rows"],
        "cpu_seconds": round_score(np.mean([row["cpu_seconds"] for row in group])),
        **{size: first[size] for size in SIZES},
        "domains": {name: round_score(marks.to_numpy().mean()) for name, marks in right.items()},
        "experiments": [{name: row[name] for name in ORIGIN} for row in group],
    }


def _right(group: Sequence[Mapping[str, Any]], ids: Mapping[str, Sequence[str]]) -> dict[str, pd.DataFrame]:
    """Of each domain whether a row is right, 1 or 0: a column an experiment, indexed by the row's id."""
    return {
        domain: pd.DataFrame(
            {n: [int(mark) for mark in row["correct"][domain]] for n, row in enumerate(group)}, [*of_domain]
        )
        for domain, of_domain in ids.items()
    }


def _drawn(
    right: Mapping[Point, Mapping[str, pd.DataFrame]], measures: Mapping[str, list[str]], resamples: int, seed: int
) -> Drawn:
    """Each measure of each point in each resample; a test row is drawn for all points and in all domains at once."""
    columns = {
        f"{point} {domain} {n}": marks[n]
        for point, of_point in right.items()
        for domain, marks in of_point.items()
        for n in marks
    }
    means = metrics.resampled_means(columns, resamples, seed)
    generator = np.random.default_rng([seed, len(right)])
    drawn: Drawn = {}
    for point, of_point in right.items():
        seeds = len(next(iter(of_point.values())).columns)
        times = generator.multinomial(seeds, np.full(seeds, 1 / seeds), size=resamples)
        for measure, domains in measures.items():
            of_seeds = [np.mean([means[f"{point} {domain} {n}"] for domain in domains], axis=0) for n in range(seeds)]
            drawn[point, measure] = (times * np.array(of_seeds).T).sum(axis=1) / seeds
    return drawn


def _measured(by_seed: NDArray[np.float64], drawn: NDArray[np.float64]) -> dict[str, float]:
    """A measure's mean over seeds with its interval, and the range over seeds."""
    return {
        "accuracy": round_score(by_seed.mean()),
        **metrics.interval("accuracy", drawn),
        "lowest_seed": round_score(by_seed.min()),
        "highest_seed": round_score(by_seed.max()),
    }


def _contrasts(points: Sequence[Point], adapted: str | None) -> list[tuple[Point, Point]]:
    """The pairs of points that a sentence may be about; no others are tested, since each costs the rest some power."""
    full = [point for point in points if point[1] == FULL]
    pairs = [(later, earlier) for earlier, later in combinations(full, 2)]
    if adapted is None:
        return pairs
    fewer = [point for point in points if point[0] == adapted and point[1] < FULL]
    pairs += [(point, (RANDOM, point[1])) for point in fewer if (RANDOM, point[1]) in points]
    if fewer and (RANDOM, FULL) in points:
        pairs.append((fewer[0], (RANDOM, FULL)))
    return pairs


def _paired(
    tested: Sequence[tuple[Point, Point, str]], value: Mapping[tuple[Point, str], float], drawn: Drawn
) -> list[dict[str, Any]]:
    """The differences between points, a less b."""
    found: list[dict[str, Any]] = []
    for a, b, measure in tested:
        of_a, of_b = (a, measure), (b, measure)
        test = metrics.paired_bootstrap(value[of_a] - value[of_b], drawn[of_a] - drawn[of_b])
        found.append({"measure": measure, "a": _named(a), "b": _named(b), **test})
    corrected = metrics.holm([test["p"] for test in found])
    return [{**test, "p_holm": p} for test, p in zip(found, corrected, strict=True)]


def _named(point: Point) -> dict[str, Any]:
    """A point as JSON names it."""
    return {"variant": point[0], "train_fraction": point[1]}
