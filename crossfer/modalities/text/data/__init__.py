"""Texts: how they are cleaned, compared, encoded and shown. Importing this package loads no model library."""

from crossfer.modalities.text.data.baseline import baseline
from crossfer.modalities.text.data.cleaner import load_cleaner, make_cleaner
from crossfer.modalities.text.data.content import as_html, fingerprint, size
from crossfer.modalities.text.data.encoder import load_encoder, make_encoder

CONTENT_TYPES = (str,)
PACKAGES = ("ftfy", "tokenizers")

__all__ = [
    "CONTENT_TYPES",
    "PACKAGES",
    "as_html",
    "baseline",
    "fingerprint",
    "load_cleaner",
    "load_encoder",
    "make_cleaner",
    "make_encoder",
    "size",
]
