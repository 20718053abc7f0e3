"""Quantize ONNX graphs to int8: matrices per channel, embedding tables per row.

Weights have one scale per output channel, because a common scale loses small channels. Activations are scaled at run
time (`quantize_dynamic`) or by calibrated ranges (`quantize_static`).

The graph and its integer arithmetic are the same on every processor. Weights are unsigned with zero point 128: x86
processors without VNNI multiply signed weights with an instruction that saturates (vpmaddubsw). Calibrated ranges are
rounded, because the last bits of fp32 sums differ between processors.
"""

import tempfile
from collections.abc import Collection, Iterable
from decimal import ROUND_CEILING, ROUND_FLOOR, Context
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from onnxruntime import quantization
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, create_calibrator, save_tensors_data

from crossfer.compression.onnx_export import save_graph, suppress_output

MATRIX_PRODUCTS = ["MatMul", "Gemm"]
MIN_TABLE_SIZE = 10_000  # numbers; smaller tables save too little
MAX_INT8 = 127
RANGE_DIGITS = 2  # significant digits of a calibrated range
WEIGHTS = {"per_channel": True, "weight_type": QuantType.QUInt8}
SYMMETRIC = {"WeightSymmetric": True}  # the zero point of unsigned weights is 128


def quantize_dynamic(graph: Path, int8_graph: Path, fp32_nodes: Collection[str]) -> None:
    """Write an int8 graph that scales activations at run time, for transformers.

    The nodes in `fp32_nodes` stay in fp32.
    """
    model = onnx.load(graph)
    _quantize_tables(model.graph, fp32_nodes)
    with suppress_output():
        quantization.quantize_dynamic(
            model,
            int8_graph,
            op_types_to_quantize=MATRIX_PRODUCTS,
            nodes_to_exclude=[*fp32_nodes, *(f"{node}_MatMul" for node in fp32_nodes)],  # it renames each Gemm
            extra_options=SYMMETRIC.copy(),
            **WEIGHTS,
        )
    save_graph(onnx.load(int8_graph), int8_graph)


def quantize_static(
    graph: Path, int8_graph: Path, batches: Iterable[dict[str, NDArray[Any]]], fp32_nodes: Collection[str]
) -> None:
    """Write an int8 graph calibrated on batches of inputs, for convolutions.

    The nodes in `fp32_nodes` stay in fp32.
    """
    with suppress_output(), tempfile.TemporaryDirectory() as folder:
        ranges = Path(folder) / "ranges.json"
        _calibrate(graph, batches, ranges)
        quantization.quantize_static(
            graph,
            int8_graph,
            None,
            quant_format=QuantFormat.QDQ,
            activation_type=QuantType.QUInt8,
            nodes_to_exclude=list(fp32_nodes),
            extra_options={
                "QuantizeBias": False,  # four bytes in both cases
                "TensorQuantOverrides": _signed_depthwise_weights(graph),
                **SYMMETRIC,
            },
            calibration_cache_path=ranges,
            **WEIGHTS,
        )
    save_graph(onnx.load(int8_graph), int8_graph)


def _calibrate(graph: Path, batches: Iterable[dict[str, NDArray[Any]]], ranges: Path) -> None:
    """Write the range of every activation, rounded outward."""
    calibrator = create_calibrator(graph, augmented_model_path=ranges.with_name("augmented.onnx"))
    calibrator.collect_data(_Batches(batches))
    measured_ranges = calibrator.compute_data()
    for tensor in measured_ranges.values():
        low, high = round_outward(tensor.lowest.item(), tensor.highest.item())
        tensor.lowest, tensor.highest = np.full_like(tensor.lowest, low), np.full_like(tensor.highest, high)
    save_tensors_data(measured_ranges, ranges)


def round_outward(low: float, high: float) -> tuple[float, float]:
    """Round the ends of a range outward to RANGE_DIGITS significant digits."""
    down, up = Context(RANGE_DIGITS, ROUND_FLOOR), Context(RANGE_DIGITS, ROUND_CEILING)
    return float(down.create_decimal_from_float(low)), float(up.create_decimal_from_float(high))


def _signed_depthwise_weights(graph: Path) -> dict[str, list[dict[str, Any]]]:
    """Return options that keep the weights of depthwise convolutions signed.

    onnxruntime multiplies them in 32 bits, so they cannot saturate. With unsigned weights it is ten times as slow.
    """
    signed_options = {"quant_type": QuantType.QInt8, "symmetric": True, "axis": 0}
    nodes = onnx.load(graph, load_external_data=False).graph.node
    groups = {node.input[1]: attribute.i for node in nodes for attribute in node.attribute if attribute.name == "group"}
    return {weights: [dict(signed_options)] for weights, n_groups in groups.items() if n_groups > 1}


class _Batches(CalibrationDataReader):
    """The batches in the form that onnxruntime reads."""

    def __init__(self, batches: Iterable[dict[str, NDArray[Any]]]) -> None:
        self._batches = iter(batches)

    def get_next(self) -> dict[str, NDArray[Any]] | None:
        """Return the next batch, None after the last."""
        return next(self._batches, None)


def _quantize_tables(graph: onnx.GraphProto, fp32_nodes: Collection[str]) -> None:
    """Quantize each large embedding table to int8 with one scale per row, in place.

    onnxruntime would use one scale per table, which loses words of small weights. Tables with several readers stay.
    """
    tables = {tensor.name: tensor for tensor in graph.initializer}
    readers = {name: [node for node in graph.node if name in node.input] for name in tables}
    for name, table in tables.items():
        node = readers[name][0] if len(readers[name]) == 1 else None
        if node is None or node.name in fp32_nodes or not _is_embedding(node, table):
            continue
        values = numpy_helper.to_array(table)
        scales = np.abs(values).max(1, keepdims=True) / MAX_INT8
        scales[scales == 0] = 1
        (_, ids), (output,) = node.input, node.output
        graph.initializer.remove(table)
        graph.initializer.append(numpy_helper.from_array(np.round(values / scales).astype(np.int8), f"{name}.int8"))
        graph.initializer.append(numpy_helper.from_array(scales.astype(np.float32), f"{name}.scales"))
        position = list(graph.node).index(node)
        graph.node.remove(node)
        replacements = [
            helper.make_node("Gather", [f"{name}.int8", ids], [f"{output}.int8"], f"{node.name}.int8"),
            helper.make_node("Gather", [f"{name}.scales", ids], [f"{output}.scales"], f"{node.name}.scales"),
            helper.make_node("Cast", [f"{output}.int8"], [f"{output}.cast"], f"{node.name}.cast", to=TensorProto.FLOAT),
            helper.make_node("Mul", [f"{output}.cast", f"{output}.scales"], [output], f"{node.name}.scaled"),
        ]
        for offset, replacement in enumerate(replacements):
            graph.node.insert(position + offset, replacement)


def _is_embedding(node: onnx.NodeProto, table: onnx.TensorProto) -> bool:
    """Return whether the node looks up rows of the table, which is large and in fp32."""
    axis = next((attribute.i for attribute in node.attribute if attribute.name == "axis"), 0)
    is_lookup = node.op_type == "Gather" and node.input[0] == table.name and axis == 0
    is_matrix = len(table.dims) == 2 and table.data_type == TensorProto.FLOAT
    return is_lookup and is_matrix and bool(np.prod(table.dims) >= MIN_TABLE_SIZE)
