"""Perturb images, attack them with FGSM, and draw out-of-distribution images."""

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

IMAGES_PER_CATEGORY, IMAGE_SIDE = 100, 56  # out-of-distribution images; pixels
FONTS = ("DejaVuSans-Bold", "DejaVuSerif-Bold", "DejaVuSansMono-Bold")
LETTERS = [letter for letter in string.ascii_uppercase if letter not in "BGIOQSZ"]  # the others look like digits
FGSM_EPSILONS = (2, 4, 8)  # of 255: change of each value at light, medium and heavy severity


def add_noise(image: Image.Image, deviation: float, generator: Generator) -> Image.Image:
    """Add Gaussian noise to each value; `deviation` is a fraction of the value range."""
    values = np.asarray(image, np.float64)
    noisy_values = values + generator.normal(0, 255 * deviation, values.shape)
    return Image.fromarray(noisy_values.round().clip(0, 255).astype(np.uint8))


def blur(image: Image.Image, radius: float, generator: Generator) -> Image.Image:
    """Apply a Gaussian blur; `radius` is a fraction of the longer side."""
    return image.filter(ImageFilter.GaussianBlur(radius * max(image.size)))


def rotate(image: Image.Image, degrees: float, generator: Generator) -> Image.Image:
    """Rotate clockwise or counterclockwise, at random."""
    angle = degrees if generator.random() < 0.5 else -degrees
    return image.rotate(angle, Image.Resampling.BICUBIC, fillcolor=_corner_colour(image))


def occlude(image: Image.Image, side_fraction: float, generator: Generator) -> Image.Image:
    """Cover a square at a random place.

    Its side is a fraction of the image's shorter side.
    """
    covered_image = image.copy()
    side = round(side_fraction * min(image.size))
    x, y = (int(generator.integers(0, length - side + 1)) for length in image.size)
    ImageDraw.Draw(covered_image).rectangle((x, y, x + side - 1, y + side - 1), fill=_corner_colour(image))
    return covered_image


def reduce_contrast(image: Image.Image, fraction: float, generator: Generator) -> Image.Image:
    """Remove a fraction of the contrast."""
    return ImageEnhance.Contrast(image).enhance(1 - fraction)


def compress_jpeg(image: Image.Image, loss: float, generator: Generator) -> Image.Image:
    """Compress as JPEG with quality 100 - `loss`."""
    file = io.BytesIO()
    image.save(file, "JPEG", quality=round(100 - loss))
    return Image.open(file)


def _corner_colour(image: Image.Image) -> Any:
    return image.getpixel((0, 0))


def _on_files(
    perturb: Callable[[Image.Image, float, Generator], Image.Image],
) -> Callable[[bytes, float, Generator], bytes]:
    """Return the perturbation of image files."""
    return lambda content, amount, generator: to_png(perturb(open_image(content), amount, generator))


# The names seed the random numbers.
PERTURBATIONS: Mapping[str, tuple[Callable[[bytes, float, Generator], bytes], tuple[float, float, float]]] = {
    "noise": (_on_files(add_noise), (0.05, 0.1, 0.2)),
    "blur": (_on_files(blur), (0.02, 0.04, 0.08)),
    "rotation": (_on_files(rotate), (10, 20, 40)),
    "occlusion": (_on_files(occlude), (0.15, 0.25, 0.4)),
    "contrast": (_on_files(reduce_contrast), (0.3, 0.6, 0.9)),
    "JPEG": (_on_files(compress_jpeg), (40, 70, 90)),
}


def out_of_distribution(name: str) -> pd.DataFrame:
    """Return noise, photograph crops and letters, the only set of images.

    Columns category, content.
    """
    generator = np.random.default_rng(0)
    categories = {
        "noise": _noise_images(generator),
        "photograph crops": _photograph_crops(generator),
        "letters": _letter_images(generator),
    }
    rows = [
        (category, to_png(next(images))) for category, images in categories.items() for _ in range(IMAGES_PER_CATEGORY)
    ]
    return pd.DataFrame(rows, columns=["category", "content"])


def _noise_images(generator: Generator) -> Iterator[Image.Image]:
    while True:
        yield Image.fromarray(generator.integers(0, 256, (IMAGE_SIDE, IMAGE_SIDE), dtype=np.uint8))


def _photograph_crops(generator: Generator) -> Iterator[Image.Image]:
    """Yield squares of scikit-learn's two sample photographs."""
    from sklearn.datasets import load_sample_images

    photographs = [Image.fromarray(values) for values in load_sample_images().images]
    while True:
        photograph = photographs[generator.integers(len(photographs))]
        x, y = (int(generator.integers(0, length - IMAGE_SIDE + 1)) for length in photograph.size)
        yield photograph.crop((x, y, x + IMAGE_SIDE, y + IMAGE_SIDE))


def _letter_images(generator: Generator) -> Iterator[Image.Image]:
    """Yield capital letters in matplotlib's DejaVu fonts."""
    files = [file for file in find_package_files("matplotlib", ".ttf") if file.name.startswith(FONTS)]
    fonts = [ImageFont.truetype(file, 40, layout_engine=ImageFont.Layout.BASIC) for file in files]
    middle = (IMAGE_SIDE / 2, IMAGE_SIDE / 2)
    while True:
        image = Image.new("L", (IMAGE_SIDE, IMAGE_SIDE))
        letter, font = LETTERS[generator.integers(len(LETTERS))], fonts[generator.integers(len(fonts))]
        ImageDraw.Draw(image).text(middle, letter, fill=255, font=font, anchor="mm")
        yield image


def gradient_attacks(
    model: "PreTrainedModel", inputs: "Sequence[NDArray[np.uint8]]", batch_size: int
) -> "dict[str, list[list[NDArray[np.uint8]]]]":
    """Return the inputs changed by FGSM, one list per epsilon.

    The attack makes the model's own prediction less likely, so it needs no labels (Goodfellow et al. 2015, arXiv
    1412.6572).
    """
    import torch
    from torch.nn.functional import cross_entropy

    from crossfer.modalities.vision.model import collate

    attacked_inputs: list[list[NDArray[np.uint8]]] = [[] for _ in FGSM_EPSILONS]
    for start in range(0, len(inputs), batch_size):
        batch = inputs[start : start + batch_size]
        pixels = collate(model, batch)["pixel_values"].to(model.device).requires_grad_()
        logits = model(pixel_values=pixels).logits
        (gradients,) = torch.autograd.grad(cross_entropy(logits, logits.argmax(1)), pixels)
        gradient_signs = gradients.sign().flatten(1).to(torch.int16).cpu().numpy()
        for epsilon, versions in zip(FGSM_EPSILONS, attacked_inputs, strict=True):
            changed_values = np.stack(batch).astype(np.int16) + epsilon * gradient_signs
            versions += list(changed_values.clip(0, 255).astype(np.uint8))
    return {"FGSM": attacked_inputs}
