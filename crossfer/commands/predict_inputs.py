"""Read the contents that predict classifies, one at a time."""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from crossfer.artifacts.text_lines import check_content_size, read_lines
from crossfer.errors import UserError
from crossfer.sources.folder import IMAGE_SUFFIXES
from crossfer.sources.records import RecordReader
from crossfer.sources.table_reader import SUFFIXES as TABLE_SUFFIXES
from crossfer.sources.table_reader import TableReader

NamedContent = tuple[str | int, Any]
"""The name of a content (path of a file, number of a row from 0, or the text) and the content.

The content is a `UserError` if its file cannot be read, so that the other contents are classified nevertheless.
"""

STANDARD_INPUT = "-"
TEXT_SUFFIX = ".txt"
FILE_SUFFIXES = (*TABLE_SUFFIXES, TEXT_SUFFIX, *IMAGE_SUFFIXES)  # an item without spaces that ends so is a path


def read_inputs(items: Sequence[str], column: str) -> Iterator[NamedContent]:
    """Yield the contents of all items, in order.

    With several items, names start with the item.

    Args:
        items: each is `-` for lines of standard input, a folder of files with one content each, a table
            (TABLE_SUFFIXES), a .txt file with one text per line, another file with one content, or a text.
        column: column of a table that has the contents.
    """
    for item in items:
        for name, content in _read_item(item, column):
            yield (f"{item}:{name}" if len(items) > 1 and name != item else name), content


def _read_item(item: str, column: str) -> Iterator[NamedContent]:
    path = Path(item)
    if item == STANDARD_INPUT:
        yield from enumerate(_line_texts(Path("/dev/stdin")))
    elif _path_holds(path.is_dir):
        files = sorted(file for file in path.rglob("*") if file.is_file() and not file.name.startswith("."))
        if not files:
            raise UserError(f"{path} is an empty folder; name a folder with files.")
        yield from ((file.relative_to(path).as_posix(), _read_file(file)) for file in files)
    elif path.suffix in (*TABLE_SUFFIXES, TEXT_SUFFIX) and (_path_holds(path.is_file) or _looks_like_path(item)):
        if not _path_holds(lambda: os.access(path, os.R_OK)):
            raise UserError(f"{path} does not exist or cannot be read; correct the name or the permissions.")
        yield from enumerate(_line_texts(path) if path.suffix == TEXT_SUFFIX else _column_values(path, column))
    elif _path_holds(path.is_file):
        yield item, _read_file(path)
    elif _looks_like_path(item):
        raise UserError(
            f"{path} does not exist; correct the name, or pass a text on standard input: crossfer predict <task> -"
        )
    else:
        yield item, item


def _looks_like_path(item: str) -> bool:
    """Return whether an item is meant as a path."""
    if any(character.isspace() for character in item):
        return False
    is_explicit = item.startswith(("/", "./", "../", "~/"))
    # A text in a language without spaces may contain a slash.
    return is_explicit or ("/" in item and item.isascii()) or Path(item).suffix.lower() in FILE_SUFFIXES


def _line_texts(path: Path) -> Iterator[str]:
    """Yield the lines of a file without their line ends."""
    return (line.rstrip("\r\n") for line in read_lines(path))


def _column_values(path: Path, column: str) -> Iterator[Any]:
    """Yield the values of a table's column."""
    reader = RecordReader(text=[column], label=column, id=None, labels={}, where={})
    return (record[column] for _, record in TableReader(reader).read(path))


def _path_holds(condition: Callable[[], bool]) -> bool:
    """Return whether a condition on a path holds; False if a text cannot be a path."""
    try:
        return condition()
    except (OSError, ValueError):
        return False


def _read_file(path: Path) -> str | bytes | UserError:
    """Return a file's text or bytes, or a `UserError` if it cannot be used."""
    try:
        check_content_size(path)
        return "".join(read_lines(path)) if path.suffix == TEXT_SUFFIX else path.read_bytes()
    except UserError as error:
        return error
    except OSError as error:
        return UserError(f"{path} cannot be read: {error.strerror}; change its permissions.")
