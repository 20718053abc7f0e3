"""Undo homoglyphs and invisible characters, which people do not notice and models do.

Nothing changes in a text as people write it. Joiners stay where a script needs them (Persian, Hindi, emoji), and
letters are changed only in a word that mixes alphabets, which no language does.
"""

import functools
import re
import unicodedata
from collections.abc import Mapping

MARKS = 4  # combining marks on one letter, at most; Vietnamese, Hebrew with accents and Tibetan have up to that
JOINERS = "\u200c\u200d"
FILLERS = "\u034f\u115f\u1160\u3164\u2800"  # nothing to be seen, and no format sign for Unicode
# Where a joiner shows: one that parts letters of Arabic, one beside a virama of India's scripts, and between signs of
# other scripts of Asia, symbols and emoji, of which there are too many rules.
VIRAMA = "\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d\u0dca"
ARABIC = "\u0620-\u064a\u066e-\u06d3\u06fa-\u06ff\u0750-\u077f"
INDIC = "\u0900-\u0dff"
OTHERS = "\u0e00-\u1aff\ua840-\ua9ff\uabc0-\uabff\U00010a00-\U00011fff\u2190-\u2bff\ufe0f\U0001f000-\U0001faff"
JOINED = re.compile(
    f"(?P<word>(?<=[{ARABIC}])\u200c(?=[{ARABIC}])|(?<=[{VIRAMA}])[{JOINERS}](?=[{INDIC}])"
    f"|(?<=[{INDIC}])[{JOINERS}](?=[{VIRAMA}]))|(?<=[{OTHERS}])[{JOINERS}](?=[{OTHERS}])"
    "|\U0001f3f4[\U000e0020-\U000e007f]+"  # of a flag
)
MOST_JOINERS, FEW_JOINERS = 0.1, 2  # share of joiners in words of Arabic and Indic scripts; number allowed in any text
# Chooses another form of a sign: of emoji, of Chinese characters and some scripts of Asia, but of no other letter.
SELECTOR = re.compile(
    "(?<=[A-Za-z\u00c0-\u0fff\u3041-\u30ff])[\ufe00-\ufe0f\U000e0100-\U000e01ef]+|(?<=[\u3400-\u9fff])[\ufe03-\ufe0f]+"
)

# Letters of other alphabets that look like a Latin one, of Unicode's confusables.txt (UTS 39).
CYRILLIC = dict(zip("АВЕЅІЈКМНОРСТУХҮаеѕіјорсухһԁԛԝӏҽѵ", "ABESIJKMHOPCTYXYaesijopcyxhdqwlev", strict=True))
GREEK = dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧϹοαινυγρχϲϳ", "ABEZHIKMNOPTYXCoaivuypxcj", strict=True))
ARMENIAN = dict(zip("ՕՏցհոօզսա", "OSghnoquw", strict=True))
PHONETIC = {"ɑ": "a", "ɡ": "g", "ɩ": "i"}  # the last is written in languages of West Africa
TO_LATIN = CYRILLIC | GREEK | ARMENIAN | PHONETIC
TO_CYRILLIC = {latin: other for other, latin in CYRILLIC.items() if other not in "ЅЈҮѕјһԁԛԝӏҽѵ"} | {
    "i": "і",
    "I": "І",
    "k": "к",
}
LETTER = r"[^\W\d_]"
WORD = re.compile(rf"{LETTER}+")
LATIN_, GREEK_, CYRILLIC_, ARMENIAN_ = "A-Za-z\u00c0-\u02af", "\u0370-\u03ff", "\u0400-\u052f", "\u0530-\u058f"
MIXED = re.compile(
    rf"(?<!{LETTER})(?:"
    + "|".join(
        f"(?={LETTER}*[{one}])(?={LETTER}*[{others}])"
        for one, others in (
            (LATIN_, GREEK_ + CYRILLIC_ + ARMENIAN_),
            (GREEK_, CYRILLIC_ + ARMENIAN_),
            (CYRILLIC_, ARMENIAN_),
        )
    )
    + f"){LETTER}+"
)
OF_LATIN = re.compile(rf"(?<!{LETTER})(?=[ɑɡɩ]*[A-Za-z])[A-Za-zɑɡɩ]+(?!{LETTER})")  # a word, not phonetic script
FORMULA = re.compile(r"[A-Z]{2,}[\u03b1-\u03c9]")  # TNFα, of science
MATHEMATICAL = re.compile("[\U0001d400-\U0001d7ff]+")  # whole alphabets of bold, italic and script letters
VISIBLE = "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2"  # of numbers and verses
DIACRITICS = r"[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]"
STORM = re.compile(f"({DIACRITICS}{{{MARKS}}}){DIACRITICS}+")


def replace_confusables(text: str) -> str:
    """Return the text without invisible characters, and with the letters of each word in one script."""
    if text.isascii():
        return text
    visible = unicodedata.normalize("NFC", remove_invisible(text))
    plain = MATHEMATICAL.sub(lambda match: unicodedata.normalize("NFKC", match.group()), visible)
    plain = SELECTOR.sub("", STORM.sub(r"\1", plain))
    plain = OF_LATIN.sub(lambda match: match.group().replace("ɑ", "a").replace("ɡ", "g"), plain)
    return unicodedata.normalize("NFC", unify_script(plain))


def remove_invisible(text: str) -> str:
    """Return the text without invisible characters, except joiners where a script needs them."""
    joins = list(JOINED.finditer(text))
    if sum(match.lastgroup == "word" for match in joins) > max(FEW_JOINERS, MOST_JOINERS * len(text)):
        joins = [match for match in joins if match.lastgroup != "word"]
    needed = {place for match in joins for place in range(*match.span())}
    return "".join(sign for place, sign in enumerate(text) if not _is_invisible(sign) or place in needed)


@functools.lru_cache(maxsize=65_536)
def _is_invisible(sign: str) -> bool:
    """Tell whether a character leaves no mark on the screen."""
    return (unicodedata.category(sign) == "Cf" and sign not in VISIBLE) or sign in FILLERS


def unify_script(text: str) -> str:
    """Return the text with each word that mixes scripts in one, if all of its letters have confusables there.

    Words that could be of either script follow the majority of the text. Where no word is surely of the other script,
    words that are wholly of its letters are replaced too.
    """
    mixed = {word for word in MIXED.findall(text) if not FORMULA.fullmatch(word)}
    if not mixed:
        return text
    forms = {word: (_changed(word, TO_LATIN, "LATIN"), _changed(word, TO_CYRILLIC, "CYRILLIC")) for word in mixed}
    votes = sum((latin is not None) - (cyrillic is not None) for latin, cyrillic in forms.values())
    chosen = {word: _chosen(word, *both, votes) for word, both in forms.items()}
    if votes:
        table, script = (TO_LATIN, "LATIN") if votes > 0 else (TO_CYRILLIC, "CYRILLIC")
        others = {word for word in WORD.findall(text) if word not in mixed and _is_of_the_others(word, script)}
        disguised = {word: _changed(word, table, script) for word in others}
        if None not in disguised.values():
            chosen |= disguised
    text = WORD.sub(lambda found: chosen.get(found.group()) or found.group(), text)
    return OF_LATIN.sub(lambda found: found.group().replace("ɩ", "i"), text) if votes > 0 else text


def _chosen(word: str, latin: str | None, cyrillic: str | None, votes: int) -> str | None:
    """One of a word's two forms, if it has any: by the text's other words, else by most of its letters."""
    if latin is None or cyrillic is None:
        return latin or cyrillic
    mostly_latin = 2 * sum(_is_of(letter, "LATIN") for letter in word) >= len(word)
    return latin if votes > 0 or (votes == 0 and mostly_latin) else cyrillic


def _changed(word: str, table: Mapping[str, str], script: str) -> str | None:
    """The word in that script; None if some letter has no look-alike there."""
    changed = "".join(table.get(letter, letter) for letter in word)
    return changed if all(_is_of(letter, script) for letter in changed) else None


def _is_of_the_others(word: str, script: str) -> bool:
    """All letters are of the other alphabets that have look-alikes."""
    others = {"LATIN", "GREEK", "CYRILLIC", "ARMENIAN"} - {script}
    return all(any(_is_of(letter, other) for other in others) for letter in word)


@functools.lru_cache(maxsize=65_536)
def _is_of(letter: str, script: str) -> bool:
    """It is a letter of that script, with or without marks."""
    return unicodedata.name(letter, "").startswith(script)
