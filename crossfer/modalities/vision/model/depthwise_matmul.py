"""Depthwise convolutions of small maps, as products of small matrices.

On a map of 2 by 2 or 3 by 3 pixels, which the last blocks of a network have, torch's own take a hundred times as long
backwards on a CPU as their operations would need (docs/performance.md has the figures). For each channel such a
convolution is a matrix that takes the pixels of the input to those of the output; the results differ in the last bits.
"""

from functools import lru_cache
from typing import Any

import torch
from torch import nn

LARGEST = 36 * 36  # pixels of the input times pixels of the output, up to which the matrices are the faster way


def patch_depthwise_convolutions(model: nn.Module) -> None:
    """Let the model's depthwise convolutions do so, in place, where they are given small maps on a CPU.

    Its weights stay as they are, and where they are.
    """
    for module in model.modules():
        if isinstance(module, nn.Conv2d) and _is_depthwise(module):
            _patch(module)


def unpatch_depthwise_convolutions(model: nn.Module) -> None:
    """Undo `patch_depthwise_convolutions`, in place: for a graph, whose batches are of any size."""
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            vars(module).pop("forward", None)


def _is_depthwise(conv: nn.Conv2d) -> bool:
    """Each channel is convolved by itself, over a border of noughts."""
    alone = conv.groups == conv.in_channels == conv.out_channels > 1
    return alone and conv.padding_mode == "zeros" and not isinstance(conv.padding, str)


def _patch(conv: nn.Conv2d) -> None:
    """Let this convolution do so."""
    usual = conv.forward

    def forward(maps: torch.Tensor) -> torch.Tensor:
        height, width = maps.shape[-2:]
        if maps.device.type != "cpu" or height * width > LARGEST:
            return usual(maps)
        taps, down, across = _taps(height, width, conv.kernel_size, conv.stride, conv.padding, conv.dilation)
        if not 0 < taps.numel() <= LARGEST:
            return usual(maps)
        kernels = nn.functional.pad(conv.weight.flatten(1), (0, 1))  # a last tap of nought, for pixels out of reach
        matrices = kernels[:, taps]  # (channels, input pixels, output pixels)
        channels_first = maps.flatten(2).permute(1, 0, 2).contiguous()  # (channels, rows, input pixels)
        found: torch.Tensor = _Product.apply(channels_first, matrices)  # type: ignore[no-untyped-call]
        answer = found.permute(1, 0, 2).reshape(len(maps), -1, down, across)
        if conv.bias is not None:
            answer = answer + conv.bias[:, None, None]
        return answer.contiguous(memory_format=torch.channels_last)

    conv.forward = forward  # type: ignore[method-assign, assignment]


class _Product(torch.autograd.Function):
    """Products of many matrices. Torch multiplies them one by one if the gradient that comes back is strided."""

    @staticmethod
    def forward(ctx: Any, ones: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
        """`ones` (products, rows, inner) times `others` (products, inner, columns)."""
        ctx.save_for_backward(ones, others)
        return torch.bmm(ones, others)

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Gradients of both."""
        ones, others = ctx.saved_tensors
        whole = gradient.contiguous()
        return torch.bmm(whole, others.transpose(1, 2)), torch.bmm(ones.transpose(1, 2), whole)


@lru_cache(maxsize=256)
@torch.inference_mode(False)  # what is kept is for training too
def _taps(
    height: int,
    width: int,
    kernel: tuple[int, int],
    stride: tuple[int, int],
    padding: tuple[int, int],
    dilation: tuple[int, int],
) -> tuple[torch.Tensor, int, int]:
    """Which tap of the kernel leads from each input pixel to each output pixel; the number after the last for none.

    Returns:
        Numbers (input pixels, output pixels); and the output's height and width.
    """
    ways, sizes = [], []
    for size, length, step, border, apart in zip((height, width), kernel, stride, padding, dilation, strict=True):
        positions = torch.arange(0, max(0, size + 2 * border - apart * (length - 1)), step)  # of the kernel's first tap
        offset = torch.arange(size)[:, None] + border - positions[None, :]
        fits = (offset % apart == 0) & (offset >= 0) & (offset < apart * length)
        ways.append(torch.where(fits, offset // apart, -1))
        sizes.append(len(positions))
    down, across = ways
    both = down[:, None, :, None] * kernel[1] + across[None, :, None, :]
    reached = (down >= 0)[:, None, :, None] & (across >= 0)[None, :, None, :]
    taps = torch.where(reached, both, kernel[0] * kernel[1])
    return taps.reshape(height * width, sizes[0] * sizes[1]), sizes[0], sizes[1]
