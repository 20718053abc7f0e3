"""Compute depthwise convolutions of small maps as batched matrix products.

The last blocks of a network have maps of 2 by 2 or 3 by 3 pixels. On a CPU, the backward pass of torch's convolutions
then takes a hundred times as long as its operations need (docs/performance.md). Such a convolution is one matrix per
channel, from input pixels to output pixels. The results differ in the last bits.
"""

from functools import lru_cache
from typing import Any

import torch
from torch import nn

MAX_MATRIX = 36 * 36  # input pixels times output pixels, up to which matrices are faster


def patch_depthwise_convolutions(model: nn.Module) -> None:
    """Let depthwise convolutions use matrices for small maps on a CPU, in place."""
    for module in model.modules():
        if isinstance(module, nn.Conv2d) and _is_depthwise(module):
            _patch(module)


def unpatch_depthwise_convolutions(model: nn.Module) -> None:
    """Undo `patch_depthwise_convolutions`: a graph needs one operation for all sizes."""
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            vars(module).pop("forward", None)


def _is_depthwise(conv: nn.Conv2d) -> bool:
    """Return whether each channel has its own kernel, with explicit zero padding."""
    has_own_kernels = conv.groups == conv.in_channels == conv.out_channels > 1
    return has_own_kernels and conv.padding_mode == "zeros" and not isinstance(conv.padding, str)


def _patch(conv: nn.Conv2d) -> None:
    convolve = conv.forward

    def forward(maps: torch.Tensor) -> torch.Tensor:
        height, width = maps.shape[-2:]
        if maps.device.type != "cpu" or height * width > MAX_MATRIX:
            return convolve(maps)
        taps, out_height, out_width = _find_taps(
            height, width, conv.kernel_size, conv.stride, conv.padding, conv.dilation
        )
        if not 0 < taps.numel() <= MAX_MATRIX:
            return convolve(maps)
        kernels = nn.functional.pad(conv.weight.flatten(1), (0, 1))  # a zero tap for pixels out of reach
        matrices = kernels[:, taps]  # (channels, input pixels, output pixels)
        channels_first = maps.flatten(2).permute(1, 0, 2).contiguous()  # (channels, rows, input pixels)
        product: torch.Tensor = _Product.apply(channels_first, matrices)  # type: ignore[no-untyped-call]
        output = product.permute(1, 0, 2).reshape(len(maps), -1, out_height, out_width)
        if conv.bias is not None:
            output = output + conv.bias[:, None, None]
        return output.contiguous(memory_format=torch.channels_last)

    conv.forward = forward  # type: ignore[method-assign, assignment]


class _Product(torch.autograd.Function):
    """A batched product with a contiguous gradient; torch is slow with strided ones."""

    @staticmethod
    def forward(ctx: Any, left_factor: torch.Tensor, right_factor: torch.Tensor) -> torch.Tensor:
        """Multiply (products, rows, inner) by (products, inner, columns)."""
        ctx.save_for_backward(left_factor, right_factor)
        return torch.bmm(left_factor, right_factor)

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the gradients of both factors."""
        left_factor, right_factor = ctx.saved_tensors
        gradient = gradient.contiguous()
        return torch.bmm(gradient, right_factor.transpose(1, 2)), torch.bmm(left_factor.transpose(1, 2), gradient)


@lru_cache(maxsize=256)
@torch.inference_mode(False)  # a cached tensor is used in training too
def _find_taps(
    height: int,
    width: int,
    kernel: tuple[int, int],
    stride: tuple[int, int],
    padding: tuple[int, int],
    dilation: tuple[int, int],
) -> tuple[torch.Tensor, int, int]:
    """Return which tap of the kernel connects each input pixel to each output pixel.

    Returns:
        Numbers (input pixels, output pixels), where the number after the last tap means none; the output's height and
        width.
    """
    axes, sizes = [], []
    for size, length, step, border, spacing in zip((height, width), kernel, stride, padding, dilation, strict=True):
        first_taps = torch.arange(0, max(0, size + 2 * border - spacing * (length - 1)), step)
        offset = torch.arange(size)[:, None] + border - first_taps[None, :]
        is_tap = (offset % spacing == 0) & (offset >= 0) & (offset < spacing * length)
        axes.append(torch.where(is_tap, offset // spacing, -1))
        sizes.append(len(first_taps))
    row_taps, column_taps = axes[0][:, None, :, None], axes[1][None, :, None, :]
    taps = torch.where((row_taps >= 0) & (column_taps >= 0), row_taps * kernel[1] + column_taps, kernel[0] * kernel[1])
    return taps.reshape(height * width, sizes[0] * sizes[1]), sizes[0], sizes[1]
