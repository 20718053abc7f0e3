"""ONNX sessions: batches of similar length, and graphs behind symlinks."""

import shutil
from types import SimpleNamespace

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from crossfer.compression import onnx_export
from crossfer.serving import session
from crossfer.serving.session import batches_by_tokens, open_session, predict_probabilities


def test_batches_have_each_row_once_and_similar_lengths(monkeypatch):
    inputs = [[0] * length for length in (5, 1, 4, 1, 3, 2, 2)]
    monkeypatch.setattr(session, "BATCH_SIZE", 3)
    batches = batches_by_tokens(inputs, None)
    assert sorted(row for rows in batches for row in rows) == list(range(7))
    assert [[len(inputs[row]) for row in rows] for rows in batches] == [[1, 1, 2], [2, 3, 4], [5]]
    limited = batches_by_tokens(inputs, 8)
    assert [[len(inputs[row]) for row in rows] for rows in limited] == [[1, 1, 2], [2, 3], [4], [5]]
    assert batches_by_tokens([], None) == []


def test_a_graph_and_its_weights_may_be_symlinks(tmp_path):
    """DVC creates symlinks with that cache type; onnxruntime does not follow them."""
    weights = numpy_helper.from_array(np.random.default_rng(0).normal(size=(400, 3)).astype(np.float32), "weights")
    values = helper.make_tensor_value_info("values", TensorProto.FLOAT, ["rows", 400])
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["rows", 3])
    node = helper.make_node("MatMul", ["values", "weights"], ["logits"], "head/MatMul_0")
    model = helper.make_model(helper.make_graph([node], "graph", [values], [logits], [weights]), ir_version=10)
    model.opset_import[0].version = 20
    (tmp_path / "graph").mkdir()
    onnx_export.save_graph(model, tmp_path / "graph" / "model.onnx")
    for number, file in enumerate(sorted((tmp_path / "graph").iterdir())):
        (tmp_path / f"cache{number}").mkdir()
        shutil.copy(file, tmp_path / f"cache{number}" / "content")
        (tmp_path / file.name).symlink_to(tmp_path / f"cache{number}" / "content")
    assert (tmp_path / "model.onnx.data").is_symlink()
    encoder = SimpleNamespace(batch=lambda inputs: {"values": np.stack(inputs)})
    direct, linked = (
        predict_probabilities(open_session(path, 1), encoder, list(np.ones((2, 400), np.float32)))
        for path in (tmp_path / "graph" / "model.onnx", tmp_path / "model.onnx")
    )
    assert np.array_equal(direct, linked)
    assert np.allclose(np.sum(direct, 1), 1)
    assert predict_probabilities(open_session(tmp_path / "model.onnx", 1), encoder, []) == []
