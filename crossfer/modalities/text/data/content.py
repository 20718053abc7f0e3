"""Texts: how large they are, which ones are equal, what encoders read of them, and how a page shows them."""

import hashlib
import html
import unicodedata

MAX_SHOWN = 300  # characters of a text on a page
MAX_READ = 100_000  # characters at either end of a text that are encoded: more than any encoder reads


def size(content: str) -> int:
    """Return the number of letters, combining marks and digits of any script in a text."""
    return sum(unicodedata.category(character)[0] in "LMN" for character in content)


def fingerprint(content: str) -> str:
    """Return a digest of a clean text: texts are duplicates if they are equal after cleaning."""
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()


def drop_middle(content: str) -> str:
    """Return a text without what lies further from either end than any encoder reads."""
    return content if len(content) <= 2 * MAX_READ else content[:MAX_READ] + content[-MAX_READ:]


def as_html(content: str) -> str:
    """Return the beginning of a text as HTML."""
    return f"<p>{html.escape(content[:MAX_SHOWN])}{' ...' if len(content) > MAX_SHOWN else ''}</p>"
