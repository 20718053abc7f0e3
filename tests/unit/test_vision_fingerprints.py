"""Fingerprints of images: equal for copies, different for other digits."""

import numpy as np
import pytest
from image_files import decode_image, encode_image
from PIL import Image, ImageEnhance
from repository import read_all_rows

from crossfer.modalities.vision import data as vision
from crossfer.sources import digits

INK = vision.make_cleaner("mnist", 28)


@pytest.fixture(scope="module")
def mnist():
    return list(read_all_rows(digits.read("mnist"))["content"][::10])


def test_copies_have_the_same_fingerprint(mnist):
    """Copies are encoded in other formats without loss, or inverted."""
    for content in mnist[:60]:
        fingerprint, stored = vision.fingerprint(INK.clean(content)[0]), decode_image(content)
        inverted = Image.fromarray(255 - np.asarray(stored))
        for copy in (
            encode_image(stored, compress_level=0),
            encode_image(stored, "TIFF"),
            encode_image(stored.convert("RGB"), "BMP"),
        ):
            assert vision.fingerprint(INK.clean(copy)[0]) == fingerprint
        assert vision.fingerprint(INK.clean(encode_image(inverted))[0]) == fingerprint


def test_most_darker_copies_have_the_same_fingerprint(mnist):
    matches = []
    for content in mnist[:100]:
        darker = encode_image(ImageEnhance.Brightness(decode_image(content)).enhance(0.95))
        matches.append(vision.fingerprint(INK.clean(darker)[0]) == vision.fingerprint(INK.clean(content)[0]))
    assert np.mean(matches) > 0.9


def test_other_digits_have_other_fingerprints(mnist):
    fingerprints = [vision.fingerprint(INK.clean(content)[0]) for content in mnist]
    assert len(set(fingerprints)) >= 0.99 * len(fingerprints)
    assert all(len(one) == 16 for one in fingerprints)
