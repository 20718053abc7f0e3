"""Choose the columns of text, label and id by their names and values."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from crossfer.errors import UserError, shorten
from crossfer.inspection.columns import ColumnSummary
from crossfer.sources.checks import MAX_LABEL_LENGTH
from crossfer.sources.records import list_columns

BODY_NAMES = (
    *("text", "content", "sentence", "review", "body", "document", "article", "comment", "message", "post", "tweet"),
    *("utterance", "question", "query", "description", "abstract", "summary", "transcript", "paragraph", "passage"),
)
HEADING_NAMES = ("headline", "title", "subject")
LABEL_NAMES = (
    *("label", "labels", "category", "class", "topic", "target", "sentiment", "intent", "genre", "rating", "stars"),
    *("polarity", "emotion", "section", "tag"),
)
LANGUAGE_NAMES = ("language", "languages", "lang", "locale")
SPLIT_NAMES = ("split", "splits", "partition", "fold")
ID_NAMES = ("id", "index", "uid", "uuid", "guid", "key")
MAX_LABEL_FRACTION = 0.5  # different values, of the rows
MAX_NAME_WORDS = 3  # of a column; a text has more
EXAMPLES = 4  # values of a column in a message


class AmbiguousLabelError(Exception):
    """Several columns could be the label."""

    def __init__(self, candidates: Sequence[ColumnSummary]) -> None:
        super().__init__()
        self.candidates = candidates


@dataclass(frozen=True)
class Roles:
    """The columns of the text (joined in this order), the label and the id."""

    text: list[str]
    label: str
    id: str | None


def choose_roles(location: str, columns: Sequence[ColumnSummary], text: Sequence[str], label: str | None) -> Roles:
    """Return the columns to use; `text` and `label` are the user's choice, if any.

    Raises:
        UserError: a chosen column does not exist, has one value or is chosen twice, or no column fits.
        AmbiguousLabelError: several columns could be the label.
    """
    by_name = {column.name: column for column in columns}
    for name in [*text, *([] if label is None else [label])]:
        if name not in by_name:
            raise UserError(f"{location} has no column {shorten(name)}; choose one of {list_columns(by_name)}.")
    if label in text:
        raise UserError(
            f"column {shorten(label)} is both the text and the label; name different columns with --text and --label."
        )
    if label and (problem := _one_value(by_name[label])):
        raise UserError(f"{location}, column {shorten(label)}, {problem}; choose another column with --label.")
    texts = list(text) or _choose_texts(location, [column for column in columns if column.name != label])
    label = label or _choose_label(location, [column for column in columns if column.name not in texts])
    _check_visible(location, [*texts, label])
    _check_header(location, texts, by_name[label])
    ids = [
        column.name
        for column in columns
        if column.is_unique
        and is_named(column.name, ID_NAMES)
        and column.filled == max(other.filled for other in columns)
        and column.name not in [*texts, label]
    ]
    return Roles(texts, label, ids[0] if len(ids) == 1 else None)


def describe_values(column: ColumnSummary) -> str:
    """Return the most frequent values of a column with their numbers of rows."""
    examples = ", ".join(f"{value[:30]} {count:,}" for value, count in column.values.most_common(EXAMPLES))
    others = len(column.values) - EXAMPLES
    more = "more than 1,000" if column.has_many_values else f"{others:,} more"
    return f"{examples}, and {more}" if others > 0 else examples


def _choose_texts(location: str, columns: Sequence[ColumnSummary]) -> list[str]:
    """Return columns named as heading and body, else the one with the longest texts."""
    prose = [column for column in columns if column.is_prose]
    bodies = sorted(
        (column for column in prose if is_named(column.name, BODY_NAMES)),
        key=lambda column: (_rank(column.name, BODY_NAMES), -column.mean_length),
    )
    headings = [column for column in prose if is_named(column.name, HEADING_NAMES)]
    if bodies or headings:
        return [column.name for column in [*headings[:1], *bodies[:1]]]
    if not prose:
        raise UserError(
            f"{location} has no column of texts: {list_columns(column.name for column in columns)} hold ids, numbers,"
            " single words or nested values; name it with --text."
        )
    return [max(prose, key=lambda column: column.mean_length).name]


def _choose_label(location: str, columns: Sequence[ColumnSummary]) -> str:
    """Return the column preferred as a label, else the only one whose values repeat."""
    problems = {column.name: _label_problem(column) for column in columns}
    candidates = [column for column in columns if not problems[column.name]]
    others = [column for column in candidates if not is_named(column.name, (*LANGUAGE_NAMES, *SPLIT_NAMES))]
    preferred = [column for column in candidates if is_named(column.name, LABEL_NAMES)] or others or candidates
    if len(preferred) > 1:
        raise AmbiguousLabelError(preferred)
    if not preferred:
        reasons = "; ".join(f"{name} {problem}" for name, problem in problems.items()) or "the text is its only column"
        raise UserError(f"{location} has no column that can be the label ({reasons}); name it with --label, or add it.")
    return preferred[0].name


def _label_problem(column: ColumnSummary) -> str | None:
    """Return why a column cannot be the label, or None."""
    if problem := _one_value(column):
        return problem
    if column.has_many_values or len(column.values) > max(2, MAX_LABEL_FRACTION * column.filled):
        return f"has too many values ({len(column.values):,}{' or more' * column.has_many_values})"
    if max(map(len, column.values)) > MAX_LABEL_LENGTH:
        return "has long texts"
    return None


def _check_visible(location: str, names: Sequence[str]) -> None:
    """Raise a `UserError` if the name of a column has characters that cannot be seen."""
    for name in names:
        if invisible := [character for character in name if not character.isprintable()]:
            codes = ", ".join(f"U+{ord(character):04X}" for character in dict.fromkeys(invisible))
            raise UserError(f"{location} has {codes} in the header, in column {shorten(name)}; remove it there.")


def _check_header(location: str, texts: Sequence[str], label: ColumnSummary) -> None:
    """Raise a `UserError` if the names of the columns read as a text and its label."""
    if label.name in label.values and any(len(name.split()) > MAX_NAME_WORDS for name in texts):
        raise UserError(
            f"{location} has no header: its first line has the label {shorten(label.name)}; add a line with the names"
            " of the columns before it."
        )


def _one_value(column: ColumnSummary) -> str | None:
    return None if len(column.values) > 1 else f"has {len(column.values) or 'no'} value; a classifier needs two"


def is_named(name: str, names: Sequence[str]) -> bool:
    """Return whether a column has one of the names, or a word of its name is one."""
    return _rank(name, names) < 2 * len(names)


def _rank(name: str, names: Sequence[str]) -> int:
    """Return the rank of a column's name: equal names, names with the word, others."""
    words = re.split(r"[\W_]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower())
    equal = [number for number, word in enumerate(names) if words == [word]]
    part = [len(names) + number for number, word in enumerate(names) if word in words]
    return min([*equal, *part], default=2 * len(names))
