"""The same six stages on pictures of digits: what is promised of the outputs, and a logged model that takes PNG."""

import base64
import re
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from repository import STAGES, VISION_SIZE, Repository, tiny_vision_params
from ruamel.yaml import YAML

from crossfer.artifacts import io
from crossfer.evaluation import mistakes
from crossfer.modalities.vision import data as vision
from crossfer.modeling.inference import logits
from crossfer.protocols import load_models

DOMAINS = ["mnist", "uci", "print"]


@pytest.fixture(scope="module")
def digits(tmp_path_factory, tiny_vision_backbone):
    """A repository with a tiny task of digits after one `dvc repro`, committed."""
    made = Repository(tmp_path_factory.mktemp("digits"), tiny_vision_backbone, tiny_vision_params)
    made.run("dvc", "repro")
    made.commit("reproduced")
    return made


def rows_of(repository, stage, domain):
    return pd.read_parquet(repository.folder / f"data/{stage}/tiny/{domain}.parquet").set_index("id")


def test_every_stage_ran(digits):
    assert set(digits.lock()) == {f"{stage}@tiny" for stage in STAGES}
    assert "Data and pipelines are up to date" in digits.run("dvc", "repro")
    assert digits.run("git", "status", "--porcelain") == ""


def test_every_picture_is_accounted_for(digits):
    quality = io.read_json(digits.folder / "data/clean/tiny/quality.json")
    assert {domain: account["rows_in"] for domain, account in quality.items()} == {
        "mnist": 5000,
        "uci": 1797,
        "print": 1050,
    }
    for domain, account in quality.items():
        clean = rows_of(digits, "clean", domain)
        assert account["rows_out"] == len(clean) >= 0.97 * account["rows_in"]
        assert account["rows_in"] == len(clean) + sum(map(len, account["dropped"].values()))
        for content in clean["content"][::100]:
            with Image.open(BytesIO(content)) as picture:
                assert (picture.format, picture.mode, picture.size) == ("PNG", "L", (28, 28))
    assert quality["print"]["changed"] == dict.fromkeys(("polarity", "size"), quality["print"]["rows_out"])
    assert quality["mnist"]["changed"] == {}


def test_cleaner_and_encoder_go_with_the_model(digits):
    for folder in ("tokens/tiny/encoder", "models/tiny"):
        found = digits.folder / "data" / folder
        assert vision.load_cleaner(found) == vision.make_cleaner("ink", 28)
        assert vision.load_encoder(found).size == VISION_SIZE
    inputs = rows_of(digits, "tokens", "uci")["input"]
    assert inputs.map(len).unique().tolist() == [3 * VISION_SIZE**2]
    assert inputs.iloc[0].dtype == np.uint8


def test_metrics_keep_their_contract(digits):
    metrics = io.read_json(digits.folder / "data/reports/tiny/metrics.json")
    assert metrics["source"] == "mnist"
    assert metrics["labels"] == list("0123456789")
    assert list(metrics["domains"]) == list(metrics["floor"]) == DOMAINS
    for domain, scores in metrics["domains"].items():
        tests = rows_of(digits, "clean", domain)
        assert scores["n"] == (tests["split"] == "test").sum()
        assert scores["kind"] == domain and scores["unknown_labels"] == 0
        assert 0 <= scores["accuracy_low"] <= scores["accuracy"] <= scores["accuracy_high"] <= 1
    transfer = metrics["zero_shot"]
    assert (transfer["domains"], transfer["reference"]) == (2, "mnist")
    assert "gap_items" not in transfer  # other writers' digits are other items
    cost = metrics["cost"]
    assert cost["training_rows"] == len(io.read_json(digits.folder / "data/models/tiny/training.json")["rows"])
    assert 0 < cost["trained_weights"] < cost["weights"]
    assert cost["bytes"] > 4 * cost["weights"]
    assert cost["floor_weights"] == 10 * (28 * 28 + 1)


def test_the_floor_learns_across_kinds_of_digits(digits):
    floor = io.read_json(digits.folder / "data/reports/tiny/metrics.json")["floor"]
    assert floor["mnist"]["accuracy"] > 0.6
    assert all(scores["accuracy"] > 0.3 for scores in floor.values())


def test_training_json_names_a_share_of_the_training_rows(digits):
    training = io.read_json(digits.folder / "data/models/tiny/training.json")
    source = rows_of(digits, "tokens", "mnist")
    rows = source[source["split"] == "train"]
    chosen = source.loc[training["rows"]]
    assert set(training["rows"]) < set(rows.index)
    expected = (rows["label"].value_counts() * 0.05).round()
    assert chosen["label"].value_counts().sort_index().tolist() == expected.sort_index().tolist()


def test_predictions_are_the_models(digits):
    models = load_models("vision")
    model = models.load(digits.folder / "data/models/tiny")
    rows = rows_of(digits, "tokens", "print").iloc[:40]
    found = logits(model, list(rows["input"]), models.collate, 40, "test")
    expected = digits.guesses().query("domain == 'print'").set_index("id").loc[rows.index]
    assert [model.config.id2label[number] for number in found.argmax(1)] == list(expected["guess"])


def test_the_model_is_an_ordinary_one(digits):
    from transformers import AutoImageProcessor, AutoModelForImageClassification

    folder = digits.folder / "data/models/tiny"
    model, report = AutoModelForImageClassification.from_pretrained(folder, output_loading_info=True)
    assert not any(report.values())
    assert model.config.id2label == dict(enumerate("0123456789"))
    assert AutoImageProcessor.from_pretrained(folder, backend="pil").do_normalize
    assert {path.suffix for path in folder.iterdir()} <= {".json", ".safetensors", ".csv"}


def test_what_is_frozen_is_the_backbones(digits, tiny_vision_backbone):
    from safetensors.torch import load_file

    model = load_file(digits.folder / "data/models/tiny/model.safetensors")
    backbone = load_file(tiny_vision_backbone / "model.safetensors")
    frozen = ("mobilenet_v2.conv_stem.", "mobilenet_v2.layer.0.", "mobilenet_v2.layer.1.")
    moved = {
        name for name, weight in backbone.items() if model[name].shape != weight.shape or not model[name].equal(weight)
    }
    assert not [name for name in moved if name.startswith(frozen)]
    assert "mobilenet_v2.layer.2.conv_3x3.convolution.weight" in moved
    assert model["classifier.weight"].shape[0] == 10


def test_mistakes_show_the_pictures(digits):
    page = (digits.folder / "data/reports/tiny/mistakes.html").read_text(encoding="utf-8")
    parts = dict(part.split("</h2>", 1) for part in page.split("<h2>")[1:])
    assert list(parts) == DOMAINS
    found = digits.guesses()
    for domain, part in parts.items():
        wrong = mistakes.worst(found[found["domain"] == domain]).head(mistakes.SHOWN)
        assert re.findall(r"<small>(.*?)</small>", part) == wrong["id"].tolist()
        shown = [base64.b64decode(data) for data in re.findall(r'src="data:image/png;base64,(.*?)"', part)]
        assert shown == rows_of(digits, "clean", domain)["content"][wrong["id"]].tolist()


def test_no_path_in_any_output(digits):
    word = str(digits.folder).encode()
    for path in (digits.folder / "data").rglob("*"):
        if path.is_file():
            assert word not in path.read_bytes(), path


# --- the logged model


@pytest.fixture(scope="module")
def logged_model(digits):
    import mlflow
    from mlflow import MlflowClient

    with pytest.MonkeyPatch.context() as patched:
        store = f"sqlite:///{digits.folder}/mlflow.db"
        patched.setenv("MLFLOW_TRACKING_URI", store)
        mlflow.set_tracking_uri(store)
        client = MlflowClient(store)
        experiment = client.get_experiment_by_name("crossfer")
        (run,) = client.search_runs([experiment.experiment_id], "tags.`crossfer.stage` = 'finetune'")
        yield mlflow.get_logged_model(run.outputs.model_outputs[0].model_id)
        mlflow.set_tracking_uri(None)


@pytest.mark.parametrize("domain", DOMAINS)
def test_the_logged_model_takes_png_as_it_comes(digits, logged_model, domain):
    """Raw pictures, dark on light and of another size: cleaned inside, as in the pipeline."""
    import mlflow

    served = mlflow.pyfunc.load_model(logged_model.model_uri)
    expected = digits.guesses().query(f"domain == '{domain}'").iloc[:50]
    pictures = rows_of(digits, "raw", domain)["content"][expected["id"]]
    answers = served.predict(pd.DataFrame({"content": pictures.to_list()}))
    assert list(answers.columns) == ["label", "probability", "probabilities"]
    assert list(answers["label"]) == list(expected["guess"])
    for answer, wanted in zip(answers.itertuples(), expected["probabilities"], strict=True):
        assert answer.probabilities == pytest.approx(wanted, abs=1e-4)


def test_the_logged_model_takes_other_formats(digits, logged_model):
    import mlflow

    served = mlflow.pyfunc.load_model(logged_model.model_uri)
    (content,) = rows_of(digits, "raw", "print")["content"][:1]
    colour = BytesIO()
    Image.open(BytesIO(content)).convert("RGB").save(colour, "BMP")
    one, other = served.predict(pd.DataFrame({"content": [content, colour.getvalue()]}))["probabilities"]
    assert one == pytest.approx(other, abs=1e-5)


def test_the_logged_models_signature_is_binary(digits, logged_model):
    import mlflow
    from mlflow.types import DataType

    info = mlflow.models.get_model_info(logged_model.model_uri)
    (column,) = info.signature.inputs.inputs
    assert (column.name, column.type) == ("content", DataType.binary)
    assert info.signature.outputs.input_names() == ["label", "probability", "probabilities"]
    example = mlflow.pyfunc.load_model(logged_model.model_uri).input_example["content"].iloc[0]
    assert example in set(rows_of(digits, "clean", "mnist")["content"])


def test_the_logged_model_brings_what_it_needs(logged_model):
    import mlflow

    wanted = mlflow.pyfunc.get_model_dependencies(logged_model.model_uri)
    names = {line.split("==")[0] for line in Path(wanted).read_text().splitlines()}
    assert {"pillow", "torch", "transformers"} <= names
    assert "torchvision" not in names and "ftfy" not in names


# --- again, and with changes


def test_what_a_change_makes_stale(digits):
    """How pictures are varied concerns finetune and what reads the model; their form concerns nearly all."""
    params = (digits.folder / "params.yaml").read_text()

    def stale(change):
        changed = YAML(typ="safe").load(params)
        change(changed["tasks"]["tiny"])
        digits.write_params(changed)
        said = digits.run("dvc", "status")
        (digits.folder / "params.yaml").write_text(params)
        return [stage for stage in STAGES if re.search(rf"^{stage}@tiny:", said, re.M)]

    assert stale(lambda task: task["finetune"]["augment"].update(turn=1)) == ["finetune", "adapt"]
    assert stale(lambda task: task["preprocess"].update(size=20)) == ["preprocess"]
    assert stale(lambda task: task["tokenize"].update(size=16)) == ["tokenize"]
    assert digits.run("git", "status", "--porcelain") == ""


def test_training_again_gives_the_same_bytes(digits):
    """Varied pictures, dropout and all; it stands last, since it makes a second run."""
    before = digits.lock()["finetune@tiny"]
    digits.run("dvc", "repro", "--force", "--single-item", "finetune@tiny")
    assert digits.lock()["finetune@tiny"] == before
