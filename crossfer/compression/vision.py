"""Export and quantize image classifiers: graphs from pixels to logits.

The ranges of the int8 graph's activations are calibrated.
"""

from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from torch import Tensor, nn
from transformers import PreTrainedModel

from crossfer.compression import onnx_export
from crossfer.compression.quantize import quantize_static as quantize
from crossfer.modalities.vision import model as vision_model
from crossfer.modalities.vision.model.depthwise_matmul import unpatch_depthwise_convolutions

__all__ = ["export", "quantize"]


class _PixelClassifier(nn.Module):
    """A classifier that takes bytes, normalizes them, and returns bare logits."""

    def __init__(self, model: PreTrainedModel) -> None:
        super().__init__()
        self.model: Any = model

    def forward(self, pixels: Tensor) -> Tensor:
        """Return logits (rows, labels) of pixels (rows, 3, side, side) from 0 to 255."""
        scaled = (pixels.float() - self.model.pixel_mean) / self.model.pixel_deviation
        logits: Tensor = self.model(pixel_values=scaled).logits
        return logits


def export(model: Path, graph: Path, batch: dict[str, NDArray[Any]]) -> None:
    """Write the classifier in the folder `model` as a graph with dynamic rows."""
    classifier = vision_model.load(model)
    unpatch_depthwise_convolutions(classifier)
    onnx_export.export_graph(_PixelClassifier(classifier).eval(), batch, ("rows",), graph)
