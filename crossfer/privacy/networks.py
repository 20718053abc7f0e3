"""Find IP and MAC addresses, but not version numbers."""

import ipaddress
import re
from collections.abc import Iterator

from crossfer.privacy.span import Span, contains_letters, find_matches, has_keyword_nearby, keyword_pattern

OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
IPV4 = re.compile(rf"(?<![\w.-])(?:{OCTET}\.){{3}}{OCTET}(?:/[0-3]?\d)?(?![\w]|[.-]\d)")
IPV6 = re.compile(
    rf"(?<![\w:.])[0-9A-F]{{0,4}}(?::[0-9A-F]{{0,4}}){{1,7}}:(?:(?:{OCTET}\.){{3}}{OCTET}|[0-9A-F]{{1,4}})?(?:%\w+)?(?![\w:])",
    re.I,
)
MIN_IPV6_CHARACTERS = 6
PORT = re.compile(r":\d{2,5}(?![\w:.])")
BELOW_100 = re.compile(r"\d{1,2}(?:\.\d{1,2}){3}")  # more often a version number than an address
VERSION_KEYWORDS = keyword_pattern(
    "version* versión* versão* firmware* release* build* update* upgrade* branch* section* chapter* § EC v ver kernel",
    "driver* patch* plugin* chrome* firefox* android ios macos п. ст. раздел* глава верси* релиз* обнов* wersj* verze",
    "versiyon* aktualis* actualiza* aggiorna* kapitel abschnitt capítulo chapitre sürüm* phiên versionen",
    "版本 升级 更新 旧版 バージョン 버전 업데이트 الإصدار إصدار גרסה संस्करण เวอร์ชัน",
)
ADDRESS_KEYWORDS = keyword_pattern(
    "ip ipv4 ip-* address* adress* adres* server* host* login* logged ping* router* gateway* subnet* dns",
    "ssh proxy port",
    "connect* connexion* conexión* verbind* zugriff* client* peer* network* netz* réseau* dirección direcci* nmap curl",
    "вход* адрес* сервер* подключ* servidor* indirizz* endereço* blocked banned 登录 服务器 接続 접속 الخادم सर्वर",
)

MAC = re.compile(
    r"(?<![\w:.-])(?:[0-9A-F]{2}([:-])(?:[0-9A-F]{2}\1){4}[0-9A-F]{2}|(?:[0-9A-F]{4}\.){2}[0-9A-F]{4})(?![\w:-]|\.\w)",
    re.I,
)
MAC_WITHOUT_SEPARATORS = re.compile(r"(?<![\w-])[0-9A-F]{12}(?![\w-])", re.I)
MAC_NAME = re.compile(
    r"\bmac[- ](?:address|addr|adresse|adress|adres|id|адрес)|\bmac ?(?:[:=#]|地址|アドレス|주소)"
    r"|\bmac (?:is |ist |es |est |è |é |to |: )?$|عنوان mac"
    r"|(?:adresse|dirección|direccion|indirizzo|endereço|adres|адрес|adresa|osoite) mac\b"
    r"|\bbssid\b|\b(?:hardware|physical|ethernet|wi-?fi|wlan|bluetooth)[- ]addr",
    re.I,
)
CHARACTERS_BEFORE = 48  # searched for the name of a MAC address


def find_ip(text: str, normalized: str) -> Iterator[Span]:
    """Find IP addresses of both versions."""
    if "::" in normalized or normalized.count(":") >= 7:
        yield from find_matches(IPV6, normalized, _is_ipv6)
    for span in find_matches(IPV4, normalized):
        is_version = has_keyword_nearby(text, span, VERSION_KEYWORDS)
        is_ambiguous = BELOW_100.fullmatch(normalized, span.start, span.end) is not None
        is_mask = normalized.startswith(("0.", "255."), span.start)  # or all addresses of a machine
        if is_version or is_mask or contains_letters(text, normalized, span):
            continue
        is_host = normalized[max(0, span.start - 3) : span.start] == "://" or PORT.match(normalized, span.end)
        if not is_ambiguous or is_host or has_keyword_nearby(text, span, ADDRESS_KEYWORDS):
            yield span


def _is_ipv6(address: str) -> bool:
    try:
        ipaddress.IPv6Address(address)
    except ValueError:
        return False
    return len(address) >= MIN_IPV6_CHARACTERS and any(map(str.isdigit, address))


def find_mac(text: str, normalized: str) -> Iterator[Span]:
    """Find MAC addresses; those without separators only after their name."""
    yield from find_matches(
        MAC, normalized, lambda address: "-" not in address or not address.replace("-", "").isdigit()
    )
    for span in find_matches(MAC_WITHOUT_SEPARATORS, normalized, lambda address: not address.isalpha()):
        if MAC_NAME.search(text[max(0, span.start - CHARACTERS_BEFORE) : span.start].rpartition("\n")[2]):
            yield span
