"""Read the domains of a new task as ingest does, and report what they hold."""

import re
from collections.abc import Sequence
from typing import Any

from crossfer.commands.row_counts import describe_counts, describe_label_counts, describe_splits
from crossfer.commands.terminal_table import layout_table
from crossfer.config.domains import Domain, TextDomain
from crossfer.errors import UserError, shorten
from crossfer.inspection.domain_blocks import DomainBlock
from crossfer.inspection.parallel_targets import find_block
from crossfer.sources.domain_comparison import DomainComparison
from crossfer.sources.labels import describe_leaving_out, find_unknown_labels
from crossfer.sources.notes import describe_notes
from crossfer.sources.reading import DomainCounts, open_domain, read_domain

HEADER = ("domain", "rows", "splits", "labels", "text column", "label column", "id column", "format", "notes")
LANGUAGE_CODE = re.compile(r"[a-z]{2,3}([-_]([a-z]{4}|[a-z]{2}))?")  # with a script or a country


def count_rows(domains: Sequence[Domain]) -> tuple[list[DomainCounts], DomainComparison]:
    """Read and compare all domains as ingest does; return the numbers of rows, too."""
    all_counts, comparison = [], DomainComparison(domains[0].domain)
    for block in domains:
        counts = DomainCounts()
        for _ in read_domain(block, open_domain(block), counts, comparison):
            pass
        all_counts.append(counts)
    comparison.check([block.domain for block in domains if block.parallel])
    return all_counts, comparison


def check_labels(domains: Sequence[Domain], all_counts: Sequence[DomainCounts]) -> None:
    """Raise a `UserError` if labels do not fit the source; print those that it lacks."""
    source, *targets = all_counts
    if len(source.labels) == 1:
        (label,) = source.labels
        raise UserError(f"domain {domains[0].domain} has only the label {shorten(label)}; add rows with other labels.")
    names: dict[str, None] = {}
    for block, counts in zip(domains[1:], targets, strict=True):
        if unknown := find_unknown_labels(block.domain, counts.labels, domains[0].domain, source.labels):
            labels = describe_counts(unknown)
            print(f"note: {block.domain} has labels that the source lacks, which count as mistakes: {labels}.")
            names |= dict.fromkeys(unknown if "labels" in block.options else ())
    if names:
        print(f"note: to leave rows with such labels out, write {describe_leaving_out(names)} into the target's entry.")


def print_report(blocks: Sequence[DomainBlock], domains: Sequence[Domain], all_counts: Sequence[DomainCounts]) -> None:
    """Print one row per domain with what was detected."""
    rows = []
    for domain, counts in zip(domains, all_counts, strict=True):
        block = find_block(blocks, domain)
        columns: list[Any] = ["", "", ""]
        if block.roles:
            columns = [" + ".join(block.roles.text), block.roles.label, block.roles.id or ""]
        splits = describe_splits(counts.splits) or ("at random" if domain is domains[0] else "all for testing")
        rows.append(
            (
                domain.domain,
                f"{counts.labels.total():,}",
                splits,
                describe_label_counts(counts.labels),
                *columns,
                block.format,
                describe_notes(counts.notes),
            )
        )
    print(layout_table(HEADER, rows))


def note_languages(blocks: Sequence[DomainBlock], domains: Sequence[Domain]) -> list[str]:
    """Return a note on each language that is a domain's name, but not like a code."""
    without_language = {block.keys["domain"] for block in blocks if "language" not in block.keys}
    names = [block.domain for block in domains if isinstance(block, TextDomain) and block.domain in without_language]
    return [
        f"the language of {name} is its name; if it is another one, add --language {name}=LANGUAGE"
        for name in names
        if not LANGUAGE_CODE.fullmatch(name)
    ]


def print_notes(notes: Sequence[str]) -> None:
    """Print sentences below the report, each once."""
    for note in dict.fromkeys(notes):
        print(f"note: {note}.")
