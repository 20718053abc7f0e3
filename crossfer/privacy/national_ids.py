"""Find national ids by format, check digits and nearby keywords.

Numbers without letters or a typical format count only near a keyword: of random numbers, one in ten or eleven has a
valid check digit.
"""

import re
from collections.abc import Callable, Iterator, Sequence

from crossfer.privacy import check_digits, presidio
from crossfer.privacy.span import Finder, Span, has_keyword_nearby, keyword_pattern, pattern_finder

FRENCH_NUMBER = re.compile(
    r"(?<![\d.])[12] ?\d\d ?(?:0[1-9]|1[0-2]|[2-9]\d) ?(?:\d\d|2[AB]) ?\d{3} ?\d{3} ?\d\d(?!\d|\.\d)", re.I
)
SPANISH_NUMBER = re.compile(
    r"(?<![\w.-])(?:\d{1,2}([. ]?)\d{3}\1\d{3}[ -]?|[XYZ][ -]?\d{7}[ -]?|[XYZ][ -]?\d[. ]?\d{3}[. ]?\d{3}[ -]?)"
    r"[A-HJ-NP-TV-Z](?![\w+])",
    re.I,
)
CHINESE_NUMBER = re.compile(
    r"(?<!\d)[1-9]\d{5}(?:18|19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?!\w)"
)
GERMAN_TAX_NUMBER = re.compile(r"(?<![\w.-])[1-9]\d[ ./-]?\d{3}[ ./-]?\d{3}[ ./-]?\d{3}(?![\w-]|\.\d)")
GERMAN_TAX_KEYWORDS = keyword_pattern("steuer* idnr identnummer* identifikationsnummer* steuerid tin tax")
GERMAN_CARD = re.compile(
    r"(?<![\w-])[CFGHJKLMNPRTVWXYZ][0-9CFGHJKLMNPRTVWXYZ]{7}[0-9CFGHJKLMNPRTVWXYZ]\d?(?:D(?:<<)?)?(?!\w)"
)
GERMAN_CARD_KEYWORDS = keyword_pattern(
    "ausweis* personalausweis* perso reisepass* passnummer* dokumentennummer* id-karte identity identitätskarte id"
)
CPF = re.compile(r"(?<![\w.-])\d{3}\.\d{3}\.\d{3}[-/]\d\d(?![\w-])")
CPF_WITHOUT_DOTS = re.compile(r"(?<![\w.-])\d{3} ?\d{3} ?\d{3}[- ]?\d\d(?![\w-])")
BSN = re.compile(
    r"(?<![\w.-])(?:\d{9}|\d{4}[ .-]\d\d[ .-]\d{3}|\d{3}([ .-])\d{3}\1\d{3}|\d\d(?:[ .]\d\d){2}[ .]\d{3})"
    r"(?![\w-]|\.\d)"
)
PESEL = re.compile(r"(?<![\w.-])\d{6}[ -]?\d{5}(?![\w-])")
PASSPORT_WORDS = (
    "passport reisepass passeport pasaporte passaporto passaporte paspoort paszport pasport паспорт 护照 "
    "護照 パスポート "
    "旅券 여권 جواز पासपोर्ट דרכון"
)
PASSPORT_NAMES = PASSPORT_WORDS.split()
PASSPORT = re.compile(
    rf"(?:{'|'.join(PASSPORT_NAMES)})(?P<between>[^\d\n!?;]{{0,28}}?)(?<![\w-])"
    r"(?P<number>[A-Z]{0,3} ?\d{6,9}|\d\d[A-Z]{2}\d{5}|\d\d ?\d\d ?\d{6}|\d{3} \d{3} \d{3}"
    r"|(?=(?:[A-Z]*\d){3})[A-Z][A-Z\d]{7,8})(?![\w-]|[.,]\d)",
    re.I,
)
MIN_PASSPORT_CHARACTERS = 8
NO_PASSPORT_NUMBER = keyword_pattern(
    "office control queue* issued fee fees cost costs price applications holders stamps about over nearly than million"
)


def keyword_finder(pattern: re.Pattern[str], is_valid: Callable[[str], bool], keywords: re.Pattern[str]) -> Finder:
    """Return a finder of the valid matches near a keyword."""

    def find(text: str, normalized: str) -> Iterator[Span]:
        for match in pattern.finditer(normalized):
            span = Span(*match.span())
            if is_valid(match.group()) and has_keyword_nearby(text, span, keywords):
                yield span

    return find


def _is_german_card(number: str) -> bool:
    """Return whether a number has a valid check digit, or lacks only it."""
    serial = re.sub(r"D?<*$", "", number)
    has_check_digit = len(serial) == 10
    return check_digits.is_german_card_number(serial) if has_check_digit else any(map(str.isdigit, serial))


def _is_compact_valid(is_valid: Callable[[str], bool]) -> Callable[[str], bool]:
    return lambda number: is_valid(re.sub(r"[ ./-]", "", number))


def find_passport(text: str, normalized: str) -> Iterator[Span]:
    """Find passport numbers after the word for a passport."""
    lower = text.lower()
    if not any(name in lower for name in PASSPORT_NAMES):
        return
    for match in PASSPORT.finditer(text):
        number = match["number"].replace(" ", "")
        if len(number) >= MIN_PASSPORT_CHARACTERS and not NO_PASSPORT_NUMBER.search(match["between"]):
            yield Span(*match.span("number"))


LONG_NUMBER = re.compile(r"\d(?:[ .:-]?\d){5}")
FIND_NUMBERS: Sequence[Finder] = (
    *presidio.FIND_NUMBERS,
    pattern_finder(FRENCH_NUMBER, check_digits.is_french_number),
    pattern_finder(SPANISH_NUMBER, check_digits.is_spanish_number),
    pattern_finder(CHINESE_NUMBER, check_digits.is_chinese_number),
    pattern_finder(CPF, check_digits.is_cpf),
    keyword_finder(CPF_WITHOUT_DOTS, check_digits.is_cpf, keyword_pattern("cpf cadastro*")),
    keyword_finder(GERMAN_TAX_NUMBER, check_digits.is_german_tax_number, GERMAN_TAX_KEYWORDS),
    keyword_finder(BSN, check_digits.is_bsn, keyword_pattern("bsn burgerservicenummer* sofinummer* sofi citizen")),
    keyword_finder(PESEL, _is_compact_valid(check_digits.is_pesel), keyword_pattern("pesel*")),
)
FIND_MIXED_NUMBERS: Sequence[Finder] = (
    *presidio.FIND_MIXED_NUMBERS,
    find_passport,
    keyword_finder(GERMAN_CARD, _is_german_card, GERMAN_CARD_KEYWORDS),
)


def find_national_id(text: str, normalized: str) -> Iterator[Span]:
    """Find national identity, tax and passport numbers."""
    finders = FIND_MIXED_NUMBERS
    if LONG_NUMBER.search(normalized):  # faster than one search per country
        finders = (*FIND_NUMBERS, *FIND_MIXED_NUMBERS)
    for find in finders:
        yield from find(text, normalized)
