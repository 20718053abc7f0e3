"""How well personal data is found: recall and precision on labelled sentences, and how fast.

Not a stage. data/privacy/README.md says where the sentences are from.

Reads:  data/privacy/<set>-positives.csv and <set>-negatives.csv; data/raw/<task>, for the speed
"""

import csv
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from crossfer.artifacts import io, paths
from crossfer.artifacts.paths import CONTENT, TaskPaths
from crossfer.config.params import load_text_task
from crossfer.privacy.scrubber import KINDS, Scrubber
from crossfer.privacy.span import Span
from crossfer.reporting import markdown

SENTENCES = Path("data/privacy")
SLACK = 3  # signs beside a value that may be taken with it: a bracket, a point
TIMED = 1000  # texts

Row = Mapping[str, str]


def run(task_name: str) -> None:
    """Print how well personal data is found, and how fast in a task's texts.

    Raises:
        UserError: the task has no texts, or its stage ingest has not run.
    """
    task, _ = load_text_task(task_name)
    raw = paths.require(paths.table(TaskPaths(task_name).raw, task.source.domain))
    scrubber = Scrubber(list(KINDS))
    for name in ("developed", "unseen"):
        print(f"### {name}\n\n{table(scrubber, _rows(name, 'positives'), _rows(name, 'negatives'))}\n")
    texts = [text for piece in io.read_chunks(raw) for text in piece[CONTENT]][:TIMED]
    start = time.process_time()
    found = [(place, kind, text) for text in texts for place, kind in scrubber.find(text)]
    rate = len(texts) / (time.process_time() - start)
    print(f"{len(found)} found in {len(texts)} texts of {task.source.domain}, {rate:,.0f} texts a second on one core")


def table(scrubber: Scrubber, positives: list[Row], negatives: list[Row]) -> str:
    """Recall and precision of each kind and of all, as a Markdown table.

    A value is found if a place of its kind covers it and little more. What is found beside values, and anything found
    in a negative, is wrong.
    """
    rows = []
    wrong = [kind for row in negatives for _, kind in scrubber.find(row["text"])]
    wrong += [kind for row in positives for kind in _beside(scrubber, row)]
    right = [row["kind"] for row in positives if _is_found(scrubber, row)]
    for kind in KINDS:
        count = sum(row["kind"] == kind for row in positives)
        found = right.count(kind)
        rows.append([kind, str(count), str(found), f"{found / max(1, count):.1%}", str(wrong.count(kind))])
    recall, precision = len(right) / len(positives), len(right) / (len(right) + len(wrong))
    rows.append(["all", str(len(positives)), str(len(right)), f"{recall:.1%}", str(len(wrong))])
    scores = markdown.table(["kind", "values", "found", "recall", "found wrongly"], rows)
    return f"{scores}\n\nPrecision {precision:.1%}, with {len(negatives)} sentences that have no such data."


def _is_found(scrubber: Scrubber, row: Row) -> bool:
    """The row's value is found, as what it is, with little beside it."""
    value = _value(row)
    return any(
        kind == row["kind"] and place.start <= value.start and value.end <= place.end
        and (place.end - place.start) - (value.end - value.start) <= SLACK
        for place, kind in scrubber.find(row["text"])
    )  # fmt: skip


def _beside(scrubber: Scrubber, row: Row) -> Iterator[str]:
    """The kinds of what is found in a row that has nothing to do with its value."""
    value = _value(row)
    for place, kind in scrubber.find(row["text"]):
        if place.end <= value.start or value.end <= place.start or kind != row["kind"]:
            yield kind


def _value(row: Row) -> Span:
    """Where the row's value stands."""
    start = row["text"].index(row["value"])
    return Span(start, start + len(row["value"]))


def _rows(name: str, which: str) -> list[Row]:
    """The sentences of a set."""
    with (SENTENCES / f"{name}-{which}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
