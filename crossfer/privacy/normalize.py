"""A text as recognisers read it: the same length, so that places in it are places in the original.

Digits of all scripts become ASCII, full-width signs their usual forms, hyphens and spaces of all kinds one each.
Letters of scripts that are written without spaces become spaces, since a number may stand right beside them; words that
lead to a number are looked for in the original.
"""

import functools
import unicodedata

UNSPACED = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "THAI", "LAO", "KHMER", "MYANMAR", "TIBETAN")
OTHERS = {"٫": ".", "٬": ",", "․": ".", "∶": ":"}


@functools.lru_cache(maxsize=65_536)
def _normalize_character(sign: str) -> str:
    """The plain form of a sign that is not ASCII, one sign as well."""
    category = unicodedata.category(sign)
    if category == "Nd":
        return str(unicodedata.decimal(sign))
    if category == "Pd":
        return "-"
    if category == "Zs":
        return " "
    if sign in OTHERS:
        return OTHERS[sign]
    folded = unicodedata.normalize("NFKC", sign)
    if len(folded) == 1 and folded.isascii() and folded.isprintable():
        return folded
    if category[0] == "L" and unicodedata.name(sign, "").startswith(UNSPACED):
        return " "
    return sign


def normalize(text: str) -> str:
    """The text as recognisers read it; as long as it is."""
    if text.isascii():
        return text
    return text.translate({ord(sign): _normalize_character(sign) for sign in set(text) if not sign.isascii()})
