"""Normalize drawings and glyphs to light ink on black, framed like MNIST.

MNIST: LeCun et al. 1998.
"""

from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter, ImageOps

INK_FRACTION = 20 / 28  # of the canvas's side
BACKGROUND_FRACTION = 0.25  # minimum part of a drawing that is background
# Deviations on both sides of the mean that contain this part of a normal distribution.
BACKGROUND_DEVIATIONS = NormalDist().inv_cdf((1 + BACKGROUND_FRACTION) / 2)
QUARTILE_DEVIATIONS = 2 * NormalDist().inv_cdf(0.75)  # between the quartiles of a normal distribution
MIN_DENOISED_SIDE = 20  # pixels; smaller drawings have too little background to estimate noise
MIN_EDGE_BRIGHTNESS = 0.05  # of the brightest ink; fainter ink does not count for the frame


def invert_dark_ink(drawing: Image.Image) -> Image.Image:
    """Return the drawing inverted if its border is light; otherwise the same object."""
    return ImageOps.invert(drawing) if np.median(_border_values(np.asarray(drawing))) >= 128 else drawing


def remove_noise(drawing: Image.Image) -> Image.Image:
    """Make the noisy background of a drawing with light ink black.

    Return the same object if the background is uneven or has no noise.

    A pixel becomes black if it, or the mean of the 3 by 3 pixels around it, is within three deviations of the
    background. The mean has a third of the noise; noise clipped at black looks half as strong as it is.
    """
    deviation, values = _noise_deviation(drawing), np.asarray(drawing).astype(np.int16)
    if not deviation:
        return drawing
    background = round(float(np.median(_border_values(values))))
    padded_drawing = ImageOps.expand(drawing, 1, background).filter(ImageFilter.BoxBlur(1))
    means = np.asarray(padded_drawing)[1:-1, 1:-1].astype(np.int16)
    low, high = np.quantile(_border_values(means), (0.25, 0.75))
    if high - low > QUARTILE_DEVIATIONS * deviation:  # paper in shadow, a photograph: no threshold separates ink
        return drawing
    ink = np.minimum(values, means) > background + 3 * deviation
    return Image.fromarray(np.where(ink, values - background, 0).astype(np.uint8)) if ink.any() else drawing


def _noise_deviation(drawing: Image.Image) -> float:
    """Return the standard deviation of the noise (0 to 255); 0 for a small drawing.

    Immerkær's mask (1996, doi 10.1006/cviu.1996.0060) removes planes and edges. The mean of the residuals would include
    strokes; a low quantile is of the background alone.
    """
    if min(drawing.size) < MIN_DENOISED_SIDE:
        return 0.0
    values = np.asarray(drawing).astype(np.int16)
    residuals = values[:-2] - 2 * values[1:-1] + values[2:]
    residuals = residuals[:, :-2] - 2 * residuals[:, 1:-1] + residuals[:, 2:]
    return float(np.quantile(np.abs(residuals), BACKGROUND_FRACTION)) / (6 * BACKGROUND_DEVIATIONS)


def _border_values(values: NDArray[Any]) -> NDArray[Any]:
    """Return the outermost values."""
    return np.concatenate([values[0], values[-1], values[:, 0], values[:, -1]])


def frame_ink(drawing: Image.Image, side: int) -> Image.Image:
    """Scale light ink to INK_FRACTION of a black square, and centre its mass."""
    drawing = ImageOps.autocontrast(drawing)
    bright_pixels = np.asarray(drawing) > MIN_EDGE_BRIGHTNESS * 255
    canvas = Image.new("L", (side, side))
    if not bright_pixels.any() or bright_pixels.all():
        return canvas
    rows, columns = np.flatnonzero(bright_pixels.any(1)), np.flatnonzero(bright_pixels.any(0))
    ink = drawing.crop((int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1))
    scale = side * INK_FRACTION / max(ink.size)
    if scale != 1:
        width, height = (max(1, round(length * scale)) for length in ink.size)
        ink = ink.resize((width, height), Image.Resampling.BICUBIC)
    weights = np.asarray(ink, np.float64)
    centre = [float(weights.sum(axis) @ np.arange(length)) / weights.sum() for axis, length in enumerate(ink.size)]
    corner = [min(max(round(side / 2 - c), 0), side - length) for c, length in zip(centre, ink.size, strict=True)]
    canvas.paste(ink, (corner[0], corner[1]))
    return canvas
