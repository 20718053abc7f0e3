"""Ways a picture gets disturbed on its way to a model, an attack on the model itself, and pictures of other things."""

import io
import string
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont

from crossfer.artifacts.package_files import find_package_files
from crossfer.modalities.vision.data.images import open_image, to_png

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from transformers import PreTrainedModel

Generator = np.random.Generator
Perturbation = Callable[[Image.Image, float, Generator], Image.Image]

OUTSIDE_OF_A_SORT, OUTSIDE_SIDE = 100, 56  # pictures; pixels
FONTS = ("DejaVuSans-Bold", "DejaVuSerif-Bold", "DejaVuSansMono-Bold")
BUDGETS = (2, 4, 8)  # of 255: the most that a value is changed by


def noise(picture: Image.Image, amount: float, generator: Generator) -> Image.Image:
    """Normal noise on each value; `amount` is its deviation, of the whole range."""
    values = np.asarray(picture, np.float64)
    disturbed = values + generator.normal(0, 255 * amount, values.shape)
    return Image.fromarray(disturbed.round().clip(0, 255).astype(np.uint8))


def blur(picture: Image.Image, amount: float, generator: Generator) -> Image.Image:
    """A Gaussian blur; its radius is that share of the side."""
    return picture.filter(ImageFilter.GaussianBlur(amount * max(picture.size)))


def rotation(picture: Image.Image, amount: float, generator: Generator) -> Image.Image:
    """Turned by so many degrees, clockwise or counterclockwise; what comes in has the colour of the edge."""
    degrees = amount if generator.random() < 0.5 else -amount
    return picture.rotate(degrees, Image.Resampling.BICUBIC, fillcolor=_ground(picture))


def occlusion(picture: Image.Image, amount: float, generator: Generator) -> Image.Image:
    """A square is missing somewhere; its side is that share of the picture's."""
    covered = picture.copy()
    side = round(amount * min(picture.size))
    left, top = (int(generator.integers(0, length - side + 1)) for length in picture.size)
    ImageDraw.Draw(covered).rectangle((left, top, left + side - 1, top + side - 1), fill=_ground(picture))
    return covered


def contrast(picture: Image.Image, amount: float, generator: Generator) -> Image.Image:
    """That share of the contrast is lost."""
    return ImageEnhance.Contrast(picture).enhance(1 - amount)


def jpeg(picture: Image.Image, amount: float, generator: Generator) -> Image.Image:
    """Stored as JPEG; `amount` is how far its quality is below 100."""
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=round(100 - amount))
    return Image.open(file)


def _ground(picture: Image.Image) -> Any:
    """The colour of the upper left corner."""
    return picture.getpixel((0, 0))


def _of_contents(perturbation: Perturbation) -> Callable[[bytes, float, Generator], bytes]:
    """The same of a picture's bytes."""
    return lambda content, amount, generator: to_png(perturbation(open_image(content), amount, generator))


# Of each perturbation, how much is light, medium and heavy.
PERTURBATIONS: Mapping[str, tuple[Callable[[bytes, float, Generator], bytes], tuple[float, float, float]]] = {
    "noise": (_of_contents(noise), (0.05, 0.1, 0.2)),
    "blur": (_of_contents(blur), (0.02, 0.04, 0.08)),
    "rotation": (_of_contents(rotation), (10, 20, 40)),
    "occlusion": (_of_contents(occlusion), (0.15, 0.25, 0.4)),
    "contrast": (_of_contents(contrast), (0.3, 0.6, 0.9)),
    "JPEG": (_of_contents(jpeg), (40, 70, 90)),
}


def out_of_distribution(name: str) -> pd.DataFrame:
    """Return the images `letters_and_photographs`, the only set there is: columns sort, content.

    They are noise, crops of photographs, and letters that look like no digit.
    """
    generator = np.random.default_rng(0)
    sorts = {
        "noise": _all_noise(generator),
        "pieces of photographs": _pieces(generator),
        "letters": _letters(generator),
    }
    rows = [(sort, to_png(next(pictures))) for sort, pictures in sorts.items() for _ in range(OUTSIDE_OF_A_SORT)]
    return pd.DataFrame(rows, columns=["sort", "content"])


def _all_noise(generator: Generator) -> Iterator[Image.Image]:
    """Random values, without end."""
    while True:
        yield Image.fromarray(generator.integers(0, 256, (OUTSIDE_SIDE, OUTSIDE_SIDE), dtype=np.uint8))


def _pieces(generator: Generator) -> Iterator[Image.Image]:
    """Squares of the two photographs that scikit-learn brings, without end."""
    from sklearn.datasets import load_sample_images

    photographs = [Image.fromarray(values) for values in load_sample_images().images]
    while True:
        photograph = photographs[generator.integers(len(photographs))]
        left, top = (int(generator.integers(0, length - OUTSIDE_SIDE + 1)) for length in photograph.size)
        yield photograph.crop((left, top, left + OUTSIDE_SIDE, top + OUTSIDE_SIDE))


def _letters(generator: Generator) -> Iterator[Image.Image]:
    """Capitals in matplotlib's DejaVu fonts, but those that look like digits, without end."""
    files = [file for file in find_package_files("matplotlib", ".ttf") if file.name.startswith(FONTS)]
    fonts = [ImageFont.truetype(file, 40, layout_engine=ImageFont.Layout.BASIC) for file in files]
    letters = [letter for letter in string.ascii_uppercase if letter not in "BGIOQSZ"]
    while True:
        picture = Image.new("L", (OUTSIDE_SIDE, OUTSIDE_SIDE))
        letter, font = letters[generator.integers(len(letters))], fonts[generator.integers(len(fonts))]
        ImageDraw.Draw(picture).text((OUTSIDE_SIDE / 2, OUTSIDE_SIDE / 2), letter, fill=255, font=font, anchor="mm")
        yield picture


def gradient_attacks(
    model: "PreTrainedModel", inputs: "Sequence[NDArray[np.uint8]]", batch_size: int
) -> "dict[str, list[list[NDArray[np.uint8]]]]":
    """The fast gradient sign method (Goodfellow et al. 2015, arXiv 1412.6572), against the model's own guess.

    Each value is changed by the same amount, a BUDGET of 255, whichever sign makes the guess less likely; what is right
    is not needed for it.

    Returns:
        The changed inputs by the attack's name, of each budget.
    """
    import torch
    from torch.nn.functional import cross_entropy

    from crossfer.modalities.vision.model import collate

    changed: list[list[NDArray[np.uint8]]] = [[] for _ in BUDGETS]
    for start in range(0, len(inputs), batch_size):
        some = inputs[start : start + batch_size]
        pixels = collate(model, some)["pixel_values"].to(model.device).requires_grad_()
        scores = model(pixel_values=pixels).logits
        (slopes,) = torch.autograd.grad(cross_entropy(scores, scores.argmax(1)), pixels)
        signs = slopes.sign().flatten(1).to(torch.int16).cpu().numpy()
        for budget, versions in zip(BUDGETS, changed, strict=True):
            moved = np.stack(some).astype(np.int16) + budget * signs
            versions += list(moved.clip(0, 255).astype(np.uint8))
    return {"FGSM": changed}
