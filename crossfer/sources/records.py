"""Turn the records of a table or of a Hub data set into rows."""

import functools
import math
import re
import textwrap
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crossfer.errors import UserError, shorten
from crossfer.sources.base import Row
from crossfer.sources.labels import normalize_name

MAX_COLUMNS_LENGTH = 500  # characters of the names of columns in a message

SURROGATE = re.compile("[\ud800-\udfff]")

Record = Mapping[str, Any]
LocatedRecord = tuple[str, str | None, Record]  # file and line for error messages; official split; record


@dataclass(frozen=True)
class RecordReader:
    """Turns records into rows as params.yaml says.

    Attributes:
        text: the columns whose texts are joined to the content, in this order.
        label: the column of the label.
        id: the column of the id; None to number the rows.
        labels: new names of labels; rows of a label that becomes None are left out; labels not named here stay.
        where: values that columns must have; other rows are left out.
        group: the column of the group, whose rows belong in one split; an empty value is no group.
    """

    text: Sequence[str]
    label: str
    id: str | None
    labels: Mapping[str, str | None]
    where: Mapping[str, str]
    group: str | None = None

    @property
    def columns(self) -> list[str]:
        """The names of all columns that are read."""
        return list(dict.fromkeys([*self.text, self.label, *filter(None, (self.id, self.group)), *self.where]))

    @functools.cached_property
    def label_keys(self) -> dict[str, bool]:
        """The normalized keys of `labels`, and whether a row has had the label so far."""
        keys: dict[str, str] = {}
        for key in filter(None, self.labels):  # rows without a label may be named in case there are any
            if (other := keys.setdefault(normalize_name(key), key)) != key:
                raise UserError(f"labels names {shorten(other)} and {shorten(key)}, which are one label; remove one.")
        return dict.fromkeys(keys, False)

    def check_columns(self, columns: Sequence[str], location: str, optional: Collection[str] = ()) -> None:
        """Raise a `UserError` unless a table has every column that is read exactly once.

        Columns in `optional` may be absent.
        """
        for name in self.columns:
            count = list(columns).count(name)
            if count == 0 and name not in optional:
                invisible = _find_invisible(name, columns)
                choice = f"choose one of {list_columns(columns)}"
                fix = f"remove {invisible} from its name in the header" if invisible else choice
                raise UserError(f"{location} has no column {shorten(name)}; {fix}.")
            if count > 1:
                raise UserError(f"{location} has {count} columns {shorten(name)}; give each its own name.")

    def rows(self, records: Iterable[LocatedRecord], notes: Counter[str]) -> Iterator[Row]:
        """Yield the row of each record that is not left out; count the others in `notes`.

        Raises:
            UserError: a text, label or id is missing or invalid.
        """
        new_labels = {normalize_name(key): label for key, label in self.labels.items()}
        where = {column: normalize_name(value) for column, value in self.where.items()}
        for number, (location, split, record) in enumerate(records, start=1):
            if any(_to_text(record, column, location) != value for column, value in where.items()):
                notes["left_out_by_where"] += 1
                continue
            original_label = _to_text(record, self.label, location) or ""
            label = new_labels.get(original_label, original_label)
            if original_label in self.label_keys:
                self.label_keys[original_label] = True
            if label is None:
                notes["left_out_by_label"] += 1
                continue
            if not label:
                if original_label:
                    raise UserError(
                        f"{location} has the label {shorten(original_label)}, which labels renames to an empty"
                        " text; change the new name."
                    )
                raise UserError(
                    f"{location} has no label in column {shorten(self.label)}: the value is empty; add one, or leave"
                    ' such rows out with labels: {"": null}.'
                )
            row_id = f"{number:07d}" if self.id is None else _to_text(record, self.id, location)
            if not row_id:
                raise UserError(f"{location} has no id in column {shorten(self.id)}; add one, or remove columns.id.")
            group = None if self.group is None else _to_text(record, self.group, location) or ""
            yield row_id, self._join_texts(record, location), label, split, group

    def _join_texts(self, record: Record, location: str) -> str:
        """Join the texts of a record that are not missing."""
        texts = []
        for column in self.text:
            value = record[column]
            if isinstance(value, float) and math.isnan(value):  # pandas' missing value
                value = None
            if value is not None and not isinstance(value, str):
                raise UserError(f"{location} has {shorten(value)} in column {shorten(column)}; use a text.")
            texts.append(_check_characters(value or "", column, location))
        return "\n".join(text for text in texts if text)


def list_columns(names: Iterable[str]) -> str:
    """Return the names of columns for a message, without the last ones if long."""
    return textwrap.shorten(", ".join(names), MAX_COLUMNS_LENGTH, placeholder=" ...")


def _find_invisible(name: str, columns: Iterable[str]) -> str | None:
    """Return the names of invisible characters in a column that looks like `name`."""
    for column in columns:
        visible = "".join(character for character in column if character.isprintable() and not character.isspace())
        if column != name and visible == "".join(name.split()):
            extra = dict.fromkeys(character for character in column if character not in name)
            names = ", ".join(f"U+{ord(c):04X} {unicodedata.name(c, 'CONTROL CHARACTER')}" for c in extra)
            return names or "spaces"
    return None


def normalize_value(value: Any) -> str | None:
    """Return an id or label as a normalized text; None if it is null or NaN.

    1.0 becomes 1: tables store integers as floats when a value is missing.
    """
    match value:
        case None:
            return None
        case str() as text:
            return normalize_name(text.strip())
        case bool() as boolean:
            return str(boolean).lower()
        case float() as number if math.isnan(number):
            return None
        case float() as number if number.is_integer():
            return str(int(number))
        case other:
            return str(other)


def _to_text(record: Record, column: str, location: str) -> str | None:
    """Return an id or label as a normalized text; None if it is null or NaN.

    Raises:
        UserError: the value is neither text nor a number.
    """
    value = record[column]
    if not isinstance(value, str | int | float | None):
        raise UserError(f"{location} has {shorten(value)} in column {shorten(column)}; use a text or a number.")
    return normalize_value(_check_characters(value, column, location) if isinstance(value, str) else value)


def _check_characters(text: str, column: str, location: str) -> str:
    """Return a text, or raise a `UserError` if it has a lone surrogate."""
    if SURROGATE.search(text):
        raise UserError(
            f"{location} has half of a UTF-16 character in column {shorten(column)}; save the data as UTF-8."
        )
    return text
