"""The stages on images: cleaning, training, freezing, reruns."""

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


def test_quality_accounts_for_every_image(digits):
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
            with Image.open(BytesIO(content)) as image:
                assert (image.format, image.mode, image.size) == ("PNG", "L", (28, 28))
    assert quality["print"]["changed"] == dict.fromkeys(("polarity", "size"), quality["print"]["rows_out"])
    assert quality["mnist"]["changed"] == {}


def test_model_folder_has_cleaner_and_encoder(digits):
    for folder in ("tokens/tiny/encoder", "models/tiny"):
        path = digits.folder / "data" / folder
        assert vision.load_cleaner(path) == vision.make_cleaner("mnist", 28)
        assert vision.load_encoder(path).size == VISION_SIZE
    inputs = rows_of(digits, "tokens", "uci")["input"]
    assert inputs.map(len).unique().tolist() == [3 * VISION_SIZE**2]
    assert inputs.iloc[0].dtype == np.uint8


def test_baseline_transfers_to_other_digits(digits):
    metrics = read_report(digits)
    assert "gap_n" not in metrics["zero_shot"]  # the target items differ from the source items
    baseline = metrics["baseline"]
    assert baseline["mnist"]["accuracy"] > 0.6
    assert all(scores["accuracy"] > 0.3 for scores in baseline.values())


def test_training_json_lists_a_fraction_per_label(digits):
    training = io.read_json(digits.folder / "data/models/tiny/training.json")
    source = rows_of(digits, "tokens", "mnist")
    rows = source[source["split"] == "train"]
    chosen = source.loc[training["rows"]]
    assert set(training["rows"]) < set(rows.index)
    expected = (rows["label"].value_counts() * 0.05).round()
    assert chosen["label"].value_counts().sort_index().tolist() == expected.sort_index().tolist()


def test_predictions_are_those_of_the_model(digits):
    models = load_models("vision")
    model = models.load(digits.folder / "data/models/tiny")
    rows = rows_of(digits, "tokens", "print").iloc[:40]
    logits = predict_logits(model, list(rows["input"]), models.collate, 40, "test")
    expected = digits.predictions().query("domain == 'print'").set_index("id").loc[rows.index]
    assert [model.config.id2label[number] for number in logits.argmax(1)] == list(expected["prediction"])


def test_transformers_loads_the_vision_model(digits):
    from transformers import AutoImageProcessor, AutoModelForImageClassification

    folder = digits.folder / "data/models/tiny"
    model, report = AutoModelForImageClassification.from_pretrained(folder, output_loading_info=True)
    assert not any(report.values())
    assert model.config.id2label == dict(enumerate("0123456789"))
    assert AutoImageProcessor.from_pretrained(folder, backend="pil").do_normalize


def test_frozen_layers_equal_the_backbone(digits, tiny_vision_backbone):
    from safetensors.torch import load_file

    model = load_file(digits.folder / "data/models/tiny/model.safetensors")
    backbone = load_file(tiny_vision_backbone / "model.safetensors")
    frozen = ("mobilenet_v2.conv_stem.", "mobilenet_v2.layer.0.", "mobilenet_v2.layer.1.")
    changed_names = {
        name for name, weight in backbone.items() if model[name].shape != weight.shape or not model[name].equal(weight)
    }
    assert not [name for name in changed_names if name.startswith(frozen)]
    assert "mobilenet_v2.layer.2.conv_3x3.convolution.weight" in changed_names
    assert model["classifier.weight"].shape[0] == 10


@pytest.fixture(scope="module")
def copy(digits, tmp_path_factory):
    """A copy of the repository that a test may change."""
    return digits.copy_to(tmp_path_factory.mktemp("copy") / "copy", "mlflow.db", "mlruns")


def test_parameter_change_invalidates_its_stages(copy):
    """Augmentation invalidates finetune, the image size preprocess, and their readers."""
    params = (copy.folder / "params.yaml").read_text()

    def stale(edit):
        params_copy = YAML(typ="safe").load(params)
        edit(params_copy["tasks"]["tiny"])
        copy.write_params(params_copy)
        output = copy.run("dvc", "status")
        (copy.folder / "params.yaml").write_text(params)
        return [stage for stage in STAGES if re.search(rf"^{stage}@tiny:", output, re.M)]

    assert stale(lambda task: task["finetune"]["augment"].update(rotation=1)) == ["finetune", "adapt"]
    assert stale(lambda task: task["preprocess"].update(size=20)) == ["preprocess"]
    assert stale(lambda task: task["tokenize"].update(size=16)) == ["tokenize"]
    assert copy.run("git", "status", "--porcelain") == ""


def test_retraining_gives_the_same_bytes(copy):
    """Augmentation and dropout are reproducible, in another folder as well."""
    block = copy.lock()["finetune@tiny"]
    copy.run("dvc", "repro", "--force", "--single-item", "finetune@tiny")
    assert copy.lock()["finetune@tiny"] == block
