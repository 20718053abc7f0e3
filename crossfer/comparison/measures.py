"""Define the measures that compare tasks: name, definition, each task's value."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from crossfer.comparison.ablation import IN_DOMAIN, ZERO_SHOT
from crossfer.reporting import formatting
from crossfer.reporting.formatting import accuracy_with_interval, interval, join_names, percent

Report = Mapping[str, Any]
Tasks = Mapping[str, Report]


@dataclass(frozen=True)
class Value:
    """Store a task's value of a measure as text and number, with its 95 % interval."""

    text: str
    number: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Measure:
    """Define a measure of a task; the stage compare prints it if `headline` is true."""

    key: str
    name: str
    definition: str
    value: Callable[[Report], Value | None]
    headline: bool = False


def _accuracy(scores: Report | None) -> Value | None:
    if scores is None:
        return None
    return Value(accuracy_with_interval(scores), *(scores[f"accuracy{end}"] for end in ("", "_low", "_high")))


def _difference(test: Report | None, name: str = "difference") -> Value | None:
    """Return a difference with its interval, and its p-value if it was tested."""
    if test is None:
        return None
    p = f", {formatting.p_value(test['p_holm'])}" if "p_holm" in test else ""
    text = f"{formatting.percentage_points(test[name])} ({interval(test, name)}{p})"
    return Value(text, *(test[f"{name}{end}"] for end in ("", "_low", "_high")))


def _gap(summary: Report) -> Value | None:
    """Return the transfer gap with the number of paired items."""
    zero_shot = summary.get("zero_shot")
    value = _difference(zero_shot, "gap")
    if value is None or not zero_shot or "gap_n" not in zero_shot:
        return value
    return replace(value, text=f"{value.text} on {formatting.count(zero_shot['gap_n'])} paired items")


def _number(value: float | None, format_number: Callable[[float], str]) -> Value | None:
    return None if value is None else Value(format_number(value), value)


def _accuracy_with_fewest_labels(summary: Report) -> Value | None:
    """Return the zero-shot accuracy of the transfer variant with the fewest labels."""
    variant = summary.get("transfer_variant")
    points = [point for point in summary.get("ablation", []) if point["variant"] == variant and ZERO_SHOT in point]
    if len(points) < 2:
        return None
    scores, labels = points[0][ZERO_SHOT], formatting.count(points[0]["training_rows"])
    return Value(f"{accuracy_with_interval(scores)} with {labels} labels", scores["accuracy"])


def _cpu_time(summary: Report) -> Value | None:
    """Return the CPU time of the transfer variant with all labels."""
    variant = summary.get("transfer_variant")
    return _number(summary["cost"]["variants"][variant]["cpu_seconds"] if variant else None, formatting.duration)


MEASURES = (
    Measure(
        "in_domain_accuracy",
        "In-domain accuracy",
        "on the source's own test rows",
        lambda summary: _accuracy(summary["domains"][summary["source"]]),
    ),
    Measure(
        "zero_shot_accuracy",
        "Zero-shot accuracy",
        "mean over the targets in another language (or style of image); training uses none of their labels",
        lambda summary: _accuracy(summary.get("zero_shot")),
        headline=True,
    ),
    Measure(
        "gap",
        "Transfer gap",
        "accuracy on the reference minus zero-shot accuracy; the reference is the source, or a set in its language"
        " (or style) with the same items as the targets, if there is one; then only paired items count",
        _gap,
        headline=True,
    ),
    Measure(
        "retained_above_chance",
        "Retained above chance",
        "zero-shot accuracy minus chance (1 / number of labels), divided by the reference's accuracy minus chance",
        lambda summary: _number(summary.get("retained_above_chance"), percent),
    ),
    Measure(
        "lead_over_baseline",
        "Lead over the baseline",
        "zero-shot accuracy minus the baseline's; paired bootstrap",
        lambda summary: _difference(summary["paired"]["baseline"].get(ZERO_SHOT)),
    ),
    Measure(
        "gain_zero_shot",
        "Transfer gain, zero-shot",
        "zero-shot accuracy with pretrained weights minus that with random weights, with all labels and the same"
        " epochs; more epochs would narrow it; paired bootstrap",
        lambda summary: _difference(summary.get("gain", {}).get(ZERO_SHOT)),
        headline=True,
    ),
    Measure(
        "gain_in_domain",
        "Transfer gain, in-domain",
        "the same for in-domain accuracy",
        lambda summary: _difference(summary.get("gain", {}).get(IN_DOMAIN)),
    ),
    Measure(
        "few_labels_zero_shot_accuracy",
        "Label efficiency",
        "zero-shot accuracy of the pretrained network with the fewest labels in the ablation",
        _accuracy_with_fewest_labels,
    ),
    Measure("cpu_seconds", "CPU time", "to train the pretrained network with all labels", _cpu_time),
    Measure(
        "trained_parameters",
        "Trained parameters",
        "parameters of the model that training changes",
        lambda summary: _number(summary["cost"].get("trained_parameters"), formatting.parameter_count),
    ),
    Measure(
        "model_bytes",
        "Size",
        "of the model's weights on disk",
        lambda summary: _number(summary["cost"].get("model_bytes"), formatting.file_size),
    ),
)


def measure_rows(tasks: Tasks) -> list[dict[str, Any]]:
    """Return one row per measure that a task has.

    A row has key, measure, definition, values (by task; None if it has none) and compared.
    """
    return [
        {
            "key": measure.key,
            "measure": measure.name,
            "definition": measure.definition,
            "values": {task: values[task].text if task in values else None for task in tasks},
            "compared": _compare(values),
        }
        for measure, values in _values_by_measure(tasks)
    ]


def progress_lines(tasks: Tasks) -> list[str]:
    """Return one line per headline measure with the values of all tasks that have it."""
    lines = []
    for measure, values in _values_by_measure(tasks):
        if measure.headline:
            texts = "; ".join(f"{task} {value.text}" for task, value in values.items())
            lines.append(f"{measure.name}: {texts}. {_compare(values)}".strip())
    return lines or ["No task has a zero-shot target, so there is no transfer to compare."]


def mlflow_metrics(tasks: Tasks) -> dict[str, float]:
    """Return every measure of every task by name, as `zero_shot_accuracy/news`."""
    return {
        f"{measure.key}/{task}": value.number
        for measure, values in _values_by_measure(tasks)
        for task, value in values.items()
    }


def _values_by_measure(tasks: Tasks) -> list[tuple[Measure, dict[str, Value]]]:
    """Return the measures that a task has, with the values of these tasks."""
    pairs = [
        (measure, {task: value for task, summary in tasks.items() if (value := measure.value(summary))})
        for measure in MEASURES
    ]
    return [(measure, values) for measure, values in pairs if values]


def _compare(values: Mapping[str, Value]) -> str:
    """Return whether 95 % intervals separate the tasks; empty if nothing compares.

    Tasks share no test rows, so no paired test is possible. Intervals that do not overlap are stricter than a test.
    """
    highest_task, *other_tasks = sorted(values, key=lambda task: -values[task].number)
    low = values[highest_task].low
    if not other_tasks or low is None:
        return ""
    lower_tasks = [task for task in other_tasks if (values[task].high or 0.0) < low]
    if len(lower_tasks) == len(other_tasks):
        return f"Highest for {highest_task} (95 % intervals do not overlap)."
    if lower_tasks:
        return f"Lower for {join_names(lower_tasks)} than for {highest_task} (95 % intervals do not overlap)."
    return "No significant difference (95 % intervals overlap)."
