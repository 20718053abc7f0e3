"""Calibration and scope: figures whose true values are known."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import softmax
from sklearn.metrics import roc_auc_score

from crossfer.robustness import calibration, confidence, out_of_distribution
from crossfer.robustness.confidence import TARGETS, Predictions

GENERATOR = np.random.default_rng(0)


@pytest.mark.parametrize("true", [0.5, 1.0, 3.0])
def test_the_temperature_that_made_the_labels_is_found(true):
    logits = GENERATOR.normal(0, 3, (20_000, 4))
    truth = np.array([GENERATOR.choice(4, p=row) for row in softmax(logits / true, axis=1)])
    assert calibration.temperature(logits, truth) == pytest.approx(true, rel=0.05)


def test_scaling_changes_no_guess_and_one_is_nothing():
    shares = softmax(GENERATOR.normal(0, 2, (100, 5)), axis=1)
    assert np.allclose(calibration.scaled(shares, 1.0), shares, atol=1e-5)
    assert (calibration.scaled(shares, 4.0).argmax(1) == shares.argmax(1)).all()
    assert (calibration.scaled(shares, 4.0).max(1) < shares.max(1)).all()


def test_ece_of_known_guesses():
    sure = np.array([0.9] * 10 + [0.6] * 10)
    right = np.array([True] * 9 + [False] + [True] * 2 + [False] * 8)
    assert calibration.ece(sure, right) == pytest.approx(0.5 * 0 + 0.5 * 0.4)
    bins = calibration.reliability(sure, right)
    assert bins["n"].tolist() == [10, 10] and bins["right"].tolist() == [0.2, 0.9]
    assert ((bins["from"] < bins["sure"]) & (bins["sure"] <= bins["to"])).all()


def test_probabilities_at_the_ends_are_in_a_bin():
    bins = calibration.reliability(np.array([1.0, 1e-9, 0.2]), np.array([True, False, False]))
    assert bins["n"].sum() == 3


def test_auroc_is_that_of_scikit_learn():
    inside, outside = GENERATOR.normal(1, 1, 200).round(1), GENERATOR.normal(0, 1, 150).round(1)
    found = out_of_distribution.auroc(inside, outside, 500, 0)
    truth = np.repeat([1, 0], [200, 150])
    assert found["auroc"] == pytest.approx(roc_auc_score(truth, np.concatenate([inside, outside])), abs=1e-6)
    assert 0.5 < found["auroc_low"] < found["auroc"] < found["auroc_high"] < 1


def test_confidence_of_domains_and_of_all_targets():
    shares = [{"a": 0.8, "b": 0.2}, {"a": 0.3, "b": 0.7}, {"a": 0.9, "b": 0.1}]
    rows = {
        "domain": ["en", "zh", "fr"],
        "label": ["a", "b", "b"],
        "prediction": ["a", "b", "a"],
        "probabilities": shares,
    }
    said = confidence.group_predictions(pd.DataFrame(rows), ["a", "b"], "en")
    assert list(said) == ["en", "zh", "fr", TARGETS]
    table = confidence.table(said, 1.0).set_index("domain")
    assert table.loc[TARGETS, ["n", "accuracy", "sure"]].tolist() == [2, 0.5, pytest.approx(0.8)]
    assert table.loc["en", "ece"] == pytest.approx(0.2)


def test_contents_that_are_refused_are_never_taken_for_some_in_scope():
    said = {"en": Predictions(np.array([[0.6, 0.4], [0.3, 0.7]]), np.array([True, True]))}
    outside = pd.DataFrame(
        {"sort": ["noise", "noise", "letters"], "sure": [0.0, 0.95, 0.5], "refused": [True, False, False]}
    )
    found = confidence.out_of_distribution_table(said, "en", outside, 100, 0).set_index("outside")
    assert found.loc["all of them", ["n", "refused"]].tolist() == [3, 1]
    assert found.loc["all of them", "sure"] == pytest.approx(1 / 3, abs=1e-6)
    assert found.loc["noise", "auroc"] == 0.5 and found.loc["letters", "auroc"] == 1.0
