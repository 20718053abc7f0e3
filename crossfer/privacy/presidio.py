"""Find personal data with the pattern recognizers of presidio-analyzer.

Its engine and language models are not used. Numbers without letters or separators count only near a keyword: one in
ten random numbers has a valid check digit.
"""

import re
from collections.abc import Iterator, Sequence

from presidio_analyzer import PatternRecognizer
from presidio_analyzer.predefined_recognizers import (
    CryptoRecognizer,
    InAadhaarRecognizer,
    InPanRecognizer,
    ItFiscalCodeRecognizer,
    NhsRecognizer,
    UkNinoRecognizer,
    UsSsnRecognizer,
)

from crossfer.privacy.span import Finder, Span, contains_letters, has_keyword_nearby, keyword_pattern

PART_OF_NUMBER = re.compile(r"\d[-.]|[-.]\d")
AADHAAR_KEYWORDS = "aadhaar aadhar आधार uid"


def _recognizer_finder(recognizer: PatternRecognizer, required: str, min_score: float, keywords: str = "") -> Finder:
    """Return a finder that uses a recognizer.

    Args:
        recognizer: of presidio.
        required: a pattern that every result contains; it is faster than the recognizer.
        min_score: minimum confidence of the recognizer.
        keywords: if there are any, one must be near a result.
    """
    keyword = keyword_pattern(keywords) if keywords else None
    required_pattern = re.compile(required)

    def find(text: str, normalized: str) -> Iterator[Span]:
        if not required_pattern.search(normalized):
            return
        for result in recognizer.analyze(normalized, recognizer.supported_entities):
            span = Span(result.start, result.end)
            if (
                _is_part_of_number(normalized, span)
                or contains_letters(text, normalized, span)
                or result.score < min_score
            ):
                continue
            if not keyword or has_keyword_nearby(text, span, keyword):
                yield span

    return find


def _is_part_of_number(normalized: str, span: Span) -> bool:
    before, after = normalized[: span.start][-2:], normalized[span.end :][:2]
    return PART_OF_NUMBER.search(before) is not None or PART_OF_NUMBER.match(after) is not None


FIND_BITCOIN: Finder = _recognizer_finder(CryptoRecognizer(), r"(?:bc1|[13])[a-zA-HJ-NP-Z0-9]{25}", 0.5)
FIND_NUMBERS: Sequence[Finder] = (
    _recognizer_finder(UsSsnRecognizer(), r"\d{3}[- .]\d\d[- .]\d{4}", 0.5),
    _recognizer_finder(UsSsnRecognizer(), r"\d{9}", 0.05, "ssn social security"),
    _recognizer_finder(UkNinoRecognizer(), r"[A-Za-z]{2} ?\d\d ?\d\d ?\d\d ?[A-Da-d]", 0.5),
    _recognizer_finder(NhsRecognizer(), r"\d{3}[- ]?\d{3}[- ]?\d{4}", 0.5, "nhs patient*"),
    _recognizer_finder(InAadhaarRecognizer(), r"\d{4}[- :]\d{4}[- :]\d{4}", 0.01, AADHAAR_KEYWORDS),
    _recognizer_finder(InAadhaarRecognizer(), r"\d{12}", 0.01, AADHAAR_KEYWORDS),
)
FIND_MIXED_NUMBERS: Sequence[Finder] = (
    _recognizer_finder(ItFiscalCodeRecognizer(), r"\b[A-Za-z]{6}\d\d[A-Za-z]\d\d", 0.3),
    _recognizer_finder(InPanRecognizer(), r"[A-Za-z]{5}\d{4}[A-Za-z]", 0.5),
)
