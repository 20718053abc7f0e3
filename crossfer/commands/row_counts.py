"""Describe the row counts of a domain for a table."""

from collections import Counter

MAX_NAMES = 5  # further names are only counted
MAX_COUNTS_LENGTH = 48  # characters of the names and their counts


def describe_label_counts(labels: Counter[str]) -> str:
    """Return the most frequent labels as `2: spam 600, ham 480`."""
    return f"{len(labels)}: {describe_counts(labels)}"


def describe_splits(splits: Counter[str]) -> str:
    """Return the numbers of rows by split, as `train 600, test 150`."""
    return ", ".join(f"{split} {count:,}" for split, count in splits.items())


def describe_counts(counts: Counter[str]) -> str:
    """Return the most frequent names as `sports 600, tech 480, 3 more`."""
    shown = [f"{name} {count:,}" for name, count in counts.most_common(MAX_NAMES)]
    while len(shown) > 1 and len(", ".join(shown)) > MAX_COUNTS_LENGTH:
        shown.pop()
    more = len(counts) - len(shown)
    return ", ".join([*shown, f"{more:,} more"] if more else shown)
