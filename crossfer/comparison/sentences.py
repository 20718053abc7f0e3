"""What a task's figures mean, in sentences computed from them; those of its ladder are in ladder_sentences.py.

One thing "beats" another only where a paired test on the same rows says so at 5 %, corrected for the number of tests
made beside it (Holm), and the interval of the difference leaves out nought; all else "cannot be told apart".
"""

from collections.abc import Mapping
from typing import Any

from crossfer.comparison import ablation_sentences
from crossfer.comparison.ablation import ZERO_SHOT
from crossfer.comparison.task_summary import targets, told_apart
from crossfer.reporting.formatting import facing, interval, p_value, percent, plural, points, score

Figures = Mapping[str, Any]


def about(task: str, figures: Figures) -> list[str]:
    """All that can be said of a task, a sentence or two a figure."""
    own = [one(task, figures) for one in (in_domain, zero_shot, lead, gap, kept)]
    return [sentence for sentence in (*own, *ablation_sentences.about(task, figures)) if sentence]


def in_domain(task: str, figures: Figures) -> str:
    """The score on the source's own test rows, beside the classical floor's."""
    source = figures["source"]
    scores, floor = figures["domains"][source], figures["floor"][source]
    beside = _beside_floor("That", "that", figures["paired"]["floor"]["domains"][source], floor["accuracy"], "McNemar")
    rows = plural(scores["n"], "test row", "test rows")
    return f"On {rows} of its source {source}, {task} is right {score(scores)} of the time. {beside}."


def zero_shot(task: str, figures: Figures) -> str:
    """The mean score in targets of another kind."""
    if "zero_shot" not in figures:
        return f"{task} has no target of another kind than its source, so nothing is known of its transfer."
    scores, others = figures["zero_shot"], targets(figures)
    if len(others) == 1:
        return f"Without any label of its target {others[0]}, {task} is right {score(scores)} of the time."
    return (
        f"Without any label of its {len(others)} targets of another kind, {task} is right {score(scores)} of the time"
        f" in their mean, least in {scores['worst']} ({percent(scores['worst_accuracy'])})."
    )


def lead(task: str, figures: Figures) -> str:
    """The score in the targets beside the classical floor's, in their mean and one by one."""
    if "zero_shot" not in figures:
        return ""
    paired, others = figures["paired"]["floor"], targets(figures)
    floor = figures["zero_shot"]["floor_accuracy"]
    beside = _beside_floor(
        f"In the targets {task}", f"{task} in the targets", paired[ZERO_SHOT], floor, "paired bootstrap"
    )
    won = [name for name in others if told_apart(test := paired["domains"][name]) and test["difference"] > 0]
    alone = f"; target by target, {task} beats it in {len(won)} of {len(others)} (McNemar)" if len(others) > 1 else ""
    return f"{beside}{alone}."


def gap(task: str, figures: Figures) -> str:
    """What is lost on the way to the targets."""
    if "zero_shot" not in figures:
        return ""
    scores = figures["zero_shot"]
    items = f"on the same {plural(scores['gap_items'], 'item', 'items')}" if "gap_items" in scores else "on other items"
    way = f"On the way from {scores['reference']} to the targets, {items},"
    if scores["gap_low"] > 0:
        return f"{way} {task} loses {points(scores['gap'])} ({interval(scores, 'gap')})."
    if scores["gap_high"] < 0:
        wins = facing(scores, "gap")
        return f"{way} {task} loses nothing: it wins {points(wins['gap'])} ({interval(wins, 'gap')})."
    span = interval(scores, "gap")
    return f"{way} no loss of {task} can be told: the gap is {points(scores['gap'])} ({span})."


def kept(task: str, figures: Figures) -> str:
    """The share of the score above chance that arrives in the targets."""
    if "zero_shot" not in figures:
        return ""
    reference, chance = figures["zero_shot"]["reference"], percent(figures["chance"])
    if figures["kept"] is None:
        return f"In {reference} itself {task} is not above chance ({chance}), so there is nothing to keep."
    return (
        f"Of its score above chance ({chance}) in {reference}, {task} keeps {percent(figures['kept'])} in the targets."
    )


def _beside_floor(first: str, name: str, test: Figures, floor: float, method: str) -> str:
    """The model, as it is called at the start of a sentence and in it, beside the classical floor of that accuracy."""
    seen = facing(test, "difference")
    span = f"{interval(seen, 'difference')}; " if "difference_low" in test else ""
    how = f"({span}{method}, {p_value(test['p_holm'])})"
    if not told_apart(test):
        return f"{first} and the classical floor ({percent(floor)}) cannot be told apart {how}"
    by = f"by {points(seen['difference'])} {how}"
    if test["difference"] > 0:
        return f"{first} beats the classical floor ({percent(floor)}) {by}"
    return f"Yet the classical floor ({percent(floor)}) beats {name} {by}"
