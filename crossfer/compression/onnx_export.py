"""Write PyTorch modules as ONNX graphs whose nodes are named after their modules.

The files depend on the module alone: metadata of the exporter, which holds paths of this machine, is removed.
"""

import ast
import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import onnx
import torch
from numpy.typing import NDArray
from torch import nn

from crossfer.errors import UserError

NAME_SCOPES = "pkg.torch.onnx.name_scopes"  # metadata of a node: the modules that contain it, the outermost first


@contextmanager
def suppress_output() -> Iterator[None]:
    """Suppress warnings and prints of exporters: users cannot act on them."""
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), redirect_stdout(StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(logging.NOTSET)


def export_graph(module: nn.Module, batch: Mapping[str, NDArray[Any]], dynamic: Sequence[str], graph: Path) -> None:
    """Write a module as a graph with one output, `logits`.

    The name of a node is `<module>/<operation>_<number>`.

    Args:
        module: in evaluation mode. It wraps the classifier, whose module names the nodes get.
        batch: an example of several rows: arguments by name.
        dynamic: names of the arguments' leading dimensions that may have any size.
        graph: the file to write.

    Raises:
        UserError: ONNX does not support the module.
    """
    try:
        with suppress_output():
            program = torch.onnx.export(
                module,
                kwargs={name: torch.from_numpy(values) for name, values in batch.items()},
                dynamo=True,
                dynamic_shapes={name: dict.fromkeys(range(len(dynamic)), torch.export.Dim.AUTO) for name in batch},
                input_names=list(batch),
                output_names=["logits"],
                verbose=False,
            )
    except torch.onnx.OnnxExporterError as error:
        reason = str(error).splitlines()[0]
        raise UserError(f"ONNX cannot express this model: {reason}; skip this stage: `dvc repro compare`.") from error
    assert program is not None  # because no file is named
    model = program.model_proto
    _name_by_module(model)
    for value in model.graph.input:
        for size, name in zip(value.type.tensor_type.shape.dim, dynamic, strict=False):
            if not size.dim_param:
                raise UserError(
                    f"the ONNX graph of this model supports {size.dim_value} {name} only, not any number; skip this"
                    " stage: `dvc repro compare`."
                )
            size.dim_param = name
    save_graph(model, graph)


def save_graph(model: onnx.ModelProto, graph: Path) -> None:
    """Write a graph and, next to it, its weights, which onnxruntime maps into memory."""
    weights = _weights_file(graph)
    for file in (graph, weights):  # a link of DVC's may be read-only, and onnx appends to existing weights
        file.unlink(missing_ok=True)
    onnx.save(model, graph, save_as_external_data=True, location=weights.name)
    if weights.exists():
        weights.chmod(graph.stat().st_mode)  # onnx gives only its owner access


def file_size(graph: Path) -> int:
    """Return the bytes of a graph and its weights."""
    return sum(file.stat().st_size for file in (graph, _weights_file(graph)) if file.exists())


def _weights_file(graph: Path) -> Path:
    """Return the path of the graph's weights; small weights are in the graph itself."""
    return graph.with_name(f"{graph.name}.data")


def _name_by_module(model: onnx.ModelProto) -> None:
    """Name each node after its module, and remove the exporter's metadata, in place."""
    for number, node in enumerate(model.graph.node):
        metadata = {entry.key: entry.value for entry in node.metadata_props}
        modules = [module for module in ast.literal_eval(metadata.get(NAME_SCOPES, "[]"))[:-1] if module]
        inner = modules[-1].partition(".")[2] if modules else ""  # without the name that the wrapper gives it
        node.name = f"{inner}/{node.op_type}_{number}"
        node.doc_string = ""
        del node.metadata_props[:]
    for value in (*model.graph.value_info, *model.graph.input, *model.graph.output, *model.graph.initializer):
        del value.metadata_props[:]
        value.doc_string = ""
    del model.metadata_props[:]
    del model.graph.metadata_props[:]
