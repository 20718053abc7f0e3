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
    r"|(?:key|sig|auth|session|sessionid|sid|code|credential)=(?=[^\s<>\"'&]{0,64}\d)[^\s<>\"'&]{10,2000})[^\s<>\"']*",
    re.I,
)

ISSUED_SECRET = re.compile(
    r"-----BEGIN (?:[A-Z0-9]+ ){0,4}PRIVATE KEY(?: BLOCK)?-----"
    r".*?(?:-----END (?:[A-Z0-9]+ ){0,4}PRIVATE KEY(?: BLOCK)?-----|\Z)"
    r"|\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{16}\b"  # Amazon
    r"|\bgh[pousr]_[A-Za-z0-9]{36,255}\b|\bgithub_pat_[A-Za-z0-9_]{22,255}\b"
    r"|\bglpat-[\w-]{20,}|\bnpm_[A-Za-z0-9]{36}\b|\bpypi-[\w-]{50,}|\bhf_[A-Za-z0-9]{30,}\b|\bdop_v1_[a-f0-9]{64}\b"
    r"|\bsk-(?=[\w-]{0,64}\d)(?:proj-|ant-|svcacct-)?[\w-]{20,}|\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,}\b|\bwhsec_[A-Za-z0-9]{24,}\b"
    r"|\bAIza[\w-]{35}(?![\w-])|\bya29\.[\w-]{20,}|\bxox[abeoprs]-[A-Za-z0-9-]{10,}|\bSG\.[\w-]{16,}\.[\w-]{16,}"
    r"|\beyJ[\w-]{8,4000}\.eyJ[\w-]{8,8000}\.[\w-]{8,2000}|\b\d{8,10}:AA[\w-]{33}(?![\w-])"  # JWT; Telegram bot
    r"|(?:https?://)?hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/[A-Z0-9]+(?:/[\w-]+){2,4}"
    r"|(?:https?://)?(?:canary\.|ptb\.)?discord(?:app)?\.com/api/webhooks/\d{15,21}/[\w-]{40,}"
    r"|\b(?:AC|SK)[0-9a-f]{32}\b"  # Twilio
    r"|\bGOCSPX-[\w-]{20,}|\bshp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}\b|\bsq0[a-z]{3}-[\w-]{22,}|\bkey-[0-9a-f]{32}\b"
    r"|\b[0-9a-f]{32}-us\d{1,2}\b|\bdapi[a-f0-9]{32}\b|\bhvs\.[\w-]{24,}|\bglsa_\w{32,}|\bPMAK-[a-f0-9]{24}-[a-f0-9]{34}"
    r"|\b(?:dckr_[po]at|rubygems|nvapi|pplx|tskey-[a-z]+|sntry[us]|ntn|figd|lsv2_[ps]t|sb[ps]|do[or]_v1|CFPAT|AT[AC]TT3|xapp"
    r"|pat-[a-z]{2}\d|r8|gl(?:rt|dt|oas|cbt|ptt))[_-]?(?=[\w-]{0,64}\d)[\w-]{20,}"
    r"|\bxai-[A-Za-z0-9]{40,}|\bgsk_[A-Za-z0-9]{40,}|\blin_api_[A-Za-z0-9]{32,}|\bAGE-SECRET-KEY-1[A-Z0-9]{50,}",
    re.DOTALL,
)
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
        yield from find_matches(URL_WITH_TOKEN, normalized)


def find_token(text: str, normalized: str) -> Iterator[Span]:
    """Find keys and tokens in their issuers' formats, and credentials of HTTP."""
    if "-----BEGIN" in normalized or LONG_WORD.search(normalized):
        yield from find_matches(ISSUED_SECRET, normalized)
    lower = text.lower()
    if "authorization" in lower or "basic " in lower or "bearer " in lower:
        yield from _find_authorization(text)


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
