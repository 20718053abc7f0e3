"""A depthwise convolution as matrices gives what torch's own gives: answers and gradients."""

import copy

import pytest
import torch
from torch import nn

from crossfer.modalities.vision.model import depthwise_matmul


def both(conv, height, width, rows=3):
    """Outputs and gradients of a convolution, and of the same done by matrices."""
    patched = copy.deepcopy(conv)
    depthwise_matmul.patch_depthwise_convolutions(patched)
    found = []
    for one in (conv, patched):
        maps = torch.arange(rows * conv.in_channels * height * width).reshape(rows, -1, height, width).sin()
        maps.requires_grad_(True)
        answer = one(maps)
        (answer * answer.detach().cos()).sum().backward()
        found.append([answer.detach(), maps.grad, *(parameter.grad for parameter in one.parameters())])
    return found


@pytest.mark.parametrize("size", [(2, 2), (3, 3), (1, 4), (6, 6)])
@pytest.mark.parametrize(
    "options",
    [
        {"kernel_size": 5, "padding": 2},
        {"kernel_size": 3, "padding": 1, "bias": False},
        {"kernel_size": 3, "padding": 1, "stride": 2},
        {"kernel_size": (1, 3), "padding": (0, 1)},
        {"kernel_size": 3, "padding": 2, "dilation": 2},
        {"kernel_size": 3, "padding": (1, 3), "stride": (2, 1), "dilation": (1, 2)},
    ],
)
def test_answers_and_gradients_are_torchs(size, options):
    torch.manual_seed(0)
    usual, matrices = both(nn.Conv2d(8, 8, groups=8, **options), *size)
    for one, other in zip(usual, matrices, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-5)


def test_what_was_scored_can_be_trained():
    conv = nn.Conv2d(4, 4, 3, padding=1, groups=4)
    depthwise_matmul.patch_depthwise_convolutions(conv)
    depthwise_matmul._find_taps.cache_clear()
    with torch.inference_mode():
        conv(torch.ones(1, 4, 2, 2))
    conv(torch.ones(1, 4, 2, 2)).sum().backward()
    assert conv.weight.grad is not None


def multiplies(conv, height, width):
    """Whether the convolution is done by matrices there."""
    depthwise_matmul.patch_depthwise_convolutions(conv)
    with torch.profiler.profile() as seen, torch.no_grad():
        conv(torch.ones(2, conv.in_channels, height, width))
    names = {event.key for event in seen.key_averages()}
    return bool(names & {"aten::bmm", "aten::baddbmm"})


def test_small_maps_alone():
    assert multiplies(nn.Conv2d(4, 4, 3, padding=1, groups=4), 3, 3)
    assert not multiplies(nn.Conv2d(4, 4, 3, padding=1, groups=4), 12, 12)


def test_depthwise_ones_alone():
    assert not multiplies(nn.Conv2d(4, 4, 3, padding=1), 3, 3)
    assert not multiplies(nn.Conv2d(4, 8, 3, padding=1, groups=4), 3, 3)
    assert not multiplies(nn.Conv2d(4, 4, 3, padding=1, groups=4, padding_mode="reflect"), 3, 3)
    assert not multiplies(nn.Conv2d(4, 4, 3, padding="same", groups=4), 3, 3)


def test_a_kernel_that_finds_no_place_is_refused_by_torch_itself():
    conv = nn.Conv2d(4, 4, 5, groups=4)
    depthwise_matmul.patch_depthwise_convolutions(conv)
    with pytest.raises(RuntimeError, match="Kernel size"):
        conv(torch.ones(1, 4, 2, 2))
