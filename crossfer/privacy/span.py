"""Positions of personal data in a text, and keywords near them."""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

CHARACTERS_BEFORE, CHARACTERS_AFTER = 40, 16  # searched for a keyword; in some languages the verb follows the number
NO_WORDS = re.compile(r"[\d\s.,:/+()-]*")
SPACED_SCRIPTS = r"[\u0000-\u058f]"  # Latin, Greek, Cyrillic, Armenian: words end at a space
PREFIXED_SCRIPTS = r"[\u0590-\u06ff]"  # Hebrew, Arabic: prepositions and articles are written with the word


class Span(NamedTuple):
    """The characters from `start` to before `end`."""

    start: int
    end: int


Finder = Callable[[str, str], Iterator[Span]]
"""Finds one type of data. Takes the text and its normalized form; positions in both are the same."""


def find_matches(pattern: re.Pattern[str], text: str, is_valid: Callable[[str], bool] | None = None) -> Iterator[Span]:
    """Yield the matches of a pattern that are valid."""
    return (Span(*match.span()) for match in pattern.finditer(text) if is_valid is None or is_valid(match.group()))


def pattern_finder(pattern: re.Pattern[str], is_valid: Callable[[str], bool]) -> Finder:
    """Return a finder of the valid matches in the normalized text."""
    return lambda text, normalized: find_matches(pattern, normalized, is_valid)


def keyword_pattern(*lines: str) -> re.Pattern[str]:
    """Return a pattern that matches any word of these lines.

    A word that ends with * is a stem: any letters may follow. In scripts without spaces, every word is one.
    """
    return re.compile("|".join(_word_pattern(word) for line in lines for word in line.split()), re.IGNORECASE)


def _word_pattern(word: str) -> str:
    stem = word.rstrip("*")
    if re.match(SPACED_SCRIPTS, word):
        start, is_whole = rf"\b{re.escape(stem)}" if stem[0].isalnum() else re.escape(stem), stem == word
        return start + (r"\b" if is_whole and stem[-1].isalnum() else "")
    if re.match(PREFIXED_SCRIPTS, word):
        return rf"(?<!\w)[\u0590-\u06ff]{{0,3}}{re.escape(stem)}"
    return re.escape(stem)


def has_keyword_nearby(text: str, span: Span, keywords: re.Pattern[str]) -> bool:
    """Tell whether a keyword is near a span, on the same line."""
    before = text[max(0, span.start - CHARACTERS_BEFORE) : span.start].rpartition("\n")[2]
    after = text[span.end : span.end + CHARACTERS_AFTER].partition("\n")[0]
    return any(not NO_WORDS.fullmatch(side) and keywords.search(side) is not None for side in (before, after))


def contains_letters(text: str, normalized: str, span: Span) -> bool:
    """Tell whether `normalize` replaced letters in a span by spaces.

    Such a span is two values.
    """
    return any(normalized[index] == " " and text[index].isalpha() for index in range(span.start, span.end))
