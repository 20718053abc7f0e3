"""Inspect the domains that the arguments of `crossfer add` name.

An argument is `<path>` or `<domain>=<path>`. `{language}` in the path stands for the names of several domains, and
`{language}=<table>` for one domain per value of a column.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from crossfer.config.fields import PLACEHOLDER
from crossfer.errors import UserError, list_names
from crossfer.inspection.columns import ColumnSummary
from crossfer.inspection.domain_blocks import Choices, DomainBlock, describe_domain
from crossfer.inspection.locations import Location, Tables, locate, locate_pattern
from crossfer.inspection.names import domain_name
from crossfer.inspection.row_filters import find_value_column, list_value_domains, match_value
from crossfer.inspection.tables import TableReport, inspect_tables, inspect_values

NAMED_PATH = re.compile(r"([^=/]+)=(.*)")


@dataclass(frozen=True)
class Argument:
    """An argument: the name of a domain or a placeholder, a path, and its data."""

    name: str
    path: str
    location: Location


@dataclass(frozen=True)
class ValueColumn:
    """A column of tables that has a domain in each of its values.

    Attributes:
        column: its values.
        tables: that have it.
        report: on all of their rows.
        value_reports: on the rows of each value.
    """

    column: ColumnSummary
    tables: Tables
    report: TableReport
    value_reports: Mapping[str, TableReport]


def describe_domains(
    source: str, targets: Sequence[str], language_of: dict[str, str], choices: Choices
) -> list[DomainBlock]:
    """Return the blocks of source and targets, which prefer the source's columns.

    Args:
        source: argument of the source.
        targets: arguments of the targets.
        language_of: languages by domain, for domains that are not named after their language.
        choices: of the user.

    Raises:
        UserError: data cannot be read or understood, or targets read rows of the source.
    """
    arguments = [_parse(argument) for argument in (source, *targets)]
    value_columns = {
        number: _find_value_column(argument, choices.fallback)
        for number, argument in enumerate(arguments)
        if number and re.fullmatch(PLACEHOLDER, argument.name.lower()) and not re.search(PLACEHOLDER, argument.path)
    }
    names = {argument.name for argument in arguments}
    blocks: list[DomainBlock] = []
    for number, argument in enumerate(arguments):
        if values := value_columns.get(number):
            blocks += _describe_values(argument.path, values, blocks[0], names, language_of, choices)
            continue
        language = language_of.pop(argument.name, None)
        where = _select_rows(argument, language, value_columns.values())
        block = describe_domain(argument.name, language, argument.location, choices, where)
        if not blocks and block.roles:
            choices = choices.prefer(block.roles)
        blocks.append(block)
    if language_of:
        domains = list_names(block.keys["domain"] for block in blocks)
        raise UserError(f"--language names {', '.join(language_of)}, but the domains are {domains}; correct the name.")
    _check_rows_differ(*blocks)
    return blocks


def _parse(argument: str) -> Argument:
    match = NAMED_PATH.fullmatch(argument)
    name, path = match.groups() if match else (None, argument)
    if placeholders := re.findall(PLACEHOLDER, path):
        return Argument(name or "_".join(dict.fromkeys(placeholders)), path, locate_pattern(path))
    location = locate(path)  # checks the path, which may be empty
    return Argument(name or domain_name(path), path, location)


def _find_value_column(argument: Argument, fallback: str | None) -> ValueColumn:
    """Return the column that a placeholder names."""
    placeholder, location = argument.name.lower(), argument.location
    if not isinstance(location, Tables):
        raise UserError(
            f"{argument.path} is no table with a column for {placeholder}; write {placeholder} into the path, too."
        )
    report = inspect_tables(location.files, fallback, False)
    column = find_value_column(argument.path, placeholder, report.columns)
    return ValueColumn(column, location, report, inspect_values(location.files, report, column.name))


def _select_rows(
    argument: Argument, language: str | None, value_columns: Collection[ValueColumn]
) -> Mapping[str, str] | None:
    """Return the `where` of a domain in tables that others share; None to detect it."""
    if isinstance(argument.location, Tables):
        for values in value_columns:
            if set(argument.location.files) & set(values.tables.files):
                names = [argument.name, language or argument.name]
                if where := match_value(argument.path, names, values.column):
                    return where
    return None


def _describe_values(
    path: str,
    values: ValueColumn,
    source: DomainBlock,
    names: Collection[str],
    language_of: dict[str, str],
    choices: Choices,
) -> Iterator[DomainBlock]:
    """Yield the block of each value of a column.

    As a pattern does, it leaves out the source's rows and domains that another argument names.
    """
    column, files = values.column, values.tables.files
    empty_rows = values.report.rows - column.filled
    notes = [f"{path}: {empty_rows:,} rows without a value in column {column.name} are left out"] if empty_rows else []
    for name, value in list_value_domains(path, column).items():
        where = {column.name: value}
        is_source = source.keys.get("where") == where and set(source.files) & set(files)
        if name not in names and not is_source:
            language, report = language_of.pop(name, None), values.value_reports[value]
            block = describe_domain(name, language, values.tables, choices, where, report)
            yield replace(block, notes=[*notes, *block.notes])


def _check_rows_differ(source: DomainBlock, *targets: DomainBlock) -> None:
    """Check that no target reads rows of the source; patterns leave them out.

    Raises:
        UserError: a target does.
    """
    source_rows = source.keys.get("where", {})
    for target in targets:
        rows = target.keys.get("where", {})
        is_pattern = re.search(PLACEHOLDER, target.keys["domain"])
        common_files = sorted(set(source.files) & set(target.files))
        common_columns = rows.keys() & source_rows.keys()
        if is_pattern or not common_files or any(rows[column] != source_rows[column] for column in common_columns):
            continue
        fix = "name other data with --target"
        if rows and not common_columns:
            fix = f"name the source after a value of column {', '.join(rows)}, too"
        raise UserError(f"domain {target.keys['domain']} reads {common_files[0]}, which the source reads too; {fix}.")
