"""Training learns, repeats itself exactly, and follows its parameters."""

from collections import Counter

import numpy as np
import pytest
import torch

from crossfer.config.finetune_options import Finetune
from crossfer.modalities.text import model as text_model
from crossfer.modeling import reproducibility
from crossfer.modeling.batching import batches_by_length
from crossfer.modeling.freezing import freeze
from crossfer.modeling.inference import predict_logits
from crossfer.training.trainer import LabelledInputs, _parameter_groups, compute_class_weights, train

OPTIONS = Finetune(
    weights="pretrained",
    train_fraction=1.0,
    freeze=1,
    epochs=6,
    min_steps=0,
    batch_size=8,
    learning_rate=5e-3,
    head_learning_rate=1e-2,
    weight_decay=0.01,
    warmup_ratio=0.1,
    max_grad_norm=1.0,
    dropout=0.1,
    class_weights="none",
    averaged_seeds=1,
    processes=1,
    seed=0,
)


def labelled_inputs(count):
    """Inputs of two labels, which differ in one token."""
    generator = np.random.default_rng(0)
    labels = np.arange(count) % 2
    inputs = [
        np.array([1, *generator.integers(20, 60, 4), 10 + label, *generator.integers(20, 60, 3), 2], np.int32)
        for label in labels
    ]
    return LabelledInputs(inputs, labels, text_model.collate)


def build(backbone, labels=("a", "b")):
    return text_model.build(backbone, labels, "pretrained")


def train_tiny(backbone, records=None, count=64, collate=text_model.collate, seed=0, **changes):
    """Return a tiny model after its training, and the history."""
    reproducibility.set_up_torch("cpu", 1, seed)
    model, options = build(backbone), OPTIONS.model_copy(update=changes)
    freeze(model, 1)
    training, validation = labelled_inputs(count), labelled_inputs(16)
    with text_model.prepare_inputs(model, [*training.inputs, *validation.inputs], 8) as inputs:
        history = train(
            model,
            LabelledInputs(inputs[:count], training.labels, collate),
            LabelledInputs(inputs[count:], validation.labels, text_model.collate),
            options,
            lambda step, metrics: records.append((step, metrics)) if records is not None else None,
            seed=seed,
        )
    return model, history


def have_equal_weights(model, other):
    return all(torch.equal(a, b) for a, b in zip(model.parameters(), other.parameters(), strict=True))


def test_training_learns_and_records(tiny_backbone):
    records = []
    frozen = build(tiny_backbone).bert.encoder.layer[0].output.dense.weight
    model, history = train_tiny(tiny_backbone, records)
    validation = history.dropna(subset="validation_accuracy")
    assert list(validation["epoch"]) == [1, 2, 3, 4, 5, 6]
    accuracy = validation["validation_accuracy"].iloc[-1]
    assert accuracy >= 0.9
    losses = history["loss"].dropna()
    assert losses.iloc[-1] < 0.5 < losses.iloc[0] < 1.0  # log 2 = 0.69 at the start
    assert [step for step, _ in records] == list(history["step"])
    assert torch.equal(model.bert.encoder.layer[0].output.dense.weight, frozen)
    data = labelled_inputs(16)
    predictions = predict_logits(model, data.inputs, text_model.collate, 8, "test").argmax(1)
    assert (predictions == data.labels).mean() == pytest.approx(accuracy, abs=0.07)


@pytest.mark.parametrize(("count", "steps"), [(17, 2), (18, 3), (1, 1)])
def test_a_last_batch_of_one_row_is_dropped_unless_it_is_the_only_one(tiny_backbone, count, steps):
    sizes = []

    def collate(model, inputs):
        sizes.append(len(inputs))
        return text_model.collate(model, inputs)

    _, history = train_tiny(tiny_backbone, count=count, collate=collate, epochs=2)
    assert history["step"].max() == 2 * steps
    assert len(sizes) == 2 * steps
    assert (1 in sizes) == (count == 1)


def test_equal_seeds_give_equal_weights(tiny_backbone):
    model, repeated = (train_tiny(tiny_backbone, epochs=1)[0] for _ in range(2))
    assert have_equal_weights(model, repeated)
    assert not have_equal_weights(model, train_tiny(tiny_backbone, epochs=1, seed=1)[0])


@pytest.mark.parametrize(
    ("count", "epochs", "min_steps", "validation_steps"),
    [
        (64, 2, 0, [8, 16]),
        (64, 2, 16, [8, 16]),
        (64, 2, 17, [16, 32]),  # epochs are repeated as a whole
        (10, 1, 0, [2]),  # the last batch is smaller
        (10, 3, 20, [8, 16, 24]),
        (3, 2, 7, [4, 8]),
    ],
)
def test_epochs_repeat_until_min_steps(tiny_backbone, count, epochs, min_steps, validation_steps):
    _, history = train_tiny(tiny_backbone, count=count, epochs=epochs, min_steps=min_steps)
    last = validation_steps[-1]
    assert list(history.dropna(subset="validation_accuracy")["step"]) == validation_steps
    assert list(history.dropna(subset="loss")["step"]) == list(range(min(5, last), last + 1, 5))
    assert last >= min_steps


def test_the_learning_rate_rises_and_falls_linearly(tiny_backbone):
    _, history = train_tiny(tiny_backbone, count=10, epochs=2, min_steps=20, warmup_ratio=0.25)
    rates = history.dropna(subset="learning_rate").set_index("step")["learning_rate"]
    fractions = {5: 4 / 5, 10: 11 / 15, 15: 6 / 15, 20: 1 / 15}  # five steps up from zero, fifteen down
    assert rates.to_dict() == pytest.approx({step: 5e-3 * fraction for step, fraction in fractions.items()})


def test_each_epoch_collates_every_row_once(tiny_backbone):
    sizes, counts = [], Counter()

    def collate(model, inputs):
        sizes.append(len(inputs))
        counts.update(row.tobytes() for row in inputs)
        return text_model.collate(model, [np.full_like(row, 1) for row in inputs])

    model, history = train_tiny(tiny_backbone, collate=collate, count=20, epochs=3)
    assert sorted(sizes) == [4] * 3 + [8] * 6
    assert len(counts) > 1 and all(count % 3 == 0 for count in counts.values())  # equal rows have one key
    assert history["validation_accuracy"].dropna().iloc[-1] == 0.5  # nothing can be learned from ones
    usual, _ = train_tiny(tiny_backbone, count=20, epochs=3)
    assert not have_equal_weights(model, usual)


def test_a_batch_of_labelled_inputs(tiny_backbone):
    data = labelled_inputs(6)
    assert data[2] == (data, 2) and len(data) == 6
    batch = data.batch(build(tiny_backbone), [4, 1])
    assert batch["labels"].tolist() == [0, 1]
    assert batch["input_ids"].tolist() == [data.inputs[4].tolist(), data.inputs[1].tolist()]


def test_balanced_class_weights_balance_the_probabilities(tiny_backbone):
    """With equal inputs, the model learns the weighted frequencies of the labels."""
    reproducibility.set_up_torch("cpu", 1, 0)
    inputs = [np.array([1, 20, 21, 2], np.int32)] * 16
    labels = np.array([0] * 12 + [1] * 4)
    for scheme, expected in (("none", 0.25), ("balanced", 0.5)):
        model, data = build(tiny_backbone), LabelledInputs(inputs, labels, text_model.collate)
        options = OPTIONS.model_copy(update={"epochs": 30})
        weights = compute_class_weights(labels, 2, scheme)
        train(model, data, data, options, lambda step, metrics: None, seed=0, class_weights=weights)
        odds = np.exp(predict_logits(model, inputs[:1], text_model.collate, 1, "test")[0])
        assert odds[1] / odds.sum() == pytest.approx(expected, abs=0.05)


def test_backbone_and_head_have_their_own_learning_rates(tiny_backbone):
    model = build(tiny_backbone)
    freeze(model, 1)
    options = OPTIONS.model_copy(update={"learning_rate": 1e-4, "head_learning_rate": 1e-3})
    groups = {(group["lr"], group["weight_decay"]): group["params"] for group in _parameter_groups(model, options)}
    assert set(groups) == {(1e-4, 0.01), (1e-4, 0.0), (1e-3, 0.01), (1e-3, 0.0)}
    assert [tuple(weight.shape) for weight in groups[1e-3, 0.01]] == [(2, 32)]
    assert all(weight.ndim == 1 for weight in groups[1e-4, 0.0])
    count = sum(len(params) for params in groups.values())
    assert count == sum(parameter.requires_grad for parameter in model.parameters())


def test_class_weights():
    labels = np.array([0, 0, 0, 1])
    assert compute_class_weights(labels, 2, "none") is None
    assert compute_class_weights(labels, 2, "balanced").tolist() == pytest.approx([2 / 3, 2])
    assert compute_class_weights(labels, 2, "balanced")[labels].mean() == pytest.approx(1)
    assert compute_class_weights(2 * labels, 4, "balanced").tolist() == pytest.approx([2 / 3, 0, 2, 0])


def test_batches_go_from_long_to_short_rows():
    inputs = ["a" * n for n in (3, 1, 2, 3, 5)]
    assert list(batches_by_length(inputs, 2, "test")) == [[4, 0], [3, 2], [1]]


def test_logits_are_in_the_order_of_the_rows(tiny_backbone):
    torch.manual_seed(0)
    model = build(tiny_backbone, ["a", "b", "c"])
    inputs = labelled_inputs(7).inputs
    logits = predict_logits(model, inputs, text_model.collate, 3, "test")
    assert logits.shape == (7, 3)
    for row, expected in enumerate(logits):
        (alone,) = predict_logits(model, [inputs[row]], text_model.collate, 1, "test")
        assert np.allclose(expected, alone, atol=1e-5)


def test_dropout_follows_the_parameter_in_all_trained_parts(tiny_backbone):
    model, _ = train_tiny(tiny_backbone, dropout=0.4)
    trained_parts = (model.bert.encoder.layer[1], model.dropout)
    modules = [module for part in trained_parts for module in part.modules() if isinstance(module, torch.nn.Dropout)]
    assert [module.p for module in modules] == [0.4] * 4
    assert not have_equal_weights(train_tiny(tiny_backbone, dropout=0.0)[0], train_tiny(tiny_backbone)[0])
