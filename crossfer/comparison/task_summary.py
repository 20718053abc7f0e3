"""Compute a task's part of summary.json from its reports and its ablation."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from crossfer.artifacts.paths import ID
from crossfer.comparison import ablation
from crossfer.comparison.ablation import ALL_LABELS, IN_DOMAIN, RANDOM, ZERO_SHOT
from crossfer.comparison.ablation_parameters import parameter_differences
from crossfer.reporting import metrics
from crossfer.reporting.metrics import round_score
from crossfer.reporting.transfer import report_targets

Report = Mapping[str, Any]


def summarize_task(
    report: Report,
    predictions: pd.DataFrame,
    experiments: ablation.Ablation | None,
    parameters: Report,
    resamples: int,
    seed: int,
) -> dict[str, Any]:
    """Return a task's part of summary.json: metrics.json and further keys.

    Args:
        report: metrics.json.
        predictions: columns id, domain, label, prediction, baseline.
        experiments: the content of data/ablation, or None.
        parameters: those that an ablation would use now (crossfer/comparison/ablation_parameters.py).
        resamples: number of bootstrap resamples.
        seed: of the resampling.

    Returns:
        The report, and: chance (1 / number of labels), retained_above_chance (with zero_shot), paired (tests of the
        model against the baseline, and of pairs of points of the ablation) and ablation_status: used, none, other
        test rows, or other parameters (then ablation_differences names them). If used, also ablation (its points),
        ablation_settings, transfer_variant, cost.variants, and gain if random weights were trained.
    """
    by_domain = {str(name): rows.set_index(ID).sort_index() for name, rows in predictions.groupby("domain")}
    by_domain = {domain: by_domain[domain] for domain in report["domains"]}
    targets = report_targets(report)
    chance = round_score(1 / len(report["labels"]))
    summary = {**report, "chance": chance}
    if "zero_shot" in report:
        summary["retained_above_chance"] = _retained_above_chance(report, chance)
    summary["paired"] = {"baseline": _against_baseline(by_domain, targets, resamples, seed), "ablation": []}
    summary["cost"] = dict(report.get("cost", {}))
    ids = {domain: [str(row) for row in rows.index] for domain, rows in by_domain.items()}
    if experiments is None or not experiments["rows"]:
        return {**summary, "ablation_status": "none"}
    if not ablation.matches_test_rows(experiments, ids):
        return {**summary, "ablation_status": "other test rows"}
    if differences := parameter_differences(experiments["parameters"], parameters):
        return {**summary, "ablation_status": "other parameters", "ablation_differences": differences}
    measures = {IN_DOMAIN: [report["source"]], **({ZERO_SHOT: targets} if targets else {})}
    return _add_ablation(summary, ablation.summarize_ablation(experiments, ids, measures, resamples, seed))


def _retained_above_chance(report: Report, chance: float) -> float | None:
    """Return zero-shot accuracy above chance as a fraction of the reference's.

    None if the reference is at chance.
    """
    reference = report["domains"][report["zero_shot"]["reference"]]["accuracy"]
    excess = max(0.0, report["zero_shot"]["accuracy"] - chance)
    return round_score(excess / (reference - chance)) if reference > chance else None


def _against_baseline(
    rows: Mapping[str, pd.DataFrame], targets: list[str], resamples: int, seed: int
) -> dict[str, Any]:
    """Compare the model with the baseline, in each domain and in the mean of targets.

    Domains have McNemar's test, the mean has a paired bootstrap.
    """
    model = {domain: table["label"] == table["prediction"] for domain, table in rows.items()}
    baseline = {domain: table["label"] == table["baseline"] for domain, table in rows.items()}
    result: dict[str, Any] = {"domains": {domain: metrics.mcnemar(model[domain], baseline[domain]) for domain in rows}}
    tests = list(result["domains"].values())
    if targets:
        lead = {domain: model[domain].astype(float) - baseline[domain].astype(float) for domain in targets}
        samples = metrics.resampled_means(lead, resamples, seed)
        mean = float(np.mean([rows.mean() for rows in lead.values()]))
        result[ZERO_SHOT] = metrics.paired_bootstrap(mean, np.mean(list(samples.values()), axis=0))
        tests.append(result[ZERO_SHOT])
    for test, p in zip(tests, metrics.holm([test["p"] for test in tests]), strict=True):
        test["p_holm"] = p
    return result


def _add_ablation(summary: Report, results: Report) -> dict[str, Any]:
    """Return the summary with ablation, its costs, and the gain over random weights."""
    points = {point["variant"]: point for point in results["points"] if point["train_fraction"] == ALL_LABELS}
    costs = {name: {size: point[size] for size in ("cpu_seconds", *ablation.SIZES)} for name, point in points.items()}
    gain_variant = results["gain_variant"]
    extended_summary = {
        **summary,
        "ablation_status": "used",
        "transfer_variant": results["transfer_variant"],
        "ablation": results["points"],
        "ablation_settings": results["settings"],
        "paired": {**summary["paired"], "ablation": results["paired"]},
        "cost": {**summary["cost"], "variants": costs},
    }
    if gain_variant and RANDOM in points:
        a, b = ({"variant": name, "train_fraction": ALL_LABELS} for name in (gain_variant, RANDOM))
        tests = {test["measure"]: dict(test) for test in results["paired"] if (test["a"], test["b"]) == (a, b)}
        extended_summary["gain"] = {"variant": gain_variant, "compared_with": RANDOM, **tests}
    return extended_summary
