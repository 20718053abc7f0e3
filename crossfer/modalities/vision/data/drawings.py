"""Drawings and glyphs: light ink on a plain dark ground, framed as the makers of MNIST did (LeCun et al. 1998)."""

from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter, ImageOps

INK_SHARE = 20 / 28  # of the canvas's side: as MNIST's digits fill 20 of 28 pixels
FLAT = 0.25  # share of a drawing, at least, that is plain ground
WITHIN_FLAT = NormalDist().inv_cdf((1 + FLAT) / 2)  # deviations that this share of a normal distribution is within
QUARTILES = 2 * NormalDist().inv_cdf(0.75)  # deviations between them
MEASURABLE = 20  # pixels a side: in a smaller drawing there is too little ground to tell noise from ink
FAINT = 0.05  # of the brightest ink: what is fainter does not count when its edges are looked for


def light_on_dark(grey: Image.Image) -> Image.Image:
    """The drawing, inverted if its edge, taken for the ground, is light; else the drawing itself."""
    return ImageOps.invert(grey) if np.median(_edge(np.asarray(grey))) >= 128 else grey


def on_plain_ground(grey: Image.Image) -> Image.Image:
    """The drawing, light on dark, with nothing but ink where its ground is even but for noise; else the drawing itself.

    Black where a pixel, or the mean of the 3 by 3 about it, is within three deviations of the ground. (Noise that is
    cut off at black looks half as strong as it is; the mean has a third of it.)
    """
    noise, values = _noise(grey), np.asarray(grey).astype(np.int16)
    if not noise:
        return grey
    ground = round(float(np.median(_edge(values))))
    wide = ImageOps.expand(grey, 1, ground).filter(ImageFilter.BoxBlur(1))
    around = np.asarray(wide)[1:-1, 1:-1].astype(np.int16)
    low, high = np.quantile(_edge(around), (0.25, 0.75))
    if high - low > QUARTILES * noise:  # paper in shadow, a photograph: what is ink there, a threshold does not know
        return grey
    ink = (values > ground + 3 * noise) & (around > ground + 3 * noise)
    return Image.fromarray(np.where(ink, values - ground, 0).astype(np.uint8)) if ink.any() else grey


def _noise(grey: Image.Image) -> float:
    """Deviation of the noise in a drawing, from 0 to 255; 0 of one that is too small to tell.

    Values are weighted such that planes and edges come to nothing (Immerkær 1996, doi 10.1006/cviu.1996.0060). His mean
    counts strokes in; what the FLAT part of the picture does not exceed, where that is least, is of the ground alone.
    """
    if min(grey.size) < MEASURABLE:
        return 0.0
    values = np.asarray(grey).astype(np.int16)
    bent = values[:-2] - 2 * values[1:-1] + values[2:]
    bent = bent[:, :-2] - 2 * bent[:, 1:-1] + bent[:, 2:]
    return float(np.quantile(np.abs(bent), FLAT)) / (6 * WITHIN_FLAT)


def _edge(values: NDArray[Any]) -> NDArray[Any]:
    """The outermost values of a picture."""
    return np.concatenate([values[0], values[-1], values[:, 0], values[:, -1]])


def framed(grey: Image.Image, side: int) -> Image.Image:
    """Scale light ink to fill its share of a dark square of `side` pixels, its centre of mass in the middle."""
    grey = ImageOps.autocontrast(grey)
    values = np.asarray(grey)
    strong = values > FAINT * 255
    canvas = Image.new("L", (side, side))
    if not strong.any() or strong.all():
        return canvas
    rows, columns = np.flatnonzero(strong.any(1)), np.flatnonzero(strong.any(0))
    ink = grey.crop((int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1))
    scale = side * INK_SHARE / max(ink.size)
    if scale != 1:
        width, height = (max(1, round(length * scale)) for length in ink.size)
        ink = ink.resize((width, height), Image.Resampling.BICUBIC)
    weights = np.asarray(ink, np.float64)
    centre = [float(weights.sum(across) @ np.arange(length)) / weights.sum() for across, length in enumerate(ink.size)]
    corner = [min(max(round(side / 2 - c), 0), side - length) for c, length in zip(centre, ink.size, strict=True)]
    canvas.paste(ink, (corner[0], corner[1]))
    return canvas
