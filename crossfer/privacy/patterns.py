"""Find personal data that presidio-analyzer does not recognize.

The finders check published formats and check digits.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date

from presidio_analyzer.predefined_recognizers import DeTaxIdRecognizer

from crossfer.privacy.span import Finder, Span, find_matches, has_keyword_nearby, keyword_pattern, pattern_finder

EMAIL = re.compile(r"(?<![\w.+%-])[\w.!#$%&'*+/=?^`{|}~-]{1,64}@(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}(?![^\W_]|-[^\W_])")
FILE_NAME = re.compile(r"@(?:\dx\.|[^.]+\.(?:png|jpe?g|gif|svg|webp|css|js)$)", re.I)  # icon@2x.png, package@1.2
OBFUSCATED_EMAIL = re.compile(
    r"(?<![\w.])[\w.+-]{1,64} ?[\[(] ?(?:at|@) ?[\])] ?"
    r"(?:[\w-]{1,63} ?(?:\.|[\[(] ?(?:dot|\.) ?[\])]) ?){1,8}[^\W\d_]{2,24}\b",
    re.I,
)
HANDLE = re.compile(r"(?<![\w@/.&])@(?=\w*[^\W\d_])[\w](?:[\w.-]{0,61}\w)(?:@(?:[\w-]+\.)+[^\W\d_]{2,})?(?![\w@(/])")
UNSPACED_HANDLE = re.compile(r"@[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af](?:(?!\d)[\w·-]){1,29}+(?!\d)")
CODE_KEYWORDS = (
    "property staticmethod classmethod override param return media import font-face keyframes supports charset page"
)

URL_WITH_USER = re.compile(r"\b[a-z][a-z0-9+.-]{1,20}://[^\s/@:]{0,64}:[^\s/@]{1,128}@[^\s<>\"']+", re.I)
URL_WITH_TOKEN = re.compile(
    r"\bhttps?://[^\s<>\"'?]{1,2000}[?#](?:[^\s<>\"'=]{1,64}=[^\s<>\"'&;]{0,2000}[&;]){0,32}(?:[a-z0-9]{1,32}[_-]){0,4}(?:token|key|apikey|secret|password|passwd|pwd|sig|signature|auth|"
    r"session|sessionid|sid|code|credential|x-amz-signature|jwt)=[^\s<>\"'&]{6,2000}[^\s<>\"']*",
    re.I,
)

SECRET = re.compile(
    r"-----BEGIN (?:[A-Z0-9]+ ){0,4}PRIVATE KEY(?: BLOCK)?-----"
    r".*?(?:-----END (?:[A-Z0-9]+ ){0,4}PRIVATE KEY(?: BLOCK)?-----|\Z)"
    r"|\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{16}\b"  # Amazon
    r"|\bgh[pousr]_[A-Za-z0-9]{36,255}\b|\bgithub_pat_[A-Za-z0-9_]{22,255}\b"
    r"|\bglpat-[\w-]{20,}|\bnpm_[A-Za-z0-9]{36}\b|\bpypi-[\w-]{50,}|\bhf_[A-Za-z0-9]{30,}\b|\bdop_v1_[a-f0-9]{64}\b"
    r"|\bsk-(?:proj-|ant-|svcacct-)?[\w-]{20,}|\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,}\b|\bwhsec_[A-Za-z0-9]{24,}\b"
    r"|\bAIza[\w-]{35}(?![\w-])|\bya29\.[\w-]{20,}|\bxox[abeoprs]-[A-Za-z0-9-]{10,}|\bSG\.[\w-]{16,}\.[\w-]{16,}"
    r"|\beyJ[\w-]{8,4000}\.eyJ[\w-]{8,8000}\.[\w-]{8,2000}|\b\d{8,10}:AA[\w-]{33}(?![\w-])",  # JWT; Telegram bot
    re.DOTALL,
)
SECRET_PREFIXES = (  # every secret contains one; searching for them is faster than SECRET
    *("-----BEGIN", "AKIA", "ASIA", "AROA", "AIDA", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-"),
    *("npm_", "pypi-", "hf_", "dop_v1_", "sk-", "k_live", "k_test", "whsec_", "AIza", "ya29.", "xox", "SG.", "eyJ"),
    ":AA",
)
SECRET_NAMES = (
    *("api key", "api-key", "api_key", "apikey", "secret", "secret key", "secret_key", "access token", "access_token"),
    *("auth token", "auth_token", "bearer", "password", "passwd", "pwd", "passphrase", "passwort", "kennwort", "senha"),
    *("mot de passe", "contraseña", "пароль", "密码", "密碼", "パスワード", "비밀번호", "كلمة المرور", "كلمة السر"),
    *("पासवर्ड", "şifre", "nenosiri"),
)
SPACED_NAMES, UNSPACED_NAMES = (
    "|".join(word for word in SECRET_NAMES if word.isascii() is is_ascii) for is_ascii in (True, False)
)
NAMED_SECRET = re.compile(
    rf"(?:(?<![a-z])(?:{SPACED_NAMES})[\"']?\s{{0,4}}(?:[:=]|is|ist|est|es)?|(?:{UNSPACED_NAMES})[\"']?\s{{0,4}}[:=：])\s{{0,4}}[\"'“«„]?"
    r"(?P<value>(?=[^\s，。、；]{0,64}\d|[^\s，。、；]{0,64}[!#$%&*+@^_~])[^\s\"',;，。、；،»”“)]{6,256})",
    re.I,
)

WALLET = re.compile(
    r"\b0x[0-9a-fA-F]{40}\b"  # Ethereum
    r"|\b(?:ltc1[a-z0-9]{39,59}|[LM][1-9A-HJ-NP-Za-km-z]{33})\b"  # Litecoin
    r"|\b[48][0-9AB][1-9A-HJ-NP-Za-km-z]{93}\b"  # Monero
    r"|\bD[5-9A-HJ-NP-U][1-9A-HJ-NP-Za-km-z]{32}\b"  # Dogecoin
    r"|\br[1-9A-HJ-NP-Za-km-z]{24,34}\b|\bT[1-9A-HJ-NP-Za-km-z]{33}\b"  # Ripple, Tron
    r"|\baddr1[a-z0-9]{50,}\b"  # Cardano
)

DEGREE_SYMBOL = r"[°º˚]"
DEGREES_MINUTES_SECONDS = rf"\d{{1,3}} ?{DEGREE_SYMBOL} ?\d{{1,2}} ?['′’] ?\d{{1,2}}(?:[.,]\d+)? ?(?:\"|″|”|'')"
DMS_PAIR = re.compile(
    rf"{DEGREES_MINUTES_SECONDS}[^\d\n]{{1,16}}{DEGREES_MINUTES_SECONDS}(?: ?[EWO]\b| ?[вз]\. ?д\.)?", re.I
)
LATITUDE = rf"(?<![\w.,])[-+]?\d{{1,2}}[.,]\d{{4,10}} ?{DEGREE_SYMBOL}? ?[NS]?"
LONGITUDE = rf"[-+]?\d{{1,3}}[.,]\d{{4,10}} ?{DEGREE_SYMBOL}?(?: ?[EW]\b)?(?!\w|[.,]\d)"
DECIMAL_PAIR = re.compile(rf"{LATITUDE}[ ,;/،、]{{1,3}}{LONGITUDE}", re.I)
DECIMAL_NUMBER = re.compile(r"\d+[.,]\d+")
UNAMBIGUOUS_DECIMALS = 5  # prices and exchange rates have fewer decimals
COORDINATE_KEYWORDS = keyword_pattern(
    "coordinat gps lat geo: maps location position koordinat coordonn coorden",
    "координат 坐标 座標 إحداثي निर्देशांक kuratibu konum",
)

FRENCH_NUMBER = re.compile(
    r"(?<![\d.])[12] ?\d\d ?(?:0[1-9]|1[0-2]|[2-9]\d) ?(?:\d\d|2[AB]) ?\d{3} ?\d{3} ?\d\d(?!\d|\.\d)", re.I
)
SPANISH_NUMBER = re.compile(r"(?<![\w.-])(?:\d{1,2}\.?\d{3}\.?\d{3}-?|[XYZ]-?\d{7}-?)[A-HJ-NP-TV-Z](?!\w)", re.I)
GERMAN_NUMBER = re.compile(r"(?<![\w.-])[1-9]\d ?\d{3} ?\d{3} ?\d{3}(?![\w-])")
TAX_KEYWORDS, TAX_RECOGNIZER = keyword_pattern("steuer idnr identifikationsnummer"), DeTaxIdRecognizer()
CARD = re.compile(r"(?<![\w.-])(?:220[0-4]|2[2-7]\d\d|62\d\d)(?:[ -]?\d{4}){2}[ -]?\d{3,7}(?![\w-])")
CHINESE_NUMBER = re.compile(
    r"(?<!\d)[1-9]\d{5}(?:18|19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?!\w)"
)
CHINESE_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def find_email(text: str, normalized: str) -> Iterator[Span]:
    """Find email addresses in any script, also `name [at] example.org`."""
    if "@" in normalized:
        yield from find_matches(EMAIL, normalized, lambda address: not FILE_NAME.search(address))
    if "at" in normalized and ("[" in normalized or "(" in normalized):
        yield from find_matches(OBFUSCATED_EMAIL, normalized)


def find_handle(text: str, normalized: str) -> Iterator[Span]:
    """Find account names that begin with @."""
    if "@" in normalized:
        yield from find_matches(HANDLE, normalized, lambda handle: handle[1:].casefold() not in CODE_KEYWORDS.split())
        yield from find_matches(UNSPACED_HANDLE, text)


def find_url(text: str, normalized: str) -> Iterator[Span]:
    """Find URLs that contain a password, token or key."""
    if "://" in normalized:
        yield from find_matches(URL_WITH_USER, normalized)
        yield from find_matches(URL_WITH_TOKEN, normalized)


def find_secret(text: str, normalized: str) -> Iterator[Span]:
    """Find private keys, keys and tokens in their issuers' formats, and passwords.

    A value is found as a password if its name is one of SECRET_NAMES.
    """
    if any(prefix in normalized for prefix in SECRET_PREFIXES):
        yield from find_matches(SECRET, normalized)
    lower = text.lower()
    if not any(name in lower for name in SECRET_NAMES):
        return
    for match in NAMED_SECRET.finditer(text):
        start = match.start("value")
        yield Span(start, start + len(match["value"].rstrip(".!?:")))


def is_wallet(address: str) -> bool:
    """Tell whether a candidate looks like a cryptocurrency address.

    Presidio finds the addresses of Bitcoin.
    """
    has_digit, has_capital = any(map(str.isdigit, address)), any(map(str.isupper, address))
    return (has_digit and has_capital) or address.startswith(("0x", "ltc1", "addr1"))


def find_coordinates(text: str, normalized: str) -> Iterator[Span]:
    """Find geographic coordinates with seconds or four decimals.

    These are precise to some ten metres.
    """
    if any(symbol in normalized for symbol in "°º˚"):
        yield from find_matches(DMS_PAIR, normalized)
    for match in DECIMAL_PAIR.finditer(normalized):
        numbers = [number.replace(",", ".") for number in DECIMAL_NUMBER.findall(match.group())]
        latitude, longitude = map(float, numbers)
        decimals = min(len(number.partition(".")[2]) for number in numbers)
        is_unambiguous = decimals >= UNAMBIGUOUS_DECIMALS or re.search(rf"{DEGREE_SYMBOL}|[NSEW]", match.group(), re.I)
        span = Span(*match.span())
        if (
            latitude <= 90
            and longitude <= 180
            and (is_unambiguous or has_keyword_nearby(text, span, COORDINATE_KEYWORDS))
        ):
            yield span


def find_german_number(text: str, normalized: str) -> Iterator[Span]:
    """Find tax numbers in groups of digits; presidio finds those without spaces."""
    for span in find_matches(GERMAN_NUMBER, normalized):
        number = normalized[span.start : span.end].replace(" ", "")
        if TAX_RECOGNIZER.validate_result(number) and has_keyword_nearby(text, span, TAX_KEYWORDS):
            yield span


def is_french_number(number: str) -> bool:
    """Check the key of a social security number (NIR).

    The key is 97 minus the remainder of the number modulo 97.
    """
    digits = number.replace(" ", "").upper().replace("2A", "19").replace("2B", "18")
    return 97 - int(digits[:13]) % 97 == int(digits[13:])


def is_spanish_number(number: str) -> bool:
    """Check the letter of a NIF or NIE, which encodes the number modulo 23."""
    compact_number = re.sub(r"[.-]", "", number).upper()
    digits = compact_number[:-1].translate(str.maketrans("XYZ", "012"))
    return "TRWAGMYFPDXBNJZSQVHLCKE"[int(digits) % 23] == compact_number[-1]


def is_chinese_number(number: str) -> bool:
    """Check an identity card's check digit (ISO 7064, MOD 11-2) and date of birth."""
    total = sum(weight * int(digit) for weight, digit in zip(CHINESE_WEIGHTS, number, strict=False))
    try:
        date.fromisoformat(number[6:14])
    except ValueError:
        return False
    return "10X98765432"[total % 11] == number[-1].upper()


def is_card_number(number: str) -> bool:
    """Check the check digit of a payment card (Luhn)."""
    digits = [int(character) for character in number if character.isdigit()]
    doubled_digits = [2 * digit - 9 * (digit > 4) for digit in digits[-2::-2]]
    return (sum(doubled_digits) + sum(digits[-1::-2])) % 10 == 0


FIND_WALLET = pattern_finder(WALLET, is_wallet)
FIND_CARD = pattern_finder(CARD, is_card_number)  # Mir, UnionPay and newer Mastercard ranges; presidio finds the others
FIND_NATIONAL_IDS: Sequence[Finder] = (
    pattern_finder(FRENCH_NUMBER, is_french_number),
    pattern_finder(SPANISH_NUMBER, is_spanish_number),
    find_german_number,
    pattern_finder(CHINESE_NUMBER, is_chinese_number),
)
