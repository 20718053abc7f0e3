"""Find telephone numbers by the numbering plans in the library phonenumbers."""

import functools
import re
from collections.abc import Iterator

import phonenumbers
from phonenumbers import NumberParseException, PhoneMetadata, ValidationResult

from crossfer.privacy.check_digits import is_isbn_10
from crossfer.privacy.phone_keywords import KEYWORDS, LOTTERY, OWN_NUMBER, WEAK_KEYWORDS
from crossfer.privacy.span import CHARACTERS_BEFORE, Span, has_keyword_nearby

# In Hebrew and Arabic a preposition is written with the number, in Hebrew also with a hyphen between them.
# A full stop may end an abbreviation, such as тел.
START = r"(?<![^\W\u0590-\u06ff])(?<![,/+$€£¥#@])(?:(?<!\.)|(?<=[^\W\d_]\.)(?=[+0(]|8\())(?<![^\u0590-\u05ff]-)(?<!\d:)"
END = r"(?![\w@/]|[.,:]\d|-[A-Za-z])"
GROUP = r"(?:\(\d{1,5}\)|\d{1,5})"
AREA_CODE = r"(?:(?:\+\d{1,3} ?)?\(?0\d{0,5}\)?(?: ?\d{2,5})? / |0\d{1,3}\) ?)"  # 089 / 1234, in Korea also 02) 123
COUNTRY_CODE = r"(?:\(?(?:\+|00)\d{1,3}\) ?|\+|00)"
CANDIDATE = re.compile(rf"{START}(?:{AREA_CODE}|{COUNTRY_CODE}?){GROUP}(?:[ .\-/]{{0,2}}{GROUP}){{1,6}}{END}")
UNGROUPED = re.compile(START + r"\d{8,12}" + END)
LINK = re.compile(
    r"(?:wa\.me/|tel:|sms:|callto:|whatsapp\S{0,20}[?&]phone=)(?P<number>\+?\d[\d.()-]{6,18}\d)(?!\d)", re.I
)
MIN_DIGITS, MAX_DIGITS = (8, 15)
LONG_NUMBER = re.compile(r"\d(?:\D{0,3}\d){7}")  # faster than CANDIDATE
YEAR = r"(?:1\d|20)\d\d"
DATE = re.compile(
    r"(?:(?:1[89]|20)\d\d[-./ ](?:0?[1-9]|1[0-2])[-./ ](?:0?[1-9]|[12]\d|3[01])"
    rf"|{YEAR} ?[-/ ] ?{YEAR}|(?:1[89]|20)\d\d ?[-/] ?\d\d|20[0-3]\d[01]\d[0-3]\d)\b"
)
SCORES = re.compile(r"(?:\(\d{1,2}\) )?\d{1,2}-\d{1,2}(?:,? \(?\d{1,2}-\d{1,2}\)?)+.*")
SHORT_DATE = re.compile(r"\d{1,2}[-./]\d{1,2}[-./]\d{2,4}")
AMERICAN_NUMBER = re.compile(r"(?:1[ .-])?\(?[2-9]\d\d\)?[ .-]{1,2}[2-9]\d\d[ .-]\d{4}")
# Typical formats without an initial zero: Spain; Russia with prefix 8; groups such as 532 418 27 63 or 22 827 46 19 in
# Poland, Turkey, Switzerland, Russia and others; China.
NATIONAL_NUMBER = re.compile(
    r"[6-9]\d\d \d\d \d\d \d\d|89\d{9}|1[3-9]\d([ -]?)\d{4}\1\d{4}"
    r"|8[ -]?\(?\d{3,5}\)?[ -]?\d{1,3}[ -]\d\d[ -]\d\d"
    r"|\(?[2-9]\d{1,2}\)?[ -]\d{3}[ -]\d\d[ -]\d\d|\(?1\d\)?[ -]\d{3}[ -]\d\d[ -]\d\d"
)
# Spain, Poland and others: also how amounts are written. A unit would follow, or a word for the amount come before.
THREE_GROUPS = re.compile(r"[679]\d\d \d{3} \d{3}")
NO_UNIT_AFTER = re.compile(
    r"\s?(?:$|[.,;:!?)\n]|(?:es|por|a|en|o|y|para|que|desde|con|po|od|w|na|do|to|jest|lub|i|przed|albo|e|ou|og|is|ist|est|é|oder|und|or|and|if|at|after|before)\b)"
)
AMOUNT_BEFORE = re.compile(
    r"\b(?:total|tot|suma|sum|importe|poblaci\w+|ludno\w+|habitant\w+|presupuesto|budżet|budget|precio|cena|coste|valor"
    r"|euros?|nakład|tiraje|tirada|population|revenue|profit|ventas|beneficio|número de|liczba|about|over|than|más de"
    r"|casi|de)\b[^.!?\n]{0,24}$",
    re.I,
)
UNIT_AFTER = re.compile(
    r"\s?(?:(?:units|copies|times|people|users|subscribers|customers|view(?:er)?s|votes|dollars|euros?|pounds|rupees|yuan"
    r"|km|kg|tons?|tonnes|bytes|rows|requests|downloads|streams|habitantes|einwohner|stück|unités|unidades|habitants"
    r"|человек|рублей)\b|[%€$£人台元円원명])",
    re.I,
)
POSTCODE = re.compile(r"\bcep[:\s]{1,3}\d{5}-\d{3}$", re.I)  # in Brazil; in Turkish, cep is a mobile phone
FRENCH_PAIRS = 5
SCRIPT_OF_UNGROUPED = re.compile(r"[\u0400-\u04ff\u4e00-\u9fff]")
DIGIT_GROUP = re.compile(r"\d+\)?")
ISBN = re.compile(r"97[89][- ]?\d")
OTHER_FORMAT = re.compile(  # decimal number, version, ZIP code, volume and year, line numbers
    r"\d+\.\d+|0(?:\.\d+)+|0\.\d.*|0 .*|\d{5}-\d{4}|\d+ \((?:1[89]|20)\d\d\)|(\d{2,5})\d\d-\1\d\d"
    r"|10\.\d{4}/.*|\d{4}-\d\d-\d\d"
)
ISBN_10 = re.compile(r"\d{1,5}([ -])\d{1,7}\1\d{1,6}\1[\dX]")
OTHER_NUMBER_BEFORE = re.compile(
    r"(?:\b(?:isbn|issn|ean|upc|imei|cas|doi|pmid|model|modell|modèle|modelo|part|serial|article|artikel|order|invoice"
    r"|ticket|patent|case|bestellung|bestell|rechnung|commande|facture|pedido|factura|ordine|fattura|zamówienie"
    r"|faktura|заказ|счёт|модель|артикул|sipariş|version|versión|build)|订单号?|型号|注文番号|品番)"
    r"(?:[ -]?(?:no|nr|number|nummer|num|id|n))?[\s.:#№°º]{0,4}$|\b1Z(?: ?[A-Z0-9]{2,3}){1,6} $",  # UPS
    re.I,
)

# Numbers without a country code are checked against the numbering plans of these countries.
REGIONS = (
    "US GB IN AU DE AT CH FR BE ES MX AR CO CL PE IT BR PT RU CN TW HK JP KR TR EG SA AE MA KE TZ ZA NG PL NL SE UA GR "
    "ID VN IL IE NZ NO DK FI CZ SK HU RO BG TH PH PK BD IR SG MY"
)


def find_phone(text: str, normalized: str) -> Iterator[Span]:
    """Find international numbers, and national ones by format or nearby keyword."""
    if not LONG_NUMBER.search(normalized):
        return
    for link in LINK.finditer(normalized):
        number = link["number"]
        if _is_valid("+" + number.lstrip("+"), None) or any(_is_valid(number, region) for region in REGIONS.split()):
            yield Span(*link.span("number"))
    for pattern in (CANDIDATE, UNGROUPED):
        position = 0
        while match := pattern.search(normalized, position):
            span = _first_number(text, normalized, match)
            position = span.end if span else match.end()
            if span:
                yield span


def _first_number(text: str, normalized: str, match: re.Match[str]) -> Span | None:
    """Return the number at the start of a match, preferably in American format.

    Without a number in that format, return the longest number.
    """
    start, digits = match.start(), match.group()
    if sum(map(str.isdigit, digits)) < MIN_DIGITS or _is_other_number(text, Span(*match.span()), digits.strip()):
        return None
    if OTHER_NUMBER_BEFORE.search(text[max(0, start - 30) : start]):
        return None
    spans = [Span(start, start + group.end()) for group in DIGIT_GROUP.finditer(digits)][::-1]
    american_spans = [span for span in spans if AMERICAN_NUMBER.fullmatch(digits[: span.end - start])]
    return next((span for span in (*american_spans, *spans) if _is_phone(text, span, digits[: span.end - start])), None)


def _is_phone(text: str, span: Span, number: str) -> bool:
    digits = sum(character.isdigit() for character in number)
    if not MIN_DIGITS <= digits <= MAX_DIGITS or _is_other_number(text, span, number):
        return False
    if number.startswith(("+", "00", "(+", "(00")):
        number = number.lstrip("(")
        number = re.sub(r"^00", "+", number)  # Italian numbers have the zero in brackets, others do not
        has_format = "(0)" in number or has_keyword_nearby(text, span, KEYWORDS)
        return any(_is_valid(form, None, has_format) for form in (number.replace("(0)", ""), number))
    if UNIT_AFTER.match(text, span.end) or POSTCODE.search(text[max(0, span.start - 6) : span.end]):
        return False
    if not (
        _has_national_format(text, number) or _has_keyword(text, span, number) or _is_three_groups(text, span, number)
    ):
        return False
    return any(_is_valid(number, region) for region in REGIONS.split())


def _is_three_groups(text: str, span: Span, number: str) -> bool:
    is_amount = AMOUNT_BEFORE.search(text[max(0, span.start - 40) : span.start]) is not None
    has_three_groups = THREE_GROUPS.fullmatch(number) is not None
    return has_three_groups and not is_amount and NO_UNIT_AFTER.match(text[span.end :][:8]) is not None


def _has_keyword(text: str, span: Span, number: str) -> bool:
    is_typical = not number.isdigit() or number.startswith("0")
    if has_keyword_nearby(text, span, KEYWORDS) or (is_typical and has_keyword_nearby(text, span, WEAK_KEYWORDS)):
        return True
    return OWN_NUMBER.search(text[max(0, span.start - CHARACTERS_BEFORE) : span.start]) is not None


def _has_national_format(text: str, number: str) -> bool:
    """Return whether a number is written as phone numbers are."""
    if number.isdigit() and not SCRIPT_OF_UNGROUPED.search(text):
        return False
    if AMERICAN_NUMBER.fullmatch(number) or NATIONAL_NUMBER.fullmatch(number):
        return True
    return number.startswith(("0", "(0", "(")) and re.search(r"\d[ .\-/)]+\(?\d", number) is not None


def _is_other_number(text: str, span: Span, number: str) -> bool:
    """Return whether a number is a date, an ISBN, or increasing pairs of digits."""
    if any(pattern.match(number) for pattern in (DATE, ISBN, SCORES)) or SHORT_DATE.fullmatch(number):
        return True
    if ISBN_10.fullmatch(number) and is_isbn_10(number):
        return True
    if OTHER_FORMAT.fullmatch(number) and not has_keyword_nearby(text, span, KEYWORDS):
        return True
    values = [int(group) for group in number.split() if group.isdigit() and len(group) <= 2]
    is_increasing = len(values) >= 5 and len(values) == len(number.split()) and values == sorted(set(values))
    is_french = number.startswith("0") and len(values) == FRENCH_PAIRS and not LOTTERY.search(text)
    return is_increasing and not (is_french or has_keyword_nearby(text, span, KEYWORDS))


@functools.cache
def _quick_pattern(region: str) -> re.Pattern[str] | None:
    """Return a pattern of all valid numbers of a region, if its plan allows one."""
    plan = PhoneMetadata.metadata_for_region(region)
    if plan is None or plan.general_desc is None or plan.national_prefix_transform_rule:
        return None
    prefix, code = plan.national_prefix_for_parsing or "", plan.country_code
    return re.compile(rf"(?:{code})?(?:{prefix})?(?:{plan.general_desc.national_number_pattern})")


def _is_valid(number: str, region: str | None, has_format: bool = False) -> bool:
    """Return whether a number is valid in a region, or in the country of its code.

    With a typical format, its length is enough: ranges may be new, or reserved for fiction.
    """
    if region and (pattern := _quick_pattern(region)) and not pattern.fullmatch(re.sub(r"\D", "", number)):
        return False
    try:
        parsed = phonenumbers.parse(number, region)
    except NumberParseException:
        return False
    if has_format and phonenumbers.is_possible_number_with_reason(parsed) == ValidationResult.IS_POSSIBLE:
        return True
    return phonenumbers.is_valid_number(parsed)
