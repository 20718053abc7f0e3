"""Measure how well and how fast personal data is detected.

Recall and precision are measured on labelled sentences (data/privacy/README.md), the speed on the texts of a task.

Reads:  data/privacy/<set>-positives.csv and <set>-negatives.csv; data/raw/<task>
"""

import csv
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path

from crossfer.artifacts import io, paths
from crossfer.artifacts.paths import CONTENT, TaskPaths
from crossfer.config.params import load_text_task
from crossfer.privacy.scrubber import FINDERS, Scrubber
from crossfer.reporting import markdown
from crossfer.reporting.formatting import percent

SENTENCES_FOLDER = Path("data/privacy")
SENTENCE_SETS = ("developed", "unseen", "reported", "formats", "contexts", "later")
MAX_EXTRA_CHARACTERS = 3  # of a detected span: a bracket or a full stop next to the value
TIMED_TEXTS = 1000

Sentence = Mapping[str, str]


def run(task_name: str) -> None:
    """Print recall, precision and speed of the detection of personal data."""
    task, _ = load_text_task(task_name)
    raw_table = paths.require_path(paths.table_path(TaskPaths(task_name).raw, task.source.domain))
    scrubber = Scrubber(list(FINDERS))
    for name in SENTENCE_SETS:
        scores = scores_table(scrubber, read_sentences(name, "positives"), read_sentences(name, "negatives"))
        print(f"### {name}\n\n{scores}\n")
    texts = list(islice((text for chunk in io.read_chunks(raw_table) for text in chunk[CONTENT]), TIMED_TEXTS))
    start = time.process_time()
    count = sum(len(scrubber.find(text)) for text in texts)
    rate = len(texts) / (time.process_time() - start)
    print(f"{count} values in {len(texts)} texts of {task.source.domain}, {rate:,.0f} texts per second on one core")


def scores_table(scrubber: Scrubber, positives: Sequence[Sentence], negatives: Sequence[Sentence]) -> str:
    """Return recall and false detections by type as a Markdown table, and precision."""
    detected_counts, error_counts = detections(scrubber, positives, negatives)
    values = Counter(sentence["type"] for sentence in positives)
    rows = [
        [
            name,
            str(values[name]),
            str(detected_counts[name]),
            percent(detected_counts[name] / max(1, values[name])),
            str(error_counts[name]),
        ]
        for name in FINDERS
    ]
    recall, precision = (
        detected_counts.total() / len(positives),
        detected_counts.total() / (detected_counts.total() + error_counts.total()),
    )
    rows.append(["all", str(len(positives)), str(detected_counts.total()), percent(recall), str(error_counts.total())])
    scores = markdown.table(["type", "values", "detected", "recall", "false detections"], rows)
    return f"{scores}\n\nPrecision {percent(precision)}, with {len(negatives)} sentences without personal data."


def detections(
    scrubber: Scrubber, positives: Sequence[Sentence], negatives: Sequence[Sentence]
) -> tuple[Counter[str], Counter[str]]:
    """Count by type the values that are detected, and the false detections.

    A value is detected if a span of its type covers it and at most MAX_EXTRA_CHARACTERS more. A span of another type,
    or apart from the value, is false, and so is any span in a negative.
    """
    detected_counts: Counter[str] = Counter()
    error_counts = Counter(name for sentence in negatives for _, name in scrubber.find(sentence["text"]))
    for sentence in positives:
        start = sentence["text"].index(sentence["value"])
        end = start + len(sentence["value"])
        spans = scrubber.find(sentence["text"])
        matching_spans = [
            span for span, name in spans if name == sentence["type"] and span.start < end and start < span.end
        ]
        error_counts.update(name for span, name in spans if name != sentence["type"] or span not in matching_spans)
        covering_spans = [span for span in matching_spans if span.start <= start and end <= span.end]
        extra_characters = min(
            (span.end - span.start - (end - start) for span in covering_spans), default=MAX_EXTRA_CHARACTERS + 1
        )
        detected_counts[sentence["type"]] += extra_characters <= MAX_EXTRA_CHARACTERS
    return detected_counts, error_counts


def read_sentences(name: str, part: str) -> list[Sentence]:
    """Read the positives or negatives of a set of sentences."""
    with (SENTENCES_FOLDER / f"{name}-{part}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
