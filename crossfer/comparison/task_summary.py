"""The figures of summary.json: what each task's reports and ladder say of its transfer."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from crossfer.artifacts.paths import ID
from crossfer.comparison import ablation
from crossfer.comparison.ablation import FULL, IN_DOMAIN, RANDOM, ZERO_SHOT
from crossfer.comparison.ablation_recipe import differences
from crossfer.reporting import metrics
from crossfer.reporting.metrics import round_score
from crossfer.reporting.transfer import report_targets

Report = dict[str, Any]
Figures = Mapping[str, Any]


def task_figures(
    report: Figures,
    predictions: pd.DataFrame,
    ladder: ablation.Ladder | None,
    recipe: Figures,
    resamples: int,
    seed: int,
) -> Report:
    """All figures of one task.

    Args:
        report: the task's metrics.json.
        predictions: columns id, domain, truth, guess, floor.
        ladder: as data/ablation holds it; None if the task has none.
        recipe: what a ladder of the task would be climbed with now (crossfer/comparison/ablation_recipe.py).
        resamples: bootstrap resamples.
        seed: of the resampling.

    Returns:
        The report, and: chance (one label in how many), kept (see `_kept`; only with zero_shot), paired (the model
        against the floor, and points of the ladder), cost (of the model, and by variant with all labels). With a ladder
        of this recipe that fits the predictions also ladder (its points), ablation_settings, adapted (the variant that
        stands for transfer: part, else all, None without either) and, where the ladder holds both networks, gain.
        `ablation_status` is used, none, other rows, or other parameters; then ablation_differences names them.
    """
    rows = {str(domain): of_domain.set_index(ID).sort_index() for domain, of_domain in predictions.groupby("domain")}
    by_domain = {domain: rows[domain] for domain in report["domains"]}
    others = report_targets(report)
    found = {**report, "chance": round_score(1 / len(report["labels"]))}
    if "zero_shot" in report:
        found["retained_above_chance"] = _kept(report, found["chance"])
    found["paired"] = {"baseline": _against_floor(by_domain, others, resamples, seed), "ablation": []}
    found["cost"] = dict(report.get("cost", {}))
    ids = {domain: [str(one) for one in of_domain.index] for domain, of_domain in by_domain.items()}
    if ladder is None or not ladder["rows"]:
        return {**found, "ablation_status": "none"}
    if not ablation.fits(ladder, ids):
        return {**found, "ablation_status": "other rows"}
    if differ := differences(ladder["parameters"], recipe):
        return {**found, "ablation_status": "other parameters", "ablation_differences": differ}
    measures = {IN_DOMAIN: [report["source"]], **({ZERO_SHOT: others} if others else {})}
    return {**found, **_of_ladder(found, ablation.summarise(ladder, ids, measures, resamples, seed))}


def difference(figures: Figures, measure: str, a: tuple[str, float], b: tuple[str, float]) -> Report | None:
    """The tested difference between two points of the ladder, a less b, if it was tested."""
    for test in figures["paired"]["ablation"]:
        ends = [(test[end]["variant"], test[end]["train_fraction"]) for end in "ab"]
        if test["measure"] == measure and ends == [a, b]:
            return dict(test)
    return None


def _kept(report: Figures, chance: float) -> float | None:
    """Share of the reference's score above chance that is left in the mean of the targets, 0 if that is below chance.

    None if the reference itself is not above chance.
    """
    reference = report["domains"][report["zero_shot"]["reference"]]["accuracy"]
    mean = report["zero_shot"]["accuracy"]
    return round_score(max(0.0, mean - chance) / (reference - chance)) if reference > chance else None


def _against_floor(rows: Mapping[str, pd.DataFrame], others: list[str], resamples: int, seed: int) -> Report:
    """The model less the classical floor: McNemar's test in each domain, a paired bootstrap of the mean."""
    model = {domain: of_domain["label"] == of_domain["prediction"] for domain, of_domain in rows.items()}
    floor = {domain: of_domain["label"] == of_domain["baseline"] for domain, of_domain in rows.items()}
    by_domain = {domain: metrics.mcnemar(model[domain], floor[domain]) for domain in rows}
    tests = list(by_domain.values())
    found: Report = {"domains": by_domain}
    if others:
        lead = {domain: model[domain].astype(float) - floor[domain].astype(float) for domain in others}
        drawn = metrics.resampled_means(lead, resamples, seed)
        mean = float(np.mean([rows.mean() for rows in lead.values()]))
        found[ZERO_SHOT] = metrics.paired_bootstrap(mean, np.mean(list(drawn.values()), axis=0))
        tests.append(found[ZERO_SHOT])
    for test, p in zip(tests, metrics.holm([test["p"] for test in tests]), strict=True):
        test["p_holm"] = p
    return found


def _of_ladder(found: Report, summary: Report) -> Report:
    """What the ladder adds to a task's figures."""
    points, measures = summary["points"], [name for name in (IN_DOMAIN, ZERO_SHOT) if name in summary["points"][0]]
    full = {one["variant"]: one for one in points if one["train_fraction"] == FULL}
    added: Report = {
        "ablation_status": "used",
        "transfer_variant": summary["transfer_variant"],
        "ablation": points,
        "ablation_settings": summary["settings"],
        "paired": {**found["paired"], "ablation": summary["paired"]},
        "cost": {
            **found["cost"],
            "variants": {
                variant: {name: one[name] for name in ("cpu_seconds", *ablation.SIZES)} for variant, one in full.items()
            },
        },
    }
    if summary["gain_variant"] and RANDOM in full:
        pair = (summary["gain_variant"], FULL), (RANDOM, FULL)
        tests = {name: difference(added, name, *pair) for name in measures}
        added["gain"] = {"variant": summary["gain_variant"], "against": RANDOM, **tests}
    return added
