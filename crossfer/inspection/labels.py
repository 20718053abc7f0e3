"""Compare the labels of a target with those of the source."""

from collections import Counter

from crossfer.errors import UserError
from crossfer.inspection.reading import describe_counts


def check_overlap(domain: str, source: Counter[str], target: Counter[str]) -> None:
    """Raise a `UserError` if a target has no label of the source."""
    if not set(source) & set(target):
        raise UserError(
            f"domain {domain} has no label of the source: it has {describe_counts(target)}, the source"
            f" {describe_counts(source)}; choose another column, or rename labels in the data or with `labels`."
        )


def describe_unknown_labels(source: Counter[str], target: Counter[str]) -> str:
    """Return the labels that only a target has, with their numbers of rows; empty if there are none."""
    return describe_counts(Counter({label: count for label, count in target.items() if label not in source}))
