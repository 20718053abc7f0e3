"""Size, fingerprint and HTML of a text."""

import hashlib
import html
import re
import unicodedata
from collections import Counter

MAX_HTML_LENGTH = 300  # characters
MAX_READ = 100_000  # characters at either end that are encoded: more than any encoder reads
OTHER_ASCII = bytes(code for code in range(128) if not chr(code).isalnum())
VARIATION_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")  # Unicode counts them as marks


def size(content: str) -> int:
    """Return the number of letters, combining marks and digits of any script."""
    if content.isascii():
        return len(content.encode().translate(None, OTHER_ASCII))
    counts = Counter(VARIATION_SELECTORS.sub("", content))  # few different characters: categories are slow
    return sum(count for character, count in counts.items() if unicodedata.category(character)[0] in "LMN")


def fingerprint(content: str) -> str:
    """Return the SHA-256 of a clean text: duplicates are equal after cleaning."""
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()


def drop_middle(content: str) -> str:
    """Return the two ends of a text that is longer than any encoder reads."""
    return content if len(content) <= 2 * MAX_READ else content[:MAX_READ] + content[-MAX_READ:]


def as_html(content: str) -> str:
    """Return the beginning of a text as HTML."""
    return f"<p>{html.escape(content[:MAX_HTML_LENGTH])}{' ...' if len(content) > MAX_HTML_LENGTH else ''}</p>"
