"""The stage compress: accuracy and agreement per domain, and layers kept in fp32."""

import json

import numpy as np
import pandas as pd
import pytest
from safetensors.torch import load_file, save_file

from crossfer.artifacts import io, paths
from crossfer.artifacts.paths import TaskPaths
from crossfer.reporting import metrics
from crossfer.serving.classifier import Classifier


def read_report(repository):
    return io.read_json(repository.folder / TaskPaths("tiny").compression_report)


def test_report_lists_every_domain(repository):
    report = read_report(repository)
    assert list(report["domains"]) == ["en", "zh", "sw"]
    for domain, scores in report["domains"].items():
        rows = repository.predictions()[repository.predictions()["domain"] == domain]
        assert scores["n"] == len(rows)
        assert scores["accuracy_fp32"] == pytest.approx((rows["label"] == rows["prediction"]).mean(), abs=1e-6)
        assert scores["accuracy_int8_low"] <= scores["accuracy_int8"] <= scores["accuracy_int8_high"]
        assert scores["accuracy_drop"] == pytest.approx(scores["accuracy_fp32"] - scores["accuracy_int8"], abs=2e-6)
        assert scores["agreement"] > 0.7
    assert report["fp32_layers"] == []
    folder = repository.folder / TaskPaths("tiny").onnx
    assert report["bytes_int8"] == sum(file.stat().st_size for file in folder.glob(f"{paths.GRAPH_FILE}*"))
    assert report["size_ratio"] == pytest.approx(report["bytes_int8"] / report["bytes_fp32"], abs=1e-6)


def test_classifier_reproduces_the_reported_accuracy(repository):
    """Predict from raw contents, through cleaner, tokenizer and graph."""
    classifier = Classifier(repository.folder / TaskPaths("tiny").onnx, threads=1)
    for name, scores in read_report(repository)["domains"].items():
        rows = pd.read_parquet(repository.folder / f"data/clean/tiny/{name}.parquet").query("split == 'test'")
        answers = list(classifier.predict(rows["content"]))
        assert all(answer.error is None for answer in answers)
        accuracy = np.mean([answer.label == label for answer, label in zip(answers, rows["label"], strict=True)])
        assert accuracy == pytest.approx(scores["accuracy_int8"], abs=1e-6)
        fp32 = metrics.probability_matrix(
            repository.predictions()[repository.predictions()["domain"] == name], classifier.labels
        )
        int8 = np.array([[answer.probabilities[label] for label in classifier.labels] for answer in answers])
        assert (fp32.argmax(1) == int8.argmax(1)).mean() == pytest.approx(scores["agreement"], abs=1e-6)
        assert 0 < np.abs(fp32 - int8).max() < 0.2


def test_a_prediction_does_not_depend_on_other_contents(repository):
    """It has the same bits in any batch, in any order, on any number of threads."""
    folder = repository.folder / TaskPaths("tiny").onnx
    classifier, other = Classifier(folder, threads=1), Classifier(folder, threads=3)
    frames = [pd.read_parquet(repository.folder / f"data/clean/tiny/{name}.parquet") for name in ("zh", "sw", "en")]
    texts = [text for frame in frames for text in frame["content"][:30]] + ["news " * 300, "x"]
    alone = [next(classifier.predict([text])) for text in texts]
    assert list(classifier.predict(texts)) == alone
    assert list(other.predict(texts)) == alone
    assert list(other.predict([*texts[::-2], None, *texts[::-1]]))[-len(texts) :] == alone[::-1]


def test_means_are_taken_over_domains(repository):
    report = read_report(repository)
    drops = [scores["accuracy_drop"] for scores in report["domains"].values()]
    assert report["mean_accuracy_drop"] == pytest.approx(np.mean(drops), abs=1e-6)
    assert report["max_accuracy_drop"] == max(drops)
    others = [report["domains"][name]["accuracy_int8"] for name in ("zh", "sw")]
    assert report["zero_shot"]["accuracy_int8"] == pytest.approx(np.mean(others), abs=1e-6)
    assert report["source_accuracy_int8"] == report["domains"]["en"]["accuracy_int8"]


def test_onnx_graph_contains_no_path(repository):
    files = (repository.folder / TaskPaths("tiny").onnx).glob(f"{paths.GRAPH_FILE}*")
    graph = b"".join(file.read_bytes() for file in files)
    assert str(repository.folder).encode() not in graph
    assert b"site-packages" not in graph
    assert b"stages/" not in graph


def copy_with_outliers(repository, tmp_path, layers, max_disagreement):
    """Return a copy with a channel 10,000 times as large in the attention of layers.

    The next matrix scales it back, so fp32 predictions stay the same. One int8 scale cannot represent the channel.
    """
    copy = repository.copy_to(tmp_path / "outliers", "mlflow.db", "mlruns", "onnx")
    copy.set_params("compress", max_disagreement=max_disagreement)
    model = copy.folder / "data/models/tiny"
    weights = load_file(model / "model.safetensors")
    for layer in layers:
        attention = f"bert.encoder.layer.{layer}.attention"
        for name in ("weight", "bias"):
            weights[f"{attention}.self.value.{name}"][0] *= 1e4
        weights[f"{attention}.output.dense.weight"] *= 100
        weights[f"{attention}.output.dense.weight"][:, 0] /= 1e4
    (model / "model.safetensors").unlink()
    save_file(weights, model / "model.safetensors", {"format": "pt"})
    copy.stage("evaluate")
    return copy


def test_compress_keeps_a_sensitive_layer_in_fp32(repository, tmp_path):
    copy = copy_with_outliers(repository, tmp_path, [0], 0.1)
    output = copy.stage("compress")
    assert "of the predictions in" in output
    report = read_report(copy)
    assert report["fp32_layers"] == ["bert.encoder.layer.0"]
    assert min(scores["agreement"] for scores in report["domains"].values()) >= 0.9


def test_compress_writes_no_model_that_changes_predictions(repository, tmp_path):
    """Replace the predictions by others, with which no graph of the model can agree."""
    copy = copy_with_outliers(repository, tmp_path, [], 0.1)
    predictions = copy.predictions()
    rotated = [
        dict(zip(row, [*list(row.values())[1:], next(iter(row.values()))], strict=True))
        for row in predictions["probabilities"]
    ]
    (copy.folder / "data/predictions/tiny.parquet").unlink()
    predictions.assign(probabilities=rotated).to_parquet(copy.folder / "data/predictions/tiny.parquet")
    output = copy.stage("compress", status=2).splitlines()[-1]
    assert output.startswith("error: int8 changes ")
    assert "Raise compress.max_disagreement (0.1), or skip this stage" in output
    assert list((copy.folder / "data/onnx").iterdir()) == []


def test_run_has_the_model_and_a_parent(repository):
    from repository import runs

    client = repository.client()
    (finetune,), (compress,) = runs(client, "finetune"), runs(client, "compress")
    assert compress.data.tags["mlflow.parentRunId"] == finetune.info.run_id
    assert (
        compress.data.metrics["domains.sw.accuracy_drop"] == read_report(repository)["domains"]["sw"]["accuracy_drop"]
    )
    assert 0 < compress.data.metrics["domains.sw.largest_change"] < 0.2
    (output,) = compress.outputs.model_outputs
    logged = client.get_logged_model(output.model_id)
    assert logged.name == "tiny-onnx"
    files = [path.name for path in (repository.folder / "mlruns").rglob("*") if path.suffix in (".pkl", ".pickle")]
    assert files == []
    assert json.loads((repository.folder / "data/onnx/tiny/classifier.json").read_text())["modality"] == "text"
