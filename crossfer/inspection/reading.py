"""Read a domain as ingest does, and count its rows by label and split."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from crossfer.artifacts.paths import SPLIT
from crossfer.config.domains import Domain, ImageDomain, TextDomain
from crossfer.config.params import Task
from crossfer.config.record_domains import OFFICIAL_SPLITS
from crossfer.config.target_patterns import expand_targets
from crossfer.errors import UserError
from crossfer.sources.domain_comparison import DomainComparison
from crossfer.sources.notes import describe_notes
from crossfer.sources.registry import SOURCES

if TYPE_CHECKING:
    import pandas as pd

MAX_COUNTS_LENGTH = 48  # characters; further names are only counted


def expand_domains(task: Task) -> tuple[list[TextDomain | ImageDomain], list[str]]:
    """Return the source, all targets, and a report per pattern of targets.

    Raises:
        UserError: a pattern has no match, or a match has no valid name.
    """
    targets, reports = expand_targets(task.source, task.targets)
    return [task.source, *targets], reports


@dataclass
class DomainCounts:
    """The row counts of a domain, complete after the last chunk of `read_domain`.

    Attributes:
        labels: rows by label.
        splits: rows by official split; empty without official splits.
        notes: rows and files that were left out or treated specially, by reason.
    """

    labels: Counter[str] = field(default_factory=Counter)
    splits: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)


def read_domain(block: Domain, counts: DomainCounts, comparison: DomainComparison) -> "Iterator[pd.DataFrame]":
    """Yield the chunks of a domain, checked, and count their rows.

    Args:
        block: the domain.
        counts: is filled.
        comparison: of all domains of the task, whose source is read first.

    Raises:
        UserError: the data cannot be read, or has no rows.
    """
    dataset = SOURCES[block.reader](**block.options)
    for chunk in comparison.read(block.domain, dataset, block.parallel):
        if SPLIT in chunk:
            counts.splits.update(chunk[SPLIT].dropna())
        yield chunk
    counts.labels.update(comparison.labels[block.domain])
    counts.splits = Counter({split: counts.splits[split] for split in OFFICIAL_SPLITS if split in counts.splits})
    counts.notes.update({note: count for note, count in dataset.notes.items() if count})
    if not counts.labels:
        notes = describe_notes(counts.notes)
        raise UserError(f"domain {block.domain} has no rows{f' ({notes})' if notes else ''}; correct its data.")


def describe_labels(labels: Counter[str]) -> str:
    """Return the most frequent labels as `2: spam 600, ham 480`."""
    return f"{len(labels)}: {describe_counts(labels)}"


def describe_splits(splits: Counter[str]) -> str:
    """Return the numbers of rows by split, as `train 600, test 150`."""
    return ", ".join(f"{split} {count:,}" for split, count in splits.items())


def describe_counts(counts: Counter[str], limit: int = 5) -> str:
    """Return the most frequent names as `sports 600, tech 480, 3 more`."""
    shown = [f"{name} {count:,}" for name, count in counts.most_common(limit)]
    while len(shown) > 1 and len(", ".join(shown)) > MAX_COUNTS_LENGTH:
        shown.pop()
    more = len(counts) - len(shown)
    return ", ".join([*shown, f"{more:,} more"] if more else shown)
