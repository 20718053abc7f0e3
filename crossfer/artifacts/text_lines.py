"""Lines of text files of any size: decoded one by one, so that a message can name the one that is wrong."""

import re
from collections.abc import Generator
from pathlib import Path

from crossfer.errors import UserError

MAX_LINE_BYTES = 10_000_000  # bytes of a line; a longer one is no line of a table
MAX_CONTENT_BYTES = 100_000_000  # bytes of a file that is one content, and read as a whole
BOM = b"\xef\xbb\xbf"  # UTF-8's byte order mark
UTF_16_BOMS = (b"\xff\xfe", b"\xfe\xff")  # UTF-16's
LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


def read_lines(path: Path) -> Generator[str]:
    """The lines of a UTF-8 file with the ends that they have, be they of one kind or mixed; a mark before them goes.

    Raises:
        UserError: the file is empty, or a line is too long or no UTF-8.
    """
    number = 0
    with path.open("rb") as file:
        while line := file.readline(MAX_LINE_BYTES + 1):
            number += 1
            if len(line) > MAX_LINE_BYTES:
                raise UserError(
                    f"{path}, line {number}, is longer than {MAX_LINE_BYTES:,} bytes; a quote may not be closed, or"
                    " this is no table."
                )
            yield from LINE.findall(_decoded(line.removeprefix(BOM) if number == 1 else line, path, number))
    if number == 0:
        raise UserError(f"{path} is empty.")


def check_content_size(path: Path) -> None:
    """Check that a file that is one content is no larger than contents are.

    Raises:
        UserError: it is.
    """
    if (size := path.stat().st_size) > MAX_CONTENT_BYTES:
        raise UserError(
            f"{path} has {size:,} bytes, allowed are {MAX_CONTENT_BYTES:,} for one content; remove or shorten it."
        )


def _decoded(line: bytes, path: Path, number: int) -> str:
    """A line as text."""
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as error:
        of = "UTF-16" if number == 1 and line.startswith(UTF_16_BOMS) else f"byte 0x{line[error.start]:02x}"
        raise UserError(f"{path}, line {number}, is not UTF-8 ({of}); save the file as UTF-8.") from None
