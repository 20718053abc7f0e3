"""ONNX sessions: independent inputs, and graphs behind symlinks."""

import shutil
from types import SimpleNamespace

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from crossfer.compression import onnx_export, quantize
from crossfer.serving.session import open_session, predict_probabilities


def matrix_product(width):
    """Return a graph that multiplies `values` (rows, width) with a random matrix."""
    weights = numpy_helper.from_array(np.random.default_rng(0).normal(size=(width, 3)).astype(np.float32), "weights")
    values = helper.make_tensor_value_info("values", TensorProto.FLOAT, ["rows", width])
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["rows", 3])
    node = helper.make_node("MatMul", ["values", "weights"], ["logits"], "head/MatMul_0")
    model = helper.make_model(helper.make_graph([node], "graph", [values], [logits], [weights]), ir_version=10)
    model.opset_import[0].version = 20
    return model


ENCODER = SimpleNamespace(batch=lambda inputs: {"values": np.stack(inputs)})


def test_int8_probabilities_do_not_depend_on_other_inputs(tmp_path):
    """In a batch, the input of large values would set the scale of all activations."""
    onnx.save(matrix_product(64), tmp_path / "fp32")
    quantize.quantize_dynamic(tmp_path / "fp32", tmp_path / "int8", [])
    session = open_session(tmp_path / "int8")
    values = np.random.default_rng(1).normal(size=(30, 64)) * np.logspace(-2, 1, 30)[:, None]
    inputs = list(values.astype(np.float32))
    alone = [predict_probabilities(session, ENCODER, [row], 1)[0] for row in inputs]
    for threads in (0, 1, 3):
        assert np.array_equal(predict_probabilities(session, ENCODER, inputs, threads), alone)
        assert np.array_equal(predict_probabilities(session, ENCODER, inputs[::-1], threads), alone[::-1])
    (batch,) = session.run(None, ENCODER.batch(inputs))
    singles = np.concatenate([session.run(None, ENCODER.batch([row]))[0] for row in inputs])
    assert np.abs(batch - singles).max() > 0.1


def test_a_graph_and_its_weights_may_be_symlinks(tmp_path):
    """DVC creates symlinks with that cache type; onnxruntime does not follow them."""
    (tmp_path / "graph").mkdir()
    onnx_export.save_graph(matrix_product(400), tmp_path / "graph" / "model.onnx")
    for number, file in enumerate(sorted((tmp_path / "graph").iterdir())):
        (tmp_path / f"cache{number}").mkdir()
        shutil.copy(file, tmp_path / f"cache{number}" / "content")
        (tmp_path / file.name).symlink_to(tmp_path / f"cache{number}" / "content")
    assert (tmp_path / "model.onnx.data").is_symlink()
    direct, linked = (
        predict_probabilities(open_session(path), ENCODER, list(np.ones((2, 400), np.float32)), 1)
        for path in (tmp_path / "graph" / "model.onnx", tmp_path / "model.onnx")
    )
    assert np.array_equal(direct, linked)
    assert np.allclose(np.sum(direct, 1), 1)
    assert predict_probabilities(open_session(tmp_path / "model.onnx"), ENCODER, [], 1) == []
