"""What tasks are compared by: each measure's name, its definition, and where it stands in a task's figures."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from crossfer.comparison import ablation_sentences, sentences
from crossfer.comparison.ablation import IN_DOMAIN, ZERO_SHOT
from crossfer.reporting.formatting import interval, percent, plural, points, score, seconds, size, weights

Figures = Mapping[str, Any]


@dataclass(frozen=True)
class Figure:
    """A task's figure: as text, its value, and its interval if it has one."""

    text: str
    value: float
    span: tuple[float, float] | None = None


@dataclass(frozen=True)
class Measure:
    """A measure: what the largest of several tasks' figures is called, and what is said where one task alone has it.

    Not every measure is `ranked`: figures without an interval, or of unlike numbers of labels, are only laid side by
    side.
    """

    key: str
    name: str
    definition: str
    largest: str
    figure: Callable[[Figures], Figure | None]
    sentence: Callable[[str, Figures], str]
    ranked: bool = True


def _accuracy(scores: Figures | None) -> Figure | None:
    """An accuracy with its interval."""
    if scores is None:
        return None
    return Figure(score(scores), scores["accuracy"], (scores["accuracy_low"], scores["accuracy_high"]))


def _difference(found: Figures | None, name: str = "difference") -> Figure | None:
    """A difference with its interval."""
    if found is None:
        return None
    text = f"{points(found[name])} ({interval(found, name)})"
    return Figure(text, found[name], (found[f"{name}_low"], found[f"{name}_high"]))


def _kept(figures: Figures) -> Figure | None:
    """The share of the score above chance that is kept."""
    return None if figures.get("kept") is None else Figure(percent(figures["kept"]), figures["kept"])


def _fewest(figures: Figures) -> Figure | None:
    """The zero-shot score with the fewest labels, of the rung that stands for transfer."""
    rung = figures.get("adapted")
    series = [one for one in figures.get("ladder", []) if one["rung"] == rung and ZERO_SHOT in one]
    if len(series) < 2 or (found := _accuracy(series[0][ZERO_SHOT])) is None:
        return None
    labels = plural(series[0]["training_rows"], "label", "labels")
    return Figure(f"{found.text} with {labels}", found.value, found.span)


def _time(figures: Figures) -> Figure | None:
    """CPU time of the rung that stands for transfer."""
    if not figures.get("adapted"):
        return None
    value = figures["cost"]["rungs"][figures["adapted"]]["cpu_seconds"]
    return Figure(seconds(value), value)


def _cost(figures: Figures, name: str, text: Callable[[float], str]) -> Figure | None:
    """A size of the model that evaluate reports."""
    value = figures["cost"].get(name)
    return None if value is None else Figure(text(value), value)


GAP, GAIN = "gap", "gain_zero_shot"
MEASURES = (
    Measure(
        "in_domain_accuracy",
        "In-domain score",
        "accuracy on the source's own test rows",
        "highest score at home",
        lambda figures: _accuracy(figures["domains"][figures["source"]]),
        sentences.in_domain,
    ),
    Measure(
        "zero_shot_accuracy",
        "Zero-shot score",
        "mean accuracy over the targets of another kind (language, kind of picture), no label of which is trained on",
        "highest score in the targets",
        lambda figures: _accuracy(figures.get("zero_shot")),
        sentences.zero_shot,
    ),
    Measure(
        GAP,
        "Transfer gap",
        "accuracy in the reference less the zero-shot score; the reference is the source, or a set of the source's kind"
        " that is parallel to the targets where there is one",
        "largest loss on the way to the targets",
        lambda figures: _difference(figures.get("zero_shot"), "gap"),
        sentences.gap,
    ),
    Measure(
        "kept_above_chance",
        "Kept above chance",
        "zero-shot score less chance (one label in how many), as a share of the reference's score less chance; 0 below"
        " chance",
        "largest share kept of the score above chance",
        _kept,
        sentences.kept,
        ranked=False,
    ),
    Measure(
        "lead_over_floor",
        "Lead over the floor",
        "zero-shot score less that of the classical classifier trained on the same rows",
        "largest lead over the classical floor in the targets",
        lambda figures: _difference(figures["paired"]["floor"].get(ZERO_SHOT)),
        sentences.lead,
    ),
    Measure(
        GAIN,
        "Transfer gain, zero-shot",
        "zero-shot score with pretrained weights less that of the same network from random weights, with all labels,"
        " both for the epochs of fine-tuning; more of them would narrow it",
        "largest gain from pretrained weights in the targets, each task with its own number of epochs,",
        lambda figures: _difference(figures.get("gain", {}).get(ZERO_SHOT)),
        partial(ablation_sentences.gain_in, ZERO_SHOT),
    ),
    Measure(
        "gain_in_domain",
        "Transfer gain, in-domain",
        "the same in the in-domain score",
        "largest gain from pretrained weights at home, each task with its own number of epochs,",
        lambda figures: _difference(figures.get("gain", {}).get(IN_DOMAIN)),
        partial(ablation_sentences.gain_in, IN_DOMAIN),
    ),
    Measure(
        "few_labels_zero_shot_accuracy",
        "Label efficiency",
        "zero-shot score of the pretrained network with the fewest labels that were tried",
        "highest score in the targets with few labels",
        _fewest,
        ablation_sentences.few_labels,
        ranked=False,
    ),
    Measure(
        "cpu_seconds",
        "CPU time",
        "of the process that trains the pretrained network with all labels",
        "longest CPU time",
        _time,
        ablation_sentences.time,
    ),
    Measure(
        "trained_weights",
        "Weights trained",
        "of the model's weights, those that training changes",
        "largest number of trained weights",
        lambda figures: _cost(figures, "trained_weights", weights),
        ablation_sentences.trained,
    ),
    Measure(
        "bytes",
        "Size",
        "of the model's weights on disk",
        "largest model",
        lambda figures: _cost(figures, "bytes", size),
        ablation_sentences.size_on_disk,
    ),
)


def numbers(tasks: Mapping[str, Figures]) -> dict[str, float]:
    """Every measure of every task by name, the measure first, as `zero_shot_accuracy/news`."""
    return {
        f"{measure.key}/{task}": figure.value
        for measure in MEASURES
        for task, figures in tasks.items()
        if (figure := measure.figure(figures))
    }
