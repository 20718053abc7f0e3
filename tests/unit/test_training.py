"""Training learns, repeats itself to the bit, and does what its parameters say."""

import numpy as np
import pytest
import torch

from crossfer.modalities.text import model as text_model
from crossfer.modeling import reproducibility
from crossfer.modeling.batching import batches_by_length
from crossfer.modeling.freezing import freeze
from crossfer.modeling.inference import predict_logits
from crossfer.training.trainer import LabelledInputs, _groups, class_weights, train

SETTINGS = {
    "epochs": 6,
    "min_steps": 0,
    "batch_size": 8,
    "learning_rate": 5e-3,
    "head_learning_rate": 1e-2,
    "weight_decay": 0.01,
    "warmup_ratio": 0.1,
    "max_grad_norm": 1.0,
    "dropout": 0.1,
    "class_weights": None,
    "seed": 0,
    "checkpoint_dir": None,
}


def rows(count):
    """Two labels told apart by which of two tokens stands in the text."""
    generator = np.random.default_rng(0)
    labels = np.arange(count) % 2
    inputs = [
        np.array([1, *generator.integers(20, 60, 4), 10 + label, *generator.integers(20, 60, 3), 2], np.int32)
        for label in labels
    ]
    return LabelledInputs(inputs, labels, text_model.collate)


def built(backbone, labels=("a", "b")):
    return text_model.build(backbone, labels, "pretrained")


def trained(backbone, seen=None, count=64, collate=text_model.collate, **changes):
    reproducibility.set_up_torch("cpu", 1, changes.get("seed", 0))
    model = built(backbone)
    freeze(model, 1)
    data, validation = rows(count), rows(16)
    with text_model.cached_frozen_outputs(model, [*data.inputs, *validation.inputs], 8) as inputs:
        history = train(
            model,
            LabelledInputs(inputs[:count], data.labels, collate),
            LabelledInputs(inputs[count:], validation.labels, text_model.collate),
            lambda step, numbers: seen.append((step, numbers)) if seen is not None else None,
            **{**SETTINGS, **changes},
        )
    return model, history


def test_it_learns_and_records(tiny_backbone):
    seen = []
    before = built(tiny_backbone).bert.encoder.layer[0].output.dense.weight
    model, history = trained(tiny_backbone, seen)
    validation = history.dropna(subset="validation_accuracy")
    assert list(validation["epoch"]) == [1, 2, 3, 4, 5, 6]
    assert validation["validation_accuracy"].iloc[-1] >= 0.9
    losses = history["loss"].dropna()
    assert losses.iloc[-1] < 0.5 < losses.iloc[0] < 1.0  # log 2 = 0.69 at the start
    assert [step for step, _ in seen] == list(history["step"])
    assert torch.equal(model.bert.encoder.layer[0].output.dense.weight, before)
    whole = predict_logits(model, rows(16).inputs, text_model.collate, 8, "test").argmax(1)
    assert (whole == rows(16).labels).mean() == pytest.approx(validation["validation_accuracy"].iloc[-1], abs=0.07)


@pytest.mark.parametrize(("count", "steps"), [(17, 2), (18, 3), (1, 1)])
def test_a_row_left_over_makes_no_step_but_where_it_is_alone(tiny_backbone, count, steps):
    sizes = []

    def collate(model, inputs):
        sizes.append(len(inputs))
        return text_model.collate(model, inputs)

    _, history = trained(tiny_backbone, count=count, collate=collate, epochs=2)
    assert history["step"].max() == 2 * steps
    assert len(sizes) == 2 * steps
    assert (1 in sizes) == (count == 1)


def test_same_seed_same_bits(tiny_backbone):
    one, other, third = (
        trained(tiny_backbone, epochs=1)[0],
        trained(tiny_backbone, epochs=1)[0],
        trained(tiny_backbone, epochs=1, seed=1)[0],
    )
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))
    assert not torch.equal(one.classifier.weight, third.classifier.weight)


@pytest.mark.parametrize(
    ("count", "epochs", "min_steps", "validated_at"),
    [
        (64, 2, 0, [8, 16]),
        (64, 2, 16, [8, 16]),  # enough as they are
        (64, 2, 17, [16, 32]),  # whole epochs more
        (10, 1, 0, [2]),  # the last batch is smaller
        (10, 3, 20, [8, 16, 24]),
        (3, 2, 7, [4, 8]),
    ],
)
def test_few_rows_are_seen_more_often_and_validated_as_often(tiny_backbone, count, epochs, min_steps, validated_at):
    _, history = trained(tiny_backbone, count=count, epochs=epochs, min_steps=min_steps)
    assert list(history.dropna(subset="validation_accuracy")["step"]) == validated_at
    assert list(history.dropna(subset="loss")["step"]) == list(range(min(5, validated_at[-1]), validated_at[-1] + 1, 5))
    assert validated_at[-1] >= min_steps


def test_the_rate_falls_to_nought_over_all_steps(tiny_backbone):
    _, history = trained(tiny_backbone, count=10, epochs=2, min_steps=20, warmup_ratio=0.25)
    rates = history.dropna(subset="learning_rate").set_index("step")["learning_rate"]
    shares = {5: 4 / 5, 10: 11 / 15, 15: 6 / 15, 20: 1 / 15}  # five steps up from nought, fifteen down
    assert rates.to_dict() == pytest.approx({step: 5e-3 * share for step, share in shares.items()})


def test_every_row_is_seen_once_an_epoch_and_stacked_by_its_own_collate(tiny_backbone):
    seen = []

    def varied(model, inputs):
        seen.append(len(inputs))
        return text_model.collate(model, [np.full_like(one, 1) for one in inputs])

    model, history = trained(tiny_backbone, collate=varied, count=20, epochs=3)
    assert sum(seen) == 60
    assert sorted(seen) == [4] * 3 + [8] * 6
    assert history["validation_accuracy"].dropna().iloc[-1] == 0.5  # nothing to be learned from ones
    plain, _ = trained(tiny_backbone, count=20, epochs=3)
    assert not torch.equal(model.classifier.weight, plain.classifier.weight)


def test_a_batch_of_rows(tiny_backbone):
    data = rows(6)
    model = built(tiny_backbone)
    found, number = data[2]
    assert (found, number) == (data, 2) and len(data) == 6
    batch = data.batch(model, [4, 1])
    assert batch["labels"].tolist() == [0, 1]
    assert batch["input_ids"].tolist() == [data.inputs[4].tolist(), data.inputs[1].tolist()]


def test_a_label_that_weighs_more_is_guessed_more(tiny_backbone):
    """Rows that say nothing: what is guessed is the label that the loss counts."""
    reproducibility.set_up_torch("cpu", 1, 0)
    inputs = [np.array([1, 20, 21, 2], np.int32)] * 16
    labels = np.array([0] * 12 + [1] * 4)
    shares = {}
    for name, weights in (("none", None), ("balanced", class_weights(labels, 2, "balanced"))):
        model, data = built(tiny_backbone), LabelledInputs(inputs, labels, text_model.collate)
        settings = {**SETTINGS, "epochs": 30, "class_weights": weights}
        train(model, data, data, lambda step, numbers: None, **settings)
        shares[name] = np.exp(predict_logits(model, inputs[:1], text_model.collate, 1, "test")[0])
        shares[name] /= shares[name].sum()
    assert shares["none"][1] == pytest.approx(0.25, abs=0.05)
    assert shares["balanced"][1] == pytest.approx(0.5, abs=0.05)


def test_rates_of_backbone_and_head(tiny_backbone):
    model = built(tiny_backbone)
    freeze(model, 1)
    groups = {(group["lr"], group["weight_decay"]): group["params"] for group in _groups(model, 1e-4, 1e-3, 0.01)}
    assert set(groups) == {(1e-4, 0.01), (1e-4, 0.0), (1e-3, 0.01), (1e-3, 0.0)}
    assert [tuple(weight.shape) for weight in groups[1e-3, 0.01]] == [(2, 32)]
    assert all(weight.ndim == 1 for weight in groups[1e-4, 0.0])
    trained_weights = sum(len(params) for params in groups.values())
    assert trained_weights == sum(parameter.requires_grad for parameter in model.parameters())


def test_class_weights():
    numbers = np.array([0, 0, 0, 1])
    assert class_weights(numbers, 2, "none") is None
    assert class_weights(numbers, 2, "balanced").tolist() == pytest.approx([2 / 3, 2])
    assert class_weights(numbers, 2, "balanced")[numbers].mean() == pytest.approx(1)
    assert class_weights(2 * numbers, 4, "balanced").tolist() == pytest.approx([2 / 3, 0, 2, 0])


def test_batches_go_from_long_to_short_and_hold_every_row_once():
    inputs = ["a" * n for n in (3, 1, 2, 3, 5)]
    assert list(batches_by_length(inputs, 2, "test")) == [[4, 0], [3, 2], [1]]


def test_logits_come_back_in_order(tiny_backbone):
    torch.manual_seed(0)
    model = built(tiny_backbone, ["a", "b", "c"])
    inputs = rows(7).inputs
    found = predict_logits(model, inputs, text_model.collate, 3, "test")
    assert found.shape == (7, 3)
    for row, one in enumerate(inputs):
        assert np.allclose(found[row], predict_logits(model, [one], text_model.collate, 1, "test")[0], atol=1e-5)


def test_dropout_is_the_parameters_in_all_places_of_what_is_trained(tiny_backbone):
    model, _ = trained(tiny_backbone, dropout=0.4)
    trained_parts = (model.bert.encoder.layer[1], model.dropout)
    places = [module for part in trained_parts for module in part.modules() if isinstance(module, torch.nn.Dropout)]
    assert [module.p for module in places] == [0.4] * 4
    one, other = (trained(tiny_backbone, dropout=0.0, seed=seed)[0] for seed in (0, 0))
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))
    assert not torch.equal(one.classifier.weight, trained(tiny_backbone)[0].classifier.weight)
