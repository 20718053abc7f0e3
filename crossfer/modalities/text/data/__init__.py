"""Cleaners and encoders of texts. Importing this package loads no model library."""

from crossfer.modalities.text.data.baseline import baseline as baseline
from crossfer.modalities.text.data.cleaner import load_cleaner as load_cleaner
from crossfer.modalities.text.data.cleaner import make_cleaner as make_cleaner
from crossfer.modalities.text.data.content import as_html as as_html
from crossfer.modalities.text.data.content import fingerprint as fingerprint
from crossfer.modalities.text.data.content import size as size
from crossfer.modalities.text.data.encoder import load_encoder as load_encoder
from crossfer.modalities.text.data.encoder import make_encoder as make_encoder

CONTENT_TYPES = (str,)
PACKAGES = ("ftfy", "tokenizers")
