"""Drawings: noise is no ink, ink in shadow is, and what is left is framed as MNIST's makers did."""

import numpy as np
import pytest
from drawn_digits import file, glyph, grey, picture
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from repository import read_all_rows

from crossfer.modalities.vision import data as vision
from crossfer.modalities.vision.data.drawings import FAINT
from crossfer.modalities.vision.data.images import to_png
from crossfer.sources import digits

INK = vision.make_cleaner("mnist", 28)


@pytest.fixture(scope="module")
def mnist():
    return list(read_all_rows(digits.read("mnist"))["content"][::10])


def difference(content, other):
    return np.abs(grey(content) - grey(other)).mean()


def noisy(values, deviation):
    """Such a picture, four times as large."""
    large = np.kron(values, np.ones((4, 4)))
    return file(
        Image.fromarray(
            (large + np.random.default_rng(0).normal(0, deviation, large.shape)).clip(0, 255).astype(np.uint8)
        )
    )


@pytest.mark.parametrize(("ink", "paper"), [(230, 0), (230, 60), (120, 60), (30, 230), (170, 225)])
@pytest.mark.parametrize("deviation", [3, 10])
def test_noise_is_no_ink(deviation, ink, paper):
    """All of the ground would count as ink, which fills the frame."""
    drawn = np.asarray(glyph(ink=ink, paper=paper), float)
    cleaned, changes = INK.clean(noisy(drawn, deviation))
    assert "noise" in changes
    assert difference(cleaned, INK.clean(noisy(drawn, 0))[0]) < 20


@pytest.mark.parametrize("deviation", [25, 50])
def test_strong_noise_is_no_ink(deviation):
    drawn = np.asarray(glyph(), float)
    assert difference(INK.clean(noisy(drawn, deviation))[0], INK.clean(noisy(drawn, 0))[0]) < 20


@pytest.mark.parametrize("deviation", [1, 3])
@pytest.mark.parametrize("shadow", [5, 20, 90])
@pytest.mark.parametrize("ink", [30, 150])
def test_ink_stays_where_paper_lies_in_shadow(deviation, shadow, ink):
    drawn = np.asarray(glyph(ink=ink, paper=230), float)
    cleaned, _ = INK.clean(noisy(drawn - np.linspace(0, shadow, drawn.shape[1]), deviation))
    assert vision.size(cleaned) > 40


def test_ink_stays_that_covers_more_than_half():
    drawn = np.full((40, 40), 20.0)
    drawn[3:-3, 3:-3] = 240
    drawn[18:22, 10:30] = 20
    thick, plain = ((grey(INK.clean(noisy(drawn, deviation))[0]) > 127).sum() for deviation in (3, 0))
    assert thick == pytest.approx(plain, rel=0.1)


def test_what_has_no_noise_is_left_alone(mnist):
    """And what is too small to tell."""
    small = [to_png(picture(content).resize((8, 8))) for content in mnist]
    assert not any("noise" in INK.clean(content)[1] for content in (*mnist, *small))


@settings(max_examples=60, deadline=None)
@given(
    st.tuples(st.integers(12, 120), st.integers(12, 120)),
    st.sampled_from("0123456789"),
    st.sampled_from([(255, 0), (0, 255), (90, 30), (120, 250)]),
    st.sampled_from([16, 28, 56]),
)
def test_framing(shape, text, values, side):
    """The longer side of the ink fills 20 of 28, its centre of mass lies within a pixel of the middle."""
    drawn = glyph(*shape, *values, text)
    values = grey(vision.make_cleaner("mnist", side).clean(file(drawn))[0])
    assert values.shape == (side, side)
    rows, columns = (np.flatnonzero((values > 0).any(axis)) for axis in (1, 0))
    longest = max(np.ptp(rows), np.ptp(columns)) + 1
    assert abs(longest - side * 20 / 28) <= 2  # whole pixels, and an edge may be too faint to be left
    assert all(abs(centre - side / 2) <= 1 for centre in centre_of_mass(values))


def centre_of_mass(values):
    return [float(values.sum(1 - axis) @ np.arange(len(values))) / values.sum() for axis in (0, 1)]


def test_mnist_is_framed_already(mnist):
    """Most digits stay to the bit, the others move by a pixel at most; for none is anything said to be changed."""
    cleaned = [INK.clean(content) for content in mnist]
    assert not any(changes for _, changes in cleaned)
    still = [np.array_equal(grey(content), grey(before)) for (content, _), before in zip(cleaned, mnist, strict=True)]
    assert np.mean(still) > 0.8
    for (content, _), before in zip(cleaned, mnist, strict=True):
        values, old = grey(content), grey(before)
        rows, columns = (np.flatnonzero((values > FAINT * 255).any(axis)) for axis in (1, 0))
        assert max(np.ptp(rows), np.ptp(columns)) + 1 == 20
        moves = [np.roll(old, (down, across), (0, 1)) for down in (-1, 0, 1) for across in (-1, 0, 1)]
        assert min(np.abs(values - moved).mean() for moved in moves) < 0.5
