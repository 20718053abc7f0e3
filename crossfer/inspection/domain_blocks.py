"""Write the block of params.yaml for a domain from what its files hold."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from crossfer.config.domains import find_placeholders
from crossfer.errors import UserError, list_names
from crossfer.inspection import hub
from crossfer.inspection.columns import ColumnSummary
from crossfer.inspection.encodings import find_fallback
from crossfer.inspection.images import photograph_size
from crossfer.inspection.locations import Folder, HubDataSet, Location, Tables
from crossfer.inspection.roles import AmbiguousLabelError, Roles, choose_roles
from crossfer.inspection.row_filters import choose_rows, note_mixed_rows
from crossfer.inspection.tables import TableReport, inspect_tables

AskLabel = Callable[[str, Sequence[ColumnSummary]], str]
"""Asks the user which column is the label; takes the data's name and the candidates."""


@dataclass(frozen=True)
class Choices:
    """The user's choices for all domains.

    Attributes:
        ask_label: called if several columns could be the label.
        text: the columns of the text; empty to detect them.
        label: the column of the label; None to detect it.
        fallback: encoding of files that are not UTF-8; None to detect it.
        are_preferences: columns that a table lacks do not count.
    """

    ask_label: AskLabel
    text: Sequence[str] = ()
    label: str | None = None
    fallback: str | None = None
    are_preferences: bool = False

    def prefer(self, roles: Roles) -> "Choices":
        """Return choices that name the columns of another domain."""
        return replace(self, text=roles.text, label=roles.label, are_preferences=True)


@dataclass(frozen=True)
class DomainBlock:
    """A domain for params.yaml.

    Attributes:
        keys: of its block.
        modality: text or vision.
        files: that it reads.
        format: how they are written, for the report.
        roles: the columns, of tables only.
        notes: doubts that the user should know.
        image_size: pixels per side of photographs; None for drawings and texts.
    """

    keys: dict[str, Any]
    modality: str
    files: list[Path]
    format: str
    roles: Roles | None = None
    notes: Sequence[str] = ()
    image_size: int | None = None


def describe_domain(
    name: str,
    language: str | None,
    location: Location,
    choices: Choices,
    where: Mapping[str, str] | None = None,
    report: TableReport | None = None,
) -> DomainBlock:
    """Inspect the data of a domain and return its block.

    Args:
        name: of the domain.
        language: if it is not the name.
        location: of its data.
        choices: of the user.
        where: selects the rows of a table; None to detect it.
        report: on these rows; None to inspect them.

    Raises:
        UserError: the data cannot be read or understood.
    """
    names: dict[str, Any] = {"domain": name, **({"language": language} if language else {})}
    match location:
        case Folder(path, "vision", files):
            size = photograph_size(files)
            style = "drawings" if size is None else f"photographs, {size} pixels"
            return DomainBlock({**names, "provider": "folder", "path": path}, "vision", files, style, image_size=size)
        case Folder(path, modality, files):
            fallback = choices.fallback or find_fallback(files)
            keys = {**names, "provider": "folder", "path": path}
            keys |= {} if fallback == "none" else {"fallback": fallback}
            return DomainBlock(keys, modality, files, "texts", notes=_note_fallback(name, fallback))
        case Tables(path, files, left_out):
            is_pattern = bool(find_placeholders(name))
            report = report or inspect_tables(files, choices.fallback, is_pattern, where)
            others = [column for column in report.columns if column.name not in (choices.label, *choices.text)]
            place = path if isinstance(path, str) else files[0].parent.as_posix()
            if where is None and not is_pattern and (where := choose_rows(place, [name, language or name], others)):
                report = inspect_tables(files, choices.fallback, False, where)
            if not report.rows:
                raise UserError(f"{place} has no rows; add rows, or leave it out.")
            roles = _choose_roles(place, report.columns, choices)
            keys = {**names, "provider": "table", "path": path, "columns": _columns(roles), **report.options}
            keys |= {"where": dict(where)} if where else {}
            notes = _doubts(name, report.columns, roles) + _note_fallback(name, report.options.get("fallback", "none"))
            unused = [column for column in report.columns if column.name not in (roles.label, *roles.text)]
            notes += note_mixed_rows(name, place, unused)
            if left_out:
                notes.append(f"{name}: left out: {list_names(file.as_posix() for file in left_out)}")
            if unlabelled := _count_unlabelled(report, roles):
                keys["labels"] = {"": None}
                notes.append(f"{name}: {unlabelled:,} rows without a label are left out")
            return DomainBlock(keys, "text", files, ", ".join(report.formats), roles, notes)
        case HubDataSet() as data_set:
            options, summaries, unread = hub.inspect(data_set)
            roles = _choose_roles(f"data set {data_set.name}", summaries, choices)
            keys = {**names, "provider": "hub", **options, "columns": _columns(roles)}
            notes = _doubts(name, summaries, roles)
            if unread:
                notes.append(f"{name}: splits left out: {', '.join(unread)}")
            return DomainBlock(keys, "text", [], "data set of the Hub", roles, notes)


def _choose_roles(place: str, columns: Sequence[ColumnSummary], choices: Choices) -> Roles:
    text, label = choices.text, choices.label
    if choices.are_preferences:
        names = {column.name for column in columns}
        text, label = [name for name in text if name in names], label if label in names else None
    try:
        return choose_roles(place, columns, text, label)
    except AmbiguousLabelError as error:
        return choose_roles(place, columns, text, choices.ask_label(place, error.candidates))


def _columns(roles: Roles) -> dict[str, Any]:
    text: str | list[str] = roles.text[0] if len(roles.text) == 1 else roles.text
    return {"text": text, "label": roles.label, **({"id": roles.id} if roles.id else {})}


def _doubts(domain: str, columns: Sequence[ColumnSummary], roles: Roles) -> list[str]:
    """Return warnings about chosen columns whose values are unusual."""
    return [
        f"{domain}: column {column.name} looks like ids, numbers or single words, not like texts"
        for column in columns
        if column.name in roles.text and not column.is_prose
    ]


def _count_unlabelled(report: TableReport, roles: Roles) -> int:
    (labels,) = [column for column in report.columns if column.name == roles.label]
    return report.rows - labels.filled


def _note_fallback(domain: str, fallback: str) -> list[str]:
    if fallback == "none":
        return []
    return [f"{domain}: files that are not UTF-8 are read as {fallback}; another encoding needs --fallback"]
