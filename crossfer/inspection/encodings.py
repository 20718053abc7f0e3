"""Detect the encoding of files that are not UTF-8."""

import re
from collections.abc import Iterable
from pathlib import Path

from crossfer.artifacts.text_lines import UTF_8, UTF_16_BOMS, detect_encoding
from crossfer.errors import UserError

SAMPLE_BYTES = 1_000_000
WESTERN = "cp1252"
MAX_ACCENTED_FRACTION = 0.3  # of the letters; in Cyrillic, Greek or Asian encodings read as Western nearly all have one
MAX_SYMBOL_FRACTION = 0.1  # of the characters beyond ASCII that are symbols inside words, as in Polish read as Western
ACCENTED = re.compile(r"[^\W\d_a-zA-Z]")
LETTER = re.compile(r"[^\W\d_]")
SYMBOL_IN_WORD = re.compile(r"(?<=[^\W\d_])[¡-¶¸-¿×÷‚„†‡‰‹›€™˜ˆ](?=[^\W\d_])")


def find_fallback(paths: Iterable[Path]) -> str:
    """Return the value of `fallback` with which files are readable.

    Only Western European texts are recognized: bytes alone do not show which other alphabet they encode.

    Raises:
        UserError: a file is neither UTF-8 nor a Western European text.
    """
    for path in paths:
        if detect_encoding(path, WESTERN) != UTF_8 or _begins_as_utf_16(path):
            _check_western(path)
            return WESTERN
    return "none"


def _begins_as_utf_16(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) in UTF_16_BOMS


def _check_western(path: Path) -> None:
    """Raise a `UserError` unless a file begins like Western European text."""
    with path.open("rb") as file:
        content = file.read(SAMPLE_BYTES)
    try:
        if content.startswith(UTF_16_BOMS):
            raise ValueError
        text = content.decode(WESTERN)
    except ValueError:
        text = ""
    accented, symbols = len(ACCENTED.findall(text)), len(SYMBOL_IN_WORD.findall(text))
    beyond_ascii = sum(not character.isascii() for character in text)
    is_western = accented <= MAX_ACCENTED_FRACTION * len(LETTER.findall(text))
    if not beyond_ascii or not is_western or symbols > MAX_SYMBOL_FRACTION * beyond_ascii:
        raise UserError(
            f"{path} is not UTF-8; save it as UTF-8, or name its encoding, such as --fallback cp1251 or shift_jis."
        )
