"""Images: how they are cleaned, compared, encoded and shown. A content is the bytes of an image file."""

from crossfer.modalities.vision.data.baseline import baseline
from crossfer.modalities.vision.data.cleaner import load_cleaner, make_cleaner
from crossfer.modalities.vision.data.encoder import load_encoder, make_encoder
from crossfer.modalities.vision.data.images import as_html, fingerprint, size

CONTENT_TYPES = (bytes, bytearray)  # Spark hands over a bytearray
PACKAGES = ("pillow",)

__all__ = [
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
