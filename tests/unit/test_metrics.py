"""Scores compared with values calculated by hand, and intervals with theory."""

import numpy as np
import pandas as pd
import pytest

from crossfer.reporting import metrics


def test_domain_scores():
    labels, predictions = list("aabb"), list("abbb")
    scores = metrics.domain_scores(labels, predictions, resamples=1000, seed=0)
    assert scores["n"] == 4
    assert scores["accuracy"] == 0.75
    assert scores["macro_f1"] == pytest.approx((2 / 3 + 4 / 5) / 2, abs=1e-6)
    assert scores["accuracy_low"] < 0.75 < scores["accuracy_high"]


def test_macro_f1_counts_the_labels_that_are_present():
    """A label that the domain does not have has no weight, however often predicted."""
    scores = metrics.domain_scores(list("aab"), list("aac"), 100, 0)
    assert scores["macro_f1"] == pytest.approx((1 + 0) / 2)


def test_interval_agrees_with_the_normal_approximation():
    """The interval of 0.9 of 400 rows is close to 0.9 +- 1.96 * 0.015."""
    labels = ["a"] * 400
    predictions = ["a"] * 360 + ["b"] * 40
    scores = metrics.domain_scores(labels, predictions, 20_000, 0)
    assert scores["accuracy_low"] == pytest.approx(0.9 - 1.96 * 0.015, abs=0.004)
    assert scores["accuracy_high"] == pytest.approx(0.9 + 1.96 * 0.015, abs=0.004)


def test_a_perfect_score_has_no_width():
    scores = metrics.domain_scores(["a"] * 5, ["a"] * 5, 100, 0)
    assert (scores["accuracy_low"], scores["accuracy_high"]) == (1.0, 1.0)


def test_cross_entropy():
    probabilities = np.array([[0.5, 0.5], [0.9, 0.1], [0.2, 0.8]])
    assert metrics.cross_entropy(["a", "a", "b"], probabilities, ["a", "b"]) == pytest.approx(
        -(np.log(0.5) + np.log(0.9) + np.log(0.8)) / 3, abs=1e-6
    )


def test_cross_entropy_ignores_labels_that_the_model_does_not_know():
    probabilities = np.array([[0.5, 0.5], [0.9, 0.1]])
    assert metrics.cross_entropy(["a", "new"], probabilities, ["a", "b"]) == pytest.approx(np.log(2), abs=1e-6)
    assert metrics.cross_entropy(["new", "new"], probabilities, ["a", "b"]) is None


def test_class_scores():
    table = metrics.class_scores(list("ccaa"), list("caaa")).set_index("label")
    assert list(table.index) == ["a", "c"]
    assert table.loc["a", "precision"] == pytest.approx(2 / 3, abs=1e-6)
    assert table.loc["c", "recall"] == 0.5


def test_confusion_has_labels_down():
    assert metrics.confusion(list("aab"), list("abb"), "ab").tolist() == [[1, 1], [0, 1]]


def marks(values, prefix="item"):
    """Return whether each row's prediction is correct, by id."""
    return pd.Series([bool(value) for value in values], index=[f"{prefix}-{n}" for n in range(len(values))])


def test_items_are_drawn_together():
    """Domains with the same items are resampled together, others independently."""
    answers = marks([1, 0] * 20)
    drawn = metrics.resampled_means({"a": answers, "b": answers, "c": marks([1, 0] * 20, "other")}, 300, 0)
    assert np.array_equal(drawn["a"], drawn["b"])
    assert not np.array_equal(drawn["a"], drawn["c"])
    assert drawn["a"].mean() == pytest.approx(0.5, abs=0.02)
    assert drawn["a"].std() == pytest.approx(0.5 / np.sqrt(40), rel=0.25)


def test_mcnemar():
    """8 wins and 2 losses: twice the probability of at most 2 heads in 10 tosses.

    That is 2 * (1 + 10 + 45) / 1024.
    """
    mine, other = pd.Series([1] * 8 + [0] * 2 + [1] * 10), pd.Series([0] * 8 + [1] * 2 + [1] * 10)
    scores = metrics.mcnemar(mine, other)
    assert (scores["wins"], scores["losses"], scores["difference"]) == (8, 2, 0.3)
    assert scores["p"] == pytest.approx(2 * 56 / 1024, abs=1e-6)
    assert metrics.mcnemar(other, mine) == {**scores, "wins": 2, "losses": 8, "difference": -0.3}


def test_mcnemar_of_equal_predictions():
    rows = pd.Series([True, False])
    assert metrics.mcnemar(rows, rows) == {"difference": 0.0, "wins": 0, "losses": 0, "p": 1.0}


def test_paired_bootstrap():
    drawn = np.arange(-1, 98) / 100  # two of 99 are not above zero: p = 2 * (2 + 1) / (99 + 1)
    scores = metrics.paired_bootstrap(0.48, drawn)
    assert scores["p"] == 0.06
    assert scores["difference_low"] == pytest.approx(-0.01 + 0.025 * 0.98)
    assert metrics.paired_bootstrap(-0.48, -drawn)["p"] == 0.06
    assert metrics.paired_bootstrap(0.0, np.zeros(99))["p"] == 1.0


def test_paired_bootstrap_agrees_with_the_normal_approximation():
    """A difference of 0.2 with a standard error of 0.1 has p = 0.0455."""
    drawn = np.random.default_rng(0).normal(0.2, 0.1, 20_000)
    assert metrics.paired_bootstrap(0.2, drawn)["p"] == pytest.approx(0.0455, abs=0.005)


def test_holm():
    """Sorted: 0.01 * 4, 0.02 * 3, 0.03 * 2 (not below the one before), 0.6."""
    assert metrics.holm([0.03, 0.01, 0.6, 0.02]) == [0.06, 0.04, 0.6, 0.06]
    assert metrics.holm([0.9, 0.8]) == [1.0, 1.0]
    assert metrics.holm([]) == []
