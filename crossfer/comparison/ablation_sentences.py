"""What a task's ladder means, in sentences computed from it; when a thing "beats" another is said in sentences.py."""

from collections.abc import Mapping, Sequence
from typing import Any

from crossfer.comparison.ablation import FULL, IN_DOMAIN, RANDOM, RUNGS, ZERO_SHOT
from crossfer.comparison.task_summary import difference, point, told_apart
from crossfer.reporting.formatting import (
    count,
    facing,
    interval,
    listed,
    p_value,
    percent,
    plural,
    points,
    score,
    seconds,
    size,
    weights,
)

MEASURES = {ZERO_SHOT: "zero-shot", IN_DOMAIN: "in-domain"}
WAYS = {"head": "training the head alone", "part": "training the upper part", "all": "training all layers"}

Figures = Mapping[str, Any]


def about(task: str, figures: Figures) -> list[str]:
    """All that can be said of a task's ladder; an empty sentence where a rung is missing."""
    return [one(task, figures) for one in (gain, few_labels, what_to_train, time, trained, size_on_disk)]


def gain(task: str, figures: Figures) -> str:
    """What the pretrained weights bring."""
    command = f"python -m crossfer.commands.ablation {task}"
    anew = f"is left out: remove data/ablation/{task}.json, and {command} makes it anew."
    if figures["ladder_state"] == "none":
        return f"{task} has no ladder, so nothing is known of its gain, label efficiency and time: {command} makes one."
    if figures["ladder_state"] == "other rows":
        return f"The ladder of {task} was measured on other test rows and {anew}"
    if figures["ladder_state"] == "other parameters":
        return (
            f"The ladder of {task} was climbed with other parameters, {listed(figures['ladder_differs'])}, and {anew}"
        )
    if "gain" not in figures:
        return f"The ladder of {task} lacks pretrained or random weights trained on all labels: its gain is not known."
    found = figures["gain"]
    duels = [_gain(found, measure) for measure in MEASURES if measure in found]
    networks = [
        f"{RUNGS[rung]} ({plural(one['seeds'], 'seed', 'seeds')})"
        for rung in (found["rung"], RANDOM)
        if (one := point(figures, rung))
    ]
    return f"In {task}, {'; '.join(duels)}.{_where(found)} Both are the same network: {'; '.join(networks)}."


def gain_in(measure: str, task: str, figures: Figures) -> str:
    """What the pretrained weights bring to one score, where that was measured."""
    return f"In {task}, {_gain(figures['gain'], measure)}."


def few_labels(task: str, figures: Figures) -> str:
    """What is reached with the fewest labels, also beside random weights with all of them."""
    rung, measure = figures.get("adapted"), _measure(figures)
    series = [one for one in figures.get("ladder", []) if one["rung"] == rung]
    if len(series) < 2:
        return ""
    fewest, most = series[0], series[-1]
    few, all_labels = plural(fewest["training_rows"], "label", "labels"), count(most["training_rows"])
    text = (
        f"With {few} the {MEASURES[measure]} score of {task} is {score(fewest[measure])}, with all {all_labels} it is"
        f" {score(most[measure])}"
    )
    test = difference(figures, measure, (fewest["rung"], fewest["share"]), (RANDOM, FULL))
    names = {"a": f"pretrained weights with {few}", "b": f"random weights with {all_labels}"}
    return f"{text}; {_duel(test, names, measure)}." if test else f"{text}."


def what_to_train(task: str, figures: Figures) -> str:
    """Which way to train the pretrained network scores best."""
    full, measure = [one for rung in WAYS if (one := point(figures, rung))], _measure(figures)
    if len(full) < 2:
        return ""
    best = max(full, key=lambda one: float(one[measure]["accuracy"]))
    beaten: list[str] = []
    equal: list[str] = []
    for other in full:
        ends = sorted((best["rung"], other["rung"]), key=list(RUNGS).index, reverse=True)
        test = difference(figures, measure, (ends[0], FULL), (ends[1], FULL))
        if test is not None:
            lead = f"{WAYS[other['rung']]} ({points(abs(test['difference']))} below)"
            (beaten if told_apart(test) else equal).append(lead)
    beats = [f"beats {listed(beaten)}"] if beaten else []
    beats += [f"cannot be told apart from {listed(equal)}"] if equal else []
    return (
        f"With all labels of {task}, {WAYS[best['rung']]} has the highest {MEASURES[measure]} score of a pretrained"
        f" network, {score(best[measure])}; it {listed(beats)}.{_one_seed(full)}"
    )


def _one_seed(compared: Sequence[Figures]) -> str:
    """A warning where a test of rows says nothing of other trainings."""
    if all(one["seeds"] > 1 for one in compared):
        return ""
    return (
        " One seed was trained of some of them: the test is of these networks, and another seed may turn a small lead."
    )


def time(task: str, figures: Figures) -> str:
    """How long the network takes to train, beside the classical floor."""
    rung, rungs = figures.get("adapted"), figures["cost"].get("rungs", {})
    if not rung:
        return ""
    floor = (
        f"; the fit alone of the classical floor, {seconds(rungs['floor']['cpu_seconds'])}" if "floor" in rungs else ""
    )
    how = f" (with {', '.join(figures['ladder_settings'])})" if figures["ladder_settings"] else ""
    return f"In {task}, {WAYS[rung]} takes {seconds(rungs[rung]['cpu_seconds'])} of CPU time in all{how}{floor}."


def trained(task: str, figures: Figures) -> str:
    """How many of the model's weights are trained."""
    if "weights" not in figures["cost"]:
        return ""
    some, every = figures["cost"]["trained_weights"], figures["cost"]["weights"]
    return f"Of the model of {task}, {weights(some)} of {weights(every)} weights are trained ({percent(some / every)})."


def size_on_disk(task: str, figures: Figures) -> str:
    """How large the model is."""
    return f"The model of {task} takes {size(figures['cost']['bytes'])} on disk." if "bytes" in figures["cost"] else ""


def _where(found: Figures) -> str:
    """Whether the gain is larger in the targets or at home, where their intervals lie apart."""
    if ZERO_SHOT not in found:
        return ""
    away, home = found[ZERO_SHOT], found[IN_DOMAIN]
    if away["difference_low"] > home["difference_high"]:
        return " The gain is larger in the targets than at home (their intervals do not overlap)."
    if home["difference_low"] > away["difference_high"]:
        return " The gain is larger at home than in the targets (their intervals do not overlap)."
    return ""


def _measure(figures: Figures) -> str:
    """What rungs are compared by: the score in targets, or at home where there are none."""
    return ZERO_SHOT if "zero_shot" in figures else IN_DOMAIN


def _gain(found: Figures, measure: str) -> str:
    """Pretrained weights beside random ones, in one score."""
    return _duel(found[measure], {"a": "pretrained weights", "b": "random weights"}, measure)


def _duel(test: Figures, names: Mapping[str, str], measure: str) -> str:
    """Two points of the ladder beside each other, a paired bootstrap between them."""
    where, lead = f"in the {MEASURES[measure]} score", facing(test, "difference")
    span = f"{interval(lead, 'difference')}; {p_value(test['p_holm'])}"
    winner, loser = (names["a"], names["b"]) if test["difference"] >= 0 else (names["b"], names["a"])
    if told_apart(test):
        return f"{winner} beat {loser} by {points(lead['difference'])} {where} ({span})"
    return f"{winner} and {loser} cannot be told apart {where} ({points(lead['difference'])}, {span})"
