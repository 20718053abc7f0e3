"""Measures that tasks are compared by: name, definition, and each task's value."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from crossfer.comparison.ablation import IN_DOMAIN, ZERO_SHOT
from crossfer.reporting import formatting
from crossfer.reporting.formatting import (
    accuracy_with_interval,
    count_with_noun,
    interval,
    join_names,
    p_value,
    percent,
    percentage_points,
)

Figures = Mapping[str, Any]


@dataclass(frozen=True)
class Value:
    """A task's value of a measure, as text and as a number, with its 95 % interval if it has one."""

    text: str
    number: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Measure:
    """A measure. A headline stands at the top of the page."""

    key: str
    name: str
    definition: str
    value: Callable[[Figures], Value | None]
    headline: bool = False


def _accuracy(scores: Figures | None) -> Value | None:
    """Return an accuracy with its interval."""
    if scores is None:
        return None
    return Value(accuracy_with_interval(scores), scores["accuracy"], scores["accuracy_low"], scores["accuracy_high"])


def _difference(test: Figures | None, name: str = "difference") -> Value | None:
    """Return a difference with its interval, and its p-value if it was tested."""
    if test is None:
        return None
    p = f", {p_value(test['p_holm'])}" if "p_holm" in test else ""
    text = f"{percentage_points(test[name])} ({interval(test, name)}{p})"
    return Value(text, test[name], test[f"{name}_low"], test[f"{name}_high"])


def _kept(figures: Figures) -> Value | None:
    """Return the share of the score above chance that transfers."""
    return (
        None
        if figures.get("retained_above_chance") is None
        else Value(percent(figures["retained_above_chance"]), figures["retained_above_chance"])
    )


def _fewest_labels(figures: Figures) -> Value | None:
    """Return the zero-shot accuracy with the fewest labels, of the variant that stands for transfer."""
    variant = figures.get("transfer_variant")
    series = [point for point in figures.get("ablation", []) if point["variant"] == variant and ZERO_SHOT in point]
    if len(series) < 2:
        return None
    scores, labels = series[0][ZERO_SHOT], count_with_noun(series[0]["training_rows"], "label", "labels")
    return Value(f"{accuracy_with_interval(scores)} with {labels}", scores["accuracy"])


def _cpu_time(figures: Figures) -> Value | None:
    """Return the CPU time of the variant that stands for transfer."""
    if not figures.get("transfer_variant"):
        return None
    value = figures["cost"]["variants"][figures["transfer_variant"]]["cpu_seconds"]
    return Value(formatting.duration(value), value)


def _cost(figures: Figures, name: str, text: Callable[[float], str]) -> Value | None:
    """Return a size that evaluate reports."""
    value = figures["cost"].get(name)
    return None if value is None else Value(text(value), value)


MEASURES = (
    Measure(
        "in_domain_accuracy",
        "In-domain accuracy",
        "on the source's own test rows",
        lambda figures: _accuracy(figures["domains"][figures["source"]]),
    ),
    Measure(
        "zero_shot_accuracy",
        "Zero-shot accuracy",
        "mean over the targets in another language (or style of image), none of whose labels are used in training",
        lambda figures: _accuracy(figures.get("zero_shot")),
        headline=True,
    ),
    Measure(
        "gap",
        "Transfer gap",
        "accuracy on the reference minus zero-shot accuracy; the reference is the source, or a set in the source's"
        " language (or style) with the same items as the targets, if there is one",
        lambda figures: _difference(figures.get("zero_shot"), "gap"),
        headline=True,
    ),
    Measure(
        "retained_above_chance",
        "Share kept above chance",
        "zero-shot accuracy minus chance (1 / number of labels), divided by the reference's accuracy minus chance",
        _kept,
    ),
    Measure(
        "lead_over_baseline",
        "Lead over the baseline",
        "zero-shot accuracy minus that of a classical classifier trained on the same rows; paired bootstrap",
        lambda figures: _difference(figures["paired"]["baseline"].get(ZERO_SHOT)),
    ),
    Measure(
        "gain_zero_shot",
        "Transfer gain, zero-shot",
        "zero-shot accuracy with pretrained weights minus that of the same network trained from random weights, with"
        " all labels and the same epochs; more epochs would narrow it; paired bootstrap",
        lambda figures: _difference(figures.get("gain", {}).get(ZERO_SHOT)),
        headline=True,
    ),
    Measure(
        "gain_in_domain",
        "Transfer gain, in-domain",
        "the same for in-domain accuracy",
        lambda figures: _difference(figures.get("gain", {}).get(IN_DOMAIN)),
    ),
    Measure(
        "few_labels_zero_shot_accuracy",
        "Label efficiency",
        "zero-shot accuracy of the pretrained network with the fewest labels in the ablation",
        _fewest_labels,
    ),
    Measure("cpu_seconds", "CPU time", "to train the pretrained network with all labels", _cpu_time),
    Measure(
        "trained_parameters",
        "Trained weights",
        "weights of the model that training changes",
        lambda figures: _cost(figures, "trained_parameters", formatting.parameter_count),
    ),
    Measure(
        "model_bytes",
        "Size",
        "of the model's weights on disk",
        lambda figures: _cost(figures, "model_bytes", formatting.file_size),
    ),
)


def rows(tasks: Mapping[str, Figures]) -> list[dict[str, Any]]:
    """Return one row per measure that a task has: key, measure, definition, values (by task, or None), sentence."""
    found = []
    for measure in MEASURES:
        known = _known(measure, tasks)
        if known:
            values = {task: known[task].text if task in known else None for task in tasks}
            row = {"key": measure.key, "measure": measure.name, "definition": measure.definition, "values": values}
            found.append({**row, "sentence": _sentence(known)})
    return found


def headlines(tasks: Mapping[str, Figures]) -> list[str]:
    """Return one line per measure that says how much transfers, with the values of all tasks that have it."""
    known = [(measure, values) for measure in MEASURES if measure.headline and (values := _known(measure, tasks))]
    if not known:
        return ["No task has a target in another language or style than its source: there is no transfer to compare."]
    lines = []
    for measure, values in known:
        shown = "; ".join(f"{task} {value.text}" for task, value in values.items())
        lines.append(f"{measure.name}: {shown}. {_sentence(values)}".strip())
    return lines


def numbers(tasks: Mapping[str, Figures]) -> dict[str, float]:
    """Return every measure of every task by name, the measure first, as `zero_shot_accuracy/news`."""
    return {
        f"{measure.key}/{task}": value.number for measure in MEASURES for task, value in _known(measure, tasks).items()
    }


def _known(measure: Measure, tasks: Mapping[str, Figures]) -> dict[str, Value]:
    """Return the values of the tasks that have the measure."""
    return {task: value for task, figures in tasks.items() if (value := measure.value(figures))}


def _sentence(values: Mapping[str, Value]) -> str:
    """Return whether 95 % intervals separate the tasks; empty for one task, or for values without intervals.

    Tasks share no test rows, so no paired test is possible. Intervals that do not overlap are stricter than a test.
    """
    highest, *others = sorted(values, key=lambda task: -values[task].number)
    low = values[highest].low
    if not others or low is None:
        return ""
    lower = [task for task in others if (values[task].high or 0.0) < low]
    if len(lower) == len(others):
        return f"Highest for {highest} (95 % intervals do not overlap)."
    if lower:
        return f"Lower for {join_names(lower)} than for {highest} (95 % intervals do not overlap)."
    return "No significant difference (95 % intervals overlap)."
