"""Find the column of a table that has its domains, for `where` in params.yaml."""

import re
from collections.abc import Sequence

from crossfer.artifacts.paths import TRAIN
from crossfer.config.fields import PLACEHOLDER
from crossfer.errors import UserError, list_names, shorten
from crossfer.inspection.columns import ColumnSummary
from crossfer.inspection.names import to_name
from crossfer.inspection.roles import LANGUAGE_NAMES, SPLIT_NAMES, describe_values, is_named
from crossfer.sources.split_names import split_of_folder


def find_language_column(columns: Sequence[ColumnSummary]) -> ColumnSummary | None:
    """Return the column that has several values and is named as languages.

    Of several ones, the name must be one of LANGUAGE_NAMES, of which the first is preferred.
    """
    matches = [column for column in columns if is_named(column.name, LANGUAGE_NAMES) and _has_several(column)]
    exact_matches = [column for name in LANGUAGE_NAMES for column in matches if column.name.lower() == name]
    return exact_matches[0] if exact_matches else matches[0] if len(matches) == 1 else None


def choose_rows(location: str, names: Sequence[str], columns: Sequence[ColumnSummary]) -> dict[str, str]:
    """Return the `where` for the value of a column of languages that names a domain.

    Raises:
        UserError: several values give the name.
    """
    column = find_language_column(columns)
    return match_value(location, names, column) if column else {}


def match_value(location: str, names: Sequence[str], column: ColumnSummary) -> dict[str, str]:
    """Return the `where` for the value of a column that gives the first name possible.

    Raises:
        UserError: several values give it.
    """
    for name in names:
        if matches := [value for value in sorted(column.values) if _fold(value) == _fold(name)]:
            _check_spellings(location, column, name, matches)
            return {column.name: matches[0]}
    return {}


def find_value_column(location: str, placeholder: str, columns: Sequence[ColumnSummary]) -> ColumnSummary:
    """Return the column that a placeholder such as `{language}` names, in any case.

    Raises:
        UserError: there is no such column, or it has one or many values.
    """
    name = placeholder[1:-1]
    candidates = [column for column in columns if _has_several(column)]
    for column in sorted(candidates, key=lambda column: column.name != name):  # the exact name is first
        if column.name.lower() == name:
            return column
    if name == LANGUAGE_NAMES[0] and (language_column := find_language_column(candidates)):
        return language_column
    placeholders = [f"{{{column.name.lower()}}}" for column in candidates if not column.is_unique]
    names = list_names(each for each in placeholders if re.fullmatch(PLACEHOLDER, each))
    choice = f"choose one of {names}" if names else f"name a column {name}"
    raise UserError(
        f"{location} has no column {name} with several values, as {placeholder} needs; {choice}, or write {placeholder}"
        " into the path, too."
    )


def list_value_domains(location: str, column: ColumnSummary) -> dict[str, str]:
    """Return the name of a domain for each value of a column, and the value.

    Raises:
        UserError: a value gives no name, or several give one.
    """
    values: dict[str, list[str]] = {}
    for value in sorted(column.values):
        if not (name := to_name(value)):
            raise UserError(
                f"{location}: {shorten(value)} in column {column.name} gives no name for its domain; rename it."
            )
        values.setdefault(_fold(name), []).append(value)
    for name, spellings in values.items():
        _check_spellings(location, column, name, spellings)
    return {to_name(value): value for (value,) in values.values()}


def _fold(text: str) -> str:
    """Return a name that is equal for texts that differ only in case and punctuation."""
    return to_name(text).replace("_", "-")


def _check_spellings(location: str, column: ColumnSummary, name: str, values: Sequence[str]) -> None:
    if len(values) > 1:
        raise UserError(
            f"{location}: column {column.name} has {list_names(map(shorten, values))}, which all give the name {name};"
            " write them alike in the data, or rename them."
        )


def note_mixed_rows(domain: str, path: str, columns: Sequence[ColumnSummary]) -> list[str]:
    """Return notes on columns of languages and splits that are not used."""
    notes = []
    if (column := find_language_column(columns)) and not re.search(PLACEHOLDER, domain):
        value = column.values.most_common(1)[0][0]
        name = to_name(value) or value.lower()
        notes.append(
            f"{domain}: has rows with several values in column {column.name} ({describe_values(column)}); name a domain"
            f" after a value to read its rows only, as in {name}={path}, or all others with --target"
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
