"""Calibration, confidence and OOD detection on data with known results."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import softmax
from sklearn.metrics import roc_auc_score

from crossfer.robustness import calibration, confidence, out_of_distribution
from crossfer.robustness.confidence import TARGETS, Predictions

GENERATOR = np.random.default_rng(0)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_fit_temperature_recovers_the_temperature_of_the_labels(temperature):
    logits = GENERATOR.normal(0, 3, (20_000, 4))
    labels = np.array([GENERATOR.choice(4, p=row) for row in softmax(logits / temperature, axis=1)])
    assert calibration.fit_temperature(logits, labels) == pytest.approx(temperature, rel=0.05)


def test_temperature_changes_confidence_but_no_prediction():
    probabilities = softmax(GENERATOR.normal(0, 2, (100, 5)), axis=1)
    assert np.allclose(calibration.apply_temperature(probabilities, 1.0), probabilities, atol=1e-5)
    scaled = calibration.apply_temperature(probabilities, 4.0)
    assert (scaled.argmax(1) == probabilities.argmax(1)).all()
    assert (scaled.max(1) < probabilities.max(1)).all()


def test_expected_calibration_error():
    values = np.array([0.9] * 10 + [0.6] * 10)
    correct = np.array([True] * 9 + [False] + [True] * 2 + [False] * 8)
    assert calibration.expected_calibration_error(values, correct) == pytest.approx(0.5 * 0 + 0.5 * 0.4)
    bins = calibration.reliability_bins(values, correct)
    assert bins["n"].tolist() == [10, 10] and bins["accuracy"].tolist() == [0.2, 0.9]
    assert ((bins["low"] < bins["confidence"]) & (bins["confidence"] <= bins["high"])).all()


def test_reliability_bins_include_both_ends():
    bins = calibration.reliability_bins(np.array([1.0, 1e-9, 0.2]), np.array([True, False, False]))
    assert bins["n"].sum() == 3


def test_auroc_equals_scikit_learn():
    confident, unsure = GENERATOR.normal(1, 1, 200).round(1), GENERATOR.normal(0, 1, 150).round(1)
    scores = out_of_distribution.auroc(confident, unsure, 500, 0)
    expected = roc_auc_score(np.repeat([1, 0], [200, 150]), np.concatenate([confident, unsure]))
    assert scores["auroc"] == pytest.approx(expected, abs=1e-6)
    assert 0.5 < scores["auroc_low"] < scores["auroc"] < scores["auroc_high"] < 1


def test_calibration_table_has_domains_and_all_targets():
    probabilities = [{"a": 0.8, "b": 0.2}, {"a": 0.3, "b": 0.7}, {"a": 0.9, "b": 0.1}]
    rows = {"domain": ["en", "zh", "fr"], "label": ["a", "b", "b"], "prediction": ["a", "b", "a"]}
    groups = confidence.group_predictions(pd.DataFrame(rows | {"probabilities": probabilities}), ["a", "b"], "en")
    assert list(groups) == ["en", "zh", "fr", TARGETS]
    table = confidence.calibration_table(groups, 1.0).set_index("domain")
    assert table.loc[TARGETS, ["n", "accuracy", "confidence"]].tolist() == [2, 0.5, pytest.approx(0.8)]
    assert table.loc["en", "ece"] == pytest.approx(0.2)


def test_refused_contents_count_as_out_of_distribution():
    groups = {"en": Predictions(np.array([[0.6, 0.4], [0.3, 0.7]]), np.array([True, True]))}
    contents = pd.DataFrame(
        {"category": ["noise", "noise", "letters"], "confidence": [0.0, 0.95, 0.5], "refused": [True, False, False]}
    )
    table = out_of_distribution.detection_table(groups, "en", contents, 100, 0).set_index("category")
    assert table.loc["all", ["n", "refused"]].tolist() == [3, 1]
    assert table.loc["all", "confident"] == pytest.approx(1 / 3, abs=1e-6)
    assert table.loc["noise", "auroc"] == 0.5 and table.loc["letters", "auroc"] == 1.0


def test_the_first_row_of_detection_has_all_contents_even_if_a_category_is_named_all():
    groups = {"en": Predictions(np.array([[0.6, 0.4]]), np.array([True]))}
    contents = pd.DataFrame({"category": ["noise", "all"], "confidence": [0.9, 0.1], "refused": [False, False]})
    table = out_of_distribution.detection_table(groups, "en", contents, 100, 0)
    assert table[["category", "n"]].to_numpy().tolist() == [["all", 2], ["noise", 1], ["all", 1]]
