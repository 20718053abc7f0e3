"""Pictures that tests draw, write and read."""

import io

import numpy as np
from PIL import Image, ImageDraw, ImageFont


def file(picture, kind="PNG", **options):
    written = io.BytesIO()
    picture.save(written, kind, **options)
    return written.getvalue()


def picture(content):
    return Image.open(io.BytesIO(content))


def grey(content):
    return np.asarray(picture(content).convert("L"), np.int64)


def glyph(width=40, height=60, ink=255, paper=0, text="5"):
    drawn = Image.new("L", (width, height), paper)
    font = ImageFont.load_default(size=min(width, height) * 0.7)
    ImageDraw.Draw(drawn).text((width / 2, height / 2), text, fill=ink, font=font, anchor="mm")
    return drawn
