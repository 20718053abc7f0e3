"""Find the column of a table that has its domains, for `where` in params.yaml."""

import re
from collections.abc import Sequence

from crossfer.artifacts.paths import TRAIN
from crossfer.config.fields import PLACEHOLDER
from crossfer.errors import UserError
from crossfer.inspection.columns import ColumnSummary
from crossfer.inspection.roles import LANGUAGE_NAMES, SPLIT_NAMES, describe_values, is_named
from crossfer.sources.split_names import split_of_folder


def find_language_column(columns: Sequence[ColumnSummary]) -> ColumnSummary | None:
    """Return the only column that is named as languages and has several values."""
    matches = [column for column in columns if is_named(column.name, LANGUAGE_NAMES) and _has_several(column)]
    return matches[0] if len(matches) == 1 else None


def choose_rows(names: Sequence[str], columns: Sequence[ColumnSummary]) -> dict[str, str]:
    """Return the `where` of a domain whose name or language is a value of a column."""
    if column := find_language_column(columns):
        for name in names:
            if matches := [value for value in column.values if value.lower() == name]:
                return {column.name: name if name in matches else matches[0]}
    return {}


def list_values(location: str, placeholder: str, columns: Sequence[ColumnSummary]) -> tuple[str, list[str]]:
    """Return the column that a placeholder such as `{language}` names, and its values.

    Raises:
        UserError: there is no such column, or it has one or many values.
    """
    named = [column for column in columns if column.name == placeholder[1:-1]]
    column = named[0] if named else find_language_column(columns) if placeholder == "{language}" else None
    if column is None or not _has_several(column):
        names = ", ".join(each.name for each in columns if _has_several(each) and not each.is_unique)
        raise UserError(
            f"{location} has no column {placeholder[1:-1]} with several values, as {placeholder} needs; choose one of"
            f" {names}, or write {placeholder} into the path, too."
        )
    return column.name, sorted(column.values)


def note_mixed_rows(domain: str, path: str, columns: Sequence[ColumnSummary]) -> list[str]:
    """Return notes on columns of languages and splits that are not used."""
    notes = []
    if (column := find_language_column(columns)) and not re.search(PLACEHOLDER, domain):
        value = column.values.most_common(1)[0][0]
        notes.append(
            f"{domain}: has rows with several values in column {column.name} ({describe_values(column)}); name a domain"
            f" after a value to read its rows only, as in {value.lower()}={path}, or all others with --target"
            f' "{{language}}={path}"'
        )
    for column in columns:
        splits = {split_of_folder(value) for value in column.values}
        if is_named(column.name, SPLIT_NAMES) and TRAIN in splits and None not in splits and len(splits) > 1:
            notes.append(
                f"{path}: the splits in column {column.name} are not read; write one file per split to use them"
            )
    return notes


def _has_several(column: ColumnSummary) -> bool:
    return len(column.values) > 1 and not column.has_many_values
