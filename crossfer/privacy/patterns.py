"""Kinds of personal data that no library recognises, by their published forms."""

import re
from collections.abc import Iterator
from datetime import date

from presidio_analyzer.predefined_recognizers import DeTaxIdRecognizer

from crossfer.privacy.span import Span, leads, words

EMAIL = re.compile(r"(?<![\w.+%-])[\w.!#$%&'*+/=?^`{|}~-]{1,64}@(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}(?![^\W_]|-[^\W_])")
FILE = re.compile(r"@(?:\dx\.|[^.]+\.(?:png|jpe?g|gif|svg|webp|css|js)$)", re.I)  # of pictures, of packages
OBFUSCATED = re.compile(
    r"(?<![\w.])[\w.+-]{1,64} ?[\[(] ?(?:at|@) ?[\])] ?"
    r"(?:[\w-]{1,63} ?(?:\.|[\[(] ?(?:dot|\.) ?[\])]) ?){1,8}[^\W\d_]{2,24}\b",
    re.I,
)
HANDLE = re.compile(r"(?<![\w@/.&])@(?=\w*[^\W\d_])[\w](?:[\w.-]{0,61}\w)(?:@(?:[\w-]+\.)+[^\W\d_]{2,})?(?![\w@(/])")
UNSPACED_HANDLE = re.compile(r"@[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af](?:(?!\d)[\w·-]){1,29}+(?!\d)")
AT_RULES = (
    "property staticmethod classmethod override param return media import font-face keyframes supports charset page"
)

URL_WITH_USER = re.compile(r"\b[a-z][a-z0-9+.-]{1,20}://[^\s/@:]{0,64}:[^\s/@]{1,128}@[^\s<>\"']+", re.I)
URL_WITH_TOKEN = re.compile(
    r"\bhttps?://[^\s<>\"'?]{1,2000}[?#](?:[^\s<>\"'=]{1,64}=[^\s<>\"'&;]{0,2000}[&;]){0,32}(?:[a-z0-9]{1,32}[_-]){0,4}(?:token|key|apikey|secret|password|passwd|pwd|sig|signature|auth|"
    r"session|sessionid|sid|code|credential|x-amz-signature|jwt)=[^\s<>\"'&]{6,2000}[^\s<>\"']*",
    re.I,
)

SECRETS = re.compile(
    r"-----BEGIN (?:[A-Z0-9]+ ){0,4}PRIVATE KEY(?: BLOCK)?-----"
    r".*?(?:-----END (?:[A-Z0-9]+ ){0,4}PRIVATE KEY(?: BLOCK)?-----|\Z)"
    r"|\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{16}\b"  # Amazon
    r"|\bgh[pousr]_[A-Za-z0-9]{36,255}\b|\bgithub_pat_[A-Za-z0-9_]{22,255}\b"
    r"|\bglpat-[\w-]{20,}|\bnpm_[A-Za-z0-9]{36}\b|\bpypi-[\w-]{50,}|\bhf_[A-Za-z0-9]{30,}\b|\bdop_v1_[a-f0-9]{64}\b"
    r"|\bsk-(?:proj-|ant-|svcacct-)?[\w-]{20,}|\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,}\b|\bwhsec_[A-Za-z0-9]{24,}\b"
    r"|\bAIza[\w-]{35}(?![\w-])|\bya29\.[\w-]{20,}|\bxox[abeoprs]-[A-Za-z0-9-]{10,}|\bSG\.[\w-]{16,}\.[\w-]{16,}"
    r"|\beyJ[\w-]{8,4000}\.eyJ[\w-]{8,8000}\.[\w-]{8,2000}|\b\d{8,10}:AA[\w-]{33}(?![\w-])",  # JWT; a bot of Telegram's
    re.DOTALL,
)
SECRET_MARKS = (  # every secret has one of them
    *("-----BEGIN", "AKIA", "ASIA", "AROA", "AIDA", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-"),
    *("npm_", "pypi-", "hf_", "dop_v1_", "sk-", "k_live", "k_test", "whsec_", "AIza", "ya29.", "xox", "SG.", "eyJ"),
    ":AA",
)
CALLED = (
    *("api key", "api-key", "api_key", "apikey", "secret", "secret key", "secret_key", "access token", "access_token"),
    *("auth token", "auth_token", "bearer", "password", "passwd", "pwd", "passphrase", "passwort", "kennwort", "senha"),
    *("mot de passe", "contraseña", "пароль", "密码", "密碼", "パスワード", "비밀번호", "كلمة المرور", "كلمة السر"),
    *("पासवर्ड", "şifre", "nenosiri"),
)
SPACED, UNSPACED = ("|".join(word for word in CALLED if word.isascii() is ascii) for ascii in (True, False))
NAMED_SECRET = re.compile(
    rf"(?:(?<![a-z])(?:{SPACED})[\"']?\s{{0,4}}(?:[:=]|is|ist|est|es)?|(?:{UNSPACED})[\"']?\s{{0,4}}[:=：])\s{{0,4}}[\"'“«„]?"
    r"(?P<value>(?=[^\s，。、；]{0,64}\d|[^\s，。、；]{0,64}[!#$%&*+@^_~])[^\s\"',;，。、；،»”“)]{6,256})",
    re.I,
)

WALLETS = re.compile(
    r"\b0x[0-9a-fA-F]{40}\b"  # Ethereum and its kin
    r"|\b(?:ltc1[a-z0-9]{39,59}|[LM][1-9A-HJ-NP-Za-km-z]{33})\b"  # Litecoin
    r"|\b[48][0-9AB][1-9A-HJ-NP-Za-km-z]{93}\b"  # Monero
    r"|\bD[5-9A-HJ-NP-U][1-9A-HJ-NP-Za-km-z]{32}\b"  # Dogecoin
    r"|\br[1-9A-HJ-NP-Za-km-z]{24,34}\b|\bT[1-9A-HJ-NP-Za-km-z]{33}\b"  # Ripple, Tron
    r"|\baddr1[a-z0-9]{50,}\b"  # Cardano
)

DEGREE = r"[°º˚]"
SECONDS = rf"\d{{1,3}} ?{DEGREE} ?\d{{1,2}} ?['′’] ?\d{{1,2}}(?:[.,]\d+)? ?(?:\"|″|”|'')"
DMS = re.compile(rf"{SECONDS}[^\d\n]{{1,16}}{SECONDS}(?: ?[EWO]\b| ?[вз]\. ?д\.)?", re.I)
LATITUDE = rf"(?<![\w.,])[-+]?\d{{1,2}}[.,]\d{{4,10}} ?{DEGREE}? ?[NS]?"
LONGITUDE = rf"[-+]?\d{{1,3}}[.,]\d{{4,10}} ?{DEGREE}?(?: ?[EW]\b)?(?!\w|[.,]\d)"
DECIMAL_DEGREES = re.compile(rf"{LATITUDE}[ ,;/،、]{{1,3}}{LONGITUDE}", re.I)
NUMBER = re.compile(r"\d+[.,]\d+")
SURE = 5  # decimals that neither prices nor rates of exchange have
PLACES = words(
    "coordinat gps lat geo: maps location position koordinat coordonn coorden",
    "координат 坐标 座標 إحداثي निर्देशांक kuratibu konum",
)

FRENCH = re.compile(
    r"(?<![\d.])[12] ?\d\d ?(?:0[1-9]|1[0-2]|[2-9]\d) ?(?:\d\d|2[AB]) ?\d{3} ?\d{3} ?\d\d(?!\d|\.\d)", re.I
)
SPANISH = re.compile(r"(?<![\w.-])(?:\d{1,2}\.?\d{3}\.?\d{3}-?|[XYZ]-?\d{7}-?)[A-HJ-NP-TV-Z](?!\w)", re.I)
GERMAN = re.compile(r"(?<![\w.-])[1-9]\d ?\d{3} ?\d{3} ?\d{3}(?![\w-])")
TAX, TAX_ID = words("steuer idnr identifikationsnummer"), DeTaxIdRecognizer()
CARD = re.compile(r"(?<![\w.-])(?:220[0-4]|2[2-7]\d\d|62\d\d)(?:[ -]?\d{4}){2}[ -]?\d{3,7}(?![\w-])")
CHINESE = re.compile(r"(?<!\d)[1-9]\d{5}(?:18|19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?!\w)")
CHINESE_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def find_email(text: str, plain: str) -> Iterator[Span]:
    """Addresses of mail, also of other scripts' domains, and those that are written round for robots."""
    if "@" in plain:
        yield from (span for span in _spans(EMAIL, plain) if not FILE.search(plain[span.start : span.end]))
    if "at" in plain and ("[" in plain or "(" in plain):
        yield from _spans(OBFUSCATED, plain)


def find_handle(text: str, plain: str) -> Iterator[Span]:
    """Names of accounts, with an @ before them."""
    if "@" in plain:
        for span in _spans(HANDLE, plain):
            if plain[span.start + 1 : span.end].casefold() not in AT_RULES.split():
                yield span
        yield from _spans(UNSPACED_HANDLE, text)


def find_url(text: str, plain: str) -> Iterator[Span]:
    """Addresses of the web that carry a password, a token or a key."""
    if "://" in plain:
        yield from _spans(URL_WITH_USER, plain)
        yield from _spans(URL_WITH_TOKEN, plain)


def find_secret(text: str, plain: str) -> Iterator[Span]:
    """Keys and tokens by the forms that their issuers publish, private keys, and what is called a password or a key."""
    if any(mark in plain for mark in SECRET_MARKS):
        yield from _spans(SECRETS, plain)
    lower = text.lower()
    if not any(word in lower for word in CALLED):
        return
    for found in NAMED_SECRET.finditer(text):
        start, end = found.span("value")
        yield Span(start, end - len(text[start:end]) + len(text[start:end].rstrip(".!?:")))


def find_wallet(text: str, plain: str) -> Iterator[Span]:
    """Addresses of cryptocurrencies, but Bitcoin's, which presidio checks."""
    for span in _spans(WALLETS, plain):
        word = plain[span.start : span.end]
        mixed = any(sign.isdigit() for sign in word) and any(sign.isupper() for sign in word)
        if mixed or word.startswith(("0x", "ltc1", "addr1")):
            yield span


def find_coordinates(text: str, plain: str) -> Iterator[Span]:
    """Geographic coordinates at the precision of a house: of ten metres, as seconds or as the fourth decimal are."""
    if any(sign in plain for sign in "°º˚"):
        yield from _spans(DMS, plain)
    for found in DECIMAL_DEGREES.finditer(plain):
        numbers = [number.replace(",", ".") for number in NUMBER.findall(found.group())]
        first, second = map(float, numbers)
        decimals = min(len(number.partition(".")[2]) for number in numbers)
        marked = decimals >= SURE or re.search(rf"{DEGREE}|[NSEW]", found.group(), re.I)
        if first <= 90 and second <= 180 and (marked or leads(text, Span(*found.span()), PLACES)):
            yield Span(*found.span())


def find_french_number(text: str, plain: str) -> Iterator[Span]:
    """NIR, the number of French social security, by its key: 97 less the rest of the number by 97."""
    for found in FRENCH.finditer(plain):
        number = found.group().replace(" ", "").upper().replace("2A", "19").replace("2B", "18")
        if 97 - int(number[:13]) % 97 == int(number[13:]):
            yield Span(*found.span())


def find_spanish_number(text: str, plain: str) -> Iterator[Span]:
    """NIF and NIE, also with points and hyphens, by their letter: the number's rest by 23."""
    for found in SPANISH.finditer(plain):
        number = re.sub(r"[.-]", "", found.group()).upper()
        digits = number[:-1].translate(str.maketrans("XYZ", "012"))
        if "TRWAGMYFPDXBNJZSQVHLCKE"[int(digits) % 23] == number[-1]:
            yield Span(*found.span())


def find_german_number(text: str, plain: str) -> Iterator[Span]:
    """The tax number written in groups; presidio knows its check digit, and the number without spaces."""
    for found in GERMAN.finditer(plain):
        span = Span(*found.span())
        if TAX_ID.validate_result(found.group().replace(" ", "")) and leads(text, span, TAX):
            yield span


def find_card(text: str, plain: str) -> Iterator[Span]:
    """Numbers of payment cards that presidio does not know: of Mir, UnionPay and the newer ones of Mastercard."""
    for found in CARD.finditer(plain):
        digits = [int(sign) for sign in found.group() if sign.isdigit()]
        doubled = [2 * digit - 9 * (digit > 4) for digit in digits[-2::-2]]
        if (sum(doubled) + sum(digits[-1::-2])) % 10 == 0:
            yield Span(*found.span())


def find_chinese_number(text: str, plain: str) -> Iterator[Span]:
    """The number of the Chinese identity card, by its check digit (ISO 7064, MOD 11-2) and its date of birth."""
    for found in CHINESE.finditer(plain):
        number = found.group()
        total = sum(weight * int(digit) for weight, digit in zip(CHINESE_WEIGHTS, number, strict=False))
        if "10X98765432"[total % 11] == number[-1].upper() and _is_date(number[6:14]):
            yield Span(*found.span())


NATIONAL = (find_french_number, find_spanish_number, find_german_number, find_chinese_number)


def _is_date(digits: str) -> bool:
    """Tell whether eight digits are the year, month and day of a date."""
    try:
        date.fromisoformat(digits)
    except ValueError:
        return False
    return True


def _spans(pattern: re.Pattern[str], text: str) -> Iterator[Span]:
    """Where a pattern is found."""
    return (Span(*found.span()) for found in pattern.finditer(text))
