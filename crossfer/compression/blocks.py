"""The parts of a graph that can be left in single precision when the rest goes to 8 bits."""

from pathlib import Path

import onnx

WEIGHTED = ("MatMul", "Gemm", "Conv", "Gather")
ENDS = 2  # how many names of nested modules stand for a part that no list of layers holds


def of_nodes(graph: Path) -> dict[str, str]:
    """The block that each of a graph's nodes belongs to, by the node's name, from the input to the output.

    A block is a layer of a list of layers (`bert.encoder.layer.3`), or what lies outside of one (`bert.embeddings`);
    it has weights.
    """
    model = onnx.load(graph, load_external_data=False)
    weighted = {block(node.name) for node in model.graph.node if node.op_type in WEIGHTED}
    return {node.name: block(node.name) for node in model.graph.node if block(node.name) in weighted}


def block(node: str) -> str:
    """The block of a node named `<module>/<operation>`."""
    names = node.partition("/")[0].split(".")
    for number, name in enumerate(names):
        if name.isdigit():
            return ".".join(names[: number + 1])
    return ".".join(names[:ENDS])
