"""Outputs of `dvc repro` on tiny text and vision models: the contract with users."""

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
def reproduced(request, modality):
    """The repository of a modality after one `dvc repro`."""
    return request.getfixturevalue({"text": "repository", "vision": "digits"}[modality])


def test_stages_write_their_outputs(reproduced):
    assert set(reproduced.lock()) == {f"{stage}@tiny" for stage in STAGES}
    reports = {path.name for path in (reproduced.folder / "data/reports/tiny").iterdir()}
    assert reports >= {"metrics.json", "mistakes.html", "accuracy.csv", "classes.csv", "predictions.csv"}
    assert reports >= {"learning_curve.csv", "accuracy.png", "confusion.png", "learning_curve.png"}
    assert reproduced.run("git", "status", "--porcelain") == ""


def test_metrics_have_the_documented_keys(reproduced, modality):
    metrics = read_report(reproduced)
    assert metrics["source"] == DOMAINS[modality][0]
    assert metrics["labels"] == LABELS[modality]
    assert list(metrics["domains"]) == list(metrics["baseline"]) == DOMAINS[modality]
    for domain, scores in metrics["domains"].items():
        keys = {
            "n",
            "loss",
            "accuracy",
            "accuracy_low",
            "accuracy_high",
            "macro_f1",
            "unknown_labels",
        }
        assert set(scores) == (keys | {"language", "truncated_fraction"} if modality == "text" else keys)
        assert scores["n"] == (rows_of(reproduced, "clean", domain)["split"] == "test").sum()
        assert scores.get("language", domain) == domain and scores["unknown_labels"] == 0
        assert 0 <= scores["accuracy_low"] <= scores["accuracy"] <= scores["accuracy_high"] <= 1
    transfer = metrics["zero_shot"]
    assert set(transfer) >= {"accuracy", "macro_f1", "worst", "worst_accuracy", "gap"}
    assert (transfer["domains"], transfer["reference"]) == (2, DOMAINS[modality][0])


def test_predictions_agree_with_metrics(reproduced):
    predictions = reproduced.predictions()
    assert list(predictions.columns) == ["id", "domain", "label", "prediction", "probabilities", "baseline"]
    scores = read_report(reproduced)["domains"]
    for domain, rows in predictions.groupby("domain"):
        assert (rows["label"] == rows["prediction"]).mean() == pytest.approx(scores[domain]["accuracy"], abs=1e-6)
    for row in predictions.itertuples():
        assert np.isfinite(list(row.probabilities.values())).all()
        assert sum(row.probabilities.values()) == pytest.approx(1, abs=1e-4)
        assert max(row.probabilities, key=row.probabilities.get) == row.prediction


def test_cost_counts_model_and_baseline(reproduced, modality):
    folder = reproduced.folder / "data/models/tiny"
    training, baseline = io.read_json(folder / "training.json"), refit_baseline(reproduced, modality)
    baseline_parameters = baseline[-1].coef_.size + baseline[-1].intercept_.size
    inputs = len(baseline[0].vocabulary_) if modality == "text" else 28 * 28
    assert baseline_parameters == len(LABELS[modality]) * (inputs + 1)
    assert read_report(reproduced)["cost"] == {
        "training_rows": len(training["rows"]),
        "parameters": training["parameters"],
        "trained_parameters": training["trained_parameters"],
        "model_bytes": (folder / "model.safetensors").stat().st_size,
        "baseline_parameters": baseline_parameters,
        "baseline_bytes": 8 * baseline_parameters,
    }
    assert 0 < training["trained_parameters"] < training["parameters"]


def test_baseline_is_fitted_on_the_rows_of_the_model(reproduced, modality):
    assert_baseline_agrees(reproduced, modality)


def test_mistakes_are_sorted_by_confidence(reproduced, modality):
    page = (reproduced.folder / "data/reports/tiny/mistakes.html").read_text(encoding="utf-8")
    sections = dict(section.split("</h2>", 1) for section in page.split("<h2>")[1:])
    assert list(sections) == DOMAINS[modality]
    predictions = reproduced.predictions()
    for domain, section in sections.items():
        mistake_rows = mistakes.sort_mistakes(predictions[predictions["domain"] == domain]).head(mistakes.MAX_MISTAKES)
        assert len(mistake_rows)
        assert re.findall(r"<small>(.*?)</small>", section) == mistake_rows["id"].tolist()
        contents = rows_of(reproduced, "clean", domain)["content"][mistake_rows["id"]].tolist()
        if modality == "text":
            assert all(html.escape(content[:100]) in section for content in contents)
        else:
            images = re.findall(r'src="data:image/png;base64,(.*?)"', section)
            assert [base64.b64decode(data) for data in images] == contents


def test_outputs_contain_no_run_id_and_no_path(reproduced):
    forbidden = [str(reproduced.folder).encode(), *[run.info.run_id.encode() for run in runs(reproduced.client())]]
    for path in (reproduced.folder / "data").rglob("*"):
        if path.is_file() and "probe" not in path.parts:
            content = path.read_bytes()
            assert not any(word in content for word in forbidden), path


def test_outputs_contain_no_pickle(reproduced):
    for folder in ("data", "mlruns"):
        for path in (reproduced.folder / folder).rglob("*"):
            assert path.suffix not in {".pkl", ".pickle", ".pt", ".pth", ".bin", ".joblib"}, path
    suffixes = {path.suffix for path in (reproduced.folder / "data/models/tiny").iterdir()}
    assert suffixes <= {".json", ".safetensors", ".csv"}


def test_weights_are_stored_once(reproduced):
    """Workspace, DVC's cache and MLflow's store share one file on disk."""
    weights = list(reproduced.folder.rglob("*.safetensors"))
    assert len(weights) == 2
    assert len({path.stat().st_ino for path in weights}) == 1
    assert weights[0].stat().st_nlink == 3


def test_digests_equal_those_of_dvc_lock(reproduced):
    for block in reproduced.lock().values():
        for entry in [*block["deps"], *block["outs"]]:
            if not entry["path"].startswith(("stages", "crossfer")):
                assert digests.digest(reproduced.folder / entry["path"]) == entry["md5"], entry["path"]


def test_training_json_lists_rows_and_parameters(repository):
    from safetensors.torch import load_file

    folder = repository.folder / "data/models/tiny"
    training = io.read_json(folder / "training.json")
    assert set(training) == {"parameters", "trained_parameters", "rows"}
    source = rows_of(repository, "tokens", "en")
    assert training["rows"] == source[source["split"] == "train"].index.tolist()
    sizes = {name: weight.numel() for name, weight in load_file(folder / "model.safetensors").items()}
    assert training["parameters"] == sum(sizes.values())
    frozen = {
        name: size for name, size in sizes.items() if name.startswith(("bert.embeddings", "bert.encoder.layer.0"))
    }
    assert training["trained_parameters"] == training["parameters"] - sum(frozen.values())


def test_transformers_loads_the_text_model(repository):
    from transformers import pipeline

    classify = pipeline("text-classification", str(repository.folder / "data/models/tiny"), device="cpu")
    assert classify("query: The bank")[0]["label"] in LABELS["text"]
