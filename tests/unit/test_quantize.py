"""Eight bits: what a scale for each row and channel keeps, and what is spared; on graphs made for it."""

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
from crossfer.serving.session import MAX_BATCH_TOKENS, max_batch_tokens, open_session


class Network(nn.Module):
    """A table of words, a mean, a matrix; rows of the table differ a millionfold in size."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.table = nn.Embedding(500, 32)
        self.table.weight.data *= torch.logspace(-3, 3, 500)[:, None]
        self.head = nn.Linear(32, 4)

    def forward(self, input_ids):
        found = self.table(input_ids)
        return self.head((found / found.abs().amax(-1, keepdim=True)).mean(1))


class Graph(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = Network()

    def forward(self, input_ids):
        return self.model(input_ids)


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    path = tmp_path_factory.mktemp("graph") / "full.onnx"
    onnx_export.export(Graph().eval(), {"input_ids": np.arange(12).reshape(3, 4)}, ("rows", "tokens"), path)
    return path


def run(path, rows, tokens):
    ids = np.random.default_rng(0).integers(0, 500, (rows, tokens))
    return open_session(path, 1).run(None, {"input_ids": ids})[0], ids


@pytest.mark.parametrize(("rows", "tokens"), [(1, 1), (3, 4), (7, 30)])
def test_a_graph_gives_what_the_module_gives(full, rows, tokens):
    assert max_batch_tokens(open_session(full, 1)) == MAX_BATCH_TOKENS
    found, ids = run(full, rows, tokens)
    with torch.no_grad():
        assert np.allclose(found, Graph().eval()(torch.from_numpy(ids)).numpy(), atol=1e-5)


def test_the_same_module_gives_the_same_bytes(full, tmp_path):
    again = tmp_path / full.name
    onnx_export.export(Graph().eval(), {"input_ids": np.arange(12).reshape(3, 4)}, ("rows", "tokens"), again)
    assert whole(again) == whole(full)
    small = [tmp_path / "a" / "small", tmp_path / "b" / "small"]
    for path in (*small, small[0]):  # the last, over what is there
        path.parent.mkdir(exist_ok=True)
        quantize.quantize_dynamic(full, path, [])
    assert whole(small[0]) == whole(small[1])
    assert len({path.stat().st_mode for path in small[0].parent.iterdir()}) == 1


def whole(graph):
    return graph.read_bytes() + graph.with_name(f"{graph.name}.data").read_bytes()


def test_nodes_are_named_after_their_modules(full):
    assert set(layer_by_node(full).values()) == {"table", "head"}
    text = full.read_bytes()
    assert b"test_eight_bits.py" not in text and b"site-packages" not in text


def test_rows_of_every_size_survive(full, tmp_path):
    """One scale for the whole table would make most rows nought, and their directions with them."""
    quantize.quantize_dynamic(full, tmp_path / "small", [])
    (expected, _), (found, _) = run(full, 50, 6), run(tmp_path / "small", 50, 6)
    assert np.abs(found - expected).max() < 0.2 * np.abs(expected).max()
    kinds = {tensor.name: tensor.data_type for tensor in onnx.load(tmp_path / "small").graph.initializer}
    assert [name for name, kind in kinds.items() if kind == TensorProto.INT8 and "table" in name]
    assert onnx_export.file_size(tmp_path / "small") < 0.4 * onnx_export.file_size(full)


def test_what_is_spared_stays_in_single_precision(full, tmp_path):
    of_nodes = layer_by_node(full)
    quantize.quantize_dynamic(full, tmp_path / "all", list(of_nodes))
    (expected, _), (found, _) = run(full, 20, 6), run(tmp_path / "all", 20, 6)
    assert np.array_equal(found, expected)
    quantize.quantize_dynamic(full, tmp_path / "table", [node for node, block in of_nodes.items() if block == "table"])
    names = [tensor.name for tensor in onnx.load(tmp_path / "table").graph.initializer if tensor.data_type == 2]
    assert names and not [name for name in names if "table" in name]


class Picture(nn.Module):
    """Two convolutions, the second depthwise and next to a residual connection."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.layers = nn.ModuleList([nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 8, 3, padding=1, groups=8)])
        self.head = nn.Linear(8, 4)

    def forward(self, pixels):
        first = self.layers[0](pixels).relu()
        return self.head((first + self.layers[1](first)).mean((2, 3)))


class PictureGraph(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = Picture()

    def forward(self, pixels):
        return self.model(pixels.float() / 255)


def test_convolutions_by_a_calibration(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (16, 3, 12, 12), np.uint8)
    onnx_export.export(PictureGraph().eval(), {"pixels": pixels[:3]}, ("rows",), tmp_path / "full")
    assert max_batch_tokens(open_session(tmp_path / "full", 1)) is None
    of_nodes = layer_by_node(tmp_path / "full")
    assert list(dict.fromkeys(of_nodes.values())) == ["layers.0", "layers.1", "head"]
    quantize.quantize_static(tmp_path / "full", tmp_path / "small", [{"pixels": pixels}], [])
    quantize.quantize_static(tmp_path / "full", tmp_path / "spared", [{"pixels": pixels}], list(of_nodes))
    weights = {tensor.name: tensor.data_type for tensor in onnx.load(tmp_path / "small").graph.initializer}
    kinds = {name: kind for name, kind in weights.items() if name.endswith("weight_quantized")}
    assert sorted(kinds.values()) == [TensorProto.UINT8, TensorProto.UINT8, TensorProto.INT8]
    assert [name for name, kind in kinds.items() if kind == TensorProto.INT8 and "layers.1" in name]
    full, small, spared = (
        open_session(tmp_path / name, 1).run(None, {"pixels": pixels})[0] for name in ("full", "small", "spared")
    )
    assert 0 < np.abs(full - small).max() < 0.05 * np.abs(full).max()
    assert np.abs(full - spared).max() < np.abs(full - small).max() / 2


def test_the_same_bytes_whatever_the_last_bits_of_the_calibration(tmp_path, monkeypatch):
    """With all graph optimizations onnxruntime sums in another order, as it does on other processors."""
    pixels = np.random.default_rng(0).integers(0, 256, (16, 3, 12, 12), np.uint8)
    full, plain, optimized = tmp_path / "full", tmp_path / "plain", tmp_path / "optimized"
    onnx_export.export(PictureGraph().eval(), {"pixels": pixels[:3]}, ("rows",), full)
    quantize.quantize_static(full, plain, [{"pixels": pixels}], [])

    def create_inference_session(self):
        self.infer_session = onnxruntime.InferenceSession(self.augmented_model_path)

    monkeypatch.setattr(CalibraterBase, "create_inference_session", create_inference_session)
    quantize.quantize_static(full, optimized, [{"pixels": pixels}], [])
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
    """With all values at their ends, so that 16-bit sums of two products would overflow."""
    weights = numpy_helper.from_array(np.array([[1.0, -1.0]] * 64, np.float32), "weights")
    values = helper.make_tensor_value_info("values", TensorProto.FLOAT, ["rows", 64])
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["rows", 2])
    node = helper.make_node("MatMul", ["values", "weights"], ["logits"], "head/MatMul_0")
    model = helper.make_model(helper.make_graph([node], "graph", [values], [logits], [weights]), ir_version=10)
    model.opset_import[0].version = 20
    onnx.save(model, tmp_path / "full")
    quantize.quantize_dynamic(tmp_path / "full", tmp_path / "small", [])
    quantized = onnx.load(tmp_path / "small").graph.initializer
    stored = {tensor.name: numpy_helper.to_array(tensor) for tensor in quantized}
    assert stored["weights_quantized"].dtype == np.uint8
    assert stored["weights_zero_point"].tolist() == [128, 128]
    (found,) = open_session(tmp_path / "small", 1).run(None, {"values": np.ones((3, 64), np.float32)})
    assert np.allclose(found, [[64, -64]] * 3, rtol=0.01)


@pytest.mark.parametrize("rows", [4, 5000])
def test_tables_that_are_small_or_read_otherwise_are_left_alone(tmp_path, rows):
    table = numpy_helper.from_array(np.eye(rows, 4, dtype=np.float32), "t")
    ids = helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["rows"])
    out = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["rows", 4])
    nodes = [helper.make_node("Gather", ["t", "input_ids"], ["found"], "types/Gather_0")]
    nodes.append(helper.make_node("Gather", ["t", "input_ids"], ["again"], "types/Gather_1"))
    nodes.append(helper.make_node("Add", ["found", "again"], ["logits"], "types/Add_2"))
    made = helper.make_model(helper.make_graph(nodes, "g", [ids], [out], [table]))
    made.opset_import[0].version = 20
    made.ir_version = 10
    onnx.save(made, tmp_path / "full")
    quantize.quantize_dynamic(tmp_path / "full", tmp_path / "small", [])
    assert [one.op_type for one in onnx.load(tmp_path / "small").graph.node] == ["Gather", "Gather", "Add"]


def test_what_may_not_be_written_to_is_replaced(full, tmp_path):
    """DVC keeps outputs read-only, and shares them with its cache."""
    before, source = whole(full), tmp_path / "copy" / full.name
    source.parent.mkdir()
    for file in (full, full.with_name("full.onnx.data")):
        shutil.copy(file, source.parent)
        (tmp_path / file.name).hardlink_to(file)
    onnx_export.save(onnx.load(source), tmp_path / full.name)
    assert whole(full) == before
    assert (tmp_path / full.name).stat().st_nlink == full.stat().st_nlink == 1
