"""Summarize the values of a table's columns."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from crossfer.sources.records import normalize_value

MAX_VALUES = 1000  # different values that are counted; a column with more has no labels


@dataclass
class ColumnSummary:
    """The values of one column.

    Attributes:
        name: of the column.
        filled: number of values that are not empty.
        values: how often each value occurs, normalized as in ingest; incomplete if `has_many_values`.
        has_many_values: there are more than MAX_VALUES different ones.
        is_unique: no value occurs twice in a domain.
        texts: number of values that are texts with a space, or have a letter beyond ASCII.
        characters: of all texts.
        is_text: all values are texts, not numbers or lists.
    """

    name: str
    filled: int = 0
    values: Counter[str] = field(default_factory=Counter)
    has_many_values: bool = False
    is_unique: bool = True
    texts: int = 0
    characters: int = 0
    is_text: bool = True
    _hashes: set[int] = field(default_factory=set)

    def add(self, value: Any, domain: int = 0) -> None:
        """Count a value; a unique one may be in several domains."""
        if not (text := normalize_value(value)):
            return
        self.filled += 1
        self.is_text &= isinstance(value, str)
        self.texts += " " in text or any(character.isalpha() and not character.isascii() for character in text)
        self.characters += len(text)
        if self.is_unique:
            self.is_unique = (key := hash((domain, text))) not in self._hashes
            self._hashes.add(key)
        if text in self.values or len(self.values) < MAX_VALUES:
            self.values[text] += 1
        else:
            self.has_many_values = True

    @property
    def mean_length(self) -> float:
        """Return the mean number of characters of values that are not empty."""
        return self.characters / max(1, self.filled)

    @property
    def is_prose(self) -> bool:
        """Return whether most values read as text, not as ids, numbers or addresses."""
        return self.is_text and self.texts > self.filled / 2


@dataclass
class RowSummary:
    """The columns of rows, in their order, and the number of rows."""

    columns: dict[str, ColumnSummary] = field(default_factory=dict)
    rows: int = 0

    def add(self, record: Mapping[str, Any], domain: int = 0) -> None:
        """Count the values of a row of a domain."""
        self.rows += 1
        for name, value in record.items():
            self.columns.setdefault(name, ColumnSummary(name)).add(value, domain)
