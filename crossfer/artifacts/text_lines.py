"""Read text files line by line, so that an error message can name the line."""

import codecs
import io
import re
from collections.abc import Generator, Iterator
from pathlib import Path

from crossfer.errors import UserError

MAX_LINE_BYTES = 10_000_000
MAX_CONTENT_BYTES = 100_000_000  # of a file that is read as one content
BOM = b"\xef\xbb\xbf"  # byte order mark of UTF-8
UTF_16_BOMS = (b"\xff\xfe", b"\xfe\xff")
UTF_8 = "utf-8"
BLOCK_BYTES = 1_000_000
LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


def read_lines(path: Path, encoding: str = UTF_8) -> Generator[str]:
    """Yield the lines of a text file with their line ends, without a byte order mark.

    Raises:
        UserError: the file is empty or not in this encoding, or a line is longer than MAX_LINE_BYTES.
    """
    lines = _read_utf_8_lines(path) if encoding == UTF_8 else _read_encoded_lines(path, encoding)
    first_line = next(lines, "").removeprefix("\ufeff")
    if not first_line:
        raise UserError(f"{path} is empty; remove it, or add its content.")
    yield first_line
    yield from lines


def read_blocks(path: Path, encoding: str) -> Generator[str]:
    """Yield the text of a file in blocks, without a byte order mark.

    Raises:
        UserError: the file has another encoding.
    """
    with path.open(encoding=encoding, newline="") as file:
        try:
            block = file.read(BLOCK_BYTES).removeprefix("\ufeff")
            while block:
                yield block
                block = file.read(BLOCK_BYTES)
        except UnicodeError as error:
            raise UserError(
                f"{path} is not {encoding.upper()}; save the file as UTF-8, or set `fallback` where there is one."
            ) from error


def detect_encoding(path: Path, fallback: str) -> str:
    """Return UTF_8, or the fallback if it is not `none` and the file is not UTF-8.

    A file with UTF-16's byte order mark has no other fallback than UTF-16: most encodings would decode it to garbage.
    """
    if fallback == "none":
        return UTF_8
    decoder = codecs.getincrementaldecoder(UTF_8)()
    with path.open("rb") as file:
        is_utf_16 = file.read(2) in UTF_16_BOMS
        file.seek(0)
        try:
            while block := file.read(BLOCK_BYTES):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            is_fallback = not is_utf_16 or codecs.lookup(fallback).name.startswith("utf-16")
            return fallback if is_fallback else UTF_8
    return UTF_8


def check_content_size(path: Path) -> None:
    """Raise a `UserError` if a file is too large to be read as one content."""
    if (size := path.stat().st_size) > MAX_CONTENT_BYTES:
        raise UserError(
            f"{path} has {size:,} bytes, more than the limit of {MAX_CONTENT_BYTES:,} per content; shorten or remove"
            " it."
        )


def _read_utf_8_lines(path: Path) -> Iterator[str]:
    number = 0
    with path.open("rb") as file:
        while line := file.readline(MAX_LINE_BYTES + 1):
            number += 1
            _check_line_length(len(line), path, number)
            try:
                yield from LINE.findall(line.decode(UTF_8))
            except UnicodeDecodeError as error:
                is_utf_16 = number == 1 and line.startswith(UTF_16_BOMS)
                cause = "UTF-16" if is_utf_16 else f"byte 0x{line[error.start]:02x}"
                raise UserError(
                    f"{path}, line {number}, is not UTF-8 ({cause}); save the file as UTF-8, or set `fallback` where"
                    " there is one."
                ) from error


def _read_encoded_lines(path: Path, encoding: str) -> Iterator[str]:
    number = 0
    # Files with a byte order mark of UTF-8 may have bytes of another encoding in their middle.
    with path.open("rb") as file:
        has_bom = file.read(len(BOM)) == BOM
        file.seek(len(BOM) if has_bom else 0)
        lines = io.TextIOWrapper(file, encoding, newline="")
        try:
            while line := lines.readline(MAX_LINE_BYTES + 1):
                number += 1
                _check_line_length(len(line), path, number)
                yield line
        except UnicodeError as error:
            raise UserError(f"{path} is neither UTF-8 nor {encoding}; save it as UTF-8.") from error


def _check_line_length(length: int, path: Path, number: int) -> None:
    if length > MAX_LINE_BYTES:
        raise UserError(
            f"{path}, line {number}, is longer than {MAX_LINE_BYTES:,} bytes; close open quotes, or check that the file"
            " is a table."
        )
