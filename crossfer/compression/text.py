"""Export and quantize text classifiers: graphs from token ids to logits.

The int8 graph scales activations at run time.
"""

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from torch import Tensor, nn

from crossfer.compression import onnx_export
from crossfer.compression.quantize import quantize_dynamic
from crossfer.modalities.text import model as text_model


class _TensorClassifier(nn.Module):
    """A classifier that takes and returns bare tensors."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Return logits (rows, labels) of token ids and their mask, (rows, tokens) each."""
        logits: Tensor = self.model(input_ids=input_ids, attention_mask=attention_mask).logits
        return logits


def export(model: Path, graph: Path, batch: dict[str, NDArray[Any]]) -> None:
    """Write the classifier in `model` as a graph with dynamic rows and tokens."""
    onnx_export.export_graph(_TensorClassifier(text_model.load(model)).eval(), batch, ("rows", "tokens"), graph)


def quantize(
    graph: Path, int8_graph: Path, batches: Iterable[dict[str, NDArray[Any]]], fp32_nodes: Collection[str]
) -> None:
    """Write the int8 graph; it needs no calibration."""
    quantize_dynamic(graph, int8_graph, fp32_nodes)
