"""Augment images as other pens, scanners and printers would change them.

Styles of digits differ mainly in slant and proportions, stroke width, contrast and resolution. A network that was
trained on random variations of these transfers better (domain randomization, Tobin et al. 2017, arXiv 1703.06907).
"""

import math

import torch
from torch import Tensor
from torch.nn import functional

from crossfer.config.finetune_options import Augment

ELASTIC_POINTS = 5  # per side, which an elastic distortion moves independently
GROUPS = 8  # of images in a batch, each with its own random resolution


def augment(pixels: Tensor, options: Augment) -> Tensor:
    """Augment (rows, channels, side, side) from 0 to 1, light strokes on dark."""
    for change in (_transform, _change_stroke_width, _change_contrast, _lower_resolution, _add_noise):
        pixels = change(pixels, options)
    return pixels


def _transform(pixels: Tensor, options: Augment) -> Tensor:
    """Rotate, shear, scale, stretch, translate and distort."""
    rows, side = len(pixels), pixels.shape[-1]
    angle, shear = _uniform(rows, math.radians(options.rotation)), _uniform(rows, options.shear)
    scale, aspect = _uniform(rows, options.scale).exp(), _uniform(rows, options.aspect).exp()
    x_factor, y_factor = 1 / (scale * aspect.sqrt()), aspect.sqrt() / scale
    cosine, sine = angle.cos(), angle.sin()
    x = torch.stack([x_factor * cosine, x_factor * (shear * cosine - sine), 2 * _uniform(rows, options.translation)], 1)
    y = torch.stack([y_factor * sine, y_factor * (shear * sine + cosine), 2 * _uniform(rows, options.translation)], 1)
    grid = functional.affine_grid(torch.stack([x, y], 1), [rows, 1, side, side], align_corners=False)
    points = torch.randn(rows, 2, ELASTIC_POINTS, ELASTIC_POINTS) * options.elastic
    shifts = functional.interpolate(points, size=(side, side), mode="bicubic", align_corners=False)
    return functional.grid_sample(pixels, grid + shifts.permute(0, 2, 3, 1), align_corners=False)


def _change_stroke_width(pixels: Tensor, options: Augment) -> Tensor:
    """Blend with a dilation or an erosion; the option is in pixels of 28."""
    radius = options.stroke_width * pixels.shape[-1] / 28
    amount = _uniform(len(pixels), 1.0)[:, None, None, None]
    thick, thin = _dilate(pixels, round(radius)), -_dilate(-pixels, round(radius / 2))
    return torch.where(amount > 0, pixels.lerp(thick, amount), pixels.lerp(thin, -0.7 * amount))


def _change_contrast(pixels: Tensor, options: Augment) -> Tensor:
    """Multiply the distance from a random middle, which hardens soft edges."""
    factor = torch.empty(len(pixels)).uniform_(0, math.log(options.contrast)).exp()[:, None, None, None]
    middle = torch.empty(len(pixels)).uniform_(0.35, 0.6)[:, None, None, None]
    return ((pixels - middle) * factor + middle).clamp(0, 1)


def _lower_resolution(pixels: Tensor, options: Augment) -> Tensor:
    """Scale a fraction of the images down and up again."""
    augmented, side = pixels.clone(), pixels.shape[-1]
    rows = torch.randperm(len(pixels))[: int(len(pixels) * options.low_resolution_fraction)]
    for group in rows.chunk(GROUPS):
        resolution = int(torch.randint(min(options.min_resolution, side), side + 1, ()))
        mode = "bicubic" if torch.rand(()) < 0.5 else "bilinear"
        reduced_pixels = functional.adaptive_avg_pool2d(pixels[group], resolution)
        enlarged_pixels = functional.interpolate(reduced_pixels, size=(side, side), mode=mode, align_corners=False)
        augmented[group] = enlarged_pixels.clamp(0, 1)
    return augmented


def _add_noise(pixels: Tensor, options: Augment) -> Tensor:
    """Add Gaussian noise of a random resolution, as of sensors and enlarged images."""
    if not options.gaussian_noise:
        return pixels
    augmented, side = pixels.clone(), pixels.shape[-1]
    for group in torch.randperm(len(pixels)).chunk(GROUPS):
        resolution = int(torch.randint(min(options.min_resolution, side), side + 1, ()))
        grain = torch.randn(len(group), 1, resolution, resolution)
        noise = functional.interpolate(grain, size=(side, side), mode="bicubic", align_corners=False)
        std = torch.empty(len(group), 1, 1, 1).uniform_(0, options.gaussian_noise)
        augmented[group] = (pixels[group] + std * noise).clamp(0, 1)
    return augmented


def _uniform(rows: int, limit: float) -> Tensor:
    """Return a random number per row, uniform from -limit to limit."""
    return torch.empty(rows).uniform_(-limit, limit)


def _dilate(pixels: Tensor, radius: int) -> Tensor:
    """Return the maximum of the square around each pixel."""
    columns = functional.max_pool2d(pixels, (2 * radius + 1, 1), stride=1, padding=(radius, 0))
    return functional.max_pool2d(columns, (1, 2 * radius + 1), stride=1, padding=(0, radius))
