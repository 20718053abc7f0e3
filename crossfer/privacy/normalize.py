"""Normalize a text for the finders without changing positions.

Digits of all scripts become ASCII; full-width characters, hyphens and spaces become their plain forms. Letters of
scripts without spaces become spaces, since a number may follow them directly. Keywords are searched in the original.
"""

import functools
import unicodedata

SCRIPTS_WITHOUT_SPACES = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "THAI", "LAO", "KHMER", "MYANMAR", "TIBETAN")
SEPARATORS = {"٫": ".", "٬": ",", "․": ".", "∶": ":"}


@functools.lru_cache(maxsize=65_536)
def _normalize_character(character: str) -> str:
    """Return the plain form of a character, which is one character too."""
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if category == "Pd":
        return "-"
    if category == "Zs":
        return " "
    if character in SEPARATORS:
        return SEPARATORS[character]
    compatible_form = unicodedata.normalize("NFKC", character)
    if len(compatible_form) == 1 and compatible_form.isascii() and compatible_form.isprintable():
        return compatible_form
    if category[0] == "L" and unicodedata.name(character, "").startswith(SCRIPTS_WITHOUT_SPACES):
        return " "
    return character


def normalize(text: str) -> str:
    """Return the normalized text, of the same length."""
    if text.isascii():
        return text
    return text.translate(
        {ord(character): _normalize_character(character) for character in set(text) if not character.isascii()}
    )
