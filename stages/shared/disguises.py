"""Texts that look to people as they should and to a model otherwise: what cannot be seen goes, look-alikes are undone.

Nothing changes in a text as people write it. Joiners stay where a script needs them (Persian, Hindi, emoji), and
letters are changed only in a word that mixes alphabets, which no language does.
"""

import functools
import re
import unicodedata

MARKS = 4  # combining marks on one letter, at most; Vietnamese, Hebrew with accents and Tibetan have up to that
JOINERS = "\u200c\u200d"
FILLERS = "\u034f\u115f\u1160\u3164\u2800"  # nothing to be seen, and no format sign for Unicode
JOINED = re.compile(f"(?<=\\S)[{JOINERS}](?=[^\\x00-\\u02ff])|\\U0001f3f4[\\U000e0020-\\U000e007f]+")  # or a flag

# Letters of Cyrillic and Greek that look like a Latin one, of Unicode's confusables.txt (UTS 39), both cases.
CYRILLIC = dict(zip("АВЕЅІЈКМНОРСТУХаеѕіјорсухԁһԛԝ", "ABESIJKMHOPCTYXaesijopcyxdhqw", strict=True))
GREEK = dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧοαιν", "ABEZHIKMNOPTYXoaiv", strict=True))
TO_LATIN = CYRILLIC | GREEK
TO_CYRILLIC = {latin: other for other, latin in CYRILLIC.items() if other not in "ЅЈѕјԁһԛԝ"} | {
    "i": "і",
    "I": "І",
    "k": "к",
}
LETTER = r"[^\W\d_]"
MIXED = re.compile(rf"(?<!{LETTER})(?={LETTER}*[A-Za-z])(?={LETTER}*[\u0370-\u052f]){LETTER}+")
FORMULA = re.compile(r"[A-Z]{2,}[\u03b1-\u03c9]")  # TNFα, of science
MATHEMATICAL = re.compile("[\U0001d400-\U0001d7ff]+")  # whole alphabets of bold, italic and script letters
VISIBLE = "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2"  # of numbers and verses
DIACRITICS = r"[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]"
STORM = re.compile(f"({DIACRITICS}{{{MARKS}}}){DIACRITICS}+")


def undisguised(text: str) -> str:
    """The text without what cannot be seen, and with words in one alphabet."""
    if text.isascii():
        return text
    seen = unicodedata.normalize("NFC", "".join(_kept(text)))
    seen = MATHEMATICAL.sub(lambda found: unicodedata.normalize("NFKC", found.group()), seen)
    seen = STORM.sub(r"\1", seen)
    return unicodedata.normalize("NFC", MIXED.sub(lambda found: _of_one_alphabet(found.group()), seen))


def _kept(text: str) -> list[str]:
    """The signs of a text that can be seen, or that join what can."""
    joins = {place for found in JOINED.finditer(text) for place in range(*found.span())}
    return [sign for place, sign in enumerate(text) if not _unseen(sign) or place in joins]


@functools.lru_cache(maxsize=65_536)
def _unseen(sign: str) -> bool:
    """Nothing is to be seen of the sign."""
    return (unicodedata.category(sign) == "Cf" and sign not in VISIBLE) or sign in FILLERS


def _of_one_alphabet(word: str) -> str:
    """A word of Latin letters and look-alikes in the alphabet that most of it is of, if every other letter is one."""
    if FORMULA.fullmatch(word):
        return word
    to_latin = 2 * sum(map(_is_latin, word)) >= len(word)
    table = TO_LATIN if to_latin else TO_CYRILLIC
    changed = "".join(table.get(letter, letter) for letter in word)
    alike = all(map(_is_latin, changed)) if to_latin else not any(map(_is_latin, changed))
    return changed if alike else word


@functools.lru_cache(maxsize=65_536)
def _is_latin(letter: str) -> bool:
    """It is a Latin letter, with or without marks."""
    return unicodedata.name(letter, "").startswith("LATIN")
