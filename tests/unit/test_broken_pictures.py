"""Broken images: read, or refused in a sentence."""

import warnings

import pytest
from drawn_digits import file, glyph, picture
from hypothesis import given, settings
from hypothesis import strategies as st

from crossfer.errors import UserError
from crossfer.modalities.vision import data as vision

CLEANERS = (vision.make_cleaner("mnist", 28), vision.make_cleaner("none", 64))


def spoilt_exif():
    return file(glyph(), exif=b"Exif\0\0nonsense")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "a picture of 0 bytes cannot be read: no format of pictures that is read"),
        (b"no picture", "a picture of 10 bytes cannot be read: no format of pictures that is read"),
        (file(glyph())[:120], "a picture of 120 bytes cannot be read: "),
        (b"P5 2x 2 255\n" + bytes(4), "a picture of 16 bytes cannot be read: "),
        (spoilt_exif(), "cannot be read: not a TIFF file"),
    ],
)
@pytest.mark.parametrize("framing", ["mnist", "none"])
def test_what_is_no_picture_says_so(framing, content, expected):
    with pytest.raises(UserError) as caught:
        vision.make_cleaner(framing, 28).clean(content)
    assert expected in str(caught.value)
    assert " at 0x" not in str(caught.value)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM"]), st.data())
def test_spoilt_bytes_are_read_or_refused_in_a_sentence(kind, data):
    content = bytearray(file(glyph(), kind))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, min(80, len(content) - 1)))] = data.draw(st.integers(0, 255))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            cleaned, _ = CLEANERS[0].clean(bytes(content))
        except UserError:
            return
    assert picture(cleaned).size == (28, 28)
