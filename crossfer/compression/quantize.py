"""A graph in 8 bits: matrices by their channels, tables of embeddings by their rows.

Weights are signed, with a scale for every output channel, since one scale for all loses what small channels hold;
activations are scaled as they come (`dynamic`), or as a calibration has shown them (`static`).
"""

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_dynamic, quantize_static

from crossfer.compression import onnx_export
from crossfer.compression.quiet import quiet

MATRICES = ["MatMul", "Gemm"]
LARGE = 10_000  # numbers of a table, from which on it is worth it
HIGHEST = 127


def dynamic(graph: Path, small: Path, spared: Collection[str]) -> None:
    """Write a graph in 8 bits, activations scaled as they come: for transformers.

    Args:
        graph: in single precision.
        small: the file to write.
        spared: names of the nodes that stay as they are.
    """
    model = onnx.load(graph)
    _quantise_tables(model.graph, spared)
    with quiet():
        quantize_dynamic(
            model,
            small,
            op_types_to_quantize=MATRICES,
            per_channel=True,
            weight_type=QuantType.QInt8,
            nodes_to_exclude=[*spared, *(f"{node}_MatMul" for node in spared)],  # as it calls what was a Gemm
        )
    onnx_export.save(onnx.load(small), small)


def static(graph: Path, small: Path, batches: Iterable[dict[str, NDArray[Any]]], spared: Collection[str]) -> None:
    """Write a graph in 8 bits, activations scaled as a calibration has shown them: for convolutions.

    Args:
        graph: in single precision.
        small: the file to write.
        batches: what the graph takes, of rows like those that it will serve.
        spared: names of the nodes that stay as they are.
    """
    with quiet():
        quantize_static(
            graph,
            small,
            _Batches(batches),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            nodes_to_exclude=list(spared),
            extra_options={"QuantizeBias": False},  # they are few, and four bytes each either way
        )
    onnx_export.save(onnx.load(small), small)


class _Batches(CalibrationDataReader):
    """Batches as onnxruntime asks for them."""

    def __init__(self, batches: Iterable[dict[str, NDArray[Any]]]) -> None:
        self.left = iter(batches)

    def get_next(self) -> dict[str, NDArray[Any]] | None:
        """The next batch; None after the last."""
        return next(self.left, None)


def _quantise_tables(graph: onnx.GraphProto, spared: Collection[str]) -> None:
    """Replace each large table that rows are looked up in by signed bytes and a scale for every row, in place.

    onnxruntime's own way has one scale for the whole table, which words of small weights do not survive. A table that
    something else reads as well stays as it is.
    """
    tables = {tensor.name: tensor for tensor in graph.initializer}
    users = {name: [node for node in graph.node if name in node.input] for name in tables}
    for name, table in tables.items():
        node = users[name][0] if len(users[name]) == 1 else None
        if node is None or node.name in spared or not _is_looked_up(node, table):
            continue
        values = numpy_helper.to_array(table)
        scales = np.abs(values).max(1, keepdims=True) / HIGHEST
        scales[scales == 0] = 1
        small = np.round(values / scales).astype(np.int8)
        (_, rows), (found,) = node.input, node.output
        graph.initializer.remove(table)
        graph.initializer.append(numpy_helper.from_array(small, f"{name}.bytes"))
        graph.initializer.append(numpy_helper.from_array(scales.astype(np.float32), f"{name}.scales"))
        place = list(graph.node).index(node)
        graph.node.remove(node)
        instead = [
            helper.make_node("Gather", [f"{name}.bytes", rows], [f"{found}.bytes"], f"{node.name}.bytes"),
            helper.make_node("Gather", [f"{name}.scales", rows], [f"{found}.scales"], f"{node.name}.scales"),
            helper.make_node("Cast", [f"{found}.bytes"], [f"{found}.cast"], f"{node.name}.cast", to=TensorProto.FLOAT),
            helper.make_node("Mul", [f"{found}.cast", f"{found}.scales"], [found], f"{node.name}.scaled"),
        ]
        for offset, new in enumerate(instead):
            graph.node.insert(place + offset, new)


def _is_looked_up(node: onnx.NodeProto, table: onnx.TensorProto) -> bool:
    """The node looks rows up in the table, and that is large, and of single precision."""
    axis = next((one.i for one in node.attribute if one.name == "axis"), 0)
    looked_up = node.op_type == "Gather" and node.input[0] == table.name and axis == 0
    is_table = len(table.dims) == 2 and table.data_type == TensorProto.FLOAT
    return looked_up and is_table and bool(np.prod(table.dims) >= LARGE)
