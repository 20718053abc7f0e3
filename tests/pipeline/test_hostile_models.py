"""Hostile models are refused: huge, deeply nested, pickled, damaged, custom code."""

import json
import os
import pickle
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from repository import tiny_params

from crossfer.artifacts import model_files, paths
from crossfer.artifacts.paths import TaskPaths
from crossfer.backbones import PROVIDERS
from crossfer.errors import UserError
from crossfer.serving.classifier import Classifier

NESTED = b"[" * 100_000 + b"]" * 100_000
HOSTILE = {
    "huge": lambda file: os.truncate(file, model_files.MAX_BYTES + 1),  # a sparse file, which takes no disk space
    "nested": lambda file: file.write_bytes(b'{"model_type": "bert", "x": ' + NESTED + b"}"),
    "nested 300 deep": lambda file: file.write_bytes(b'{"x":' * 300 + b"1" + b"}" * 300),
    "never closed": lambda file: file.write_bytes(b"[" * 5_000_000),
}
HEADER = "Error while deserializing header: header too large"
LIMIT_ERROR = "more than the limit of 64,000,000|is nested deeper than the limit of 64 levels"


@pytest.fixture
def backbone(tiny_backbone, tmp_path):
    return Path(shutil.copytree(tiny_backbone, tmp_path / "backbone"))


@pytest.fixture
def model(repository, tmp_path):
    """A copy of a compressed model."""
    return Path(shutil.copytree(repository.folder / TaskPaths("tiny").onnx, tmp_path / "model"))


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "tokenizer_config.json"])
@pytest.mark.parametrize("corruption", HOSTILE)
def test_backbone_refuses_a_huge_or_nested_file(backbone, corruption, name):
    HOSTILE[corruption](backbone / name)
    with pytest.raises(UserError, match=LIMIT_ERROR) as caught:
        PROVIDERS["local"](str(backbone))
    assert str(backbone / name) in str(caught.value) and "\n" not in str(caught.value)


def test_backbone_refuses_a_huge_vocabulary(backbone):
    (backbone / "vocab.txt").touch()
    HOSTILE["huge"](backbone / "vocab.txt")
    with pytest.raises(UserError, match=LIMIT_ERROR):
        PROVIDERS["local"](str(backbone))


@pytest.mark.parametrize("name", ["classifier.json", "encoder.json", "tokenizer.json"])
@pytest.mark.parametrize("corruption", HOSTILE)
def test_classifier_refuses_a_huge_or_nested_file(model, corruption, name):
    Classifier(model)
    HOSTILE[corruption](model / name)
    with pytest.raises(UserError, match=LIMIT_ERROR):
        Classifier(model)


def test_logged_torch_model_has_the_same_limits(backbone):
    from crossfer.serving.pyfunc_torch import TorchPyfunc

    HOSTILE["nested"](backbone / "tokenizer_config.json")
    with pytest.raises(UserError, match=LIMIT_ERROR):
        TorchPyfunc().load_context(SimpleNamespace(artifacts={"model": backbone}, model_config={"modality": "text"}))


def test_backbone_accepts_files_of_large_models(backbone):
    """A tokenizer of 40 MB with brackets in its tokens, and 60 nested levels of JSON."""
    tokens = [[f'▁[{{"\\{number}', -1.5] for number in range(1_300_000)]
    (backbone / "tokenizer.json").write_text(json.dumps({"model": {"vocab": tokens}}))
    assert (backbone / "tokenizer.json").stat().st_size > 38_000_000
    (backbone / "generation_config.json").write_text('{"x":' * 60 + "1" + "}" * 60)
    assert PROVIDERS["local"](str(backbone)) == backbone
    assert PROVIDERS["package"]("multilingual-e5-small")


@pytest.mark.parametrize(
    ("content", "message"), [("[]", "not a JSON object"), ("{", "not JSON"), ("{]", "not JSON"), ("{x}", "not JSON")]
)
def test_backbone_refuses_an_invalid_configuration(backbone, content, message):
    (backbone / "config.json").write_text(content)
    with pytest.raises(UserError, match=message):
        PROVIDERS["local"](str(backbone))


def test_backbone_with_custom_code_is_refused(backbone):
    """Custom code is refused even if transformers knows the architecture.

    The author of the folder meant another one.
    """
    (backbone / "evil.py").write_text(f"open({str(backbone / 'ran')!r}, 'w')\n")
    config = json.loads((backbone / "config.json").read_text()) | {"auto_map": {"AutoConfig": "evil.Config"}}
    (backbone / "config.json").write_text(json.dumps(config))
    with pytest.raises(UserError, match=r"needs code of its own \(auto_map in config.json\), which is not run"):
        PROVIDERS["local"](str(backbone))
    assert not (backbone / "ran").exists()


class Pickled:
    """An object that creates a file when it is unpickled."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self):
        return open, (str(self.marker), "w")


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.pt", "model.ckpt", "model.pkl"])
def test_pickled_weights_are_refused(backbone, name):
    (backbone / "model.safetensors").unlink()
    (backbone / name).write_bytes(pickle.dumps(Pickled(backbone / "ran")))
    with pytest.raises(UserError, match=r"no \.safetensors weights, and other formats can run code"):
        PROVIDERS["local"](str(backbone))
    assert not (backbone / "ran").exists()


def test_pickle_named_safetensors_is_refused(tokenized, backbone):
    weights = backbone / "model.safetensors"
    weights.write_bytes(pickle.dumps(Pickled(backbone / "ran")))
    params = tiny_params(backbone)
    tokenized.write_params(params)
    message = tokenized.stage("finetune", status=2)
    assert message == f"error: {weights} is damaged or not in safetensors format ({HEADER}); copy the model again.\n"
    assert not (backbone / "ran").exists()


def test_truncated_weights_are_refused(backbone):
    weights = backbone / "model.safetensors"
    os.truncate(weights, weights.stat().st_size - 1)
    with pytest.raises(UserError, match="is damaged or not in safetensors format"):
        PROVIDERS["local"](str(backbone))


def test_graph_with_weights_outside_its_folder_is_refused(model, tmp_path):
    """onnxruntime accepts no file of weights outside the folder of the graph."""
    import onnx

    graph = onnx.load(model / paths.GRAPH_FILE, load_external_data=False)
    outside = tmp_path / "outside.data"
    outside.write_bytes(bytes(10_000_000))
    is_moved = False
    for tensor in graph.graph.initializer:
        for entry in tensor.external_data:
            if entry.key == "location":
                entry.value, is_moved = "../outside.data", True
    assert is_moved
    onnx.save(graph, model / paths.GRAPH_FILE)
    with pytest.raises(UserError, match="has no complete compressed model"):
        Classifier(model)


def test_predict_reports_a_nested_file_in_one_line(repository, model):
    HOSTILE["nested"](model / "encoder.json")
    message = repository.crossfer("predict", "tiny", "x", "--model", str(model), status=2)
    assert message.startswith(f"error: {model}/encoder.json is nested deeper than the limit of 64 levels")
    assert message.count("\n") == 1
