"""Find geographic coordinates that are precise to some hundred metres or less."""

import re
from collections.abc import Iterator

from crossfer.privacy.span import Span, find_matches, has_keyword_nearby, keyword_pattern

DEGREE_SYMBOL = r"[°º˚]"
MINUTES = r"\d{1,2} ?['′’‘´]"
SECONDS = r"\d{1,2}(?:[.,]\d+)? ?(?:\"|″|”|“|''|′′|’’)"
DEGREES = rf"\d{{1,3}} ?{DEGREE_SYMBOL} ?(?:{MINUTES} ?{SECONDS}|\d{{1,2}}[.,]\d{{1,6}} ?['′’‘´]?)"
BEFORE = r"(?:(?<!\w)(?:[NS]|lat(?:itude)?)[.: ]{0,3})?"
BETWEEN = r"[^\d\n]{1,20}"
AFTER = r"(?: ?(?:[EWO]\b|[вз]\. ?д\.|(?:east|west|ost|östlich|est|ouest|este|oeste|ovest)\b))?"
SEXAGESIMAL_PAIR = re.compile(rf"{BEFORE}{DEGREES}{BETWEEN}{DEGREES}{AFTER}", re.I)

GPS_PAIR = re.compile(  # degrees and decimal minutes without symbols, as on GPS devices
    r"(?<!\w)[NS] ?\d{1,2} \d{1,2}\.\d{2,4}'?[ ,/]{1,3}[EW] ?\d{1,3} \d{1,2}\.\d{2,4}'?(?!\d)"
    r"|(?<![\w.])\d{1,2} \d{1,2}\.\d{2,4}'? ?[NS][ ,/]{1,3}\d{1,3} \d{1,2}\.\d{2,4}'? ?[EW]\b"
)

LATITUDE = rf"(?<![\w.,])(?:[NS] ?)?[-+]?\d{{1,2}}[.,]\d{{4,12}} ?{DEGREE_SYMBOL}? ?(?:[NS]\b)?"
LONGITUDE = rf"(?:[EWO] ?)?[-+]?\d{{1,3}}[.,]\d{{4,12}} ?{DEGREE_SYMBOL}?(?: ?[EWO]\b)?(?!\w|[.,]\d)"
DECIMAL_PAIR = re.compile(rf"{LATITUDE}[ ,;/،、]{{1,3}}{LONGITUDE}", re.I)
FOUR_DECIMALS = re.compile(r"\d[.,]\d{4}")
DECIMAL_NUMBER = re.compile(r"\d+[.,]\d+")
HEMISPHERE = re.compile(rf"{DEGREE_SYMBOL}|[NSEWO]", re.I)
GULF_OF_GUINEA = 4.0  # degrees around 0, 0: more often other pairs of numbers than positions
LIST_BEFORE = re.compile(r"\d\s{0,2}[,;\s]\s{0,8}\[?$")  # a list of more numbers than two
LIST_AFTER = re.compile(r"\s{0,2}[,;\s]\s{0,8}[+-]?\d+\.\d")
UNAMBIGUOUS_DECIMALS = 5  # prices and exchange rates have fewer decimals

# The position in the URL of a map: Google, OpenStreetMap, Apple, Bing, Waze, Yandex.
MAP_PAIR = re.compile(
    r"(?<=[@=/!:])(?:3d)?(?P<latitude>[-+]?\d{1,3}\.\d{3,15})(?:,|%2C|~|/|\+|&m?lon=|&lng=|!4d)\+?"
    r"(?P<longitude>-?\d{1,3}\.\d{3,15})(?!\d)",
    re.I,
)
MAP_CONTEXT = re.compile(r"map|geo|[?&#](?:ll|q|cp|mlat|lat|center|daddr|saddr|destination|query)=|waze|yandex", re.I)
MAP_CHARACTERS = 160  # of the URL before the position

EAST_ASIAN_DEGREES = (
    r"\d{1,3}(?:[度도°] ?\d{1,2}(?:[分분′'’] ?\d{1,2}(?:[.．]\d{1,6})? ?[秒초″\"”]|[.．]\d{1,6} ?[分분′'’])"
    r"|[.．]\d{4,12}[度도°]?)"
)
EAST_ASIAN_PAIR = re.compile(
    rf"(?:[北南][緯纬]|[북남]위)[\s:：]{{0,2}}{EAST_ASIAN_DEGREES}[\s,、，・;；/と和]{{0,3}}"
    rf"(?:[東西东][経經经]|[동서]경)[\s:：]{{0,2}}{EAST_ASIAN_DEGREES}"
)

COORDINATE_KEYWORDS = keyword_pattern(
    "coordinat* gps lat latitude* geo: maps location* position* koordinat* coordonn* coorden* standort* ubicación",
    "home house cabin live lives haus wohn* maison habite casa vive treffpunkt meet meeting rendez-vous",
    "координат* дом 坐标 座標 位置 家 إحداثي निर्देशांक kuratibu konum* ev",
)
RATE_KEYWORDS = keyword_pattern(
    "rate rates price prices traded trading exchange kurs* wechselkurs* taux tasa* cambio tasso курс* 汇率 ratio values"
)


def find_coordinates(text: str, normalized: str) -> Iterator[Span]:
    """Find pairs of degrees with seconds, decimal minutes or decimals, also in URLs."""
    yield from find_matches(GPS_PAIR, normalized)
    if not text.isascii():
        yield from find_matches(EAST_ASIAN_PAIR, text)
        if any(symbol in normalized for symbol in "°º˚"):
            yield from find_matches(SEXAGESIMAL_PAIR, normalized)
    yield from _find_map_pairs(normalized)
    if FOUR_DECIMALS.search(normalized):
        yield from _find_decimal_pairs(text, normalized)


def _find_map_pairs(normalized: str) -> Iterator[Span]:
    """Yield the positions in URLs of maps."""
    if not any(start in normalized for start in ("://", "geo:", "maps.", "/maps")):
        return
    for match in MAP_PAIR.finditer(normalized):
        url = normalized[max(0, match.start() - MAP_CHARACTERS) : match.start()].split()[-1]
        if MAP_CONTEXT.search(url) and abs(float(match["latitude"])) <= 90 and abs(float(match["longitude"])) <= 180:
            yield Span(match.start("latitude"), match.end())


def _find_decimal_pairs(text: str, normalized: str) -> Iterator[Span]:
    for match in DECIMAL_PAIR.finditer(normalized):
        numbers = [number.replace(",", ".") for number in DECIMAL_NUMBER.findall(match.group())]
        latitude, longitude = map(float, numbers)
        decimals = min(len(number.partition(".")[2]) for number in numbers)
        span = Span(*match.span())
        if LIST_BEFORE.search(normalized[max(0, span.start - 16) : span.start]) or LIST_AFTER.match(
            normalized, span.end
        ):
            continue
        has_hemisphere = HEMISPHERE.search(match.group()) is not None
        is_position = has_hemisphere or (
            decimals >= UNAMBIGUOUS_DECIMALS
            and (latitude > GULF_OF_GUINEA or longitude > GULF_OF_GUINEA)
            and not has_keyword_nearby(text, span, RATE_KEYWORDS)
        )
        if latitude <= 90 and longitude <= 180 and (is_position or has_keyword_nearby(text, span, COORDINATE_KEYWORDS)):
            yield span
