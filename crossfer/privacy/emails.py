"""Find email addresses: plain, quoted, encoded for URLs and HTML, and spelled out.

Formats: RFC 5322 (quoted local part), RFC 5321 (domain literal), RFC 6531 (international), RFC 6068 (percent-encoded).
"""

import html
import re
from collections.abc import Iterable, Iterator
from urllib.parse import unquote

import phonenumbers

from crossfer.privacy.span import Span, find_matches

MARKS = "\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0900-\u0963\u0970-\u109f\u1780-\u17ff"  # \w lacks vowel characters
LABEL = rf"[\w{MARKS}-]{{1,63}}"
TOP_LEVEL = rf"(?:xn--[a-z0-9-]{{2,59}}|[^\W\d_][^\W\d_{MARKS}]{{1,23}}|[^\W\d_](?:[^\W\d_]|[{MARKS}]){{1,23}})"
DOMAIN = rf"(?:{LABEL}\.){{1,8}}{TOP_LEVEL}(?![^\W_]|[{MARKS}]|-[^\W_])"
EMAIL = re.compile(
    rf"(?<![\w.+%@-])[\w{MARKS}.!#$%&'*+/=?^`{{|}}~-]{{1,64}}"
    rf"@(?:{DOMAIN}|\[(?:\d{{1,3}}\.){{3}}\d{{1,3}}\]|\[IPv6:[0-9a-f:.]{{2,45}}\])",
    re.I,
)
QUOTED_EMAIL = re.compile(rf"(?<![\w\"])\"(?:[^\"\\\n@<>]|\\.){{1,62}}\"@{DOMAIN}", re.I)
URL_PARTS = re.compile(  # before an address in a URL
    r".*[/?#|{}`](?=[^/?#|{}`]*@)|^[^@]*&(?=\w+=[^@]*@)|^[A-Za-z_]\w*=(?=[^=@]+@)", re.S
)
OPENING_QUOTE = re.compile(r"^[bruf]?'")
FILE_NAME = re.compile(
    r"@(?:\dx\.|[^.]+\.(?:png|jpe?g|gif|svg|webp|css|scss|js|jsx|ts|tsx|vue|json|ya?ml|html|tgz|zip|jar|exe|dll)$"
    r"|[^@]*\.(?:service|socket|timer|target|mount|slice|scope)$)",  # icon@2x.png, package@1.2, getty@tty1.service
    re.I,
)

ENCODED_CHARACTER = r"(?:[\w.+-]|%2[bBdDeE]|%5[fF]|&#\d{2,6};|&#[xX][0-9a-fA-F]{2,5};|&(?:period|lowbar|plus|hyphen);)"
ENCODED_EMAIL = re.compile(
    rf"(?<![\w.+%-]){ENCODED_CHARACTER}{{1,64}}(?:%40|&#0{{0,4}}64;|&#[xX]0{{0,4}}40;|&commat;|\\u0040|\\x40)"
    rf"(?:{ENCODED_CHARACTER}{{1,253}})",
)
ENCODED_AT = ("%40", "&#", "&commat", "\\u0040", "\\x40")

# Idiographs and kana have no spaces between words: a local part in them begins after one of these words.
UNSPACED = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
UNSPACED_TOP_LEVEL = (
    "中国|中國|公司|网络|網路|香港|台湾|台灣|新加坡|在线|中文网|网址|网站|网店|商城|商标|商店|集团|我爱你|移动|政务|公益"
    "|世界|手机|时尚|餐厅|信息|娱乐|游戏|企业|健康|한국|닷컴|닷넷|みんな|コム|ストア|セール|クラウド|ポイント|ファッション|グーグル"
)
UNSPACED_EMAIL = re.compile(
    rf"(?<![\w.+@-])[{UNSPACED}A-Za-z0-9._+-]{{1,64}}"
    rf"@(?=[A-Za-z0-9.-]*[{UNSPACED}])(?:[{UNSPACED}A-Za-z0-9-]{{1,63}}\.){{1,4}}"
    rf"(?:{UNSPACED_TOP_LEVEL}|[A-Za-z]{{2,24}}(?![A-Za-z0-9-]))"
)
WORDS_BEFORE = re.compile(rf"(?:[{UNSPACED}]*[到至给給为為是寄はを에로])(?=[{UNSPACED}])|[{UNSPACED}]+(?=[A-Za-z0-9])")

AT_WORDS = (
    "at ät arobase arroba chiocciola apenstaartje собака собачка małpa malpa zavináč zavinac kukac arond snabel-a "
    "sobaka krøllalfa klammeraffe miukumauku παπάκι равлик アット アットマーク 艾特 골뱅이 앳 שטרודל כרוכית آت एट"
)
DOT_WORDS = (
    "dot punkt point punto ponto punt точка kropka tečka tecka bodka pont punct nokta piste punktum prikk titik chấm "
    "крапка τελεία ドット 点 點 닷 점 נקודה دوت نقطة डॉट"
)
OTHER_PUNCTUATION = "underscore unterstrich tiret guion dash hyphen minus bindestrich дефис подчёркивание"
COMMON_AT_WORDS = "at ät آت एट"  # in sentences, only with a word for the dot in the same language
COMMON_DOT_WORDS = "dot punkt دوت डॉट"


def _any_word(words: Iterable[str]) -> str:
    return f"(?:{'|'.join(map(re.escape, words))})"


AT, COMMON_AT = _any_word(AT_WORDS.split()), _any_word(COMMON_AT_WORDS.split())
DISTINCTIVE_AT = _any_word(word for word in AT_WORDS.split() if word not in COMMON_AT_WORDS.split())
DOT, COMMON_DOT = _any_word(DOT_WORDS.split()), _any_word(COMMON_DOT_WORDS.split())
PUNCTUATION = _any_word(f"{DOT_WORDS} {OTHER_PUNCTUATION}".split())
OPEN, CLOSE = r"[\[({<（【]", r"[\])}>）】]"
BRACKETED_AT = rf"{OPEN}\s?(?:@|＠|{AT}|(?<=\w{OPEN})a(?={CLOSE}\w))\s?{CLOSE}"
BRACKETED_DOT = rf"(?:\s?{OPEN}\s?(?:\.|．|{DOT})\s?{CLOSE}\s?|\s{DOT}\s)"
BRACKETED = re.compile(rf"{OPEN}\s?(?:[@＠.．]|{AT}|{DOT}|a)\s?{CLOSE}", re.I)
BRACKETED_EMAIL = re.compile(
    rf"(?<![\w.])[\w.+-]{{1,64}}(?:{BRACKETED_DOT}[\w+-]{{1,64}}){{0,3}}\s?(?:{BRACKETED_AT}|[@＠])\s?"
    rf"(?:{LABEL}(?:\.| \. |{BRACKETED_DOT})){{1,8}}[^\W\d_]{{2,24}}\b",
    re.I,
)
SPOKEN_DOMAIN = re.compile(
    rf"(?:(?P<distinctive>(?<=\s){DISTINCTIVE_AT}(?=\s)|[@＠])|(?P<common>(?<=\s){COMMON_AT}(?=\s)))(?P<space>\s?)"
    rf"{LABEL}(?:\s{PUNCTUATION}\s{LABEL}){{0,3}}?(?:(?P<dot>\s{DOT}\s)|\.|\s\.\s(?=(?:com|net|org)\b))"
    rf"(?:{LABEL}(?:\s{DOT}\s|\.))?(?P<top>[^\W\d_]{{2,24}})\b(?!\s{DOT}\b|\.\w)",
    re.I,
)
SPOKEN_LOCAL_PART = re.compile(rf"(?<![\w.@+-])(?:[\w+-]{{1,64}}\s{PUNCTUATION}\s){{0,3}}[\w.+-]{{1,64}}$", re.I)
MAX_LOCAL_PART = 120  # characters, with the words for punctuation
DISTINCTIVE_LOCAL_PART = re.compile(r"[^\W\d_]{2,}[._]\w[\w.]+|\w*\d\w*")  # not a word of a sentence
JOINED_EMAIL = re.compile(
    r"(?<![\w.-])[a-z0-9.+_-]{1,64}?[_-](?:at|ät)[_-][a-z0-9-]{1,63}?(?:[_-](?:dot|punkt)[_-][a-z0-9]{2,24}){1,3}(?!\w)",
    re.I,
)
# Large providers, whose domains are recognized after unusual notations: a#163.com, a AT gmail.com, a-at-gmx.de.
PROVIDERS = (
    r"(?:gmail|googlemail|yahoo|hotmail|outlook|icloud|protonmail|proton|gmx|web|aol|mail|yandex|qq|163|126|sina|naver"
    r"|daum|orange|free|laposte|libero|wp|onet|seznam|uol|terra)"
)
SUBSTITUTED_EMAIL = re.compile(
    rf"(?<![\w./#@-])[A-Za-z0-9][\w.+-]{{1,63}}(?:[★☆◎●◆■](?:[A-Za-z0-9-]{{1,63}}\.){{1,3}}[a-z]{{2,6}}\b"
    rf"|(?:[#＃]|[_-](?i:at)[_-]| AT ){PROVIDERS}\.[a-z]{{2,3}}\b"
    r"|(?:[@＠](?=[A-Za-z0-9.-]{1,63}[点點])|艾特)(?:[A-Za-z0-9-]{1,63}[点點.]){1,3}(?:com|cn|net|org|tw|hk)\b)",
    re.ASCII,
)
GENERIC_TOP_LEVELS = (
    "com org net edu gov mil int info biz name pro eu uk su io ai app dev shop online site store xyz club tech blog "
    "cloud email gmbh berlin wien paris london рф бел укр бг срб"
)
TOP_LEVELS = {region.casefold() for region in phonenumbers.SUPPORTED_REGIONS} | set(GENERIC_TOP_LEVELS.split())


def find_email(text: str, normalized: str) -> Iterator[Span]:
    """Find email addresses in any script, also encoded or spelled out."""
    if "@" in normalized:
        yield from find_matches(QUOTED_EMAIL, normalized)
        yield from _find_plain(normalized)
        if not text.isascii():
            yield from _find_unspaced(text)
            yield from _find_plain(text)
    if any(encoded in text for encoded in ENCODED_AT):
        yield from _find_encoded(text)
    if BRACKETED.search(text):
        yield from find_matches(BRACKETED_EMAIL, text, _is_bracketed)
    yield from _find_spoken(text)
    lower = text.lower()
    if "_at_" in lower or "-at-" in lower:
        yield from find_matches(JOINED_EMAIL, text)
    yield from find_matches(SUBSTITUTED_EMAIL, text)


def _find_plain(text: str) -> Iterator[Span]:
    """Yield addresses without the parts of a URL before them."""
    for match in EMAIL.finditer(text):
        address = match.group()
        if FILE_NAME.search(address) or address.startswith("git@"):  # the account of all users of a repository
            continue
        address = OPENING_QUOTE.sub("", address)
        while prefix := URL_PARTS.match(address):
            address = address[prefix.end() :]
        if not address.startswith("@"):
            yield Span(match.end() - len(address), match.end())


def _find_unspaced(text: str) -> Iterator[Span]:
    """Yield addresses with a domain in a script without spaces between words."""
    for match in UNSPACED_EMAIL.finditer(text):
        local_part = match.group().partition("@")[0]
        words = WORDS_BEFORE.match(local_part)
        yield Span(match.start() + (words.end() if words else 0), match.end())


def _find_encoded(text: str) -> Iterator[Span]:
    """Yield addresses in which characters are encoded for a URL, HTML or JavaScript."""
    for match in ENCODED_EMAIL.finditer(text):
        unquoted = unquote(re.sub(r"\\u00|\\x", "%", match.group()))
        address = EMAIL.match(html.unescape(unquoted))
        if address and not FILE_NAME.search(address.group()):
            surplus = len(html.unescape(unquoted)) - address.end()  # a full stop, which is not encoded
            yield Span(match.start(), match.end() - surplus)


def _is_bracketed(address: str) -> bool:
    """Tell whether an address has brackets, and is not `5(a)second.part`."""
    is_item = re.search(r"\w[\[({<]a[\])}>]\w", address, re.I) is not None
    has_top_level = address.rpartition(".")[2].casefold() in TOP_LEVELS
    return re.search(OPEN, address) is not None and (has_top_level or not is_item)


def _find_spoken(text: str) -> Iterator[Span]:
    """Yield addresses with words for @ or dots, and an existing top-level domain."""
    for match in SPOKEN_DOMAIN.finditer(text):
        is_plain = match["distinctive"] == "@" and not match["dot"] and not match["space"]
        if is_plain or match["top"].casefold() not in TOP_LEVELS:
            continue
        start, end = max(0, match.start() - MAX_LOCAL_PART), match.start()
        local_part = SPOKEN_LOCAL_PART.search(text[start:end].rstrip())
        is_sentence = match["common"] and not re.search(COMMON_DOT, match["dot"] or "", re.I)
        if local_part and not (is_sentence and not _is_distinctive(local_part.group(), match["dot"])):
            yield Span(start + local_part.start(), match.end())


def _is_distinctive(local_part: str, spoken_dot: str | None) -> bool:
    """Return whether the words around a word for @ are no sentence and no host."""
    is_host = local_part.rpartition(".")[2].casefold() in TOP_LEVELS
    return not spoken_dot and not is_host and DISTINCTIVE_LOCAL_PART.fullmatch(local_part) is not None
