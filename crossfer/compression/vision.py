"""Models of pictures as graphs of ONNX: pixels in, logits out; 8 bits calibrated on pictures like those to come."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from torch import Tensor, nn
from transformers import PreTrainedModel

from crossfer.compression import onnx_export, quantize
from crossfer.config.params import Compute
from crossfer.modalities.vision import model as vision_model
from crossfer.modalities.vision.model.depthwise_matmul import convolve_small_maps


class _Graph(nn.Module):
    """A classifier that takes bytes, scales them itself, and gives bare logits."""

    def __init__(self, model: PreTrainedModel) -> None:
        super().__init__()
        self.model: Any = model

    def forward(self, pixels: Tensor) -> Tensor:
        """Pixels (rows, 3, side, side), from 0 to 255, to logits (rows, labels)."""
        scaled = (pixels.float() - self.model.pixel_mean) / self.model.pixel_deviation
        logits: Tensor = self.model(pixel_values=scaled).logits
        return logits


def make_student(
    model: Path,
    folder: Path,
    rows: Callable[[], Mapping[str, Sequence[NDArray[Any]]]],
    tests: Callable[[], Collection[str]],
    compute: Compute,
    seed: int,
) -> dict[str, int]:
    """No smaller network is made: each of its blocks is unlike the others."""
    return {}


def export(model: Path, graph: Path, batch: dict[str, NDArray[Any]]) -> None:
    """Write the classifier in the folder `model` as a graph; rows are dynamic."""
    classifier = vision_model.load(model)
    convolve_small_maps(classifier)
    onnx_export.export(_Graph(classifier).eval(), batch, ("rows",), graph)


def quantise(graph: Path, small: Path, batches: Iterable[dict[str, NDArray[Any]]], spared: Collection[str]) -> None:
    """Write the graph in 8 bits, calibrated on the batches."""
    quantize.static(graph, small, batches, spared)
