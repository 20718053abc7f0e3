"""Replace personal data in a text by its kind, `<EMAIL>`; the values are kept nowhere."""

from collections import Counter
from collections.abc import Mapping, Sequence

from crossfer.privacy import patterns, phones, presidio
from crossfer.privacy.normalize import normalize
from crossfer.privacy.span import Find, Span

# What an earlier kind has found no later one looks at: an address of the web may have one of mail in it. Names of
# persons cannot be found by patterns: who has a model for them adds a kind with its finder here.
KINDS: Mapping[str, Sequence[Find]] = {
    "url": (patterns.find_url,),
    "secret": (patterns.find_secret,),
    "handle": (patterns.find_handle,),
    "email": (patterns.find_email,),
    "wallet": (patterns.find_wallet, presidio.FIND_BITCOIN),
    "iban": (presidio.FIND_IBAN,),
    "mac": (presidio.FIND_MAC,),
    "ip": (presidio.FIND_IP,),
    "coordinates": (patterns.find_coordinates,),
    "national_id": (*presidio.NATIONAL, *patterns.NATIONAL),
    "card": (presidio.FIND_CARD, patterns.find_card),
    "phone": (phones.find,),
}


class Scrubber:
    """Replaces the kinds of personal data that it is made for."""

    def __init__(self, kinds: Sequence[str]) -> None:
        self.finders = [(kind, find) for kind in KINDS if kind in kinds for find in KINDS[kind]]

    def __call__(self, text: str) -> tuple[str, Counter[str]]:
        """The text without personal data, and how often each kind was in it.

        The same value has the same placeholder within a text: `<EMAIL>`, the second one `<EMAIL_2>`.
        """
        found = self.find(text)
        if not found:
            return text, Counter()
        known: dict[tuple[str, str], str] = {}
        numbers: Counter[str] = Counter()
        parts, end = [], 0
        for span, kind in found:
            value = (kind, text[span.start : span.end].casefold())
            if value not in known:
                numbers[kind] += 1
                known[value] = f"<{kind.upper()}>" if numbers[kind] == 1 else f"<{kind.upper()}_{numbers[kind]}>"
            parts += [text[end : span.start], known[value]]
            end = span.end
        return "".join([*parts, text[end:]]), Counter(kind for _, kind in found)

    def find(self, text: str) -> list[tuple[Span, str]]:
        """Where personal data stands in a text, and of what kind, in the order of the text; nothing twice."""
        normalized, taken = normalize(text), bytearray(len(text))
        found: list[tuple[Span, str]] = []
        for kind, find in self.finders:
            for span in find(text, normalized):
                if not any(taken[span.start : span.end]):
                    taken[span.start : span.end] = b"1" * (span.end - span.start)
                    found.append((span, kind))
        return sorted(found)
