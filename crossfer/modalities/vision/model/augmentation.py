"""Variations of training pictures that imitate other pens, scanners and printers, by torch's random numbers.

What separates one kind of digits from another is mostly known without seeing it: slant and proportions, the width of
the stroke, contrast, and how many pixels a scanner leaves. A network that has met all of these in training on one
domain knows fewer ways to be surprised (domain randomisation, Tobin et al. 2017).
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

GRAIN = 5  # places a side that are moved by themselves in a warp
GROUPS = 8  # of pictures in a batch that lose resolution, each to its own number of pixels, or have noise of one grain


@dataclass(frozen=True)
class Augmentation:
    """How far a picture is varied, at most; each picture otherwise.

    Attributes:
        rotation: degrees, either way.
        shear: slant, as a share of the height, either way.
        scale: natural logarithm of the factor, either way.
        aspect: natural logarithm of width by height, either way.
        translation: share of the side, either way.
        elastic: deviation of an elastic distortion, in halves of the side.
        stroke_width: pixels on each side of a stroke, of a picture of 28, thicker or thinner.
        contrast: the factor, from 1 up.
        low_resolution_fraction: share of the pictures that lose resolution.
        min_resolution: pixels a side that are left, at least, of such a picture; and grains a side of noise.
        gaussian_noise: deviation of the noise, of the whole range.
    """

    rotation: float
    shear: float
    scale: float
    aspect: float
    translation: float
    elastic: float
    stroke_width: float
    contrast: float
    low_resolution_fraction: float
    min_resolution: int
    gaussian_noise: float

    def __call__(self, pixels: Tensor) -> Tensor:
        """Vary pictures (rows, channels, side, side) of numbers from 0 to 1, light on dark."""
        return self._noise(self._coarse(self._contrast(self._stroke(self._geometry(pixels)))))

    def _geometry(self, pixels: Tensor) -> Tensor:
        """Turn, slant, scale, stretch, shift and warp."""
        rows, side = len(pixels), pixels.shape[-1]
        angle, shear = _within(rows, math.radians(self.rotation)), _within(rows, self.shear)
        scale, aspect = _within(rows, self.scale).exp(), _within(rows, self.aspect).exp()
        across, down = 1 / (scale * aspect.sqrt()), aspect.sqrt() / scale
        cosine, sine = angle.cos(), angle.sin()
        first = torch.stack([across * cosine, across * (shear * cosine - sine), 2 * _within(rows, self.translation)], 1)
        second = torch.stack([down * sine, down * (shear * sine + cosine), 2 * _within(rows, self.translation)], 1)
        grid = functional.affine_grid(torch.stack([first, second], 1), [rows, 1, side, side], align_corners=False)
        bumps = torch.randn(rows, 2, GRAIN, GRAIN) * self.elastic
        smooth = functional.interpolate(bumps, size=(side, side), mode="bicubic", align_corners=False)
        return functional.grid_sample(pixels, grid + smooth.permute(0, 2, 3, 1), align_corners=False)

    def _stroke(self, pixels: Tensor) -> Tensor:
        """Blend towards thicker strokes (the lightest pixel around each), or towards thinner ones (the darkest)."""
        reach = self.stroke_width * pixels.shape[-1] / 28
        amount = _within(len(pixels), 1.0)[:, None, None, None]
        thick, thin = _lightest(pixels, round(reach)), -_lightest(-pixels, round(reach / 2))
        return torch.where(amount > 0, pixels.lerp(thick, amount), pixels.lerp(thin, -0.7 * amount))

    def _contrast(self, pixels: Tensor) -> Tensor:
        """Spread values about a middle one, so that soft edges become hard."""
        factor = torch.empty(len(pixels)).uniform_(0, math.log(self.contrast)).exp()[:, None, None, None]
        middle = torch.empty(len(pixels)).uniform_(0.35, 0.6)[:, None, None, None]
        return ((pixels - middle) * factor + middle).clamp(0, 1)

    def _coarse(self, pixels: Tensor) -> Tensor:
        """Take some pictures down to fewer pixels, and up again."""
        side = pixels.shape[-1]
        varied = pixels.clone()
        chosen = torch.randperm(len(pixels))[: int(len(pixels) * self.low_resolution_fraction)]
        for group in chosen.chunk(GROUPS):
            left = int(torch.randint(min(self.min_resolution, side), side + 1, ()))
            mode = "bicubic" if torch.rand(()) < 0.5 else "bilinear"
            small = functional.adaptive_avg_pool2d(pixels[group], left)
            varied[group] = functional.interpolate(small, size=(side, side), mode=mode, align_corners=False).clamp(0, 1)
        return varied

    def _noise(self, pixels: Tensor) -> Tensor:
        """Add normal noise, fine or coarse: a sensor's, or one that was there before the picture was made larger."""
        if not self.gaussian_noise:
            return pixels
        varied, side = pixels.clone(), pixels.shape[-1]
        for group in torch.randperm(len(pixels)).chunk(GROUPS):
            grains = int(torch.randint(min(self.min_resolution, side), side + 1, ()))
            grain = torch.randn(len(group), 1, grains, grains)
            spread = functional.interpolate(grain, size=(side, side), mode="bicubic", align_corners=False)
            deviation = torch.empty(len(group), 1, 1, 1).uniform_(0, self.gaussian_noise)
            varied[group] = (pixels[group] + deviation * spread).clamp(0, 1)
        return varied


def _within(rows: int, most: float) -> Tensor:
    """A number for each row, evenly from -most to most."""
    return torch.empty(rows).uniform_(-most, most)


def _lightest(pixels: Tensor, reach: int) -> Tensor:
    """The lightest pixel of each pixel's surroundings, `reach` pixels to each side: of columns, then of rows."""
    tall = functional.max_pool2d(pixels, (2 * reach + 1, 1), stride=1, padding=(reach, 0))
    return functional.max_pool2d(tall, (1, 2 * reach + 1), stride=1, padding=(0, reach))
