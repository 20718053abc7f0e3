"""The stages on pictures: what is cleaned, trained on and frozen, and what a change makes stale."""

import re
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from pipeline_outputs import read_report, rows_of
from repository import STAGES, VISION_SIZE
from ruamel.yaml import YAML

from crossfer.artifacts import io
from crossfer.modalities.vision import data as vision
from crossfer.modeling.inference import predict_logits
from crossfer.protocols import load_models


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
        assert vision.load_cleaner(found) == vision.make_cleaner("mnist", 28)
        assert vision.load_encoder(found).size == VISION_SIZE
    inputs = rows_of(digits, "tokens", "uci")["input"]
    assert inputs.map(len).unique().tolist() == [3 * VISION_SIZE**2]
    assert inputs.iloc[0].dtype == np.uint8


def test_the_floor_learns_across_kinds_of_digits(digits):
    metrics = read_report(digits)
    assert "gap_n" not in metrics["zero_shot"]  # other writers' digits are other items
    floor = metrics["baseline"]
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
    found = predict_logits(model, list(rows["input"]), models.collate, 40, "test")
    expected = digits.predictions().query("domain == 'print'").set_index("id").loc[rows.index]
    assert [model.config.id2label[number] for number in found.argmax(1)] == list(expected["prediction"])


def test_the_model_of_pictures_is_an_ordinary_one(digits):
    from transformers import AutoImageProcessor, AutoModelForImageClassification

    folder = digits.folder / "data/models/tiny"
    model, report = AutoModelForImageClassification.from_pretrained(folder, output_loading_info=True)
    assert not any(report.values())
    assert model.config.id2label == dict(enumerate("0123456789"))
    assert AutoImageProcessor.from_pretrained(folder, backend="pil").do_normalize


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


# --- the logged model


@pytest.fixture(scope="module")
def changed(digits, tmp_path_factory):
    """A copy of the repository, to change."""
    return digits.copied(tmp_path_factory.mktemp("changed") / "copy", "mlflow.db", "mlruns")


def test_what_a_change_makes_stale(changed):
    """How pictures are varied concerns finetune and what reads the model; their form concerns nearly all."""
    params = (changed.folder / "params.yaml").read_text()

    def stale(change):
        other = YAML(typ="safe").load(params)
        change(other["tasks"]["tiny"])
        changed.write_params(other)
        said = changed.run("dvc", "status")
        (changed.folder / "params.yaml").write_text(params)
        return [stage for stage in STAGES if re.search(rf"^{stage}@tiny:", said, re.M)]

    assert stale(lambda task: task["finetune"]["augment"].update(rotation=1)) == ["finetune", "adapt"]
    assert stale(lambda task: task["preprocess"].update(size=20)) == ["preprocess"]
    assert stale(lambda task: task["tokenize"].update(size=16)) == ["tokenize"]
    assert changed.run("git", "status", "--porcelain") == ""


def test_training_again_gives_the_same_bytes(changed):
    """Varied pictures, dropout and all; in another folder too."""
    before = changed.lock()["finetune@tiny"]
    changed.run("dvc", "repro", "--force", "--single-item", "finetune@tiny")
    assert changed.lock()["finetune@tiny"] == before
