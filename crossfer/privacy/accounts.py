"""Find payment cards, IBANs and cryptocurrency addresses."""

import re
from collections.abc import Iterator

from crossfer.privacy.check_digits import is_luhn, is_mod_97
from crossfer.privacy.span import Span, find_matches, has_keyword_nearby, keyword_pattern

CARD = re.compile(r"(?<![\w.-])[2-6]\d{3}([ .-]?)\d{4,6}(?:\1\d{3,5}){1,2}(?:\1\d{1,7})?(?![\w-]|\.\d)")
# Issuer ranges (ISO/IEC 7812) with the numbers of digits: Visa, Mastercard, American Express, Diners Club, Discover,
# JCB, UnionPay, Maestro, Mir, RuPay, Elo.
ISSUERS = re.compile(
    r"4(?:\d{15}|\d{18})"
    r"|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}"
    r"|3[47]\d{13}"
    r"|(?:30[0-5]\d|309\d|3[689]\d\d)\d{10}"
    r"|(?:6011|64[4-9]\d|65\d\d)\d{12,15}"
    r"|35(?:2[89]|[3-8]\d)\d{12,15}"
    r"|62\d{14,17}"
    r"|(?:5018|5020|5038|5893|6304|6759|676[1-3])\d{8,15}"
    r"|220[0-4]\d{12,15}"
    r"|(?:60\d|508)\d{13}"
    r"|(?:506[67]\d\d|509\d{3}|50417[56]|627780|63629[78]|636368)\d{10}"
)
OTHER_NUMBERS = keyword_pattern("serial* imei isbn ean barcode tracking seriennummer série серийн* 序列号 条码")

IBAN_COUNTRIES = (  # with the length, from the registry of SWIFT
    "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 "
    "EE20 EG29 ES24 "
    "FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 "
    "KZ20 LB28 LC32 "
    "LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 "
    "PT25 QA29 RO24 "
    "RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30"
)
IBAN_LENGTHS = {country[:2]: int(country[2:]) for country in IBAN_COUNTRIES.split()}
MAX_IBAN_LENGTH = max(IBAN_LENGTHS.values())
IBAN_START = re.compile(r"(?:(?<![^\W_])|(?<=iban)|(?<=IBAN))[A-Za-z]{2}\d\d(?=[ .-]?[A-Za-z0-9]{3})")
IBAN_CHARACTERS = re.compile(r"[A-Za-z0-9](?:[ .-]?[A-Za-z0-9]){14,32}")

LONG_WORD = re.compile(r"[A-Za-z0-9]{25}")  # every address contains one
WALLET = re.compile(
    r"\b0x[0-9a-fA-F]{40}\b"  # Ethereum
    r"|\b(?:ltc1[a-z0-9]{39,59}|[LM][1-9A-HJ-NP-Za-km-z]{33})\b"  # Litecoin
    r"|\b[48][0-9A-Za-z](?:[1-9A-HJ-NP-Za-km-z]{93}|[1-9A-HJ-NP-Za-km-z]{104})\b"  # Monero
    r"|\bD[5-9A-HJ-NP-U][1-9A-HJ-NP-Za-km-z]{32}\b"  # Dogecoin
    r"|\br[1-9A-HJ-NP-Za-km-z]{24,34}\b|\bT[1-9A-HJ-NP-Za-km-z]{33}\b"  # Ripple, Tron
    r"|\baddr1[a-z0-9]{50,}\b"  # Cardano
)


MAX_NAME_CHARACTERS = 40
WORD = re.compile(r"[a-z]{8}")  # in a name such as TestDatetime64ArrayLikeComparisons


def find_card(text: str, normalized: str) -> Iterator[Span]:
    """Find payment cards by issuer range, number of digits and check digit."""
    for match in CARD.finditer(normalized):
        ends = [group.end() for group in re.finditer(r"\d+", match.group())][::-1]  # a date may follow in digits
        end = next((end for end in ends if _is_card(match.group()[:end])), 0)
        span = Span(match.start(), match.start() + end)
        if end and not has_keyword_nearby(text, span, OTHER_NUMBERS):
            yield span


def _is_card(number: str) -> bool:
    return ISSUERS.fullmatch(re.sub(r"\D", "", number)) is not None and is_luhn(number)


def find_iban(text: str, normalized: str) -> Iterator[Span]:
    """Find IBANs by country, length and check digits, in capitals or not."""
    for start in IBAN_START.finditer(normalized):
        length = IBAN_LENGTHS.get(start.group()[:2].upper(), MAX_IBAN_LENGTH + 1)
        characters = IBAN_CHARACTERS.match(normalized, start.start())
        positions = [index for index in range(*characters.span()) if normalized[index].isalnum()] if characters else []
        if len(positions) < length:
            continue
        end = positions[length - 1] + 1
        iban = "".join(normalized[index] for index in positions[:length])
        if not normalized[end : end + 1].isalnum() and is_mod_97(iban):
            yield Span(start.start(), end)


def find_wallet(text: str, normalized: str) -> Iterator[Span]:
    """Find addresses of cryptocurrencies by format. Presidio finds those of Bitcoin."""
    if LONG_WORD.search(normalized):
        yield from find_matches(WALLET, normalized, _is_wallet)


def _is_wallet(address: str) -> bool:
    """Tell whether a candidate is not a word or number."""
    has_digit, has_capital = any(map(str.isdigit, address)), any(map(str.isupper, address))
    is_random = has_digit and has_capital and (len(address) > MAX_NAME_CHARACTERS or not WORD.search(address))
    is_zero = len(set(address)) <= 2  # the address that means none
    return is_random or (address.startswith(("0x", "ltc1", "addr1")) and not is_zero)
