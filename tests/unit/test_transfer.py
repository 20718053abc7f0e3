"""Zero-shot scores and the gap, compared with values calculated by hand."""

import pandas as pd
import pytest

from crossfer.reporting.transfer import score_domains


def predictions(correct, prefix="item"):
    """Return predictions of the label a; 1 says which rows are correct."""
    ids = [f"{prefix}-{number}" for number in range(len(correct))]
    return pd.DataFrame({"id": ids, "label": "a", "prediction": ["a" if one else "b" for one in correct]})


def zero_shot_scores(by_domain):
    return score_domains(by_domain, LANGUAGES, "en", 500, 0)["zero_shot"]


LANGUAGES = {"en": "en", "en-probe": "en", "zh": "zh", "sw": "sw"}


def test_transfer_on_parallel_items():
    by_domain = {
        "en": predictions([1] * 19 + [0], "article"),
        "en-probe": predictions([1, 1, 1, 1, 1, 1, 1, 1, 1, 0]),
        "zh": predictions([1, 1, 1, 1, 1, 1, 1, 1, 0, 0]),
        "sw": predictions([1, 1, 1, 1, 1, 1, 0, 0, 0, 0]),
    }
    scores = zero_shot_scores(by_domain)
    assert scores["domains"] == 2
    assert scores["accuracy"] == pytest.approx(0.7)
    assert scores["macro_f1"] == pytest.approx((2 * 0.8 / 1.8 + 2 * 0.6 / 1.6) / 2, abs=1e-6)  # precision 1
    assert (scores["worst"], scores["worst_accuracy"]) == ("sw", 0.6)
    assert scores["reference"] == "en-probe"
    assert scores["gap"] == pytest.approx(0.2)
    assert scores["style_shift"] == pytest.approx(0.05)
    assert scores["gap_low"] < 0.2 < scores["gap_high"]
    assert scores["style_shift_low"] < 0.05 < scores["style_shift_high"]
    assert scores["gap_n"] == 10


def test_the_mean_of_one_target_has_the_interval_of_that_target():
    by_domain = {"en": predictions([1] * 30 + [0] * 10, "article"), "zh": predictions([1] * 37 + [0] * 23)}
    scores = score_domains(by_domain, LANGUAGES, "en", 500, 0)
    for name in ("accuracy", "accuracy_low", "accuracy_high", "macro_f1"):
        assert scores["zero_shot"][name] == scores["domains"]["zh"][name]


def test_without_parallel_items_the_reference_is_the_source():
    by_domain = {"en": predictions([1, 1, 1, 0], "article"), "zh": predictions([1, 0])}
    scores = zero_shot_scores(by_domain)
    assert (scores["reference"], scores["gap"]) == ("en", 0.25)
    assert "style_shift" not in scores
    assert "gap_n" not in scores


def test_a_parallel_source_is_the_reference_on_its_own_items():
    """Only the targets' items that the source's test split holds count for the gap."""
    by_domain = {"en": predictions([1, 1]), "zh": predictions([0, 1, 1, 1, 1, 1])}
    scores = zero_shot_scores(by_domain)
    assert (scores["reference"], scores["gap_n"], scores["gap"]) == ("en", 2, 0.5)
    assert scores["accuracy"] == pytest.approx(5 / 6, abs=1e-6)


def test_the_gap_compares_only_paired_items():
    """An item that one target lost counts in no domain: 2 of 3 are left."""
    by_domain = {"en": predictions([1, 1], "article"), "en-probe": predictions([1, 0, 1]), "zh": predictions([0, 0])}
    scores = zero_shot_scores(by_domain)
    assert (scores["reference"], scores["gap_n"], scores["gap"]) == ("en-probe", 2, 0.5)


def test_few_common_items_are_not_parallel():
    by_domain = {"en": predictions([1, 1], "article"), "en-probe": predictions([1, 0, 1]), "zh": predictions([1])}
    scores = zero_shot_scores(by_domain)
    assert (scores["reference"], scores["gap"]) == ("en", 0.0)
    assert "gap_n" not in scores


def test_without_a_zero_shot_target_there_is_no_score():
    by_domain = {"en": predictions([1, 0]), "en-probe": predictions([1, 0])}
    assert zero_shot_scores(by_domain) is None
