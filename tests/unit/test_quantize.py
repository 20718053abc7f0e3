"""Export to ONNX and quantization to int8, on graphs of small networks."""

import shutil

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization.calibrate import CalibraterBase
from torch import nn

from crossfer.compression import onnx_export, quantize
from crossfer.compression.mixed_precision import layer_by_node
from crossfer.serving.session import open_session

IDS = {"input_ids": np.arange(12).reshape(3, 4)}


class TextNetwork(nn.Module):
    """A table whose rows differ a millionfold in size, a mean, and a matrix."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.table = nn.Embedding(500, 32)
        self.table.weight.data *= torch.logspace(-3, 3, 500)[:, None]
        self.head = nn.Linear(32, 4)

    def forward(self, input_ids):
        states = self.table(input_ids)
        return self.head((states / states.abs().amax(-1, keepdim=True)).mean(1))


class TextWrapper(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = TextNetwork()

    def forward(self, input_ids):
        return self.model(input_ids)


@pytest.fixture(scope="module")
def fp32(tmp_path_factory):
    path = tmp_path_factory.mktemp("graph") / "fp32.onnx"
    onnx_export.export_graph(TextWrapper().eval(), IDS, ("rows", "tokens"), path)
    return path


def run(path, rows, tokens):
    ids = np.random.default_rng(0).integers(0, 500, (rows, tokens))
    return open_session(path).run(None, {"input_ids": ids})[0], ids


@pytest.mark.parametrize(("rows", "tokens"), [(1, 1), (3, 4), (7, 30)])
def test_a_graph_returns_the_logits_of_its_module(fp32, rows, tokens):
    logits, ids = run(fp32, rows, tokens)
    with torch.no_grad():
        assert np.allclose(logits, TextWrapper().eval()(torch.from_numpy(ids)).numpy(), atol=1e-5)


def test_the_same_module_gives_the_same_bytes(fp32, tmp_path):
    repeated = tmp_path / fp32.name
    onnx_export.export_graph(TextWrapper().eval(), IDS, ("rows", "tokens"), repeated)
    assert read_bytes(repeated) == read_bytes(fp32)
    graphs = [tmp_path / "a" / "int8", tmp_path / "b" / "int8"]
    for path in (*graphs, graphs[0]):  # the last one replaces existing files
        path.parent.mkdir(exist_ok=True)
        quantize.quantize_dynamic(fp32, path, [])
    assert read_bytes(graphs[0]) == read_bytes(graphs[1])
    assert len({path.stat().st_mode for path in graphs[0].parent.iterdir()}) == 1


def read_bytes(graph):
    return graph.read_bytes() + graph.with_name(f"{graph.name}.data").read_bytes()


def test_nodes_are_named_after_their_modules(fp32):
    assert set(layer_by_node(fp32).values()) == {"table", "head"}
    content = fp32.read_bytes()
    assert b"test_quantize.py" not in content and b"site-packages" not in content


def test_embeddings_of_all_sizes_keep_their_directions(fp32, tmp_path):
    """One scale for the whole table would turn most rows into zeros."""
    quantize.quantize_dynamic(fp32, tmp_path / "int8", [])
    (expected, _), (logits, _) = run(fp32, 50, 6), run(tmp_path / "int8", 50, 6)
    assert np.abs(logits - expected).max() < 0.2 * np.abs(expected).max()
    types = {tensor.name: tensor.data_type for tensor in onnx.load(tmp_path / "int8").graph.initializer}
    assert [name for name, data_type in types.items() if data_type == TensorProto.INT8 and "table" in name]
    assert onnx_export.file_size(tmp_path / "int8") < 0.4 * onnx_export.file_size(fp32)


def test_chosen_nodes_stay_in_fp32(fp32, tmp_path):
    layers = layer_by_node(fp32)
    quantize.quantize_dynamic(fp32, tmp_path / "all", list(layers))
    (expected, _), (logits, _) = run(fp32, 20, 6), run(tmp_path / "all", 20, 6)
    assert np.array_equal(logits, expected)
    quantize.quantize_dynamic(fp32, tmp_path / "table", [node for node, layer in layers.items() if layer == "table"])
    names = [tensor.name for tensor in onnx.load(tmp_path / "table").graph.initializer if tensor.data_type == 2]
    assert names and not [name for name in names if "table" in name]


class ImageNetwork(nn.Module):
    """Two convolutions, the second depthwise and next to a residual connection."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.layers = nn.ModuleList([nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 8, 3, padding=1, groups=8)])
        self.head = nn.Linear(8, 4)

    def forward(self, pixels):
        first = self.layers[0](pixels).relu()
        return self.head((first + self.layers[1](first)).mean((2, 3)))


class ImageWrapper(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = ImageNetwork()

    def forward(self, pixels):
        return self.model(pixels.float() / 255)


def test_convolutions_are_quantized_with_calibrated_activations(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (16, 3, 12, 12), np.uint8)
    onnx_export.export_graph(ImageWrapper().eval(), {"pixels": pixels[:3]}, ("rows",), tmp_path / "fp32")
    layers = layer_by_node(tmp_path / "fp32")
    assert list(dict.fromkeys(layers.values())) == ["layers.0", "layers.1", "head"]
    quantize.quantize_static(tmp_path / "fp32", tmp_path / "int8", [{"pixels": pixels}], [])
    quantize.quantize_static(tmp_path / "fp32", tmp_path / "all_fp32", [{"pixels": pixels}], list(layers))
    weights = {tensor.name: tensor.data_type for tensor in onnx.load(tmp_path / "int8").graph.initializer}
    types = {name: data_type for name, data_type in weights.items() if name.endswith("weight_quantized")}
    assert sorted(types.values()) == [TensorProto.UINT8, TensorProto.UINT8, TensorProto.INT8]
    assert [name for name, data_type in types.items() if data_type == TensorProto.INT8 and "layers.1" in name]
    fp32, int8, all_fp32 = (
        open_session(tmp_path / name).run(None, {"pixels": pixels})[0] for name in ("fp32", "int8", "all_fp32")
    )
    assert 0 < np.abs(fp32 - int8).max() < 0.05 * np.abs(fp32).max()
    assert np.abs(fp32 - all_fp32).max() < np.abs(fp32 - int8).max() / 2


def test_the_last_bits_of_the_calibration_do_not_change_the_bytes(tmp_path, monkeypatch):
    """All optimizations, like other processors, make onnxruntime sum differently."""
    pixels = np.random.default_rng(0).integers(0, 256, (16, 3, 12, 12), np.uint8)
    fp32, plain, optimized = tmp_path / "fp32", tmp_path / "plain", tmp_path / "optimized"
    onnx_export.export_graph(ImageWrapper().eval(), {"pixels": pixels[:3]}, ("rows",), fp32)
    quantize.quantize_static(fp32, plain, [{"pixels": pixels}], [])

    def create_inference_session(self):
        self.infer_session = onnxruntime.InferenceSession(self.augmented_model_path)

    monkeypatch.setattr(CalibraterBase, "create_inference_session", create_inference_session)
    quantize.quantize_static(fp32, optimized, [{"pixels": pixels}], [])
    assert plain.read_bytes() == optimized.read_bytes()


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (-0.123456, 0.123456, (-0.13, 0.13)),
        (0.0, 6.0, (0.0, 6.0)),
        (0.0, 5.9999995, (0.0, 6.0)),
        (0.0345, 1234.5, (0.034, 1300.0)),
        (-99.5, -0.0101, (-100.0, -0.01)),
    ],
)
def test_calibrated_ranges_are_rounded_outward(low, high, expected):
    assert quantize.round_outward(low, high) == expected


def test_integer_products_are_exact_on_every_processor(tmp_path):
    """All values are extreme, so 16-bit sums of two products would overflow."""
    weights = numpy_helper.from_array(np.array([[1.0, -1.0]] * 64, np.float32), "weights")
    values = helper.make_tensor_value_info("values", TensorProto.FLOAT, ["rows", 64])
    output = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["rows", 2])
    node = helper.make_node("MatMul", ["values", "weights"], ["logits"], "head/MatMul_0")
    model = helper.make_model(helper.make_graph([node], "graph", [values], [output], [weights]), ir_version=10)
    model.opset_import[0].version = 20
    onnx.save(model, tmp_path / "fp32")
    quantize.quantize_dynamic(tmp_path / "fp32", tmp_path / "int8", [])
    quantized = onnx.load(tmp_path / "int8").graph.initializer
    stored = {tensor.name: numpy_helper.to_array(tensor) for tensor in quantized}
    assert stored["weights_quantized"].dtype == np.uint8
    assert stored["weights_zero_point"].tolist() == [128, 128]
    (logits,) = open_session(tmp_path / "int8").run(None, {"values": np.ones((3, 64), np.float32)})
    assert np.allclose(logits, [[64, -64]] * 3, rtol=0.01)


@pytest.mark.parametrize("rows", [4, 5000])
def test_small_tables_and_tables_with_two_readers_stay_in_fp32(tmp_path, rows):
    table = numpy_helper.from_array(np.eye(rows, 4, dtype=np.float32), "t")
    ids = helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["rows"])
    out = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["rows", 4])
    nodes = [helper.make_node("Gather", ["t", "input_ids"], [output], f"types/{output}") for output in ("a", "b")]
    nodes.append(helper.make_node("Add", ["a", "b"], ["logits"], "types/Add_2"))
    model = helper.make_model(helper.make_graph(nodes, "g", [ids], [out], [table]))
    model.opset_import[0].version = 20
    model.ir_version = 10
    onnx.save(model, tmp_path / "fp32")
    quantize.quantize_dynamic(tmp_path / "fp32", tmp_path / "int8", [])
    assert [node.op_type for node in onnx.load(tmp_path / "int8").graph.node] == ["Gather", "Gather", "Add"]


def test_read_only_links_are_replaced(fp32, tmp_path):
    """DVC makes outputs read-only and shares them with its cache."""
    before, source = read_bytes(fp32), tmp_path / "copy" / fp32.name
    source.parent.mkdir()
    for file in (fp32, fp32.with_name("fp32.onnx.data")):
        shutil.copy(file, source.parent)
        (tmp_path / file.name).hardlink_to(file)
    onnx_export.save_graph(onnx.load(source), tmp_path / fp32.name)
    assert read_bytes(fp32) == before
    assert (tmp_path / fp32.name).stat().st_nlink == fp32.stat().st_nlink == 1
