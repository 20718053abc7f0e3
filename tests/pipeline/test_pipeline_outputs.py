"""The stages under a real DVC, on tiny models of texts and of images: what a user is promised of the outputs."""

import base64
import html
import re

import numpy as np
import pytest
from pipeline_outputs import DOMAINS, LABELS, assert_baseline_agrees, read_report, refit_baseline, rows_of
from repository import STAGES, runs

from crossfer.artifacts import digests, io
from crossfer.evaluation import mistakes


@pytest.fixture(params=DOMAINS)
def modality(request):
    return request.param


@pytest.fixture
def done(request, modality):
    """The repository of a modality after one `dvc repro`."""
    return request.getfixturevalue({"text": "repository", "vision": "digits"}[modality])


def test_every_stage_ran_and_left_what_it_promises(done):
    assert set(done.lock()) == {f"{stage}@tiny" for stage in STAGES}
    reports = {path.name for path in (done.folder / "data/reports/tiny").iterdir()}
    assert reports >= {"metrics.json", "mistakes.html", "accuracy.csv", "classes.csv", "predictions.csv"}
    assert reports >= {"learning_curve.csv", "accuracy.png", "confusion.png", "learning_curve.png"}
    assert done.run("git", "status", "--porcelain") == ""


def test_metrics_keep_their_contract(done, modality):
    metrics = read_report(done)
    assert metrics["source"] == DOMAINS[modality][0]
    assert metrics["labels"] == LABELS[modality]
    assert list(metrics["domains"]) == list(metrics["baseline"]) == DOMAINS[modality]
    for domain, scores in metrics["domains"].items():
        keys = {"n", "loss", "accuracy", "accuracy_low", "accuracy_high", "macro_f1", "unknown_labels"}
        assert set(scores) == (keys | {"language"} if modality == "text" else keys)
        assert scores["n"] == (rows_of(done, "clean", domain)["split"] == "test").sum()
        assert scores.get("language", domain) == domain and scores["unknown_labels"] == 0
        assert 0 <= scores["accuracy_low"] <= scores["accuracy"] <= scores["accuracy_high"] <= 1
    transfer = metrics["zero_shot"]
    assert set(transfer) >= {"accuracy", "macro_f1", "worst", "worst_accuracy", "gap"}
    assert (transfer["domains"], transfer["reference"]) == (2, DOMAINS[modality][0])


def test_predictions_agree_with_metrics(done):
    predictions = done.predictions()
    assert list(predictions.columns) == ["id", "domain", "label", "prediction", "probabilities", "baseline"]
    scores = read_report(done)["domains"]
    for domain, rows in predictions.groupby("domain"):
        assert (rows["label"] == rows["prediction"]).mean() == pytest.approx(scores[domain]["accuracy"], abs=1e-6)
    for row in predictions.itertuples():
        assert np.isfinite(list(row.probabilities.values())).all()
        assert sum(row.probabilities.values()) == pytest.approx(1, abs=1e-4)
        assert max(row.probabilities, key=row.probabilities.get) == row.prediction


def test_cost_is_that_of_model_and_floor(done, modality):
    folder = done.folder / "data/models/tiny"
    training, floor = io.read_json(folder / "training.json"), refit_baseline(done, modality)
    baseline_parameters = floor[-1].coef_.size + floor[-1].intercept_.size
    inputs = len(floor[0].vocabulary_) if modality == "text" else 28 * 28
    assert baseline_parameters == len(LABELS[modality]) * (inputs + 1)
    assert read_report(done)["cost"] == {
        "training_rows": len(training["rows"]),
        "parameters": training["parameters"],
        "trained_parameters": training["trained_parameters"],
        "model_bytes": (folder / "model.safetensors").stat().st_size,
        "baseline_parameters": baseline_parameters,
        "baseline_bytes": 8 * baseline_parameters,
    }
    assert 0 < training["trained_parameters"] < training["parameters"]


def test_the_floor_is_fitted_on_the_rows_of_the_model(done, modality):
    assert_baseline_agrees(done, modality)


def test_mistakes_are_shown_the_surest_first(done, modality):
    page = (done.folder / "data/reports/tiny/mistakes.html").read_text(encoding="utf-8")
    parts = dict(part.split("</h2>", 1) for part in page.split("<h2>")[1:])
    assert list(parts) == DOMAINS[modality]
    found = done.predictions()
    for domain, part in parts.items():
        wrong = mistakes.sort_mistakes(found[found["domain"] == domain]).head(mistakes.MAX_MISTAKES)
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
    assert set(training) == {"parameters", "trained_parameters", "rows"}
    source = rows_of(repository, "tokens", "en")
    assert training["rows"] == source[source["split"] == "train"].index.tolist()
    sizes = {name: weight.numel() for name, weight in load_file(folder / "model.safetensors").items()}
    assert training["parameters"] == sum(sizes.values())
    still = {name: size for name, size in sizes.items() if name.startswith(("bert.embeddings", "bert.encoder.layer.0"))}
    assert training["trained_parameters"] == training["parameters"] - sum(still.values())


def test_the_model_is_an_ordinary_one(repository):
    from transformers import pipeline

    classify = pipeline("text-classification", str(repository.folder / "data/models/tiny"), device="cpu")
    assert classify("query: The bank")[0]["label"] in LABELS["text"]


# --- less to learn from
