"""Models from outside: what is huge, nested without end, pickled, changed, or needs code of its own is refused."""

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
    "huge": lambda file: os.truncate(file, model_files.MAX_BYTES + 1),  # a hole: it takes no disk
    "nested": lambda file: file.write_bytes(b'{"model_type": "bert", "x": ' + NESTED + b"}"),
    "nested 300 deep": lambda file: file.write_bytes(b'{"x":' * 300 + b"1" + b"}" * 300),
    "never closed": lambda file: file.write_bytes(b"[" * 5_000_000),
}
HEADER = "Error while deserializing header: header too large"
SAID = "more than the limit of 64,000,000|is nested deeper than the limit of 64 levels"


@pytest.fixture
def backbone(tiny_backbone, tmp_path):
    return Path(shutil.copytree(tiny_backbone, tmp_path / "backbone"))


@pytest.fixture
def model(repository, tmp_path):
    """A compressed model, as somebody else may have sent it."""
    return Path(shutil.copytree(repository.folder / TaskPaths("tiny").onnx, tmp_path / "model"))


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "tokenizer_config.json"])
@pytest.mark.parametrize("kind", HOSTILE)
def test_a_backbone_that_is_huge_or_nested(backbone, kind, name):
    HOSTILE[kind](backbone / name)
    with pytest.raises(UserError, match=SAID) as caught:
        PROVIDERS["local"](str(backbone))
    assert str(backbone / name) in str(caught.value) and "\n" not in str(caught.value)


def test_a_vocabulary_without_end(backbone):
    (backbone / "vocab.txt").touch()
    HOSTILE["huge"](backbone / "vocab.txt")
    with pytest.raises(UserError, match=SAID):
        PROVIDERS["local"](str(backbone))


@pytest.mark.parametrize("name", ["classifier.json", "encoder.json", "tokenizer.json"])
@pytest.mark.parametrize("kind", HOSTILE)
def test_a_served_model_that_is_huge_or_nested(model, kind, name):
    Classifier(model)
    HOSTILE[kind](model / name)
    with pytest.raises(UserError, match=SAID):
        Classifier(model)


def test_the_whole_model_that_mlflow_serves_has_the_same_limits(backbone):
    from crossfer.serving.pyfunc_torch import TorchPyfunc

    HOSTILE["nested"](backbone / "tokenizer_config.json")
    with pytest.raises(UserError, match=SAID):
        TorchPyfunc().load_context(SimpleNamespace(artifacts={"model": backbone}, model_config={"modality": "text"}))


def test_what_large_models_have_passes(backbone):
    """40 MB of a tokenizer, brackets among its pieces, and configurations of some depth."""
    pieces = [[f'▁[{{"\\{number}', -1.5] for number in range(1_300_000)]
    (backbone / "tokenizer.json").write_text(json.dumps({"model": {"vocab": pieces}}))
    assert (backbone / "tokenizer.json").stat().st_size > 38_000_000
    (backbone / "generation_config.json").write_text('{"x":' * 60 + "1" + "}" * 60)
    assert PROVIDERS["local"](str(backbone)) == backbone
    assert PROVIDERS["package"]("multilingual-e5-small")


@pytest.mark.parametrize(
    ("content", "said"), [("[]", "not a JSON object"), ("{", "not JSON"), ("{]", "not JSON"), ("{x}", "not JSON")]
)
def test_a_configuration_that_is_none(backbone, content, said):
    (backbone / "config.json").write_text(content)
    with pytest.raises(UserError, match=said):
        PROVIDERS["local"](str(backbone))


def test_code_of_its_own_is_refused_and_not_run(backbone):
    """Also where transformers knows the architecture: what the folder's author meant to run is something else."""
    (backbone / "evil.py").write_text(f"open({str(backbone / 'ran')!r}, 'w')\n")
    config = json.loads((backbone / "config.json").read_text()) | {"auto_map": {"AutoConfig": "evil.Config"}}
    (backbone / "config.json").write_text(json.dumps(config))
    with pytest.raises(UserError, match=r"needs code of its own \(auto_map in config.json\), which is not run"):
        PROVIDERS["local"](str(backbone))
    assert not (backbone / "ran").exists()


class Pickled:
    """Makes a file when it is unpickled."""

    def __init__(self, ran: Path) -> None:
        self.ran = ran

    def __reduce__(self):
        return open, (str(self.ran), "w")


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.pt", "model.ckpt", "model.pkl"])
def test_a_pickle_is_refused_and_not_opened(backbone, name):
    (backbone / "model.safetensors").unlink()
    (backbone / name).write_bytes(pickle.dumps(Pickled(backbone / "ran")))
    with pytest.raises(UserError, match=r"no \.safetensors weights, and other formats can run code"):
        PROVIDERS["local"](str(backbone))
    assert not (backbone / "ran").exists()


def test_a_pickle_under_the_name_of_safetensors_is_not_run(tokenized, backbone):
    weights = backbone / "model.safetensors"
    weights.write_bytes(pickle.dumps(Pickled(backbone / "ran")))
    params = tiny_params(backbone)
    tokenized.write_params(params)
    said = tokenized.stage("finetune", status=2)
    assert said == f"error: {weights} is damaged or not in safetensors format ({HEADER}); copy the model again.\n"
    assert not (backbone / "ran").exists()


def test_weights_that_are_torn_off(backbone):
    weights = backbone / "model.safetensors"
    os.truncate(weights, weights.stat().st_size - 1)
    with pytest.raises(UserError, match="is damaged or not in safetensors format"):
        PROVIDERS["local"](str(backbone))


def test_a_graph_whose_weights_lie_elsewhere_is_refused(model, tmp_path):
    """ONNX names the file of its weights: onnxruntime takes none outside of the folder."""
    import onnx

    graph = onnx.load(model / paths.GRAPH_FILE, load_external_data=False)
    outside = tmp_path / "outside.data"
    outside.write_bytes(bytes(10_000_000))
    moved = False
    for tensor in graph.graph.initializer:
        for entry in tensor.external_data:
            if entry.key == "location":
                entry.value, moved = "../outside.data", True
    assert moved
    onnx.save(graph, model / paths.GRAPH_FILE)
    with pytest.raises(UserError, match="has no complete compressed model"):
        Classifier(model)


def test_predict_says_it_in_a_sentence(repository, model):
    HOSTILE["nested"](model / "encoder.json")
    said = repository.crossfer("predict", "tiny", "x", "--model", str(model), status=2)
    assert said.startswith(f"error: {model}/encoder.json is nested deeper than the limit of 64 levels")
    assert said.count("\n") == 1
