"""Resolve an argument to tables, a folder or a Hub data set."""

import glob
import os
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from crossfer.config.fields import PLACEHOLDER
from crossfer.errors import UserError, list_names, shorten
from crossfer.inspection.splits import find_split_files
from crossfer.sources.checks import is_hidden
from crossfer.sources.folder import IMAGE_SUFFIXES, TEXT_SUFFIXES
from crossfer.sources.split_names import split_of_file
from crossfer.sources.table_reader import SUFFIXES

HUB_NAME = re.compile(r"([\w-][\w.-]*/[\w.-]+)(?::([\w.-]+))?")


@dataclass(frozen=True)
class Tables:
    """Tables: their path as params.yaml has it, the files, and files left out."""

    path: str | dict[str, str]
    files: list[Path]
    left_out: Sequence[Path] = ()


@dataclass(frozen=True)
class Folder:
    """A folder with one content per file."""

    path: str
    modality: str
    files: list[Path]


@dataclass(frozen=True)
class HubDataSet:
    """A data set of the Hugging Face Hub; None is its only configuration."""

    name: str
    configuration: str | None


Location = Tables | Folder | HubDataSet


def locate(argument: str) -> Location:
    """Return the data that an argument names.

    Raises:
        UserError: it is outside the repository, does not exist, or may be several things.
    """
    if hub_name := _match_hub_name(argument):
        return hub_name
    path = repository_path(argument)
    if path.is_dir():
        return _inspect_folder(path)
    if path.is_file():
        if path.suffix.lower() not in SUFFIXES:
            raise UserError(
                f"{path} is no table that crossfer reads; name a folder of texts or images, or a file that ends in"
                f" {', '.join(SUFFIXES)}."
            )
        return Tables(path.as_posix(), [path])
    if files := sorted(Path(name) for name in glob.glob(path.as_posix(), recursive=True)):  # noqa: PTH207
        return Tables(path.as_posix(), files)
    raise UserError(f"{path} does not exist; correct the path.")


def locate_pattern(argument: str) -> Tables | Folder:
    """Return the data of all domains that a path with placeholders matches.

    If it matches folders, their tables of the split test are read, or else their contents.

    Raises:
        UserError: it matches nothing that can be read, or is outside the repository.
    """
    pattern = repository_path(argument).as_posix()
    matches = _match_pattern(pattern)
    left_out: list[Path] = []
    if matches and all(path.is_dir() for path in matches):
        names = Counter(file.name for folder in matches for file in folder.iterdir() if _is_test_table(file))
        if not names:
            contents = [_inspect_folder(folder) for folder in matches]
            if isinstance(contents[0], Folder):
                files = [file for content in contents for file in content.files]
                return Folder(pattern, contents[0].modality, files)
            raise UserError(f"{pattern} matches folders without a table named test; name the file, too.")
        pattern = f"{pattern}/{names.most_common(1)[0][0]}"
        folders, matches = matches, _match_pattern(pattern)
        left_out = sorted({*folders} - {path.parent for path in matches})
    if files := [path for path in matches if path.is_file()]:
        return Tables(pattern, files, left_out)
    raise UserError(f"{pattern} matches no file; correct the path.")


def repository_path(argument: str) -> Path:
    """Return a path relative to the repository.

    Raises:
        UserError: it is not in the repository, or params.yaml cannot contain it.
    """
    if not argument.strip():
        raise UserError("a path is empty, perhaps a variable that is not set; name a table, a folder or a data set.")
    path = Path(os.path.abspath(Path(argument).expanduser()))  # noqa: PTH100 - links are not resolved
    if not path.is_relative_to(Path.cwd()):
        raise UserError(
            f"{argument} is outside the repository, where DVC cannot watch it; copy it into a folder such as data/mine."
        )
    name = path.relative_to(Path.cwd()).as_posix()
    if not name.isprintable() or "${" in name:  # surrogates, line ends; DVC would replace ${...}
        raise UserError(f"the path {shorten(name)} has characters that params.yaml cannot hold; rename it.")
    return Path(name)


def _match_pattern(pattern: str) -> list[Path]:
    escaped = "*".join(glob.escape(part) for part in re.split(PLACEHOLDER, pattern))
    return sorted(Path(name) for name in glob.glob(escaped))  # noqa: PTH207


def _is_test_table(file: Path) -> bool:
    return file.suffix.lower() in SUFFIXES and split_of_file(file) == "test"


def _match_hub_name(argument: str) -> HubDataSet | None:
    """Return a data set of the Hub, unless the argument is or looks like a path."""
    match = HUB_NAME.fullmatch(argument)
    if not match or Path(argument.split("/")[0]).exists() or Path(argument).suffix.lower() in SUFFIXES:
        return None
    return HubDataSet(match[1], match[2])


def _inspect_folder(folder: Path) -> Tables | Folder:
    """Return the tables or the contents of a folder, whichever are more."""
    files = [file for file in sorted(folder.rglob("*")) if file.is_file() and not is_hidden(file.relative_to(folder))]
    tables = [file for file in files if file.suffix.lower() in SUFFIXES and file.parent == folder]
    texts = [file for file in files if file.suffix.lower() in TEXT_SUFFIXES]
    images = [file for file in files if file.suffix.lower() in IMAGE_SUFFIXES]
    if len(tables) >= max(1, len(texts) + len(images)):
        chosen = _choose_tables(folder, tables)
        nested = [file for file in files if file.suffix.lower() in SUFFIXES and file.parent != folder]
        left_out = [file for file in [*tables, *nested, *texts, *images] if file not in chosen.files]
        return replace(chosen, left_out=left_out)
    if not texts and not images:
        raise UserError(
            f"{folder} has no data; put tables into it ({', '.join(SUFFIXES)}), or folders named after labels with"
            f" texts ({', '.join(TEXT_SUFFIXES)}) or images."
        )
    modality, contents = ("vision", images) if len(images) >= len(texts) else ("text", texts)
    return Folder(folder.as_posix(), modality, contents)


def _choose_tables(folder: Path, tables: list[Path]) -> Tables:
    """Return the only table of a folder, or those of official splits."""
    if len(tables) == 1:
        return Tables(tables[0].as_posix(), tables)
    splits = find_split_files(tables)
    if not splits:
        names = list_names(file.name for file in tables)
        raise UserError(
            f"{folder} has several tables ({names}), none of a split such as train; name one of them, or all as"
            f" {folder}/*{tables[0].suffix}."
        )
    return Tables(splits, [Path(name) for pattern in splits.values() for name in sorted(glob.glob(pattern))])  # noqa: PTH207
