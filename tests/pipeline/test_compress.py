"""The small model: the same answers but for a few, said of every domain; what does not survive 8 bits is found."""

import json

import numpy as np
import pandas as pd
import pytest
from ruamel.yaml import YAML
from safetensors.torch import load_file, save_file

from crossfer.artifacts import io, paths
from crossfer.artifacts.paths import TaskPaths
from crossfer.reporting import metrics
from crossfer.serving.classifier import Classifier


def report(repository):
    return io.read_json(repository.folder / TaskPaths("tiny").compression_report)


def test_every_domain_is_looked_at(repository):
    found = report(repository)
    assert list(found["domains"]) == ["en", "zh", "sw"]
    for domain, scores in found["domains"].items():
        rows = repository.predictions()[repository.predictions()["domain"] == domain]
        assert scores["n"] == len(rows)
        assert scores["accuracy_fp32"] == pytest.approx((rows["label"] == rows["prediction"]).mean(), abs=1e-6)
        assert scores["accuracy_int8_low"] <= scores["accuracy_int8"] <= scores["accuracy_int8_high"]
        assert scores["accuracy_drop"] == pytest.approx(scores["accuracy_fp32"] - scores["accuracy_int8"], abs=2e-6)
        assert scores["agreement"] > 0.7
    assert found["fp32_layers"] == []
    folder = repository.folder / TaskPaths("tiny").onnx
    assert found["bytes_int8"] == sum(file.stat().st_size for file in folder.glob(f"{paths.GRAPH_FILE}*"))
    assert found["size_ratio"] == pytest.approx(found["bytes_int8"] / found["bytes_fp32"], abs=1e-6)


def test_what_serves_gives_the_answers_that_were_counted(repository):
    """From raw contents, through cleaner, tokenizer and graph."""
    classifier = Classifier(repository.folder / TaskPaths("tiny").onnx, threads=1)
    for name, scores in report(repository)["domains"].items():
        rows = pd.read_parquet(repository.folder / f"data/clean/tiny/{name}.parquet").query("split == 'test'")
        answers = list(classifier.predict(rows["content"]))
        assert all(answer.error is None for answer in answers)
        right = np.mean([answer.label == truth for answer, truth in zip(answers, rows["label"], strict=True)])
        assert right == pytest.approx(scores["accuracy_int8"], abs=1e-6)
        before = metrics.probability_matrix(
            repository.predictions()[repository.predictions()["domain"] == name], classifier.labels
        )
        after = np.array([[answer.probabilities[label] for label in classifier.labels] for answer in answers])
        assert (before.argmax(1) == after.argmax(1)).mean() == pytest.approx(scores["agreement"], abs=1e-6)
        assert 0 < np.abs(before - after).max() < 0.2


def test_alone_or_among_others_the_answers_are_nearly_the_same(repository):
    """Activations have one scale a batch, so an answer in 8 bits depends a little on what is asked beside it."""
    classifier = Classifier(repository.folder / TaskPaths("tiny").onnx, threads=1)
    texts = list(pd.read_parquet(repository.folder / "data/clean/tiny/zh.parquet")["content"])
    together = list(classifier.predict(texts))
    alone = [next(classifier.predict([text])) for text in texts]
    moved = [
        abs(one.probabilities[label] - two.probabilities[label])
        for one, two in zip(together, alone, strict=True)
        for label in classifier.labels
    ]
    assert 0 < max(moved) < 0.05


def test_means_are_of_the_domains(repository):
    found = report(repository)
    drops = [scores["accuracy_drop"] for scores in found["domains"].values()]
    assert found["mean_accuracy_drop"] == pytest.approx(np.mean(drops), abs=1e-6)
    assert found["max_accuracy_drop"] == max(drops)
    others = [found["domains"][name]["accuracy_int8"] for name in ("zh", "sw")]
    assert found["zero_shot"]["accuracy_int8"] == pytest.approx(np.mean(others), abs=1e-6)
    assert found["source_accuracy_int8"] == found["domains"]["en"]["accuracy_int8"]


def test_the_small_model_holds_no_path_and_no_clock(repository):
    files = (repository.folder / TaskPaths("tiny").onnx).glob(f"{paths.GRAPH_FILE}*")
    graph = b"".join(file.read_bytes() for file in files)
    assert str(repository.folder).encode() not in graph
    assert b"site-packages" not in graph
    assert b"stages/" not in graph


def planted(repository, tmp_path, layers, tolerance):
    """A repository whose model has a channel ten thousand times as large as the others in some layers' attention.

    Its answers, which hang on that attention, stay as they were: the next matrix takes it back. One scale for all of it
    does not.
    """
    made = repository.copied(tmp_path / "planted", "mlflow.db", "mlruns", "onnx")
    params = YAML(typ="safe").load((made.folder / "params.yaml").read_text())
    params["tasks"]["tiny"]["compress"]["max_disagreement"] = tolerance
    made.write_params(params)
    model = made.folder / "data/models/tiny"
    weights = load_file(model / "model.safetensors")
    for layer in layers:
        attention = f"bert.encoder.layer.{layer}.attention"
        for name in ("weight", "bias"):
            weights[f"{attention}.self.value.{name}"][0] *= 1e4
        weights[f"{attention}.output.dense.weight"] *= 100
        weights[f"{attention}.output.dense.weight"][:, 0] /= 1e4
    (model / "model.safetensors").unlink()
    save_file(weights, model / "model.safetensors", {"format": "pt"})
    made.stage("evaluate")
    return made


def test_a_layer_that_does_not_survive_is_found_and_spared(repository, tmp_path):
    made = planted(repository, tmp_path, [0], 0.1)
    said = made.stage("compress")
    assert "of the predictions in" in said
    found = report(made)
    assert found["fp32_layers"] == ["bert.encoder.layer.0"]
    assert min(scores["agreement"] for scores in found["domains"].values()) >= 0.9


def test_where_nothing_helps_a_sentence_says_so_and_no_model_is_left(repository, tmp_path):
    """Answers that the model never gave: no graph of it can agree with them."""
    made = planted(repository, tmp_path, [], 0.1)
    guesses = made.predictions()
    turned = [
        dict(zip(shares, [*list(shares.values())[1:], next(iter(shares.values()))], strict=True))
        for shares in guesses["probabilities"]
    ]
    (made.folder / "data/predictions/tiny.parquet").unlink()
    guesses.assign(probabilities=turned).to_parquet(made.folder / "data/predictions/tiny.parquet")
    said = made.stage("compress", status=2).splitlines()[-1]
    assert said.startswith("error: int8 changes ")
    assert "Raise compress.max_disagreement (0.1), or skip this stage" in said
    assert list((made.folder / "data/onnx").iterdir()) == []


def test_the_run_has_the_model_and_stands_below_its_parent(repository):
    from repository import runs

    client = repository.client()
    (finetune,), (compress,) = runs(client, "finetune"), runs(client, "compress")
    assert compress.data.tags["mlflow.parentRunId"] == finetune.info.run_id
    assert compress.data.metrics["domains.sw.accuracy_drop"] == report(repository)["domains"]["sw"]["accuracy_drop"]
    assert 0 < compress.data.metrics["domains.sw.largest_change"] < 0.2
    (output,) = compress.outputs.model_outputs
    logged = client.get_logged_model(output.model_id)
    assert logged.name == "tiny-onnx"
    files = [path.name for path in (repository.folder / "mlruns").rglob("*") if path.suffix in (".pkl", ".pickle")]
    assert files == []
    assert json.loads((repository.folder / "data/onnx/tiny/classifier.json").read_text())["modality"] == "text"
