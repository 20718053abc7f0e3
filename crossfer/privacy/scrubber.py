"""Replace personal data in texts by placeholders, and do not store the values."""

from collections import Counter
from collections.abc import Mapping, Sequence

from crossfer.privacy import (
    accounts,
    coordinates,
    emails,
    handles,
    national_ids,
    networks,
    passwords,
    phones,
    presidio,
    tokens,
)
from crossfer.privacy.normalize import normalize
from crossfer.privacy.span import Finder, Span

# Earlier types take precedence: a URL may contain an email address. Patterns cannot find names of persons: to use a
# model for them, add a type with its finder here.
FINDERS: Mapping[str, Sequence[Finder]] = {
    "url": (tokens.find_url,),
    "secret": (tokens.find_token, passwords.find_named_secret),
    "email": (emails.find_email,),
    "handle": (handles.find_handle,),
    "wallet": (accounts.find_wallet, presidio.FIND_BITCOIN),
    "iban": (accounts.find_iban,),
    "mac": (networks.find_mac,),
    "ip": (networks.find_ip,),
    "coordinates": (coordinates.find_coordinates,),
    "national_id": (national_ids.find_national_id,),
    "card": (accounts.find_card,),
    "phone": (phones.find_phone,),
}


class Scrubber:
    """Replaces the given types of personal data."""

    def __init__(self, data_types: Sequence[str]) -> None:
        self.finders = [(name, find) for name in FINDERS if name in data_types for find in FINDERS[name]]

    def __call__(self, text: str) -> tuple[str, Counter[str]]:
        """Return the text without personal data, and the number of replacements by type.

        Equal values in a text have the same placeholder: `<EMAIL>`, for the second value `<EMAIL_2>`.
        """
        placeholders: dict[tuple[str, str], str] = {}
        replacements: Counter[str] = Counter()
        numbers: Counter[str] = Counter()
        parts, end = [], 0
        for span, name in self.find(text):
            value = (name, text[span.start : span.end].casefold())
            if value not in placeholders:
                numbers[name] += 1
                placeholders[value] = f"<{name.upper()}{f'_{numbers[name]}' if numbers[name] > 1 else ''}>"
            parts += [text[end : span.start], placeholders[value]]
            end = span.end
            replacements[name] += 1
        return "".join([*parts, text[end:]]), replacements

    def find(self, text: str) -> list[tuple[Span, str]]:
        """Return the spans of personal data and their types, without overlaps.

        The spans are in the order of the text.
        """
        normalized, is_taken = normalize(text), bytearray(len(text))
        spans: list[tuple[Span, str]] = []
        for name, find in self.finders:
            for span in find(text, normalized):
                if not any(is_taken[span.start : span.end]):
                    is_taken[span.start : span.end] = b"1" * (span.end - span.start)
                    spans.append((span, name))
        return sorted(spans)
