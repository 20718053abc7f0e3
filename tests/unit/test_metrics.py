"""Scores against values worked out by hand, and intervals against theory."""

import numpy as np
import pandas as pd
import pytest

from crossfer.reporting import metrics


def test_domain_scores():
    truth, guess = list("aabb"), list("abbb")
    scores = metrics.domain_scores(truth, guess, resamples=1000, seed=0)
    assert scores["n"] == 4
    assert scores["accuracy"] == 0.75
    assert scores["macro_f1"] == pytest.approx((2 / 3 + 4 / 5) / 2, abs=1e-6)
    assert scores["accuracy_low"] < 0.75 < scores["accuracy_high"]


def test_macro_f1_counts_the_labels_that_are_present():
    """A label that the domain does not have weighs nothing, however often it is guessed."""
    scores = metrics.domain_scores(list("aab"), list("aac"), 100, 0)
    assert scores["macro_f1"] == pytest.approx((1 + 0) / 2)


def test_interval_is_the_binomial_one():
    """0.9 of 400: the interval is close to the normal approximation's, 0.9 +- 1.96 * 0.015."""
    truth = ["a"] * 400
    guess = ["a"] * 360 + ["b"] * 40
    scores = metrics.domain_scores(truth, guess, 20_000, 0)
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


def test_cross_entropy_leaves_out_labels_that_the_model_does_not_know():
    probabilities = np.array([[0.5, 0.5], [0.9, 0.1]])
    assert metrics.cross_entropy(["a", "new"], probabilities, ["a", "b"]) == pytest.approx(np.log(2), abs=1e-6)
    assert metrics.cross_entropy(["new", "new"], probabilities, ["a", "b"]) is None


def test_class_scores_name_their_rows():
    table = metrics.class_scores(list("ccaa"), list("caaa")).set_index("label")
    assert list(table.index) == ["a", "c"]
    assert table.loc["a", "precision"] == pytest.approx(2 / 3, abs=1e-6)
    assert table.loc["c", "recall"] == 0.5


def test_confusion_has_true_labels_down():
    assert metrics.confusion(list("aab"), list("abb"), "ab").tolist() == [[1, 1], [0, 1]]


def right(values, prefix="item"):
    return pd.Series([bool(value) for value in values], index=[f"{prefix}-{n}" for n in range(len(values))])


KINDS = {"en": "en", "en-probe": "en", "zh": "zh", "sw": "sw"}


def test_transfer_on_parallel_items():
    answers = {
        "en": right([1] * 19 + [0], "article"),
        "en-probe": right([1, 1, 1, 1, 1, 1, 1, 1, 1, 0]),
        "zh": right([1, 1, 1, 1, 1, 1, 1, 1, 0, 0]),
        "sw": right([1, 1, 1, 1, 1, 1, 0, 0, 0, 0]),
    }
    found = metrics.transfer_scores(answers, dict.fromkeys(answers, 0.5), KINDS, "en", 500, 0)
    assert found["domains"] == 2
    assert found["accuracy"] == pytest.approx(0.7)
    assert found["macro_f1"] == 0.5
    assert (found["worst"], found["worst_accuracy"]) == ("sw", 0.6)
    assert found["reference"] == "en-probe"
    assert found["gap"] == pytest.approx(0.2)
    assert found["style_shift"] == pytest.approx(0.05)
    assert found["gap_low"] < 0.2 < found["gap_high"]
    assert found["style_shift_low"] < 0.05 < found["style_shift_high"]
    assert found["gap_n"] == 10


def test_transfer_without_parallel_items_is_measured_from_the_source():
    answers = {"en": right([1, 1, 1, 0], "article"), "zh": right([1, 0])}
    found = metrics.transfer_scores(answers, dict.fromkeys(answers, 0.5), KINDS, "en", 500, 0)
    assert (found["reference"], found["gap"]) == ("en", 0.25)
    assert "style_shift" not in found
    assert "gap_n" not in found


def test_a_source_that_is_parallel_is_compared_on_its_own_items():
    """Of the targets, just the items that the source's test split holds count for the gap."""
    answers = {"en": right([1, 1]), "zh": right([0, 1, 1, 1, 1, 1])}
    found = metrics.transfer_scores(answers, dict.fromkeys(answers, 0.5), KINDS, "en", 500, 0)
    assert (found["reference"], found["gap_n"], found["gap"]) == ("en", 2, 0.5)
    assert found["accuracy"] == pytest.approx(5 / 6, abs=1e-6)


def test_a_few_ids_in_common_are_no_parallel_set():
    answers = {"en": right([1, 1], "article"), "en-probe": right([1, 0, 1]), "zh": right([1, 0])}
    found = metrics.transfer_scores(answers, dict.fromkeys(answers, 0.5), KINDS, "en", 500, 0)
    assert (found["reference"], found["gap"]) == ("en", 0.5)


def test_no_domain_of_another_kind():
    answers = {"en": right([1, 0]), "en-probe": right([1, 0])}
    assert metrics.transfer_scores(answers, dict.fromkeys(answers, 0.5), KINDS, "en", 500, 0) is None


def test_items_are_drawn_together():
    """Two domains with the same answers differ by nothing in any resample; two that are independent do."""
    answers = right([1, 0] * 20)
    drawn = metrics.resampled_means({"a": answers, "b": answers, "c": right([1, 0] * 20, "other")}, 300, 0)
    assert np.array_equal(drawn["a"], drawn["b"])
    assert not np.array_equal(drawn["a"], drawn["c"])
    assert drawn["a"].mean() == pytest.approx(0.5, abs=0.02)
    assert drawn["a"].std() == pytest.approx(0.5 / np.sqrt(40), rel=0.25)


def test_mcnemar():
    """8 rows won and 2 lost: twice the probability of at most 2 heads of 10, (1 + 10 + 45) / 1024."""
    mine, other = pd.Series([1] * 8 + [0] * 2 + [1] * 10), pd.Series([0] * 8 + [1] * 2 + [1] * 10)
    found = metrics.mcnemar(mine, other)
    assert (found["wins"], found["losses"], found["difference"]) == (8, 2, 0.3)
    assert found["p"] == pytest.approx(2 * 56 / 1024, abs=1e-6)
    assert metrics.mcnemar(other, mine) == {**found, "wins": 2, "losses": 8, "difference": -0.3}


def test_mcnemar_of_equals():
    rows = pd.Series([True, False])
    assert metrics.mcnemar(rows, rows) == {"difference": 0.0, "wins": 0, "losses": 0, "p": 1.0}


def test_paired_bootstrap():
    drawn = np.arange(-1, 98) / 100  # two of 99 are not above nought: p = 2 * (2 + 1) / (99 + 1)
    found = metrics.paired_bootstrap(0.48, drawn)
    assert found["p"] == 0.06
    assert found["difference_low"] == pytest.approx(-0.01 + 0.025 * 0.98)
    assert metrics.paired_bootstrap(-0.48, -drawn)["p"] == 0.06
    assert metrics.paired_bootstrap(0.0, np.zeros(99))["p"] == 1.0


def test_paired_bootstrap_agrees_with_the_normal_approximation():
    """A difference of 0.2 with a standard error of 0.1: the normal approximation says p = 0.0455."""
    drawn = np.random.default_rng(0).normal(0.2, 0.1, 20_000)
    assert metrics.paired_bootstrap(0.2, drawn)["p"] == pytest.approx(0.0455, abs=0.005)


def test_holm():
    """Sorted: 0.01 * 4, 0.02 * 3, 0.03 * 2 (not below the one before), 0.6."""
    assert metrics.holm([0.03, 0.01, 0.6, 0.02]) == [0.06, 0.04, 0.6, 0.06]
    assert metrics.holm([0.9, 0.8]) == [1.0, 1.0]
    assert metrics.holm([]) == []
