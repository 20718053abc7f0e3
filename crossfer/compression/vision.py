"""ONNX graphs of image classifiers: pixels to logits; int8 with calibrated activations."""

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from torch import Tensor, nn
from transformers import PreTrainedModel

from crossfer.compression import onnx_export
from crossfer.compression.quantize import quantize_static
from crossfer.modalities.vision import model as vision_model
from crossfer.modalities.vision.model.depthwise_matmul import unpatch_depthwise_convolutions


class _Graph(nn.Module):
    """A classifier that takes bytes, scales them itself, and returns bare logits."""

    def __init__(self, model: PreTrainedModel) -> None:
        super().__init__()
        self.model: Any = model

    def forward(self, pixels: Tensor) -> Tensor:
        """Return logits (rows, labels) of pixels (rows, 3, side, side) from 0 to 255."""
        scaled = (pixels.float() - self.model.pixel_mean) / self.model.pixel_deviation
        logits: Tensor = self.model(pixel_values=scaled).logits
        return logits


def export(model: Path, graph: Path, batch: dict[str, NDArray[Any]]) -> None:
    """Write the classifier in the folder `model` as a graph; rows are dynamic."""
    classifier = vision_model.load(model)
    unpatch_depthwise_convolutions(classifier)
    onnx_export.export(_Graph(classifier).eval(), batch, ("rows",), graph)


def quantize(graph: Path, int8: Path, batches: Iterable[dict[str, NDArray[Any]]], kept_fp32: Collection[str]) -> None:
    """Write the int8 graph, calibrated on the batches."""
    quantize_static(graph, int8, batches, kept_fp32)
