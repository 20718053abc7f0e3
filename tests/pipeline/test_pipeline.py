"""The stages under a real DVC, on tiny models of texts and of images: what a user is promised of the outputs."""

import base64
import html
import re
import shutil
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from repository import LANGUAGES, STAGES, VISION_SIZE, runs, tiny_params
from ruamel.yaml import YAML

from crossfer.artifacts import digests, io
from crossfer.evaluation import mistakes
from crossfer.modalities.vision import data as vision
from crossfer.modeling.inference import logits
from crossfer.protocols import load_modality, load_models

DOMAINS = {"text": ["en", *LANGUAGES], "vision": ["mnist", "uci", "print"]}
LABELS = {"text": ["business", "entertainment", "politics", "sports", "tech"], "vision": list("0123456789")}
DIGITS = DOMAINS["vision"]


@pytest.fixture(params=DOMAINS)
def modality(request):
    return request.param


@pytest.fixture
def done(request, modality):
    """The repository of a modality after one `dvc repro`."""
    return request.getfixturevalue({"text": "repository", "vision": "digits"}[modality])


def read_report(repository):
    return io.read_json(repository.folder / "data/reports/tiny/metrics.json")


def rows_of(repository, stage, domain):
    return pd.read_parquet(repository.folder / f"data/{stage}/tiny/{domain}.parquet").set_index("id")


# --- of both modalities


def test_every_stage_ran_and_left_what_it_promises(done):
    assert set(done.lock()) == {f"{stage}@tiny" for stage in STAGES}
    reports = {path.name for path in (done.folder / "data/reports/tiny").iterdir()}
    assert reports >= {"metrics.json", "mistakes.html", "accuracy.csv", "classes.csv", "guesses.csv"}
    assert reports >= {"learning_curve.csv", "accuracy.png", "confusion.png", "learning_curve.png"}
    assert done.run("git", "status", "--porcelain") == ""


def test_metrics_keep_their_contract(done, modality):
    metrics = read_report(done)
    assert metrics["source"] == DOMAINS[modality][0]
    assert metrics["labels"] == LABELS[modality]
    assert list(metrics["domains"]) == list(metrics["floor"]) == DOMAINS[modality]
    for domain, scores in metrics["domains"].items():
        assert set(scores) == {
            *("kind", "n", "loss", "accuracy", "accuracy_low", "accuracy_high", "macro_f1", "unknown_labels")
        }
        assert scores["n"] == (rows_of(done, "clean", domain)["split"] == "test").sum()
        assert scores["kind"] == domain and scores["unknown_labels"] == 0
        assert 0 <= scores["accuracy_low"] <= scores["accuracy"] <= scores["accuracy_high"] <= 1
    transfer = metrics["zero_shot"]
    assert set(transfer) >= {"accuracy", "macro_f1", "worst", "worst_accuracy", "gap"}
    assert (transfer["domains"], transfer["reference"]) == (2, DOMAINS[modality][0])


def test_predictions_agree_with_metrics(done):
    predictions = done.guesses()
    assert list(predictions.columns) == ["id", "domain", "truth", "guess", "probabilities", "floor"]
    scores = read_report(done)["domains"]
    for domain, rows in predictions.groupby("domain"):
        assert (rows["truth"] == rows["guess"]).mean() == pytest.approx(scores[domain]["accuracy"], abs=1e-6)
    for row in predictions.itertuples():
        assert np.isfinite(list(row.probabilities.values())).all()
        assert sum(row.probabilities.values()) == pytest.approx(1, abs=1e-4)
        assert max(row.probabilities, key=row.probabilities.get) == row.guess


def test_cost_is_that_of_model_and_floor(done, modality):
    folder = done.folder / "data/models/tiny"
    training, floor = io.read_json(folder / "training.json"), refitted_floor(done, modality)
    floor_weights = floor[-1].coef_.size + floor[-1].intercept_.size
    inputs = len(floor[0].vocabulary_) if modality == "text" else 28 * 28
    assert floor_weights == len(LABELS[modality]) * (inputs + 1)
    assert read_report(done)["cost"] == {
        "training_rows": len(training["rows"]),
        "weights": training["weights"],
        "trained_weights": training["trained_weights"],
        "bytes": (folder / "model.safetensors").stat().st_size,
        "floor_weights": floor_weights,
        "floor_bytes": 8 * floor_weights,
    }
    assert 0 < training["trained_weights"] < training["weights"]


def refitted_floor(repository, modality="text"):
    """The floor, fitted on the rows that training.json names."""
    source = rows_of(repository, "tokens", DOMAINS[modality][0])
    rows = source.loc[io.read_json(repository.folder / "data/models/tiny/training.json")["rows"]]
    return load_modality(modality).baseline().fit(rows["content"], rows["label"])


def floor_agrees(repository, modality="text"):
    floor, found = refitted_floor(repository, modality), repository.guesses()
    for domain, rows in found.groupby("domain"):
        contents = rows_of(repository, "tokens", domain)["content"]
        assert list(floor.predict(contents[rows["id"]])) == list(rows["floor"])


def test_the_floor_is_fitted_on_the_rows_of_the_model(done, modality):
    floor_agrees(done, modality)


def test_mistakes_are_shown_the_surest_first(done, modality):
    page = (done.folder / "data/reports/tiny/mistakes.html").read_text(encoding="utf-8")
    parts = dict(part.split("</h2>", 1) for part in page.split("<h2>")[1:])
    assert list(parts) == DOMAINS[modality]
    found = done.guesses()
    for domain, part in parts.items():
        wrong = mistakes.worst(found[found["domain"] == domain]).head(mistakes.SHOWN)
        assert len(wrong)
        assert re.findall(r"<small>(.*?)</small>", part) == wrong["id"].tolist()
        contents = rows_of(done, "clean", domain)["content"][wrong["id"]].tolist()
        if modality == "text":
            assert all(html.escape(content[:100]) in part for content in contents)
        else:
            shown = re.findall(r'src="data:image/png;base64,(.*?)"', part)
            assert [base64.b64decode(data) for data in shown] == contents


def test_no_clock_no_run_id_no_path_in_any_output(done):
    forbidden = [str(done.folder).encode(), *[run.info.run_id.encode() for run in runs(done.client())]]
    for path in (done.folder / "data").rglob("*"):
        if path.is_file() and "probe" not in path.parts:
            content = path.read_bytes()
            assert not any(word in content for word in forbidden), path


def test_nothing_pickled_anywhere(done):
    for folder in ("data", "mlruns"):
        for path in (done.folder / folder).rglob("*"):
            assert path.suffix not in {".pkl", ".pickle", ".pt", ".pth", ".bin", ".joblib"}, path
    suffixes = {path.suffix for path in (done.folder / "data/models/tiny").iterdir()}
    assert suffixes <= {".json", ".safetensors", ".csv"}


def test_one_copy_of_the_weights(done):
    """Workspace, DVC's cache and MLflow's store share one file on disk."""
    weights = list(done.folder.rglob("*.safetensors"))
    assert len(weights) == 2
    assert len({path.stat().st_ino for path in weights}) == 1
    assert weights[0].stat().st_nlink == 3


def test_digests_are_those_of_dvc_lock(done):
    for block in done.lock().values():
        for entry in [*block["deps"], *block["outs"]]:
            if not entry["path"].startswith(("stages", "crossfer")):
                assert digests.digest(done.folder / entry["path"]) == entry["md5"], entry["path"]


# --- of texts


def test_training_json_says_what_was_trained_on(repository):
    from safetensors.torch import load_file

    folder = repository.folder / "data/models/tiny"
    training = io.read_json(folder / "training.json")
    assert set(training) == {"weights", "trained_weights", "rows"}
    source = rows_of(repository, "tokens", "en")
    assert training["rows"] == source[source["split"] == "train"].index.tolist()
    sizes = {name: weight.numel() for name, weight in load_file(folder / "model.safetensors").items()}
    assert training["weights"] == sum(sizes.values())
    still = {name: size for name, size in sizes.items() if name.startswith(("bert.embeddings", "bert.encoder.layer.0"))}
    assert training["trained_weights"] == training["weights"] - sum(still.values())


def test_the_model_is_an_ordinary_one(repository):
    from transformers import pipeline

    classify = pipeline("text-classification", str(repository.folder / "data/models/tiny"), device="cpu")
    assert classify("query: The bank")[0]["label"] in LABELS["text"]


# --- less to learn from


@pytest.fixture(scope="module")
def small(repository, never_run, tmp_path_factory, tiny_backbone):
    """The tiny task trained again on a fifth of the rows, from random weights, all of them."""
    made = never_run.copied(tmp_path_factory.mktemp("small"))
    for name in ("raw", "clean", "tokens"):
        shutil.copytree(repository.folder / "data" / name, made.folder / "data" / name)
    params = tiny_params(tiny_backbone)
    params["tasks"]["tiny"]["finetune"] |= {"rows": 0.2, "weights": "random", "freeze": "none", "min_steps": 9}
    made.write_params(params)
    for stage in STAGES[3:]:
        made.stage(stage)
    return made


def test_a_share_of_the_rows_is_trained_on(repository, small):
    rows = {made: io.read_json(made.folder / "data/models/tiny/training.json")["rows"] for made in (repository, small)}
    assert set(rows[small]) < set(rows[repository])
    assert rows[small] == [identity for identity in rows[repository] if identity in rows[small]]
    topics = pd.Series(rows[small]).str.split("-").str[0].value_counts()
    assert set(topics) == {2} and len(topics) == 5  # a fifth of eight or nine
    assert read_report(small)["cost"]["training_rows"] == 10


def test_a_share_of_the_rows_is_seen_more_often(small):
    """Two batches an epoch: nine steps need three times two epochs, scored twice all the same."""
    history = pd.read_csv(small.folder / "data/models/tiny/history.csv")
    assert history["step"].max() == 12
    assert history.dropna(subset="validation_accuracy")["step"].tolist() == [6, 12]


def test_the_floor_is_fitted_on_the_same_share(repository, small):
    floor_agrees(small)
    assert list(small.guesses()["floor"]) != list(repository.guesses()["floor"])


def test_random_weights_owe_nothing_to_the_backbone(repository, small, tiny_backbone):
    from safetensors.torch import load_file

    backbone = load_file(tiny_backbone / "model.safetensors")
    name = "encoder.layer.0.output.dense.weight"
    models = {made: load_file(made.folder / "data/models/tiny/model.safetensors") for made in (repository, small)}
    assert models[repository][f"bert.{name}"].equal(backbone[name])  # frozen
    assert (models[small][f"bert.{name}"] - backbone[name]).abs().mean() > 0.01
    training = io.read_json(small.folder / "data/models/tiny/training.json")
    assert training["trained_weights"] == training["weights"]


# --- of pictures


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


def test_the_floor_learns_across_kinds_of_digits(digits):
    metrics = read_report(digits)
    assert "gap_items" not in metrics["zero_shot"]  # other writers' digits are other items
    floor = metrics["floor"]
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


@pytest.mark.parametrize("domain", DIGITS)
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

    assert stale(lambda task: task["finetune"]["augment"].update(turn=1)) == ["finetune", "adapt"]
    assert stale(lambda task: task["preprocess"].update(size=20)) == ["preprocess"]
    assert stale(lambda task: task["tokenize"].update(size=16)) == ["tokenize"]
    assert changed.run("git", "status", "--porcelain") == ""


def test_training_again_gives_the_same_bytes(changed):
    """Varied pictures, dropout and all; in another folder too."""
    before = changed.lock()["finetune@tiny"]
    changed.run("dvc", "repro", "--force", "--single-item", "finetune@tiny")
    assert changed.lock()["finetune@tiny"] == before
