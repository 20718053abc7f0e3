"""Averaging the weights of several trainings, validation, and labels without rows."""

import numpy as np
import pandas as pd
import pytest
import torch
from repository import ROOT
from ruamel.yaml import YAML
from test_training import labelled_inputs

from crossfer.config.finetune_options import FinetuneImages, FinetuneTexts
from crossfer.modalities.text import model as text_model
from crossfer.modalities.vision import model as vision_model
from crossfer.modeling import reproducibility
from crossfer.training.fit import _average_trainings, fit

LABELS = ["a", "b"]
PARAMS = ROOT / "tests/support/params.yaml"


def table(count):
    data = labelled_inputs(count)
    return pd.DataFrame({"input": list(data.inputs), "label": [LABELS[number] for number in data.labels]})


def fit_tiny(backbone, validation=None, labels=LABELS, count=32, **changes):
    """Return the weights, the result of `fit` and the records of a tiny training."""
    block = YAML(typ="safe", pure=True).load(PARAMS.read_text())["tasks"]["news"]["finetune"]
    options = FinetuneTexts(**{**block, "freeze": 1, "epochs": 2, "batch_size": 8, **changes})
    reproducibility.set_up_torch("cpu", 1, 0)
    model = text_model.build(backbone, labels, "pretrained")
    records = []
    result = fit(model, text_model, table(count), validation, options, lambda *record: records.append(record))
    assert all(value >= 0 for value in result.seconds.values())
    return model.state_dict(), result, records


def test_weights_are_the_mean_of_several_trainings(tiny_backbone):
    first, second = (fit_tiny(tiny_backbone, seed=seed)[0] for seed in (0, 1))
    mean, result, records = fit_tiny(tiny_backbone, averaged_seeds=2)
    assert not torch.equal(first["classifier.weight"], second["classifier.weight"])
    for name, tensor in mean.items():
        torch.testing.assert_close(tensor, (first[name] + second[name]) / 2)
    embeddings = "bert.embeddings.word_embeddings.weight"
    assert torch.equal(mean[embeddings], first[embeddings])
    steps = [5, 13]  # eight steps each, a record after five
    assert list(result.history["step"]) == [step for step, _ in records] == steps


def test_one_training_repeats_exactly(tiny_backbone):
    first, second = (fit_tiny(tiny_backbone)[0] for _ in range(2))
    assert all(torch.equal(tensor, second[name]) for name, tensor in first.items())


def test_one_training_copies_no_weights_back():
    class NoCopy(torch.nn.Linear):
        def load_state_dict(self, *args, **kwargs):
            raise AssertionError("weights are copied")

    history = pd.DataFrame({"step": [1]})
    result = _average_trainings(NoCopy(2, 2), lambda number: history.assign(number=number), 1)
    assert result.equals(history.assign(number=0))


@pytest.mark.parametrize("count", [1, 2])
def test_zeros_are_positive_for_any_number_of_trainings(count):
    model = torch.nn.Linear(2, 2)
    weights = torch.tensor([[-0.0, 1.0], [0.0, -1e-30]])
    model.load_state_dict({"weight": weights, "bias": torch.zeros(2)})
    _average_trainings(model, lambda number: pd.DataFrame({"step": [number]}), count)
    assert torch.equal(model.weight, weights)
    assert torch.signbit(model.weight).tolist() == [[False, False], [False, True]]


def test_validation_is_optional(tiny_backbone):
    _, result, _ = fit_tiny(tiny_backbone)
    assert result.history["validation_accuracy"].isna().all()
    assert 0 < result.sizes["trained_parameters"] < result.sizes["parameters"]
    _, validated, _ = fit_tiny(tiny_backbone, table(8))
    assert validated.history["validation_accuracy"].notna().sum() == 2


@pytest.mark.parametrize("scheme", ["none", "balanced"])
def test_a_label_may_have_no_rows(tiny_backbone, scheme):
    _, result, _ = fit_tiny(tiny_backbone, labels=["a", "aa", "b"], count=16, class_weights=scheme)
    assert result.history["loss"].notna().all()


@pytest.mark.parametrize("count", [1, 3])
def test_few_images_train_a_network_with_batch_norm(tiny_vision_backbone, count):
    """At 32 pixels the last batch norms have one value per image and channel."""
    params = YAML(typ="safe", pure=True).load((ROOT / "tests/support/params_vision.yaml").read_text())
    block = params["tasks"]["digits"]["finetune"]
    options = FinetuneImages(**{**block, "freeze": "none", "epochs": 2, "min_steps": 0, "batch_size": 2})
    reproducibility.set_up_torch("cpu", 1, 0)
    model = vision_model.build(tiny_vision_backbone, LABELS, "pretrained")
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    generator = np.random.default_rng(0)
    images = [generator.integers(0, 256, 3 * 32**2, np.uint8) for _ in range(count)]
    rows = pd.DataFrame({"input": images, "label": LABELS[:1] * count})
    result = fit(model, vision_model, rows, None, options, lambda *_: None)
    assert result.history["step"].max() == 2
    after = model.state_dict()
    assert all(tensor.isfinite().all() for tensor in after.values())
    assert not torch.equal(before["classifier.weight"], after["classifier.weight"])
    statistics = [name for name in before if name.endswith("running_mean")]
    assert all(torch.equal(before[name], after[name]) for name in statistics) == (count == 1)
