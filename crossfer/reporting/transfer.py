"""Measure how much of the source's score transfers to the zero-shot targets."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from crossfer.reporting import metrics
from crossfer.reporting.metrics import interval, round_score


def zero_shot_targets(languages: Mapping[str, str | None], source: str) -> list[str]:
    """Return the targets in another language than the source; for images, all.

    Args:
        languages: of each domain; None for images.
        source: the source domain.
    """
    targets = (domain for domain in languages if domain != source)
    return [domain for domain in targets if languages[domain] is None or languages[domain] != languages[source]]


def report_targets(report: Mapping[str, Any]) -> list[str]:
    """Return the zero-shot targets of a task from its metrics.json."""
    languages = {domain: scores.get("language") for domain, scores in report["domains"].items()}
    return zero_shot_targets(languages, report["source"])


def score_domains(
    predictions: Mapping[str, pd.DataFrame], languages: Mapping[str, str | None], source: str, resamples: int, seed: int
) -> dict[str, Any]:
    """Score each domain, average zero-shot targets, measure the gap to the source.

    Args:
        predictions: for each domain, the columns id, label, prediction.
        languages: of each domain; None for images.
        source: the source domain.
        resamples: number of bootstrap resamples.
        seed: of the resampling.

    Returns:
        domains: see `domain_scores`.
        zero_shot: None without a zero-shot target. Otherwise domains (number of targets), accuracy and macro_f1 (means
        over targets), worst, worst_accuracy, reference and gap (accuracy of the reference minus the mean).

        Equal ids mean the same item (crossfer/sources/parallel_items.py). The reference is a domain in the source's
        language that shares most of its items with all targets. Then the gap compares these gap_n items. Without such
        a domain the reference is the source, and there is no gap_n. If the reference is not the source, style_shift is
        the source's accuracy minus the reference's. Intervals resample items.
    """
    domains = {
        domain: metrics.domain_scores(rows["label"], rows["prediction"], resamples, seed)
        for domain, rows in predictions.items()
    }
    targets = zero_shot_targets({domain: languages[domain] for domain in predictions}, source)
    if not targets:
        return {"domains": domains, "zero_shot": None}
    correct = {domain: metrics.correct_by_id(rows) for domain, rows in predictions.items()}
    same_language = [domain for domain in correct if domain not in {source, *targets}]
    common_items = set.intersection(*(set(correct[domain].index) for domain in targets))
    items = {
        domain: correct[domain].index[correct[domain].index.isin(common_items)] for domain in [*same_language, source]
    }
    parallel_domains = [domain for domain in items if len(items[domain]) > len(correct[domain]) / 2]
    reference = max(parallel_domains, key=lambda domain: len(items[domain])) if parallel_domains else source
    paired = {domain: correct[domain] for domain in [reference, *targets]}
    if parallel_domains:
        paired = {domain: rows.loc[items[reference]] for domain, rows in paired.items()}
    accuracy = {domain: float(rows.mean()) for domain, rows in correct.items()}
    worst = min(targets, key=lambda domain: accuracy[domain])
    scored_domains = {domain: correct[domain] for domain in {source, reference, *targets}}
    samples = metrics.resampled_means(scored_domains, resamples, seed)
    paired_samples = metrics.resampled_means(paired, resamples, seed)
    gap = float(paired[reference].mean()) - float(np.mean([float(paired[domain].mean()) for domain in targets]))
    zero_shot: dict[str, Any] = {
        "domains": len(targets),
        "accuracy": round_score(np.mean([accuracy[domain] for domain in targets])),
        **interval("accuracy", np.mean([samples[domain] for domain in targets], axis=0)),
        "macro_f1": round_score(np.mean([domains[domain]["macro_f1"] for domain in targets])),
        "worst": worst,
        "worst_accuracy": round_score(accuracy[worst]),
        "reference": reference,
        "gap": round_score(gap),
        **interval("gap", paired_samples[reference] - np.mean([paired_samples[domain] for domain in targets], axis=0)),
    }
    if len(targets) == 1:  # `domains` has another resampling
        zero_shot |= {name: domains[worst][name] for name in ("accuracy_low", "accuracy_high")}
    if parallel_domains:
        zero_shot["gap_n"] = len(paired[reference])
    if reference != source:
        zero_shot["style_shift"] = round_score(accuracy[source] - accuracy[reference])
        zero_shot |= interval("style_shift", samples[source] - samples[reference])
    return {"domains": domains, "zero_shot": zero_shot}
