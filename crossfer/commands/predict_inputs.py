"""What predict is asked to classify: texts, a table, lines, or pictures, one after the other."""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from crossfer.artifacts.text_lines import check_content_size, read_lines
from crossfer.errors import UserError
from crossfer.sources import table
from crossfer.sources.folder import IMAGE_SUFFIXES
from crossfer.sources.records import RecordReader

Named = tuple[str | int, Any]
"""What an answer names its content by (a file's path, a row's number from 0, or a text itself), and the content.

The content is a `UserError` where its own file cannot be read: the others are classified all the same.
"""

STANDARD_INPUT = "-"
LINES = ".txt"
FILES = (*table.READERS, LINES, *IMAGE_SUFFIXES)  # an item that ends so is a file, even if it does not exist


def read_inputs(items: Sequence[str], column: str) -> Iterator[Named]:
    """Yield what the items are, in their order; a file is read as its turn comes.

    Args:
        items: of each, what it is: `-` for the standard input, a text a line; a folder, for all files in it; a table
            (table.READERS); a file of texts, one a line; any other file, for its bytes; else a text itself. Of several
            files, the names begin with the file's.
        column: of a table, where the contents are.

    Raises:
        UserError: a file is not there, cannot be read, or a table has no such column.
    """
    for item in items:
        for name, content in _of(item, column):
            yield (f"{item}:{name}" if len(items) > 1 and name != item else name), content


def _of(item: str, column: str) -> Iterator[Named]:
    """What one item is."""
    path = Path(item)
    if item == STANDARD_INPUT:
        yield from enumerate(_ended(read_lines(Path("/dev/stdin"))))
    elif _is(path.is_dir):
        found = sorted(file for file in path.rglob("*") if file.is_file() and not file.name.startswith("."))
        if not found:
            raise UserError(f"{path} is an empty folder.")
        yield from ((file.relative_to(path).as_posix(), _whole(file)) for file in found)
    elif path.suffix in (*table.READERS, LINES) and (_is(path.is_file) or _looks_like_a_path(item)):
        if not _is(lambda: os.access(path, os.R_OK)):
            raise UserError(f"{path} does not exist, or may not be read. Correct the name.")
        yield from enumerate(_rows(path, column))
    elif _is(path.is_file):
        yield item, _whole(path)
    elif _looks_like_a_path(item):
        raise UserError(f"{path} does not exist. Correct the name, or pass a text on standard input: predict ... -")
    else:
        yield item, item


def _looks_like_a_path(item: str) -> bool:
    """Return whether an item is meant as a path and not as a text. A text in Chinese may have a slash but no space."""
    if any(character.isspace() for character in item):
        return False
    begins_as_one = item.startswith(("/", "./", "../", "~/"))
    return begins_as_one or ("/" in item and item.isascii()) or Path(item).suffix.lower() in FILES


def _rows(path: Path, column: str) -> Iterator[Any]:
    """The contents of a table, or the lines of a file."""
    if path.suffix == LINES:
        yield from _ended(read_lines(path))
        return
    reader = RecordReader(text=[column], label=column, id=None, labels={}, where={})
    yield from (record[column] for _, record in table.READERS[path.suffix](path, reader))


def _ended(found: Iterator[str]) -> Iterator[str]:
    """Lines without their ends."""
    return (line.rstrip("\r\n") for line in found)


def _is(kind: Callable[[], bool]) -> bool:
    """The path is of a kind; a text that is too long, or not allowed, for a path is of none."""
    try:
        return kind()
    except (OSError, ValueError):
        return False


def _whole(path: Path) -> str | bytes | UserError:
    """Return a file's text if it ends in LINES, else its bytes; or why it cannot be read or is too large."""
    try:
        check_content_size(path)
        return "".join(read_lines(path)) if path.suffix == LINES else path.read_bytes()
    except UserError as error:
        return error
    except OSError as error:
        return UserError(f"{path} cannot be read: {error.strerror}.")
