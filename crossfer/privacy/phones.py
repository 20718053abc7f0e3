"""Find telephone numbers by the numbering plans in the library phonenumbers."""

import re
from collections.abc import Iterator

import phonenumbers
from phonenumbers import NumberParseException

from crossfer.privacy.span import Span, has_keyword_nearby, keyword_pattern

START = r"(?<![\w.,/+$€£¥#@-])(?<!\d:)"
END = r"(?![\w@/]|[.,:]\d)"
CANDIDATE = re.compile(START + r"(?:\+|00)?\(?\d{1,5}\)?(?:[ .\-/]{0,2}\(?\d{1,5}\)?){1,6}" + END)
UNGROUPED = re.compile(START + r"\d{8,12}" + END)
MIN_DIGITS, MAX_DIGITS = (8, 15)
DATE = re.compile(
    r"(?:(?:1[89]|20)\d\d[-./ ](?:0?[1-9]|1[0-2])[-./ ](?:0?[1-9]|[12]\d|3[01])"
    r"|(?:1[89]|20)\d\d ?- ?(?:1[89]|20)?\d\d|20[0-3]\d[01]\d[0-3]\d)\b"
)
SHORT_DATE = re.compile(r"\d{1,2}[-./]\d{1,2}[-./]\d{2,4}")
MOBILE_NUMBER = re.compile(r"[678]\d\d \d\d \d\d \d\d|89\d{9}|1[3-9]\d{9}")  # Spain, Russia, China
AMERICAN_NUMBER = re.compile(r"(?:1[ .-])?\(?[2-9]\d\d\)?[ .-]{1,2}[2-9]\d\d[ .-]\d{4}")
DIGIT_GROUP = re.compile(r"\d+\)?")
ISBN = re.compile(r"97[89][- ]?\d")

# Numbers without a country code are checked against the numbering plans of these countries.
REGIONS = (
    "US GB IN AU DE AT CH FR BE ES MX AR CO IT BR PT RU CN TW HK JP KR TR EG SA AE MA KE TZ ZA NG PL NL SE UA GR ID VN"
)
KEYWORDS = keyword_pattern(
    "tel phone telephone call mobile cell fax whatsapp sms dial hotline contact number ring telefon handy anruf mobil",
    "rufnummer téléphone portable appel joindre numéro teléfono móvil llame llamar número celular contacto telefono",
    "cellulare chiama telefone telemóvel ligue contato тел телефон звон моб номер टेलीफोन फोन फ़ोन मोबाइल संपर्क कॉल नंबर",
    "电话 電話 手机 手機 致电 拨打 联系 號碼 号码 携帯 連絡 전화 연락처",
    "هاتف جوال اتصل رقم موبايل تليفون simu piga nambari cep ara numara",
)


def find_phone(text: str, normalized: str) -> Iterator[Span]:
    """Find international numbers, and national ones by format or nearby keyword."""
    if not any(character.isdigit() for character in normalized):
        return
    for pattern in (CANDIDATE, UNGROUPED):
        position = 0
        while match := pattern.search(normalized, position):
            span = _first_number(text, match)
            position = span.end if span else match.end()
            if span:
                yield span


def _first_number(text: str, match: re.Match[str]) -> Span | None:
    """Return the number at the start of a match, preferably in American format.

    Without a number in that format, return the longest number.
    """
    start, digits = match.start(), match.group()
    if _is_other_number(digits.strip()):
        return None
    spans = [Span(start, start + group.end()) for group in DIGIT_GROUP.finditer(digits)][::-1]
    american_spans = [span for span in spans if AMERICAN_NUMBER.fullmatch(digits[: span.end - start])]
    return next((span for span in (*american_spans, *spans) if _is_phone(text, span, digits[: span.end - start])), None)


def _is_phone(text: str, span: Span, number: str) -> bool:
    digits = sum(character.isdigit() for character in number)
    if not MIN_DIGITS <= digits <= MAX_DIGITS or _is_other_number(number):
        return False
    if number.startswith(("+", "00")):
        return _is_valid(re.sub("^00", "+", number), None)
    if not (_has_national_format(number) or has_keyword_nearby(text, span, KEYWORDS)):
        return False
    return any(_is_valid(number, region) for region in REGIONS.split())


def _has_national_format(number: str) -> bool:
    """Tell whether a number has the format of a national number.

    It has groups and a leading zero or area code, or a format of certain countries.
    """
    if AMERICAN_NUMBER.fullmatch(number) or MOBILE_NUMBER.fullmatch(number):
        return True
    return number.startswith(("0", "(0", "(")) and re.search(r"\d[ .\-/)]+\(?\d", number) is not None


def _is_other_number(number: str) -> bool:
    """Tell whether a number is a date, an ISBN or lottery numbers.

    Lottery numbers are increasing pairs of digits.
    """
    if DATE.match(number) or SHORT_DATE.fullmatch(number) or ISBN.match(number):
        return True
    pairs = number.split()
    return len(pairs) >= 5 and all(len(pair) == 2 for pair in pairs) and pairs == sorted(set(pairs))


def _is_valid(number: str, region: str | None) -> bool:
    """Tell whether a number is valid in a region.

    Without a region, the country code of the number gives the country.
    """
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(number, region))
    except NumberParseException:
        return False
