"""Read the records of a JSON file: one object per line, or an array of objects."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from crossfer.artifacts.text_lines import MAX_LINE_BYTES, read_blocks, read_lines
from crossfer.errors import UserError, shorten

Records = Iterator[tuple[str, dict[str, Any]]]  # place in the file for error messages; record

SPACE = re.compile(r"[ \t\r\n]*")


def read_json_lines(path: Path, encoding: str) -> Records:
    """Yield the records of a JSONL file: one JSON object per line."""
    with closing(read_lines(path, encoding)) as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                record = json.loads(line, object_pairs_hook=_check_unique_keys)
            except (ValueError, RecursionError) as error:
                raise UserError(f"{path}, line {number}, is not valid JSON: {error}; correct the line.") from error
            if not isinstance(record, dict):
                raise UserError(f"{path}, line {number}, is not a JSON object; write one object per line.")
            yield f"{path}, line {number},", record


def read_json(path: Path, encoding: str) -> Records:
    """Yield the records of a JSON array, or of a file with one object per line."""
    with closing(read_blocks(path, encoding)) as blocks:
        text = _JsonText(blocks)
        if text.next_character() == "[":
            yield from _read_array(path, text)
            return
    yield from read_json_lines(path, encoding)


def _read_array(path: Path, text: "_JsonText") -> Records:
    number = 0
    text.position += 1
    while (character := text.next_character()) != "]":
        number += 1
        try:
            if number > 1:
                text.skip(",")
            record = text.decode()
        except (ValueError, RecursionError) as error:
            reason = error.msg if isinstance(error, json.JSONDecodeError) else error
            problem = "the file ends before the array does" if not character else reason
            raise UserError(f"{path}, item {number}, is not valid JSON: {problem}; correct the file.") from error
        if not isinstance(record, dict):
            raise UserError(f"{path}, item {number}, is not a JSON object; write an array of objects.")
        yield f"{path}, item {number},", record
    text.position += 1
    if text.next_character():
        raise UserError(f"{path} is not valid JSON: text follows the array; write one array.")


class _JsonText:
    """The text of a JSON file, of which a few blocks are in memory."""

    def __init__(self, blocks: Iterator[str]) -> None:
        self.blocks = blocks
        self.text = ""
        self.position = 0
        self.decoder = json.JSONDecoder(object_pairs_hook=_check_unique_keys)

    def next_character(self) -> str:
        """Move to the next character that is no white space, and return it; "" at the end."""
        while True:
            if match := SPACE.match(self.text, self.position):
                self.position = match.end()
            if self.position < len(self.text):
                return self.text[self.position]
            if not self._read_block():
                return ""

    def skip(self, character: str) -> None:
        """Move behind a character, or raise a `ValueError` if it is not the next one."""
        if self.next_character() != character:
            raise ValueError(f"it does not follow a {character!r}")
        self.position += 1
        self.next_character()

    def decode(self) -> Any:
        """Return the value that begins here, and move behind it."""
        while True:
            try:
                value, self.position = self.decoder.raw_decode(self.text, self.position)
                return value
            except json.JSONDecodeError:  # or the value continues in the next block
                if len(self.text) - self.position > MAX_LINE_BYTES or not self._read_block():
                    raise

    def _read_block(self) -> bool:
        block = next(self.blocks, "")
        self.text, self.position = self.text[self.position :] + block, 0
        return bool(block)


def _check_unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a JSON object, or raise a `ValueError` if it has a key twice."""
    for key, count in Counter(key for key, _ in pairs).items():
        if count > 1:
            raise ValueError(f"it has the key {shorten(key)} twice")
    return dict(pairs)
