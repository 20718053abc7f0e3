"""Telephone numbers, by Google's metadata of all numbering plans (phonenumbers)."""

import re
from collections.abc import Iterator

import phonenumbers
from phonenumbers import NumberParseException

from crossfer.privacy.span import Span, leads, words

# Digits in groups, as people write them; what has too few or too many digits is none.
START = r"(?<![\w.,/+$€£¥#@-])(?<!\d:)"
END = r"(?![\w@/]|[.,:]\d)"
CANDIDATE = re.compile(START + r"(?:\+|00)?\(?\d{1,5}\)?(?:[ .\-/]{0,2}\(?\d{1,5}\)?){1,6}" + END)
BARE = re.compile(START + r"\d{8,12}" + END)
DIGITS = (8, 15)
DATES = re.compile(
    r"(?:(?:1[89]|20)\d\d[-./ ](?:0?[1-9]|1[0-2])[-./ ](?:0?[1-9]|[12]\d|3[01])"
    r"|(?:1[89]|20)\d\d ?- ?(?:1[89]|20)?\d\d|20[0-3]\d[01]\d[0-3]\d)\b"
)
DAY = re.compile(r"\d{1,2}[-./]\d{1,2}[-./]\d{2,4}")
MOBILE = re.compile(r"[678]\d\d \d\d \d\d \d\d|89\d{9}|1[3-9]\d{9}")  # as in Spain, Russia and China
AMERICAN = re.compile(r"(?:1[ .-])?\(?[2-9]\d\d\)?[ .-]{1,2}[2-9]\d\d[ .-]\d{4}")
GROUP = re.compile(r"\d+\)?")
ISBN = re.compile(r"97[89][- ]?\d")

# Where a number without its country's code is looked up: large countries of the languages that are known best.
REGIONS = (
    "US GB IN AU DE AT CH FR BE ES MX AR CO IT BR PT RU CN TW HK JP KR TR EG SA AE MA KE TZ ZA NG PL NL SE UA GR ID VN"
)
WORDS = words(
    "tel phone telephone call mobile cell fax whatsapp sms dial hotline contact number ring telefon handy anruf mobil",
    "rufnummer téléphone portable appel joindre numéro teléfono móvil llame llamar número celular contacto telefono",
    "cellulare chiama telefone telemóvel ligue contato тел телефон звон моб номер टेलीफोन फोन फ़ोन मोबाइल संपर्क कॉल नंबर",
    "电话 電話 手机 手機 致电 拨打 联系 號碼 号码 携帯 連絡 전화 연락처",
    "هاتف جوال اتصل رقم موبايل تليفون simu piga nambari cep ara numara",
)


def find(text: str, plain: str) -> Iterator[Span]:
    """Numbers with their country's code; national ones that are written as such, or that a word leads to."""
    if not any(sign.isdigit() for sign in plain):
        return
    for pattern in (CANDIDATE, BARE):
        place = 0
        while found := pattern.search(plain, place):
            span = _number(text, found)
            place = span.end if span else found.end()
            if span:
                yield span


def _number(text: str, found: re.Match[str]) -> Span | None:
    """The number that begins a row of groups of digits: one that is written as in America, or else the longest."""
    start, groups = found.start(), found.group()
    if _is_another(groups.strip()):
        return None
    ends = [group.end() for group in GROUP.finditer(groups)]
    spans = [Span(start, start + end) for end in reversed(ends)]
    american = [span for span in spans if AMERICAN.fullmatch(groups[: span.end - start])]
    return next((span for span in (*american, *spans) if _is_number(text, span, groups[: span.end - start])), None)


def _is_number(text: str, span: Span, number: str) -> bool:
    """It is a telephone number, and stands there as one."""
    digits = sum(sign.isdigit() for sign in number)
    if not DIGITS[0] <= digits <= DIGITS[1] or _is_another(number):
        return False
    if number.startswith(("+", "00")):
        return _is_valid(re.sub("^00", "+", number), None)
    if not (_is_written_so(number) or leads(text, span, WORDS)):
        return False
    return any(_is_valid(number, region) for region in REGIONS.split())


def _is_written_so(number: str) -> bool:
    """Written as national numbers are: in groups, with a leading nought or an area code in brackets, or 3-3-4."""
    grouped = re.search(r"\d[ .\-/)]+\(?\d", number) is not None
    whole = AMERICAN.fullmatch(number) or MOBILE.fullmatch(number)
    return whole is not None or (grouped and number.startswith(("0", "(0", "(")))


def _is_another(number: str) -> bool:
    """It is a date, a book's number, or what was drawn in a lottery: pairs that rise."""
    if DATES.match(number) or DAY.fullmatch(number) or ISBN.match(number):
        return True
    pairs = number.split()
    return len(pairs) >= 5 and all(len(pair) == 2 for pair in pairs) and pairs == sorted(set(pairs))


def _is_valid(number: str, region: str | None) -> bool:
    """It is one of the region's numbering plan; without a region, of the plan of its country's code."""
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(number, region))
    except NumberParseException:
        return False
