"""Cleaners and encoders of images. A content is the bytes of an image file."""

from crossfer.modalities.vision.data.baseline import baseline as baseline
from crossfer.modalities.vision.data.cleaner import load_cleaner as load_cleaner
from crossfer.modalities.vision.data.cleaner import make_cleaner as make_cleaner
from crossfer.modalities.vision.data.encoder import load_encoder as load_encoder
from crossfer.modalities.vision.data.encoder import make_encoder as make_encoder
from crossfer.modalities.vision.data.images import as_html as as_html
from crossfer.modalities.vision.data.images import fingerprint as fingerprint
from crossfer.modalities.vision.data.images import size as size

CONTENT_TYPES = (bytes, bytearray)  # Spark passes a bytearray
PACKAGES = ("pillow",)
