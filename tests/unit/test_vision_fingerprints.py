"""Fingerprints of images: equal for copies, different for other digits."""

import numpy as np
import pytest
from drawn_digits import file, picture
from PIL import Image, ImageEnhance
from repository import read_all_rows

from crossfer.modalities.vision import data as vision
from crossfer.sources import digits

INK = vision.make_cleaner("mnist", 28)


@pytest.fixture(scope="module")
def mnist():
    return list(read_all_rows(digits.read("mnist"))["content"][::10])


def test_a_copy_has_the_same_fingerprint(mnist):
    """Encoded anew without loss, or inverted."""
    for content in mnist[:60]:
        own, stored = vision.fingerprint(INK.clean(content)[0]), picture(content)
        inverted = Image.fromarray(255 - np.asarray(stored))
        for copy in (file(stored, compress_level=0), file(stored, "TIFF"), file(stored.convert("RGB"), "BMP")):
            assert vision.fingerprint(INK.clean(copy)[0]) == own
        assert vision.fingerprint(INK.clean(file(inverted))[0]) == own


def test_a_copy_that_is_a_little_darker_has_nearly_always_the_same_fingerprint(mnist):
    same = []
    for content in mnist[:100]:
        darker = file(ImageEnhance.Brightness(picture(content)).enhance(0.95))
        same.append(vision.fingerprint(INK.clean(darker)[0]) == vision.fingerprint(INK.clean(content)[0]))
    assert np.mean(same) > 0.9


def test_other_digits_have_other_fingerprints(mnist):
    prints = [vision.fingerprint(INK.clean(content)[0]) for content in mnist]
    assert len(set(prints)) >= 0.99 * len(prints)
    assert all(len(found) == 16 for found in prints)
