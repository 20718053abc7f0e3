"""Fitting: what several trainings leave is the mean of their weights, and what is frozen is what it was."""

import pandas as pd
import pytest
import torch
from repository import ROOT
from ruamel.yaml import YAML
from test_training import rows

from crossfer.config.stage_options import FinetuneTexts
from crossfer.modalities.text import model as text_model
from crossfer.modeling import reproducibility
from crossfer.training.fit import _average, fit

LABELS = ["a", "b"]


def settings(**changes):
    block = YAML(typ="safe", pure=True).load((ROOT / "tests/support/params.yaml").read_text())["tasks"]["news"][
        "finetune"
    ]
    options = FinetuneTexts(**{**block, "freeze": 1, "epochs": 2, "batch_size": 8, **changes})
    return options.for_training()


def table(count):
    made = rows(count)
    return pd.DataFrame({"input": list(made.inputs), "label": [LABELS[number] for number in made.labels]})


def fitted(backbone, validation=None, **changes):
    reproducibility.set_up_torch("cpu", 1, 0)
    model = text_model.build(backbone, LABELS, "pretrained")
    seen = []
    fitted = fit(
        model,
        text_model,
        LABELS,
        table(32),
        validation,
        text_model.collate,
        lambda *one: seen.append(one),
        **settings(**changes),
    )
    assert all(value >= 0 for value in fitted.seconds.values())
    return model.state_dict(), fitted.history, fitted, seen


def test_the_mean_of_several_trainings(tiny_backbone):
    one, other = (fitted(tiny_backbone, seed=seed)[0] for seed in (0, 1))
    mean, history, _, seen = fitted(tiny_backbone, averaged_seeds=2)
    assert not torch.equal(one["classifier.weight"], other["classifier.weight"])
    for name, tensor in mean.items():
        torch.testing.assert_close(tensor, (one[name] + other[name]) / 2)
    assert torch.equal(mean["bert.embeddings.word_embeddings.weight"], one["bert.embeddings.word_embeddings.weight"])
    assert list(history["step"]) == [step for step, _ in seen] == [5, 13]  # eight steps each, a record after five


def test_one_training_is_itself(tiny_backbone):
    first, again = (fitted(tiny_backbone)[0] for _ in range(2))
    assert all(torch.equal(tensor, again[name]) for name, tensor in first.items())


def test_one_training_copies_no_weights_back():
    class NoCopy(torch.nn.Linear):
        def load_state_dict(self, *args, **kwargs):
            raise AssertionError("weights are copied")

    history = pd.DataFrame({"step": [1]})
    assert _average(NoCopy(2, 2), lambda number: history.assign(number=number), 1).equals(history.assign(number=0))


@pytest.mark.parametrize("times", [1, 2])
def test_zeros_have_no_sign_however_many_trainings_are_averaged(times):
    model = torch.nn.Linear(2, 2)
    weights = torch.tensor([[-0.0, 1.0], [0.0, -1e-30]])
    model.load_state_dict({"weight": weights, "bias": torch.zeros(2)})
    _average(model, lambda number: pd.DataFrame({"step": [number]}), times)
    assert torch.equal(model.weight, weights)
    assert torch.signbit(model.weight).tolist() == [[False, False], [False, True]]


def test_without_validation_nothing_is_validated(tiny_backbone):
    _, history, found, _ = fitted(tiny_backbone)
    assert history["validation_accuracy"].isna().all()
    assert 0 < found.sizes["trained_weights"] < found.sizes["weights"]
    assert fitted(tiny_backbone, table(8))[1]["validation_accuracy"].notna().sum() == 2


@pytest.mark.parametrize("scheme", ["none", "balanced"])
def test_a_label_without_rows_is_no_obstacle(tiny_backbone, scheme):
    reproducibility.set_up_torch("cpu", 1, 0)
    model = text_model.build(tiny_backbone, ["a", "aa", "b"], "pretrained")
    found = fit(
        model,
        text_model,
        ["a", "aa", "b"],
        table(16),
        None,
        text_model.collate,
        lambda *one: None,
        **settings(class_weights=scheme),
    )
    assert found.history["loss"].notna().all()
