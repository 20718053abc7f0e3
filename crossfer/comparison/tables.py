"""The tables of the comparison, as texts, for the page and for Markdown alike."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crossfer.comparison.ablation import RUNGS
from crossfer.comparison.ablation_sentences import MEASURES
from crossfer.reporting.formatting import count, interval, p_value, percent, points, score, seconds, size, weights

Figures = Mapping[str, Any]


@dataclass(frozen=True)
class Table:
    """A title, what is to be known of the columns, their names, and rows of texts."""

    title: str
    note: str
    header: list[str]
    rows: list[list[str]]


def of_task(figures: Figures) -> list[Table]:
    """The tables of one task; those of the ladder if there is one."""
    if figures["ladder_state"] != "used":
        return [_domains(figures)]
    return [_domains(figures), _ladder(figures), _paired(figures), _experiments(figures)]


def _domains(figures: Figures) -> Table:
    """A row a domain."""
    source, tests = figures["source"], figures["paired"]["floor"]["domains"]
    rows = [
        [
            f"{domain} (source)" if domain == source else domain,
            scores["kind"],
            count(scores["n"]),
            score(scores),
            percent(figures["floor"][domain]["accuracy"]),
            points(tests[domain]["difference"], signed=True),
            p_value(tests[domain]["p_holm"]),
        ]
        for domain, scores in figures["domains"].items()
    ]
    return Table(
        "Accuracy by domain",
        "Intervals: 95 % bootstrap over test rows. p: exact McNemar test of the model against the classical floor on"
        " the same rows, Holm-corrected for all domains and the mean of the targets.",
        ["domain", "kind", "test rows", "accuracy", "floor", "lead over the floor", "p"],
        rows,
    )


def _ladder(figures: Figures) -> Table:
    """A row a rung and share of the labels."""
    points_ = figures["ladder"]
    measures = [measure for measure in reversed(MEASURES) if measure in points_[0]]
    rows = [
        [
            RUNGS[one["rung"]],
            count(one["training_rows"]),
            count(one["seeds"]),
            *(f"{score(one[measure])}{_seeds(one, measure)}" for measure in measures),
            seconds(one["cpu_seconds"]),
            weights(one["trained_weights"]),
            size(one["bytes"]),
        ]
        for one in points_
    ]
    settings = ", ".join(figures["ladder_settings"])
    note = (
        "Mean over seeds; intervals: 95 % bootstrap over test rows, and seeds if several; in square brackets the lowest"
        " and the highest seed."
    )
    return Table(
        "The ladder",
        f"{note} All experiments with {settings}." if settings else note,
        ["rung", "labels", "seeds", *(MEASURES[one] for one in measures), "CPU time", "weights trained", "size"],
        rows,
    )


def _seeds(point: Figures, measure: str) -> str:
    """The range over seeds, where there are several."""
    if point["seeds"] == 1:
        return ""
    low, high = point[measure]["lowest_seed"], point[measure]["highest_seed"]
    return f" [{100 * low:.1f} to {100 * high:.1f}]"


def _paired(figures: Figures) -> Table:
    """A row a tested difference between two points of the ladder."""
    labels = {(one["rung"], one["share"]): one["training_rows"] for one in figures["ladder"]}

    def named(end: Figures) -> str:
        return f"{RUNGS[end['rung']]}; {count(labels[end['rung'], end['share']])} labels"

    rows = [
        [
            named(test["a"]),
            named(test["b"]),
            MEASURES[test["measure"]],
            f"{points(test['difference'], signed=True)} ({interval(test, 'difference')})",
            p_value(test["p_holm"]),
        ]
        for test in figures["paired"]["ladder"]
    ]
    return Table(
        "Paired differences",
        "Paired bootstrap: a test row is drawn for both, and in all domains at once; the mean over each one's seeds."
        " p is Holm-corrected for all rows of this table.",
        ["one", "other", "score", "difference", "p"],
        rows,
    )


def _experiments(figures: Figures) -> Table:
    """A row an experiment, so that each can be run again."""
    rows = {  # the floor's is the one of the model beside it
        run["experiment"]: [run["experiment"], run["commit"][:12], run["command"]]
        for one in figures["ladder"]
        for run in one["experiments"]
    }
    return Table(
        "The ladder's experiments",
        "Each with the commit that it ran at.",
        ["experiment", "commit", "command"],
        list(rows.values()),
    )
