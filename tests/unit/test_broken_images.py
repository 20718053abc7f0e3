"""Broken image files are cleaned or refused with an error message."""

import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from image_files import decode_image, draw_glyph, encode_image

from crossfer.errors import UserError
from crossfer.modalities.vision import data as vision

CLEANERS = (vision.make_cleaner("mnist", 28), vision.make_cleaner("none", 64))


def broken_exif():
    return encode_image(draw_glyph(), exif=b"Exif\0\0nonsense")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "an image of 0 bytes cannot be read: its format is unknown. Use PNG, "),
        (b"some bytes", "an image of 10 bytes cannot be read: its format is unknown. Use PNG, "),
        (encode_image(draw_glyph())[:120], "an image of 120 bytes cannot be read: "),
        (b"P5 2x 2 255\n" + bytes(4), "an image of 16 bytes cannot be read: "),
        (broken_exif(), "cannot be read: not a TIFF file"),
    ],
)
@pytest.mark.parametrize("framing", ["mnist", "none"])
def test_unreadable_content(framing, content, message):
    with pytest.raises(UserError) as caught:
        vision.make_cleaner(framing, 28).clean(content)
    assert message in str(caught.value)
    assert " at 0x" not in str(caught.value)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM"]), st.data())
def test_changed_bytes_are_cleaned_or_refused(image_format, data):
    content = bytearray(encode_image(draw_glyph(), image_format))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, min(80, len(content) - 1)))] = data.draw(st.integers(0, 255))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            cleaned, _ = CLEANERS[0].clean(bytes(content))
        except UserError:
            return
    assert decode_image(cleaned).size == (28, 28)
