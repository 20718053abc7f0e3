"""Records of a table, or of a data set of the Hub, as rows: which columns they come from, and which are left out."""

import math
import reprlib
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crossfer.errors import UserError
from crossfer.sources.base import Row

SHOWN = 500  # characters of a table's header in a message

Record = Mapping[str, Any]
LocatedRecord = tuple[str, str | None, Record]  # where it stands, for messages; its official split; the record


@dataclass(frozen=True)
class RecordReader:
    """How records become rows.

    Attributes:
        text: the columns whose texts, in this order, are one content.
        label: the column of the label.
        id: the column of the id; None to number the rows.
        labels: other names for labels; None leaves a label's rows out. A label that is not named keeps its name.
        where: values that columns must have; rows with another one are left out.
    """

    text: Sequence[str]
    label: str
    id: str | None
    labels: Mapping[str, str | None]
    where: Mapping[str, str]

    @property
    def columns(self) -> list[str]:
        """All columns that are read."""
        return list(dict.fromkeys([*self.text, self.label, *([self.id] if self.id else []), *self.where]))

    def check(self, columns: Sequence[str], place: str) -> None:
        """Check that a table has the columns that are read.

        Raises:
            UserError: it has not, or one of them twice.
        """
        for name in self.columns:
            if name not in columns:
                listed = textwrap.shorten(", ".join(columns), SHOWN, placeholder=" ...")
                raise UserError(f"{place} has no column {name!r}; its columns are: {listed}.")
            if list(columns).count(name) > 1:
                raise UserError(f"{place} has {list(columns).count(name)} columns {name!r}; give each its own name.")

    def rows(self, records: Iterable[LocatedRecord], notes: Counter[str]) -> Iterator[Row]:
        """Yield the row of each record that is not left out.

        Args:
            records: of the whole domain.
            notes: counts the rows that are left out.

        Raises:
            UserError: a record has no text or no label where one should be.
        """
        for number, (place, split, record) in enumerate(records, start=1):
            if any(_name(record, column, place) != value for column, value in self.where.items()):
                notes["left_out_by_where"] += 1
                continue
            found = _name(record, self.label, place) or ""
            label = self.labels.get(found, found)
            if label is None:
                notes["left_out_by_label"] += 1
                continue
            if not label:
                value = reprlib.repr(record[self.label])
                raise UserError(
                    f"{place} has no label in column {self.label!r}, found {value}; add one, or leave such rows out"
                    ' with labels: {"": null}.'
                )
            identity = f"{number:07d}" if self.id is None else _name(record, self.id, place)
            if not identity:
                raise UserError(f"{place} has no id in column {self.id!r}; add one, or leave columns.id out.")
            yield identity, self._text(record, place), label, split

    def _text(self, record: Record, place: str) -> str:
        """The content; a missing text among several is an empty one."""
        texts = []
        for column in self.text:
            value = record[column]
            if value is not None and not isinstance(value, str):
                raise UserError(f"{place} has {reprlib.repr(value)} in column {column!r}, where a text should be.")
            texts.append(_whole(value or "", column, place))
        return "\n".join(text for text in texts if text)


def _name(record: Record, column: str, place: str) -> str | None:
    """An id or a label as text, without spaces around it; None for a missing one (null, or not a number).

    Tables write whole numbers as 1.0 once one of them is missing: that is 1.

    Raises:
        UserError: it is nothing of the kind.
    """
    match record[column]:
        case None:
            return None
        case str() as text:
            return _whole(text.strip(), column, place)
        case bool() as truth:
            return str(truth).lower()
        case float() as number if math.isnan(number):
            return None
        case float() as number if number.is_integer():
            return str(int(number))
        case int() | float() as number:
            return str(number)
        case other:
            raise UserError(
                f"{place} has {reprlib.repr(other)} in column {column!r}, where a text or a number should be."
            )


def _whole(text: str, column: str, place: str) -> str:
    """The text.

    Raises:
        UserError: it holds half of a character that UTF-16 writes as two.
    """
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise UserError(f"{place} has half a character in column {column!r}, of UTF-16; save it as UTF-8.")
    return text
