"""Tell photographs from drawings: they need different options of preprocess."""

from collections.abc import Sequence
from pathlib import Path
from statistics import median

import numpy as np
from PIL import Image

from crossfer.errors import UserError
from crossfer.modalities.vision.data.images import open_image

SAMPLE = 50  # images
THUMBNAIL = (32, 32)
MIN_COLOUR = 24  # difference of two channels, of 255
MAX_COLOUR_FRACTION = 0.05  # of a drawing's pixels
MIN_PAPER_FRACTION = 0.4  # of a drawing's pixels have almost the same brightness
BRIGHTNESS_BINS = 16
SIZE_STEP, MAX_SIZE = 32, 128  # pixels; larger images cost more time


def photograph_size(files: Sequence[Path]) -> int | None:
    """Return the pixels per side for photographs, or None for drawings.

    Unreadable images do not count: `crossfer check` lists them.
    """
    sides, photographs = [], 0
    for file in files[:: -(-len(files) // SAMPLE)]:
        try:
            image = open_image(file.read_bytes())
        except (UserError, OSError):
            continue
        sides.append(max(image.size))
        photographs += _is_photograph(image)
    if photographs <= len(sides) / 2:
        return None
    return min(MAX_SIZE, SIZE_STEP * max(1, round(median(sides) / SIZE_STEP)))


def _is_photograph(image: Image.Image) -> bool:
    """Return whether an image has colours, or no uniform background."""
    pixels = np.asarray(image.convert("RGBA").convert("RGB").resize(THUMBNAIL, Image.Resampling.BOX), np.int16)
    colour = (pixels.max(axis=-1) - pixels.min(axis=-1) >= MIN_COLOUR).mean()
    paper = np.histogram(pixels.mean(axis=-1), BRIGHTNESS_BINS, (0, 256))[0].max() / (THUMBNAIL[0] * THUMBNAIL[1])
    return bool(colour > MAX_COLOUR_FRACTION or paper < MIN_PAPER_FRACTION)
