"""Search for the layers that must stay in fp32.

Their quantization changes too many predictions. Quantized multilingual models can fail in some languages only, so the
search looks at every domain. It compares predictions and reads no labels.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from crossfer.compression.graph_runner import GraphRunner, Probabilities
from crossfer.errors import UserError
from crossfer.protocols import Compression
from crossfer.reporting.formatting import count_with_noun, percent

OPERATORS_WITH_WEIGHTS = ("MatMul", "Gemm", "Conv", "Gather")
NAME_PARTS = 2  # of a module that is in no module list: `bert.embeddings`
SENSITIVITY_ROWS = 64


@dataclass(frozen=True)
class LayerQuantizer:
    """Quantizes a graph to int8, except for chosen layers, and runs the result.

    Attributes:
        compression: of the graph's modality.
        runner: runs graphs.
        fp32_graph: the graph; `sensitivity` writes another file to its folder.
        int8_graph: the file that `quantize` writes.
        batches: for calibration.
    """

    compression: Compression
    runner: GraphRunner
    fp32_graph: Path
    int8_graph: Path
    batches: Sequence[dict[str, NDArray[Any]]]

    @cached_property
    def layers(self) -> list[str]:
        """The names of the layers that have weights, in the order of the graph."""
        return list(dict.fromkeys(self._layer_by_node.values()))

    @cached_property
    def _layer_by_node(self) -> dict[str, str]:
        return layer_by_node(self.fp32_graph)

    def quantize(self, fp32_layers: Collection[str]) -> Probabilities:
        """Write the int8 graph with these layers in fp32; return its probabilities.

        These are the probabilities of all test rows, by domain.
        """
        self._write(self.int8_graph, fp32_layers)
        return self.runner.predict_tests(self.int8_graph)

    def sensitivity(self, domain: str, layer: str) -> float:
        """Return how much a domain's probabilities change if only this layer is quantized.

        It is the mean absolute change over the domain's first test rows.
        """
        graph = self.fp32_graph.with_name("one_layer.onnx")
        self._write(graph, set(self.layers) - {layer})
        inputs = self.runner.first_test_inputs(domain, SENSITIVITY_ROWS)
        fp32, int8 = (self.runner.predict(path, inputs) for path in (self.fp32_graph, graph))
        return float(np.abs(fp32 - int8).mean())

    def _write(self, int8_graph: Path, fp32_layers: Collection[str]) -> None:
        fp32_nodes = [node for node, layer in self._layer_by_node.items() if layer in fp32_layers]
        self.compression.quantize(self.fp32_graph, int8_graph, self.batches, fp32_nodes)


def layer_by_node(graph: Path) -> dict[str, str]:
    """Return the layer of each node, by the node's name, in the order of the graph.

    Nodes of layers without weights are left out.
    """
    nodes = onnx.load(graph, load_external_data=False).graph.node
    layers = {node.name: layer_name(node.name) for node in nodes}
    with_weights = {layers[node.name] for node in nodes if node.op_type in OPERATORS_WITH_WEIGHTS}
    return {node: layer for node, layer in layers.items() if layer in with_weights}


def layer_name(node: str) -> str:
    """Return the layer of a node named `<module>/<operation>`.

    It is an element of a module list (`bert.encoder.layer.3`), or a module outside of one (`bert.embeddings`).
    """
    parts = node.partition("/")[0].split(".")
    index = next((place for place, part in enumerate(parts) if part.isdigit()), NAME_PARTS - 1)
    return ".".join(parts[: index + 1])


def disagreement(fp32: NDArray[np.float64], int8: NDArray[np.float64]) -> float:
    """Return the fraction of rows whose predictions differ."""
    return float((fp32.argmax(1) != int8.argmax(1)).mean())


def find_fp32_layers(
    quantizer: LayerQuantizer, fp32: Probabilities, max_disagreement: float, log: Callable[[str], None]
) -> tuple[list[str], Probabilities]:
    """Return the layers to keep in fp32, and the int8 graph's probabilities.

    Try the 1, 2, 4, ... most sensitive layers, up to half of them.

    Args:
        quantizer: writes the int8 graph.
        fp32: probabilities of the fp32 model.
        max_disagreement: fraction of a domain's predictions that may change.
        log: called with each progress message.

    Returns:
        The layers kept in fp32, the most sensitive first, and the probabilities of the int8 graph.

    Raises:
        UserError: half of the layers do not suffice.
    """
    int8 = quantizer.quantize([])
    domain, changed = _worst_domain(fp32, int8)
    if changed <= max_disagreement:
        return [], int8
    allowed = f"{percent(max_disagreement)} are allowed"
    log(
        f"int8 changes {percent(changed)} of the predictions in {domain}, {allowed}; measuring how much each of"
        f" {len(quantizer.layers)} layers contributes, to keep the most sensitive ones in fp32"
    )
    sensitivity = {layer: quantizer.sensitivity(domain, layer) for layer in quantizer.layers}
    ranking = sorted(quantizer.layers, key=lambda layer: -sensitivity[layer])
    half = len(ranking) // 2
    fp32_layers: list[str] = []
    for count in sorted({*(1 << power for power in range(half.bit_length())), half} - {0}):
        fp32_layers = ranking[:count]
        names = ", ".join(f"{layer} ({sensitivity[layer]:.3f})" for layer in fp32_layers)
        layers = f"{count_with_noun(count, 'layer', 'layers')} in fp32"
        log(f"trying {layers}, with the mean change of probabilities by each: {names}")
        int8 = quantizer.quantize(fp32_layers)
        domain, changed = _worst_domain(fp32, int8)
        result = f"with {layers}, int8 changes {percent(changed)} of the predictions in {domain}"
        if changed <= max_disagreement:
            log(f"{result}: these layers stay in fp32")
            return fp32_layers, int8
        log(f"{result}, {allowed}")
    raise UserError(
        f"int8 changes {percent(changed)} of the predictions in {domain}, even with {len(fp32_layers)} layers in fp32."
        f" Raise compress.max_disagreement ({max_disagreement}), or skip this stage: `dvc repro compare`."
    )


def _worst_domain(fp32: Probabilities, int8: Probabilities) -> tuple[str, float]:
    """Return the domain where most predictions differ, and their fraction."""
    fractions = {domain: disagreement(fp32[domain], int8[domain]) for domain in fp32}
    domain = max(fractions, key=lambda name: fractions[name])
    return domain, fractions[domain]
