"""Replace homoglyphs and remove invisible characters.

Ordinary text does not change. Joiners stay where a script needs them (Persian, Hindi, emoji). Letters change only if a
word of the text mixes scripts, which no language does.
"""

import functools
import re
import unicodedata
from collections.abc import Mapping

from crossfer.modalities.text.data.word_breaks import THAI_TO_KHMER, ZERO_WIDTH_SPACE, separate_words

MAX_MARKS = 4  # combining marks on one letter; Vietnamese, Hebrew with accents and Tibetan need four
JOINERS = "\u200c\u200d"
INVISIBLE_LETTERS = "\u034f\u115f\u1160\u3164\u2800"  # their Unicode category is not Cf
# A joiner is needed between letters of Arabic, next to a virama of Indic scripts, and between characters of other Asian
# scripts, symbols and emoji.
VIRAMA = "\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d\u0dca"
ARABIC = "\u0620-\u064a\u066e-\u06d3\u06fa-\u06ff\u0750-\u077f"
INDIC = "\u0900-\u0dff"
OTHER_JOINING = "\u0e00-\u1aff\ua840-\ua9ff\uabc0-\uabff\U00010a00-\U00011fff\u2190-\u2bff\ufe0f\U0001f000-\U0001faff"
NEEDED_JOINER = re.compile(
    f"(?P<word>(?<=[{ARABIC}])\u200c(?=[{ARABIC}])|(?<=[{VIRAMA}])[{JOINERS}](?=[{INDIC}])"
    f"|(?<=[{INDIC}])[{JOINERS}](?=[{VIRAMA}]))|(?<=[{OTHER_JOINING}])[{JOINERS}](?=[{OTHER_JOINING}])"
    f"|(?<=[{THAI_TO_KHMER}]){ZERO_WIDTH_SPACE}(?=[{THAI_TO_KHMER}])"
    "|\U0001f3f4[\U000e0020-\U000e007f]+"  # flag tags
)
MAX_JOINER_FRACTION, ALWAYS_ALLOWED_JOINERS = 0.1, 2  # of a text in Arabic and Indic scripts; allowed in any text
# Variation selectors are needed after emoji, Chinese characters and letters of some Asian scripts.
NEEDLESS_SELECTOR = re.compile(
    "(?<=[A-Za-z\u00c0-\u0fff\u3041-\u30ff])[\ufe00-\ufe0f\U000e0100-\U000e01ef]+|(?<=[\u3400-\u9fff])[\ufe03-\ufe0f]+"
)
# Soft hyphens, and direction marks except overrides: in Hebrew, a prefix may precede a Latin word.
USUAL_IN_WORDS = "\u00ad\u061c\u200e\u200f\u202a\u202b\u202c\u2066\u2067\u2068\u2069"
WITHIN_WORD = re.compile(r"(?<=\w)[^\w\s]+(?=\w)")

# Homoglyphs of Latin letters in Unicode's confusables.txt (UTS 39).
CYRILLIC = dict(zip("АВЕЅІЈКМНОРСТУХҮаеѕіјорсухһԁԛԝӏҽѵ", "ABESIJKMHOPCTYXYaesijopcyxhdqwlev", strict=True))
GREEK = dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧϹοαινυγρχϲϳ", "ABEZHIKMNOPTYXCoaivuypxcj", strict=True))
ARMENIAN = dict(zip("ՕՏցհոօզսա", "OSghnoquw", strict=True))
PHONETIC = {"ɑ": "a", "ɡ": "g", "ɩ": "i"}  # the last is a letter in languages of West Africa
TO_LATIN = CYRILLIC | GREEK | ARMENIAN | PHONETIC
TO_CYRILLIC = {latin: other for other, latin in CYRILLIC.items() if other not in "ЅЈҮѕјһԁԛԝӏҽѵ"} | {
    "i": "і",
    "I": "І",
    "k": "к",
}
LETTER = r"[^\W\d_]"
WORD = re.compile(rf"{LETTER}+")
LATIN_RANGES = "A-Za-z\u00c0-\u02af"
GREEK_RANGE, CYRILLIC_RANGE, ARMENIAN_RANGE = "\u0370-\u03ff", "\u0400-\u052f", "\u0530-\u058f"
OTHER_SCRIPT = re.compile(f"[{GREEK_RANGE}{CYRILLIC_RANGE}{ARMENIAN_RANGE}]")
MIXED_WORD = re.compile(
    rf"(?<!{LETTER})(?:"
    + "|".join(
        f"(?={LETTER}*[{one}])(?={LETTER}*[{others}])"
        for one, others in (
            (LATIN_RANGES, GREEK_RANGE + CYRILLIC_RANGE + ARMENIAN_RANGE),
            (GREEK_RANGE, CYRILLIC_RANGE + ARMENIAN_RANGE),
            (CYRILLIC_RANGE, ARMENIAN_RANGE),
        )
    )
    + f"){LETTER}+"
)
LATIN_WORD = re.compile(rf"(?<!{LETTER})(?=[ɑɡɩ]*[A-Za-z])[A-Za-zɑɡɩ]+(?!{LETTER})")  # not a phonetic transcription
FORMULA = re.compile(r"[A-Z]{2,}[\u03b1-\u03c9]")  # such as TNFα
MATHEMATICAL_LETTERS = re.compile("[\U0001d400-\U0001d7ff]+")  # bold, italic and script alphabets
# Symbols that precede numbers or mark verses.
VISIBLE_FORMAT_CHARACTERS = "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2"
DIACRITICS = r"[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]"
EXCESS_MARKS = re.compile(f"({DIACRITICS}{{{MAX_MARKS}}}){DIACRITICS}+")


def replace_confusables(text: str) -> str:
    """Remove invisible characters, and write each word in one script."""
    if text.isascii():
        return text
    separated_text = text if has_noise_within_words(text) else separate_words(text)
    visible_text = unicodedata.normalize("NFC", remove_invisible(separated_text))
    plain_text = MATHEMATICAL_LETTERS.sub(lambda match: unicodedata.normalize("NFKC", match.group()), visible_text)
    plain_text = NEEDLESS_SELECTOR.sub("", EXCESS_MARKS.sub(r"\1", plain_text))
    if "ɑ" in plain_text or "ɡ" in plain_text:
        plain_text = LATIN_WORD.sub(lambda match: match.group().replace("ɑ", "a").replace("ɡ", "g"), plain_text)
    return unicodedata.normalize("NFC", unify_script(plain_text))


def has_noise_within_words(text: str) -> bool:
    """Return whether invisible characters without a purpose are within words.

    Zero-width spaces in such a text are noise as well: they mark no words. Soft hyphens, direction marks, and joiners
    that a script needs have a purpose.
    """
    if ZERO_WIDTH_SPACE not in text:
        return False
    ignored_characters = USUAL_IN_WORDS + ZERO_WIDTH_SPACE
    return any(
        _is_invisible(char) and char not in ignored_characters
        for match in WITHIN_WORD.finditer(NEEDED_JOINER.sub("", text))
        if all(_is_invisible(char) or unicodedata.category(char)[0] == "M" for char in match.group())
        for char in match.group()
    )


def remove_invisible(text: str) -> str:
    """Remove invisible characters, except joiners where a script needs them."""
    invisible = {char for char in set(text) if _is_invisible(char)}
    if not invisible:
        return text
    joiners = list(NEEDED_JOINER.finditer(text))
    if sum(match.lastgroup == "word" for match in joiners) > max(
        ALWAYS_ALLOWED_JOINERS, MAX_JOINER_FRACTION * len(text)
    ):
        joiners = [match for match in joiners if match.lastgroup != "word"]
    needed_positions = {index for match in joiners for index in range(*match.span())}
    return "".join(char for index, char in enumerate(text) if char not in invisible or index in needed_positions)


@functools.lru_cache(maxsize=65_536)
def _is_invisible(char: str) -> bool:
    is_format = unicodedata.category(char) == "Cf" and char not in VISIBLE_FORMAT_CHARACTERS
    return is_format or char in INVISIBLE_LETTERS


def unify_script(text: str) -> str:
    """Replace each word of mixed scripts by its homoglyphs in one script.

    A word is replaced only if all its letters have homoglyphs in that script.

    Words that fit both scripts follow the majority of the text. Words entirely in another script are converted too,
    unless one of them has a letter without homoglyph.
    """
    if not OTHER_SCRIPT.search(text):  # a mixed word has a letter of one; looking for such words takes longer
        return text
    mixed_words = {word for word in MIXED_WORD.findall(text) if not FORMULA.fullmatch(word)}
    if not mixed_words:
        return text
    forms = {word: (_convert(word, TO_LATIN, "LATIN"), _convert(word, TO_CYRILLIC, "CYRILLIC")) for word in mixed_words}
    votes = sum((latin is not None) - (cyrillic is not None) for latin, cyrillic in forms.values())
    replacements = {word: _choose_form(word, latin, cyrillic, votes) for word, (latin, cyrillic) in forms.items()}
    if votes:
        table, script = (TO_LATIN, "LATIN") if votes > 0 else (TO_CYRILLIC, "CYRILLIC")
        foreign_words = {word for word in WORD.findall(text) if word not in mixed_words and _is_foreign(word, script)}
        converted_words = {word: _convert(word, table, script) for word in foreign_words}
        if None not in converted_words.values():
            replacements |= converted_words
    text = WORD.sub(lambda match: replacements.get(match.group()) or match.group(), text)
    return LATIN_WORD.sub(lambda match: match.group().replace("ɩ", "i"), text) if votes > 0 else text


def _choose_form(word: str, latin: str | None, cyrillic: str | None, votes: int) -> str | None:
    """Return the Latin or the Cyrillic form of a word of mixed scripts.

    If both exist, choose the script of most words that have only one form. `votes` is the number of words with only a
    Latin form minus that of words with only a Cyrillic one; at 0, choose the script of most letters of the word.
    None if neither form exists.
    """
    if latin is None or cyrillic is None:
        return latin or cyrillic
    mostly_latin = 2 * sum(_is_in_script(letter, "LATIN") for letter in word) >= len(word)
    return latin if votes > 0 or (votes == 0 and mostly_latin) else cyrillic


def _convert(word: str, table: Mapping[str, str], script: str) -> str | None:
    """Return the word in a script; None if a letter has no homoglyph there."""
    converted_word = "".join(table.get(letter, letter) for letter in word)
    return converted_word if all(_is_in_script(letter, script) for letter in converted_word) else None


def _is_foreign(word: str, script: str) -> bool:
    """Return whether all letters are in other scripts with homoglyphs."""
    others = {"LATIN", "GREEK", "CYRILLIC", "ARMENIAN"} - {script}
    return all(any(_is_in_script(letter, other) for other in others) for letter in word)


@functools.lru_cache(maxsize=65_536)
def _is_in_script(letter: str, script: str) -> bool:
    return unicodedata.name(letter, "").startswith(script)
