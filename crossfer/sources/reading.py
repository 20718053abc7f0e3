"""Read the domains of a task from their providers, checked, and count their rows."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from crossfer.artifacts import io
from crossfer.artifacts.paths import SPLIT
from crossfer.config.domains import Domain
from crossfer.config.record_domains import OFFICIAL_SPLITS
from crossfer.config.target_patterns import AnyDomain, expand_targets
from crossfer.errors import UserError
from crossfer.sources.base import Dataset
from crossfer.sources.domain_comparison import DomainComparison
from crossfer.sources.notes import describe_notes
from crossfer.sources.registry import SOURCES

if TYPE_CHECKING:
    import pandas as pd


def expand_domains(source: AnyDomain, targets: Sequence[AnyDomain]) -> tuple[list[AnyDomain], list[str]]:
    """Return the source, all targets, and a report per pattern of targets.

    Raises:
        UserError: a pattern has no match, or a match has no valid name.
    """
    expanded_targets, reports = expand_targets(source, targets)
    return [source, *expanded_targets], reports


def list_domains(blocks: Sequence[AnyDomain]) -> list[io.Domain]:
    """Return the domains as stages pass them on; the first block is the source."""
    return [io.Domain(block.domain, block.language, block is blocks[0], block.shots) for block in blocks]


def open_domain(block: Domain) -> Dataset:
    """Return the data set of a domain, whose rows are not read yet.

    Raises:
        UserError: the data do not exist, or their layout is unknown.
    """
    return SOURCES[block.reader](**block.options)


@dataclass
class DomainCounts:
    """The row counts of a domain, complete after the last chunk of `read_domain`.

    Attributes:
        labels: rows by label.
        splits: rows by official split; empty without official splits.
        notes: rows and files that were left out or treated specially, by reason in alphabetical order.
    """

    labels: Counter[str] = field(default_factory=Counter)
    splits: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)


def read_domain(
    block: Domain, dataset: Dataset, counts: DomainCounts, comparison: DomainComparison
) -> "Iterator[pd.DataFrame]":
    """Yield the chunks of a domain, checked, and count their rows.

    Args:
        block: the domain.
        dataset: what `open_domain` returns.
        counts: is filled.
        comparison: of all domains of the task, whose source is read first.

    Raises:
        UserError: the data cannot be read, or have no rows.
    """
    for chunk in comparison.read(block.domain, dataset, block.parallel):
        if SPLIT in chunk:
            counts.splits.update(chunk[SPLIT].dropna())
        yield chunk
    counts.labels.update(comparison.labels[block.domain])
    counts.splits = Counter({split: counts.splits[split] for split in OFFICIAL_SPLITS if split in counts.splits})
    counts.notes.update({note: count for note, count in sorted(dataset.notes.items()) if count})
    if not counts.labels:
        notes = describe_notes(counts.notes)
        reasons = f" ({notes})" if notes else ""
        raise UserError(f"domain {block.domain} of provider {block.provider} has no rows{reasons}; correct its data.")
