"""Models of texts as graphs of ONNX: token ids in, logits out; 8 bits with activations scaled as they come."""

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from torch import Tensor, nn

from stages.compression import eight_bits, graph_file
from stages.modalities import text_model


class _Graph(nn.Module):
    """A classifier that takes and gives bare tensors."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Token ids and where they are, (rows, tokens) each, to logits (rows, labels)."""
        logits: Tensor = self.model(input_ids=input_ids, attention_mask=attention_mask).logits
        return logits


def export(model: Path, graph: Path, batch: dict[str, NDArray[Any]]) -> None:
    """Write the classifier in the folder `model` as a graph; rows and tokens are dynamic."""
    graph_file.export(_Graph(text_model.load(model)).eval(), batch, ("rows", "tokens"), graph)


def quantise(graph: Path, small: Path, batches: Iterable[dict[str, NDArray[Any]]], spared: Collection[str]) -> None:
    """Write the graph in 8 bits; no batch needs to be seen for it."""
    eight_bits.dynamic(graph, small, spared)
