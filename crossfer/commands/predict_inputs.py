"""Read the contents that predict classifies, one at a time."""

import os
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from crossfer.artifacts.text_lines import UTF_8, check_content_size, detect_encoding, read_lines
from crossfer.errors import UserError
from crossfer.sources.checks import is_hidden, path_holds
from crossfer.sources.folder import IMAGE_SUFFIXES
from crossfer.sources.records import RecordReader
from crossfer.sources.table_format import Quotes
from crossfer.sources.table_reader import SUFFIXES as TABLE_SUFFIXES
from crossfer.sources.table_reader import TableReader

NamedContent = tuple[str | int, Any]
"""The name of a content (path of a file, number of a row from 0, or the text) and the content.

The content is a `UserError` if its file cannot be read, so that the other contents are classified nevertheless.
"""

STANDARD_INPUT = "-"
TEXT_SUFFIX = ".txt"
READ_SUFFIXES = (*TABLE_SUFFIXES, TEXT_SUFFIX, *IMAGE_SUFFIXES)
UNREAD_SUFFIXES = (
    *(".7z", ".arrow", ".db", ".doc", ".docx", ".eps", ".feather", ".gz", ".heic", ".heif", ".htm", ".html", ".log"),
    *(".md", ".ndjson", ".ods", ".odt", ".pdf", ".rtf", ".sqlite", ".svg", ".tar", ".tgz", ".xls", ".xlsx", ".xml"),
    *(".yaml", ".yml", ".zip"),
)
MAX_NAME_WORDS = 4  # of a file name with spaces; a longer text may end with the name of a file


def read_inputs(
    items: Sequence[str], column: str, quotes: Quotes = "standard", fallback: str = "none"
) -> Iterator[NamedContent]:
    """Yield the contents of all items, in order.

    With several items, names start with the item. Hidden files and folders in a folder are skipped.

    Args:
        items: each is `-` for lines of standard input, a folder of files with one content each, a table
            (TABLE_SUFFIXES), a .txt file with one text per line, another file with one content, or a text.
        column: column of a table that has the contents.
        quotes: of CSV and TSV files, see `TableFormat`.
        fallback: encoding of files that are not UTF-8; `none` refuses them.
    """
    record_reader = RecordReader(text=[column], label=column, id=None, labels={}, where={})
    reader = TableReader(record_reader, quotes, fallback)
    for item in items:
        for name, content in _read_item(item, reader):
            yield (f"{item}:{name}" if len(items) > 1 and name != item else name), content


def _read_item(item: str, reader: TableReader) -> Iterator[NamedContent]:
    path = Path(item)
    if not item:
        raise UserError("an input is empty, perhaps a variable that is not set; pass a text, a file or a folder.")
    if item == STANDARD_INPUT:
        yield from enumerate(_line_texts(Path("/dev/stdin"), UTF_8))
    elif path_holds(path.is_dir):
        files = _find_visible_files(path)
        if not files:
            raise UserError(f"{path} is an empty folder, apart from hidden files; name a folder with files.")
        yield from ((file.relative_to(path).as_posix(), _read_file(file, reader.fallback)) for file in files)
    elif path_holds(path.is_file):
        yield from _read_named_file(item, path, reader)
    elif _looks_like_path(item):
        raise UserError(
            f"{path} does not exist; correct the name, or pass a text on standard input: crossfer predict <task> -"
        )
    else:
        yield item, item


def _read_named_file(item: str, path: Path, reader: TableReader) -> Iterator[NamedContent]:
    suffix = path.suffix.lower()
    if suffix in (*TABLE_SUFFIXES, TEXT_SUFFIX) and not os.access(path, os.R_OK):
        raise UserError(f"{path} cannot be read; change its permissions.")
    if suffix in TABLE_SUFFIXES:
        yield from enumerate(record[reader.record_reader.label] for _, record in reader.read(path))
    elif suffix == TEXT_SUFFIX and path.stat().st_size:
        yield from enumerate(_line_texts(path, detect_encoding(path, reader.fallback)))
    else:
        yield item, _read_file(path, reader.fallback)


def _line_texts(path: Path, encoding: str) -> Iterator[str]:
    """Yield the lines of a file without their line ends."""
    return (line.rstrip("\r\n") for line in read_lines(path, encoding))


def _read_file(path: Path, fallback: str) -> str | bytes | UserError:
    """Return a file's text or bytes, or a `UserError` if it cannot be used."""
    try:
        check_content_size(path)
        if path.suffix.lower() != TEXT_SUFFIX:
            return path.read_bytes()
        return "".join(read_lines(path, detect_encoding(path, fallback)))
    except UserError as error:
        return error
    except OSError as error:
        return UserError(f"{path} cannot be read: {error.strerror}; change its permissions.")


def _find_visible_files(folder: Path) -> list[Path]:
    """Return the files in a folder, sorted, without those that are in a hidden folder."""
    files: list[Path] = []
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not is_hidden(Path(name))]  # os.walk enters only these
        files += [Path(parent, name) for name in names if not is_hidden(Path(name))]
    return sorted(file for file in files if file.is_file())


def check_output(out: Path, items: Sequence[str]) -> None:
    """Check that an output file replaces no input.

    Raises:
        UserError: the file is an input, also by a link, or is in a folder that is an input.
    """
    for item in items:
        path = Path("/dev/stdin" if item == STANDARD_INPUT else item)
        if item and path_holds(partial(_is_in, out, path)):
            raise UserError(f"--out {out} would replace an input, or is in its folder; name another file.")


def _is_in(out: Path, path: Path) -> bool:
    """Return whether a file is an existing file, or is in a folder."""
    if path.is_dir():
        folder = path.resolve()
        return out.resolve().is_relative_to(folder) or (out.parent.resolve() / out.name).is_relative_to(folder)
    return path.is_file() and out.exists() and out.samefile(path)


def _looks_like_path(item: str) -> bool:
    """Return whether an item is meant as a path."""
    words, suffix = len(item.split()), Path(item).suffix.lower()
    if suffix in (*READ_SUFFIXES, *UNREAD_SUFFIXES) and words <= MAX_NAME_WORDS:
        return True
    is_explicit = item.startswith(("/", "./", "../", "~/")) or item.endswith("/")
    # A short text may contain a slash: and/or, 10/10.
    return words == 1 and (is_explicit or ("/" in item and path_holds(Path(item.split("/")[0]).is_dir)))
