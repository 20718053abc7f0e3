"""A PyTorch module as an ONNX file of which every node says which part of the module it computes.

The file is a function of the module alone: the exporter's notes, which hold paths of this machine, are taken out.
"""

import ast
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import onnx
import torch
from numpy.typing import NDArray
from torch import nn

from crossfer.compression.silence import silence
from crossfer.errors import UserError

SCOPES = "pkg.torch.onnx.name_scopes"  # of a node: the modules that it lies in, from the outermost one on


def export(module: nn.Module, batch: Mapping[str, NDArray[Any]], dynamic: Sequence[str], graph: Path) -> None:
    """Write a module as a graph with one output, `logits`.

    Args:
        module: in evaluation mode; one that holds another, whose modules' names are kept.
        batch: arguments by name: an example of several rows.
        dynamic: names of the arguments' leading dimensions, each of any size.
        graph: the file to write, see `save`. A node is named after the module that it lies in:
            `encoder.layer.3.output/MatMul_7`.

    Raises:
        UserError: the module does what a graph cannot.
    """
    arguments = {name: torch.from_numpy(values) for name, values in batch.items()}
    shapes = {name: dict.fromkeys(range(len(dynamic)), torch.export.Dim.AUTO) for name in batch}
    try:
        with silence():
            program = torch.onnx.export(
                module,
                kwargs=arguments,
                dynamo=True,
                dynamic_shapes=shapes,
                input_names=list(batch),
                output_names=["logits"],
                verbose=False,
            )
    except torch.onnx.OnnxExporterError as error:
        raise UserError(
            f"this model cannot be written as a graph of ONNX: {str(error).splitlines()[0]}; leave compress out: dvc"
            " repro compare."
        ) from None
    assert program is not None  # it is written by onnx below
    model = program.model_proto
    _name_by_module(model)
    for value in model.graph.input:
        for size, name in zip(value.type.tensor_type.shape.dim, dynamic, strict=False):
            if not size.dim_param:
                raise UserError(
                    f"this model cannot be written as a graph of ONNX for any number of {name}, but for"
                    f" {size.dim_value} alone; leave compress out: dvc repro compare."
                )
            size.dim_param = name
    save(model, graph)


def save(model: onnx.ModelProto, graph: Path) -> None:
    """Write a graph, and beside it its weights, which onnxruntime maps into memory: what is not used is not read."""
    data = _weights(graph)
    for file in (graph, data):  # they may be DVC's, and may not be written to; and onnx would write behind weights
        file.unlink(missing_ok=True)
    onnx.save(model, graph, save_as_external_data=True, location=data.name)
    if data.exists():
        data.chmod(graph.stat().st_mode)  # onnx lets its owner alone read it


def size(graph: Path) -> int:
    """Bytes of a graph and its weights."""
    return sum(path.stat().st_size for path in (graph, _weights(graph)) if path.exists())


def _weights(graph: Path) -> Path:
    """Where a graph's weights are, but for the small ones, which it holds itself."""
    return graph.with_name(f"{graph.name}.data")


def _name_by_module(model: onnx.ModelProto) -> None:
    """Name every node after the module that it lies in, and drop what else the exporter notes, in place."""
    for number, node in enumerate(model.graph.node):
        notes = {note.key: note.value for note in node.metadata_props}
        scopes = [scope for scope in ast.literal_eval(notes.get(SCOPES, "[]"))[:-1] if scope]
        inside = scopes[-1].partition(".")[2] if scopes else ""
        node.name = f"{inside}/{node.op_type}_{number}"
        node.doc_string = ""
        del node.metadata_props[:]
    for value in (*model.graph.value_info, *model.graph.input, *model.graph.output, *model.graph.initializer):
        del value.metadata_props[:]
        value.doc_string = ""
    del model.metadata_props[:]
    del model.graph.metadata_props[:]
