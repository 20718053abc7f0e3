"""Draw, write and read images in tests."""

import io

import numpy as np
from PIL import Image, ImageDraw, ImageFont


def encode_image(image, image_format="PNG", **options):
    """Return the bytes of an image file."""
    file = io.BytesIO()
    image.save(file, image_format, **options)
    return file.getvalue()


def decode_image(content):
    return Image.open(io.BytesIO(content))


def grey_values(content):
    return np.asarray(decode_image(content).convert("L"), np.int64)


def draw_glyph(width=40, height=60, ink=255, paper=0, text="5"):
    image = Image.new("L", (width, height), paper)
    font = ImageFont.load_default(size=min(width, height) * 0.7)
    ImageDraw.Draw(image).text((width / 2, height / 2), text, fill=ink, font=font, anchor="mm")
    return image
