"""Find keys and tokens in their issuers' formats, and URLs that contain one."""

import base64
import binascii
import re
from collections.abc import Iterator

from crossfer.privacy.span import Span, find_matches

URL_WITH_USER = re.compile(r"\b[a-z][a-z0-9+.-]{1,20}://[^\s/@:]{0,64}:[^\s/@]{1,128}@[^\s<>\"']+", re.I)
URL_WITH_TOKEN = re.compile(
    r"\bhttps?://[^\s<>\"'?]{1,2000}[?#](?:[^\s<>\"'=]{1,64}=[^\s<>\"'&;]{0,2000}[&;]){0,32}(?:[a-z0-9]{1,32}[_-]){0,4}"
    r"(?:(?:token|apikey|secret|password|passwd|pwd|signature|x-amz-signature|jwt)=[^\s<>\"'&]{6,2000}"
    r"|(?:key|sig|auth|session|sessionid|sid|code|credential)=(?=[^\s<>\"'&]{0,64}\d)(?P<value>[^\s<>\"'&]{10,2000}))"
    r"[^\s<>\"']*",
    re.I,
)

ISSUED_SECRET = re.compile(
    r"-----BEGIN (?:[A-Z0-9]+ ){0,4}PRIVATE KEY(?: BLOCK)?-----"
    r".*?(?:-----END (?:[A-Z0-9]+ ){0,4}PRIVATE KEY(?: BLOCK)?-----|\Z)"
    r"|\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{16}\b"  # Amazon
    r"|\bgh[pousr]_[A-Za-z0-9]{36,255}\b|\bnpm_[A-Za-z0-9]{36}\b|\bhf_[A-Za-z0-9]{30,}\b|\bdo[opr]_v1_[a-f0-9]{64}\b"
    r"|\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,}\b|\bwhsec_[A-Za-z0-9]{24,}\b"
    r"|\bAIza[\w-]{35}(?![\w-])"
    r"|\beyJ[\w-]{8,4000}\.eyJ[\w-]{8,8000}\.[\w-]{8,2000}|\b\d{8,10}:AA[\w-]{33}(?![\w-])"  # JWT; Telegram bot
    r"|(?:https?://)?hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/[A-Z0-9]+(?:/[\w-]+){2,4}"
    r"|(?:https?://)?(?:canary\.|ptb\.)?discord(?:app)?\.com/api/webhooks/\d{15,21}/[\w-]{40,}"
    r"|\b(?:AC|SK)[0-9a-f]{32}\b"  # Twilio
    r"|\bshp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}\b|\bkey-[0-9a-f]{32}\b"
    r"|\b[0-9a-f]{32}-us\d{1,2}\b|\bdapi[a-f0-9]{32}\b|\bPMAK-[a-f0-9]{24}-[a-f0-9]{34}"
    r"|\bxai-[A-Za-z0-9]{40,}|\bgsk_[A-Za-z0-9]{40,}|\blin_api_[A-Za-z0-9]{32,}|\bAGE-SECRET-KEY-1[A-Z0-9]{50,}",
    re.DOTALL,
)
# Hyphens and underscores are characters of these secrets, and also separate the words of slugs: sk-hynix-profit-2024.
PREFIXED_SECRET = re.compile(
    r"\b(?:xox[abeoprs]-(?=[\w-]{10})|SG\.[\w-]{16,64}\.(?=[\w-]{16})"
    r"|(?:glpat-|pypi-|ya29\.|GOCSPX-|sq0[a-z]{3}-|hvs\.|glsa_|github_pat_|dckr_[po]at_"
    r"|gl(?:rt|dt|oas|cbt|ptt)-)(?=[\w-]{20})"
    r"|(?:sk-(?:proj-|ant-|svcacct-|admin-)?|rubygems_|nvapi-|pplx-|tskey-[a-z]{1,16}-|sntry[us]_|ntn_|figd_"
    r"|lsv2_[ps]t_|sb[ps]_|CFPAT-|AT[AC]TT3|xapp-|pat-[a-z]{2}\d-|r8_)"
    r"(?=[\w-]{20})(?=[\w-]{0,64}\d))(?P<value>[\w-]+)",
    re.ASCII,
)
SLUG_WORD = re.compile(r"[A-Z]?[a-z]{2,}(?:[A-Z][a-z]{2,})*|[a-z]{5,}\d{1,4}")
SLUG_PART = re.compile(r"[A-Z]?[a-z]+(?:[A-Z][a-z]+)*\d{0,4}|[A-Z]+\d{0,4}|\d{1,8}[A-Za-z]{0,2}")
MIN_SLUG_WORDS, MIN_WORD_CHARACTERS = (2, 3)
LONG_WORD = re.compile(r"[\w./:-]{20}", re.ASCII)  # every issued secret contains one, except private keys

AUTHORIZATION = re.compile(
    r"authorization[\"']?\s{0,4}[:=]?\s{0,4}[\"']?(?P<scheme>basic|bearer|token|apikey|digest|negotiate|key)\s{1,4}"
    r"(?P<value>[\w+/=.~:-]{8,4096})"
    r"|(?<![a-z])(?P<short_scheme>basic|bearer)\s{1,4}(?P<short_value>[\w+/=.~-]{8,4096})",
    re.I,
)
MIN_BEARER_CHARACTERS = 16


def find_url(text: str, normalized: str) -> Iterator[Span]:
    """Find URLs that contain a password, token or key."""
    if "://" in normalized:
        yield from find_matches(URL_WITH_USER, normalized)
        for match in URL_WITH_TOKEN.finditer(normalized):
            if match["value"] is None or not _is_slug(match["value"]):
                yield Span(*match.span())


def find_token(text: str, normalized: str) -> Iterator[Span]:
    """Find keys and tokens in their issuers' formats, and credentials of HTTP."""
    if "-----BEGIN" in normalized or LONG_WORD.search(normalized):
        yield from find_matches(ISSUED_SECRET, normalized)
        for match in PREFIXED_SECRET.finditer(normalized):
            if not _is_slug(match["value"]):
                yield Span(*match.span())
    lower = text.lower()
    if "authorization" in lower or "basic " in lower or "bearer " in lower:
        yield from _find_authorization(text)


def _is_slug(value: str) -> bool:
    """Tell whether a value consists of words and numbers, as `world-news-2024`."""
    parts = [part for part in re.split(r"[\W_]+", value) if part]
    words = sum(len(part) >= MIN_WORD_CHARACTERS and SLUG_WORD.fullmatch(part) is not None for part in parts)
    return words >= MIN_SLUG_WORDS or (words > 0 and all(map(SLUG_PART.fullmatch, parts)))


def _find_authorization(text: str) -> Iterator[Span]:
    """Yield the credentials of HTTP (RFC 7617, RFC 6750)."""
    for match in AUTHORIZATION.finditer(text):
        name = "value" if match["value"] else "short_value"
        scheme, value = match["scheme"] or match["short_scheme"], match[name].rstrip(".:")
        is_mixed = any(map(str.isdigit, value)) and any(map(str.isalpha, value))
        if scheme.lower() == "basic":
            is_secret = _is_basic(value) or (match["value"] and is_mixed and value.isalnum())
        else:
            is_secret = is_mixed and (match["value"] or len(value) >= MIN_BEARER_CHARACTERS)
        if is_secret:
            yield Span(match.start(name), match.start(name) + len(value))


def _is_basic(value: str) -> bool:
    """Tell whether a value encodes a user and a password."""
    try:
        return ":" in base64.b64decode(value + "=" * (-len(value) % 4), validate=True).decode()
    except (binascii.Error, ValueError):
        return False
