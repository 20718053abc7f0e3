"""Zero-shot scores and the gap, compared with values calculated by hand."""

import pandas as pd
import pytest

from crossfer.reporting.transfer import transfer_scores


def marks(values, prefix="item"):
    """Return whether each row's prediction is correct, by id."""
    return pd.Series([bool(value) for value in values], index=[f"{prefix}-{n}" for n in range(len(values))])


LANGUAGES = {"en": "en", "en-probe": "en", "zh": "zh", "sw": "sw"}


def test_transfer_on_parallel_items():
    answers = {
        "en": marks([1] * 19 + [0], "article"),
        "en-probe": marks([1, 1, 1, 1, 1, 1, 1, 1, 1, 0]),
        "zh": marks([1, 1, 1, 1, 1, 1, 1, 1, 0, 0]),
        "sw": marks([1, 1, 1, 1, 1, 1, 0, 0, 0, 0]),
    }
    scores = transfer_scores(answers, dict.fromkeys(answers, 0.5), LANGUAGES, "en", 500, 0)
    assert scores["domains"] == 2
    assert scores["accuracy"] == pytest.approx(0.7)
    assert scores["macro_f1"] == 0.5
    assert (scores["worst"], scores["worst_accuracy"]) == ("sw", 0.6)
    assert scores["reference"] == "en-probe"
    assert scores["gap"] == pytest.approx(0.2)
    assert scores["style_shift"] == pytest.approx(0.05)
    assert scores["gap_low"] < 0.2 < scores["gap_high"]
    assert scores["style_shift_low"] < 0.05 < scores["style_shift_high"]
    assert scores["gap_n"] == 10


def test_without_parallel_items_the_reference_is_the_source():
    answers = {"en": marks([1, 1, 1, 0], "article"), "zh": marks([1, 0])}
    scores = transfer_scores(answers, dict.fromkeys(answers, 0.5), LANGUAGES, "en", 500, 0)
    assert (scores["reference"], scores["gap"]) == ("en", 0.25)
    assert "style_shift" not in scores
    assert "gap_n" not in scores


def test_a_parallel_source_is_the_reference_on_its_own_items():
    """Of the targets, just the items that the source's test split holds count for the gap."""
    answers = {"en": marks([1, 1]), "zh": marks([0, 1, 1, 1, 1, 1])}
    scores = transfer_scores(answers, dict.fromkeys(answers, 0.5), LANGUAGES, "en", 500, 0)
    assert (scores["reference"], scores["gap_n"], scores["gap"]) == ("en", 2, 0.5)
    assert scores["accuracy"] == pytest.approx(5 / 6, abs=1e-6)


def test_a_partial_overlap_of_ids_is_not_parallel():
    answers = {"en": marks([1, 1], "article"), "en-probe": marks([1, 0, 1]), "zh": marks([1, 0])}
    scores = transfer_scores(answers, dict.fromkeys(answers, 0.5), LANGUAGES, "en", 500, 0)
    assert (scores["reference"], scores["gap"]) == ("en", 0.5)


def test_without_a_zero_shot_target_there_is_no_score():
    answers = {"en": marks([1, 0]), "en-probe": marks([1, 0])}
    assert transfer_scores(answers, dict.fromkeys(answers, 0.5), LANGUAGES, "en", 500, 0) is None
