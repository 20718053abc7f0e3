"""Quantize ONNX graphs to int8: matrices per channel, embedding tables per row.

Weights have one scale per output channel, since one scale for all of them loses small channels. Activations are scaled
at run time (`quantize_dynamic`), or by the ranges that a calibration has measured (`quantize_static`).

The graph and its integer arithmetic are the same on every processor. Weights are unsigned with zero point 128: x86
processors without VNNI multiply signed weights with an instruction that saturates (vpmaddubsw), and so give other
predictions. Calibrated ranges are rounded, since the last bits of fp32 sums differ between processors.
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

from crossfer.compression import onnx_export
from crossfer.compression.silence import silence

MATRICES = ["MatMul", "Gemm"]
MIN_TABLE_SIZE = 10_000  # numbers; smaller tables are not worth it
MAX_INT8 = 127
DIGITS = 2  # significant ones of a calibrated range
WEIGHTS = {"per_channel": True, "weight_type": QuantType.QUInt8}
SYMMETRIC = {"WeightSymmetric": True}  # the zero point of unsigned weights is 128


def quantize_dynamic(graph: Path, int8: Path, kept_fp32: Collection[str]) -> None:
    """Write an int8 graph that scales activations at run time: for transformers.

    Args:
        graph: in fp32.
        int8: the file to write.
        kept_fp32: names of the nodes that stay in fp32.
    """
    model = onnx.load(graph)
    _quantize_tables(model.graph, kept_fp32)
    with silence():
        quantization.quantize_dynamic(
            model,
            int8,
            op_types_to_quantize=MATRICES,
            nodes_to_exclude=[*kept_fp32, *(f"{node}_MatMul" for node in kept_fp32)],  # it renames each Gemm
            extra_options=SYMMETRIC.copy(),
            **WEIGHTS,
        )
    onnx_export.save(onnx.load(int8), int8)


def quantize_static(
    graph: Path, int8: Path, batches: Iterable[dict[str, NDArray[Any]]], kept_fp32: Collection[str]
) -> None:
    """Write an int8 graph with calibrated activations: for convolutions.

    Args:
        graph: in fp32.
        int8: the file to write.
        batches: for calibration: inputs of rows like those that it will serve.
        kept_fp32: names of the nodes that stay in fp32.
    """
    with silence(), tempfile.TemporaryDirectory() as folder:
        ranges = Path(folder) / "ranges.json"
        _calibrate(graph, batches, ranges)
        quantization.quantize_static(
            graph,
            int8,
            None,
            quant_format=QuantFormat.QDQ,
            activation_type=QuantType.QUInt8,
            nodes_to_exclude=list(kept_fp32),
            extra_options={
                "QuantizeBias": False,  # four bytes either way
                "TensorQuantOverrides": _signed_depthwise_weights(graph),
                **SYMMETRIC,
            },
            calibration_cache_path=ranges,
            **WEIGHTS,
        )
    onnx_export.save(onnx.load(int8), int8)


def _calibrate(graph: Path, batches: Iterable[dict[str, NDArray[Any]]], ranges: Path) -> None:
    """Write the range of every activation, rounded outward."""
    calibrator = create_calibrator(graph, augmented_model_path=ranges.with_name("augmented.onnx"))
    calibrator.collect_data(_Batches(batches))
    measured = calibrator.compute_data()
    for tensor in measured.values():
        low, high = round_outward(tensor.lowest.item(), tensor.highest.item())
        tensor.lowest, tensor.highest = np.full_like(tensor.lowest, low), np.full_like(tensor.highest, high)
    save_tensors_data(measured, ranges)


def round_outward(low: float, high: float) -> tuple[float, float]:
    """Return a range whose ends have DIGITS significant digits, and which contains the given one."""
    down, up = Context(DIGITS, ROUND_FLOOR), Context(DIGITS, ROUND_CEILING)
    return float(down.create_decimal_from_float(low)), float(up.create_decimal_from_float(high))


def _signed_depthwise_weights(graph: Path) -> dict[str, list[dict[str, Any]]]:
    """Return options that leave the weights of depthwise convolutions signed.

    onnxruntime multiplies these in 32 bits, so that they cannot saturate, and is ten times as slow with unsigned ones.
    """
    signed = {"quant_type": QuantType.QInt8, "symmetric": True, "axis": 0}
    nodes = onnx.load(graph, load_external_data=False).graph.node
    groups = {node.input[1]: one.i for node in nodes for one in node.attribute if one.name == "group"}
    return {weights: [dict(signed)] for weights, number in groups.items() if number > 1}


class _Batches(CalibrationDataReader):
    """Batches in the form that onnxruntime reads."""

    def __init__(self, batches: Iterable[dict[str, NDArray[Any]]]) -> None:
        self._batches = iter(batches)

    def get_next(self) -> dict[str, NDArray[Any]] | None:
        """Return the next batch, None after the last."""
        return next(self._batches, None)


def _quantize_tables(graph: onnx.GraphProto, kept_fp32: Collection[str]) -> None:
    """Replace each large embedding table by int8 values and one scale per row, in place.

    onnxruntime uses one scale for the whole table, which loses words of small weights. A table with a second reader
    stays as it is.
    """
    tables = {tensor.name: tensor for tensor in graph.initializer}
    readers = {name: [node for node in graph.node if name in node.input] for name in tables}
    for name, table in tables.items():
        node = readers[name][0] if len(readers[name]) == 1 else None
        if node is None or node.name in kept_fp32 or not _is_lookup(node, table):
            continue
        values = numpy_helper.to_array(table)
        scales = np.abs(values).max(1, keepdims=True) / MAX_INT8
        scales[scales == 0] = 1
        (_, ids), (rows,) = node.input, node.output
        graph.initializer.remove(table)
        graph.initializer.append(numpy_helper.from_array(np.round(values / scales).astype(np.int8), f"{name}.int8"))
        graph.initializer.append(numpy_helper.from_array(scales.astype(np.float32), f"{name}.scales"))
        place = list(graph.node).index(node)
        graph.node.remove(node)
        replacement = [
            helper.make_node("Gather", [f"{name}.int8", ids], [f"{rows}.int8"], f"{node.name}.int8"),
            helper.make_node("Gather", [f"{name}.scales", ids], [f"{rows}.scales"], f"{node.name}.scales"),
            helper.make_node("Cast", [f"{rows}.int8"], [f"{rows}.cast"], f"{node.name}.cast", to=TensorProto.FLOAT),
            helper.make_node("Mul", [f"{rows}.cast", f"{rows}.scales"], [rows], f"{node.name}.scaled"),
        ]
        for offset, new in enumerate(replacement):
            graph.node.insert(place + offset, new)


def _is_lookup(node: onnx.NodeProto, table: onnx.TensorProto) -> bool:
    """Tell whether the node looks up rows of the table, and whether that is a large one in fp32."""
    axis = next((one.i for one in node.attribute if one.name == "axis"), 0)
    is_lookup = node.op_type == "Gather" and node.input[0] == table.name and axis == 0
    is_table = len(table.dims) == 2 and table.data_type == TensorProto.FLOAT
    return is_lookup and is_table and bool(np.prod(table.dims) >= MIN_TABLE_SIZE)
