"""Recognisers of presidio-analyzer, which know patterns and check digits, each asked only where it may find something.

They are called one by one, without presidio's engine: no language model is needed for patterns. Numbers without letters
or separators are personal data only where a word leads to them: every tenth number has a right check digit.
"""

import re
from collections.abc import Iterator, Sequence

from presidio_analyzer import PatternRecognizer
from presidio_analyzer.predefined_recognizers import (
    CreditCardRecognizer,
    CryptoRecognizer,
    DeIdCardRecognizer,
    DeTaxIdRecognizer,
    IbanRecognizer,
    InAadhaarRecognizer,
    InPanRecognizer,
    IpRecognizer,
    ItFiscalCodeRecognizer,
    MacAddressRecognizer,
    NhsRecognizer,
    UkNinoRecognizer,
    UsSsnRecognizer,
)

from crossfer.privacy.span import Find, Span, is_broken, leads, words

CUT = re.compile(r"\d[-.]|[-.]\d")


def _finder(
    recogniser: PatternRecognizer, only_if: str, score: float, led_by: str = "", never_by: Sequence[str] = ()
) -> Find:
    """A finder that asks a recogniser of presidio's.

    Args:
        recogniser: it.
        only_if: a pattern without which the text has nothing for it: it is quicker to look for.
        score: what it must be sure by, at least.
        led_by: words one of which must lead to what is found; none for no such word.
        never_by: words beside such a thing that is none.
    """
    lead = words(led_by) if led_by else None
    none, gate = words(*never_by) if never_by else None, re.compile(only_if)

    def find(text: str, plain: str) -> Iterator[Span]:
        if not gate.search(plain):
            return
        for result in recogniser.analyze(plain, recogniser.supported_entities):
            span = Span(result.start, result.end)
            if CUT.search(plain[: span.start][-2:]) or CUT.match(plain[span.end :][:2]) or is_broken(text, plain, span):
                continue  # a part of a longer number, or two
            known = lead is None or leads(text, span, lead)
            if known and result.score >= score and not (none and leads(text, span, none)):
                yield span

    return find


TAX, AADHAAR, NHS, SSN = (
    "steuer idnr tin identifikationsnummer",
    "aadhaar aadhar आधार uid",
    "nhs patient",
    "ssn social security",
)
GERMAN_CARD = "ausweis personalausweis perso identity"

VERSIONS = (
    "version versión versão firmware release build update upgrade branch branche section chapter §",
    "EC v ver п. ст. версия версии релиз 版本 升级 更新 旧版 الإصدار إصدار संस्करण sürüm versionen",
)

FIND_CARD: Find = _finder(CreditCardRecognizer(), r"\d{4}[ -]?\d{3,6}[ -]?\d{3,5}", 1.0)
FIND_IBAN: Find = _finder(IbanRecognizer(), r"\b[A-Za-z]{2}\d{2}[ -]?[A-Za-z0-9]{4}", 0.9)
FIND_IP: Find = _finder(
    IpRecognizer(),
    r"\d\.\d{1,3}\.\d|[0-9A-Fa-f]{0,4}:[0-9A-Fa-f]{0,4}:",
    0.6,
    never_by=VERSIONS,
)
FIND_MAC: Find = _finder(MacAddressRecognizer(), r"(?i)[0-9a-f]{2}[:-][0-9a-f]{2}[:-]|[0-9a-f]{4}\.[0-9a-f]{4}\.", 0.6)
FIND_BITCOIN: Find = _finder(CryptoRecognizer(), r"(?:bc1|[13])[a-zA-HJ-NP-Z0-9]{25}", 0.5)
NATIONAL: Sequence[Find] = (
    _finder(UsSsnRecognizer(), r"\d{3}[- .]\d\d[- .]\d{4}", 0.5),
    _finder(UsSsnRecognizer(), r"\d{9}", 0.05, SSN),
    _finder(UkNinoRecognizer(), r"[A-Za-z]{2} ?\d\d ?\d\d ?\d\d ?[A-Da-d]", 0.5),
    _finder(NhsRecognizer(), r"\d{3}[- ]?\d{3}[- ]?\d{4}", 0.5, NHS),
    _finder(DeTaxIdRecognizer(), r"\d{11}", 0.5, TAX),
    _finder(DeIdCardRecognizer(), r"[A-Z][A-Z0-9]{7}\d", 0.4, GERMAN_CARD),
    _finder(ItFiscalCodeRecognizer(), r"\b[A-Za-z]{6}\d\d[A-Za-z]\d\d", 0.3),
    _finder(InAadhaarRecognizer(), r"\d{4}[- :]\d{4}[- :]\d{4}", 0.01, AADHAAR),
    _finder(InAadhaarRecognizer(), r"\d{12}", 0.01, AADHAAR),
    _finder(InPanRecognizer(), r"[A-Za-z]{5}\d{4}[A-Za-z]", 0.5),
)
