"""Floating-point operations of an encoder of the BERT family, from its shape and the lengths of its inputs.

A multiplication and an addition are two. Matrix products alone are counted (Kaplan et al. 2020, arXiv 2001.08361, table
1, with attention over the whole length): all else is small beside them.
"""

from collections.abc import Iterable
from typing import Protocol


class Shape(Protocol):
    """What is read of a configuration of transformers."""

    hidden_size: int
    intermediate_size: int


def forward(shape: Shape, layers: float, lengths: Iterable[int]) -> int:
    """Operations of a forward pass through so many layers.

    Args:
        shape: of the encoder.
        layers: how many; a part of one for a layer that computes less.
        lengths: tokens of each input, without padding, which is waste.
    """
    width, inner = shape.hidden_size, shape.intermediate_size
    token = 8 * width * width + 4 * width * inner  # query, key, value, output; and the feed-forward part
    return round(layers * sum(length * (token + 4 * length * width) for length in lengths))


def training(shape: Shape, layers: float, lengths: Iterable[int]) -> int:
    """Operations of a forward and a backward pass, which takes twice as many: for the states, and for the weights."""
    return 3 * forward(shape, layers, lengths)
