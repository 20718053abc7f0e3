"""Noise removal and framing of drawings."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from image_files import decode_image, draw_glyph, encode_image, grey_values
from PIL import Image
from repository import read_all_rows

from crossfer.modalities.vision import data as vision
from crossfer.modalities.vision.data.drawings import MIN_EDGE_BRIGHTNESS
from crossfer.modalities.vision.data.images import to_png
from crossfer.sources import digits

INK = vision.make_cleaner("mnist", 28)


@pytest.fixture(scope="module")
def mnist():
    return list(read_all_rows(digits.read("mnist"))["content"][::10])


def difference(content, other):
    return np.abs(grey_values(content) - grey_values(other)).mean()


def noisy_image(values, deviation):
    """Return an image four times as large, with noise."""
    large = np.kron(values, np.ones((4, 4)))
    return encode_image(
        Image.fromarray(
            (large + np.random.default_rng(0).normal(0, deviation, large.shape)).clip(0, 255).astype(np.uint8)
        )
    )


@pytest.mark.parametrize(("ink", "paper"), [(230, 0), (230, 60), (120, 60), (30, 230), (170, 225)])
@pytest.mark.parametrize("deviation", [3, 10])
def test_noise_is_removed(deviation, ink, paper):
    """Otherwise the background would count as ink and fill the frame."""
    drawing = np.asarray(draw_glyph(ink=ink, paper=paper), float)
    cleaned, changes = INK.clean(noisy_image(drawing, deviation))
    assert "noise" in changes
    assert difference(cleaned, INK.clean(noisy_image(drawing, 0))[0]) < 20


@pytest.mark.parametrize("deviation", [25, 50])
def test_heavy_noise_is_removed(deviation):
    drawing = np.asarray(draw_glyph(), float)
    assert difference(INK.clean(noisy_image(drawing, deviation))[0], INK.clean(noisy_image(drawing, 0))[0]) < 20


@pytest.mark.parametrize("deviation", [1, 3])
@pytest.mark.parametrize("shadow", [5, 20, 90])
@pytest.mark.parametrize("ink", [30, 150])
def test_ink_on_shaded_paper_remains(deviation, shadow, ink):
    drawing = np.asarray(draw_glyph(ink=ink, paper=230), float)
    cleaned, _ = INK.clean(noisy_image(drawing - np.linspace(0, shadow, drawing.shape[1]), deviation))
    assert vision.size(cleaned) > 40


def test_ink_on_most_of_the_drawing_remains():
    drawing = np.full((40, 40), 20.0)
    drawing[3:-3, 3:-3] = 240
    drawing[18:22, 10:30] = 20
    thick, plain = ((grey_values(INK.clean(noisy_image(drawing, deviation))[0]) > 127).sum() for deviation in (3, 0))
    assert thick == pytest.approx(plain, rel=0.1)


def test_drawings_without_noise_do_not_change(mnist):
    """Nor do drawings that are too small to estimate noise."""
    thumbnails = [to_png(decode_image(content).resize((8, 8))) for content in mnist]
    assert not any("noise" in INK.clean(content)[1] for content in (*mnist, *thumbnails))


@settings(max_examples=60, deadline=None)
@given(
    st.tuples(st.integers(12, 120), st.integers(12, 120)),
    st.sampled_from("0123456789"),
    st.sampled_from([(255, 0), (0, 255), (90, 30), (120, 250)]),
    st.sampled_from([16, 28, 56]),
)
def test_framing(shape, text, values, side):
    """The longer side of the ink is 20/28 of the canvas, its centre in the middle."""
    drawing = draw_glyph(*shape, *values, text)
    values = grey_values(vision.make_cleaner("mnist", side).clean(encode_image(drawing))[0])
    assert values.shape == (side, side)
    rows, columns = (np.flatnonzero((values > 0).any(axis)) for axis in (1, 0))
    longest = max(np.ptp(rows), np.ptp(columns)) + 1
    assert abs(longest - side * 20 / 28) <= 2  # rounding to pixels, and faint edges
    assert all(abs(centre - side / 2) <= 1 for centre in centre_of_mass(values))


def centre_of_mass(values):
    return [float(values.sum(1 - axis) @ np.arange(len(values))) / values.sum() for axis in (0, 1)]


def test_framing_of_mnist_digits_remains(mnist):
    """Most digits stay identical, others move by at most a pixel, without a report."""
    cleaned = [INK.clean(content) for content in mnist]
    assert not any(changes for _, changes in cleaned)
    identical = [
        np.array_equal(grey_values(content), grey_values(before))
        for (content, _), before in zip(cleaned, mnist, strict=True)
    ]
    assert np.mean(identical) > 0.8
    for (content, _), before in zip(cleaned, mnist, strict=True):
        values, old = grey_values(content), grey_values(before)
        rows, columns = (np.flatnonzero((values > MIN_EDGE_BRIGHTNESS * 255).any(axis)) for axis in (1, 0))
        assert max(np.ptp(rows), np.ptp(columns)) + 1 == 20
        shifts = [np.roll(old, (down, across), (0, 1)) for down in (-1, 0, 1) for across in (-1, 0, 1)]
        assert min(np.abs(values - shifted).mean() for shifted in shifts) < 0.5
