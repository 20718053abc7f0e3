"""Read UTF-8 files line by line, so that an error message can name the line."""

import re
from collections.abc import Generator
from pathlib import Path

from crossfer.errors import UserError

MAX_LINE_BYTES = 10_000_000
MAX_CONTENT_BYTES = 100_000_000  # of a file that is read as one content
BOM = b"\xef\xbb\xbf"  # byte order mark of UTF-8
UTF_16_BOMS = (b"\xff\xfe", b"\xfe\xff")
LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


def read_lines(path: Path) -> Generator[str]:
    """Yield the lines of a UTF-8 file with their line ends, without a byte order mark.

    Raises:
        UserError: the file is empty, or a line is longer than MAX_LINE_BYTES or not UTF-8.
    """
    number = 0
    with path.open("rb") as file:
        while line := file.readline(MAX_LINE_BYTES + 1):
            number += 1
            if len(line) > MAX_LINE_BYTES:
                raise UserError(
                    f"{path}, line {number}, is longer than {MAX_LINE_BYTES:,} bytes; close open quotes, or check that"
                    " the file is a table."
                )
            yield from LINE.findall(_decode(line.removeprefix(BOM) if number == 1 else line, path, number))
    if number == 0:
        raise UserError(f"{path} is empty; remove it, or add its content.")


def check_content_size(path: Path) -> None:
    """Raise a `UserError` if a file is too large to be read as one content."""
    if (size := path.stat().st_size) > MAX_CONTENT_BYTES:
        raise UserError(
            f"{path} has {size:,} bytes, more than the limit of {MAX_CONTENT_BYTES:,} per content; shorten or remove"
            " it."
        )


def _decode(line: bytes, path: Path, number: int) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as error:
        cause = "UTF-16" if number == 1 and line.startswith(UTF_16_BOMS) else f"byte 0x{line[error.start]:02x}"
        raise UserError(f"{path}, line {number}, is not UTF-8 ({cause}); save the file as UTF-8.") from error
