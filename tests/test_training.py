"""Training learns, repeats itself to the bit, and does what its parameters say."""

import numpy as np
import pytest
import torch

from stages.modalities import text_model
from stages.shared import determinism
from stages.shared.batches import batches_by_length
from stages.shared.errors import UserError
from stages.shared.inference import logits
from stages.shared.training import Rows, _groups, label_weights, train

SETTINGS = {
    "epochs": 6,
    "batch_size": 8,
    "learning_rate": 5e-3,
    "head_learning_rate": 1e-2,
    "weight_decay": 0.01,
    "warmup": 0.1,
    "max_grad_norm": 1.0,
    "label_weights": None,
    "seed": 0,
}


def rows(count):
    """Two labels told apart by which of two tokens stands in the text."""
    generator = np.random.default_rng(0)
    labels = np.arange(count) % 2
    inputs = [
        np.array([1, *generator.integers(20, 60, 4), 10 + label, *generator.integers(20, 60, 3), 2], np.int32)
        for label in labels
    ]
    return Rows(inputs, labels)


def trained(backbone, seen=None, **changes):
    determinism.prepare("cpu", 1, changes.get("seed", 0))
    model = text_model.load(backbone, ["a", "b"])
    text_model.freeze(model, embeddings=True, layers=1)
    data, validation = rows(64), rows(16)
    with text_model.frozen_once(model, [*data.inputs, *validation.inputs], 8) as inputs:
        history = train(
            model,
            Rows(inputs[:64], data.labels),
            Rows(inputs[64:], validation.labels),
            text_model.collate,
            lambda step, numbers: seen.append((step, numbers)) if seen is not None else None,
            **{**SETTINGS, **changes},
        )
    return model, history


def test_it_learns_and_records(tiny_backbone):
    seen = []
    before = text_model.load(tiny_backbone, ["a", "b"]).bert.encoder.layer[0].output.dense.weight
    model, history = trained(tiny_backbone, seen)
    validation = history.dropna(subset="validation_accuracy")
    assert list(validation["epoch"]) == [1, 2, 3, 4, 5, 6]
    assert validation["validation_accuracy"].iloc[-1] >= 0.9
    losses = history["loss"].dropna()
    assert losses.iloc[-1] < 0.5 < losses.iloc[0] < 1.0  # log 2 = 0.69 at the start
    assert [step for step, _ in seen] == list(history["step"])
    assert torch.equal(model.bert.encoder.layer[0].output.dense.weight, before)
    whole = logits(model, rows(16).inputs, text_model.collate, 8, "test").argmax(1)
    assert (whole == rows(16).labels).mean() == pytest.approx(validation["validation_accuracy"].iloc[-1], abs=0.07)


def test_same_seed_same_bits(tiny_backbone):
    one, other, third = (
        trained(tiny_backbone, epochs=1)[0],
        trained(tiny_backbone, epochs=1)[0],
        trained(tiny_backbone, epochs=1, seed=1)[0],
    )
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))
    assert not torch.equal(one.classifier.weight, third.classifier.weight)


def test_rates_of_backbone_and_head(tiny_backbone):
    model = text_model.load(tiny_backbone, ["a", "b"])
    text_model.freeze(model, embeddings=True, layers=1)
    groups = {(group["lr"], group["weight_decay"]): group["params"] for group in _groups(model, 1e-4, 1e-3, 0.01)}
    assert set(groups) == {(1e-4, 0.01), (1e-4, 0.0), (1e-3, 0.01), (1e-3, 0.0)}
    assert [tuple(weight.shape) for weight in groups[1e-3, 0.01]] == [(2, 32)]
    assert all(weight.ndim == 1 for weight in groups[1e-4, 0.0])
    trained_weights = sum(len(params) for params in groups.values())
    assert trained_weights == sum(parameter.requires_grad for parameter in model.parameters())


def test_label_weights():
    numbers = np.array([0, 0, 0, 1])
    assert label_weights(numbers, "none") is None
    assert label_weights(numbers, "balanced").tolist() == pytest.approx([2 / 3, 2])
    assert label_weights(numbers, "balanced")[numbers].mean() == pytest.approx(1)


def test_batches_go_from_long_to_short_and_hold_every_row_once():
    inputs = ["a" * n for n in (3, 1, 2, 3, 5)]
    assert list(batches_by_length(inputs, 2, "test")) == [[4, 0], [3, 2], [1]]


def test_logits_come_back_in_order(tiny_backbone):
    torch.manual_seed(0)
    model = text_model.load(tiny_backbone, ["a", "b", "c"])
    inputs = rows(7).inputs
    found = logits(model, inputs, text_model.collate, 3, "test")
    assert found.shape == (7, 3)
    for row, one in enumerate(inputs):
        assert np.allclose(found[row], logits(model, [one], text_model.collate, 1, "test")[0], atol=1e-5)


def test_devices():
    assert determinism.prepare("auto", 1, 0).type == ("cuda" if torch.cuda.is_available() else "cpu")
    assert torch.get_num_threads() == 1
    if not torch.cuda.is_available():
        with pytest.raises(UserError, match="compute.device is cuda, but torch sees no CUDA device here"):
            determinism.prepare("cuda", 1, 0)
