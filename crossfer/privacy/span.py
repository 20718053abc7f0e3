"""A place in a text, what finds one, and the words beside it."""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

BEFORE, AFTER = 40, 16  # signs beside a number in which a word leads to it; in some languages the verb comes last
NUMBERS = re.compile(r"[\d\s.,:/+()-]*")  # without any word
SHORT = 4  # letters of a word of which no other word begins


class Span(NamedTuple):
    """Where something stands: from `start` up to, without, `end`."""

    start: int
    end: int


Find = Callable[[str, str], Iterator[Span]]
"""Finds one kind of data in a text, given as it is and as `normalize` returns it; places in both are the same."""


def words(*lines: str) -> re.Pattern[str]:
    """A pattern of these words: as they stand in scripts without spaces, else whole, or long ones as beginnings."""
    return re.compile("|".join(_pattern(word) for line in lines for word in line.split()), re.IGNORECASE)


def _pattern(word: str) -> str:
    """The pattern of one word."""
    if not re.match(r"[\u0000-\u06ff]", word):  # neither Latin, Greek, Cyrillic nor Arabic
        return re.escape(word)
    return rf"\b{re.escape(word)}" + (r"\b" if len(word) <= SHORT and word[-1].isalnum() else "")


def leads(text: str, span: Span, pattern: re.Pattern[str]) -> bool:
    """A word of a pattern stands beside a place, in the same line."""
    before = text[max(0, span.start - BEFORE) : span.start].rpartition("\n")[2]
    after = text[span.end : span.end + AFTER].partition("\n")[0]
    return any(not NUMBERS.fullmatch(side) and pattern.search(side) is not None for side in (before, after))


def is_broken(text: str, plain: str, span: Span) -> bool:
    """Letters stand in the place, which `normalize` has replaced by spaces: it is two things, not one."""
    place = range(span.start, span.end)
    return any(plain[sign] == " " and text[sign].isalpha() for sign in place)
