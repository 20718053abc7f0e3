"""Distillation of a student with fewer layers, and the ONNX parity check."""

import shutil

import numpy as np
import pandas as pd
import pytest
import torch

from crossfer.artifacts import io, paths
from crossfer.artifacts.paths import TaskPaths
from crossfer.compression import distillation, parity
from crossfer.errors import UserError
from crossfer.modalities.text import model as text_model

LABELS = ["a", "b", "c"]
TEXTS = "Benki Kuu imepandisha riba.\n \n央行维持利率不变。\n"  # two texts and an empty one


def classifier(layers, model_type="bert"):
    """Return a random classifier in which each layer changes the output.

    Its initial weights are large.
    """
    from transformers import AutoConfig, AutoModelForSequenceClassification

    torch.manual_seed(0)
    config = AutoConfig.for_model(
        model_type,
        vocab_size=50,
        hidden_size=16,
        num_hidden_layers=layers,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=16,
        num_labels=len(LABELS),
        initializer_range=0.2,
        pad_token_id=0,
    )
    return AutoModelForSequenceClassification.from_config(config)


@pytest.fixture
def teacher(tmp_path):
    classifier(4).save_pretrained(tmp_path / "teacher")
    return tmp_path / "teacher"


def inputs(number, seed=0):
    generator = np.random.default_rng(seed)
    return [generator.integers(1, 50, generator.integers(3, 12)).astype(np.int32) for _ in range(number)]


def predict_logits(model, rows):
    with torch.no_grad():
        return torch.cat([model(**text_model.collate(model, [one])).logits for one in rows])


@pytest.mark.parametrize(
    ("layers", "number", "layers_kept"), [(12, 6, [1, 3, 5, 7, 9, 11]), (13, 6, [1, 3, 5, 8, 10, 12]), (4, 1, [3])]
)
def test_keep_layers_spaces_layers_evenly(layers, number, layers_kept):
    model = classifier(layers)
    before = list(model.bert.encoder.layer)
    assert distillation.keep_layers(model, number) == layers_kept
    assert list(model.bert.encoder.layer) == [before[place] for place in layers_kept]
    assert model.config.num_hidden_layers == number


def test_student_approaches_its_teacher_on_unseen_rows(teacher, tmp_path, monkeypatch):
    monkeypatch.setattr(distillation, "EPOCHS", 20)
    teacher_model, student = text_model.load(teacher), text_model.load(teacher)
    layers_kept = distillation.keep_layers(student, 2)
    unseen = inputs(50, seed=1)
    expected, before = predict_logits(teacher_model, unseen), predict_logits(student, unseen)
    table = student.bert.embeddings.word_embeddings.weight.clone()
    distillation.train_student(student, teacher_model, layers_kept, inputs(300), text_model.collate, 0)
    after = predict_logits(student, unseen)
    assert (after - expected).square().mean() < 0.5 * (before - expected).square().mean()
    agreements = [(logits.argmax(1) == expected.argmax(1)).float().mean() for logits in (before, after)]
    assert agreements[1] > agreements[0]
    assert torch.equal(table, student.bert.embeddings.word_embeddings.weight)
    assert torch.equal(expected, predict_logits(teacher_model, unseen))  # the teacher is unchanged
    student.save_pretrained(tmp_path / "student")
    assert torch.allclose(predict_logits(text_model.load(tmp_path / "student"), unseen), after, atol=1e-5)


def test_training_with_the_same_seed_is_reproducible(teacher, monkeypatch):
    monkeypatch.setattr(distillation, "EPOCHS", 1)
    logits = []
    for _ in range(2):
        student = text_model.load(teacher)
        layers_kept = distillation.keep_layers(student, 2)
        distillation.train_student(student, text_model.load(teacher), layers_kept, inputs(40), text_model.collate, 3)
        logits.append(predict_logits(student, inputs(5)))
    assert torch.equal(*logits)


@pytest.mark.parametrize("number", [4, 9])
def test_student_needs_fewer_layers(number):
    with pytest.raises(
        UserError, match=rf"compress.student_layers is {number}, the model has 4 layers; lower it, or set it to all"
    ):
        distillation.keep_layers(classifier(4), number)


def test_unsupported_model_type_is_refused():
    with pytest.raises(
        UserError,
        match=r"compress.student_layers is 1, but distillation supports only models of type bert, .* albert",
    ):
        distillation.keep_layers(classifier(4, "albert"), 1)


def test_compress_distills_a_student(repository, tmp_path):
    """The student trains on the training rows; report, card and output say so."""
    copy = repository.copy_to(tmp_path / "copy", "mlflow.db", "mlruns", "onnx")
    copy.set_params("compress", student_layers=1, unlabelled_texts="data/probe/texts.txt")
    missing = copy.stage("compress", status=2)
    assert missing.startswith(
        "error: compress.unlabelled_texts of task tiny is data/probe/texts.txt, which is no file; "
    )
    tests = pd.read_parquet(copy.folder / "data/clean/tiny/zh.parquet").query("split == 'test'")["content"]
    (copy.folder / "data/probe/texts.txt").write_text(TEXTS + "\n".join(tests), encoding="utf-8")
    output = copy.stage("compress")
    report = io.read_json(copy.folder / TaskPaths("tiny").compression_report)
    training = io.read_json(copy.folder / TaskPaths("tiny").model / paths.TRAINING_FILE)["rows"]
    assert report["student"] == {
        "student_layers": 1,
        "unlabelled_texts": "data/probe/texts.txt",
        "rows": {"en": len(training), "unlabelled": 2},
    }
    assert f"a student of 1 layers, trained on {len(training) + 2} rows without labels" in output
    undistilled = io.read_json(repository.folder / TaskPaths("tiny").compression_report)
    assert report["bytes_int8"] < undistilled["bytes_int8"]
    for name, scores in report["domains"].items():
        assert scores["accuracy_fp32"] == undistilled["domains"][name]["accuracy_fp32"]  # of the teacher
    card = (copy.folder / TaskPaths("tiny").onnx / paths.MODEL_CARD_FILE).read_text(encoding="utf-8")
    assert "It is a distilled student with 1 layers. Its teacher is the fine-tuned model" in card
    assert f"used without labels: en {len(training)}, unlabelled 2." in card
    assert "| unlabelled texts | distillation | 2 texts |" in card
    assert (copy.folder / TaskPaths("tiny").onnx / paths.CLASSIFIER_FILE).is_file()


def test_parity_check_refuses_another_graph(repository, tmp_path):
    """Compare the graph with a model of the same shape and other weights."""
    from safetensors.torch import load_file, save_file

    from crossfer.compression.graph_runner import GraphRunner
    from crossfer.protocols import load_compression, load_modality, load_models

    folder, other = repository.folder / TaskPaths("tiny").model, tmp_path / "other"
    shutil.copytree(folder, other)
    weights = load_file(other / "model.safetensors")
    weights["classifier.bias"] += torch.arange(len(weights["classifier.bias"]))
    (other / "model.safetensors").unlink()
    save_file(weights, other / "model.safetensors", {"format": "pt"})
    tables = {name: repository.folder / f"data/tokens/tiny/{name}.parquet" for name in ("en", "zh")}
    runner = GraphRunner(load_modality("text").load_encoder(folder), tables, 1)
    batch = runner.encoder.batch(inputs(3))
    load_compression("text").export(folder, tmp_path / "full.onnx", batch)
    assert parity.check_parity(tmp_path / "full.onnx", folder, load_models("text"), runner) < 1e-4
    nan = tmp_path / "nan"
    shutil.copytree(other, nan)
    (nan / "model.safetensors").unlink()
    weights["classifier.bias"][0] = float("nan")
    save_file(weights, nan / "model.safetensors", {"format": "pt"})
    with pytest.raises(UserError, match=r"differs from its model by nan in a probability of domain en"):
        parity.check_parity(tmp_path / "full.onnx", nan, load_models("text"), runner)
    with pytest.raises(
        UserError, match=r"the ONNX graph differs from its model by 0\.\d+ in a probability of domain en"
    ):
        parity.check_parity(tmp_path / "full.onnx", other, load_models("text"), runner)
