"""Depthwise convolutions by matrix products equal torch's own."""

import copy

import pytest
import torch
from torch import nn

from crossfer.modalities.vision.model import depthwise_matmul


def run_both(conv, height, width, rows=3):
    """Return outputs and gradients of a convolution and of its patched copy."""
    patched = copy.deepcopy(conv)
    depthwise_matmul.patch_depthwise_convolutions(patched)
    results = []
    for module in (conv, patched):
        maps = torch.arange(rows * conv.in_channels * height * width).reshape(rows, -1, height, width).sin()
        maps.requires_grad_(True)
        output = module(maps)
        (output * output.detach().cos()).sum().backward()
        results.append([output.detach(), maps.grad, *(parameter.grad for parameter in module.parameters())])
    return results


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
def test_outputs_and_gradients_are_those_of_torch(size, options):
    torch.manual_seed(0)
    expected, matrices = run_both(nn.Conv2d(8, 8, groups=8, **options), *size)
    for tensor, expected_tensor in zip(matrices, expected, strict=True):
        torch.testing.assert_close(tensor, expected_tensor, rtol=1e-5, atol=1e-5)


def test_training_works_after_inference():
    conv = nn.Conv2d(4, 4, 3, padding=1, groups=4)
    depthwise_matmul.patch_depthwise_convolutions(conv)
    depthwise_matmul._find_taps.cache_clear()
    with torch.inference_mode():
        conv(torch.ones(1, 4, 2, 2))
    conv(torch.ones(1, 4, 2, 2)).sum().backward()
    assert conv.weight.grad is not None


def uses_matrices(conv, height, width):
    """Return whether a convolution of maps of this size uses matrices."""
    depthwise_matmul.patch_depthwise_convolutions(conv)
    with torch.profiler.profile() as profile, torch.no_grad():
        conv(torch.ones(2, conv.in_channels, height, width))
    names = {event.key for event in profile.key_averages()}
    return bool(names & {"aten::bmm", "aten::baddbmm"})


def test_only_small_maps_use_matrices():
    assert uses_matrices(nn.Conv2d(4, 4, 3, padding=1, groups=4), 3, 3)
    assert not uses_matrices(nn.Conv2d(4, 4, 3, padding=1, groups=4), 12, 12)


def test_only_depthwise_convolutions_use_matrices():
    assert not uses_matrices(nn.Conv2d(4, 4, 3, padding=1), 3, 3)
    assert not uses_matrices(nn.Conv2d(4, 8, 3, padding=1, groups=4), 3, 3)
    assert not uses_matrices(nn.Conv2d(4, 4, 3, padding=1, groups=4, padding_mode="reflect"), 3, 3)
    assert not uses_matrices(nn.Conv2d(4, 4, 3, padding="same", groups=4), 3, 3)


def test_torch_refuses_a_kernel_larger_than_the_map():
    conv = nn.Conv2d(4, 4, 5, groups=4)
    depthwise_matmul.patch_depthwise_convolutions(conv)
    with pytest.raises(RuntimeError, match="Kernel size"):
        conv(torch.ones(1, 4, 2, 2))
