"""Training rows drawn by seed: a fraction of each label, or a number of each."""

import itertools

import pandas as pd

from crossfer.modeling.sampling import training_rows


def table(labels):
    return pd.DataFrame({"label": list(labels), "split": "train"}, index=range(100, 100 + len(labels)))


def test_a_smaller_fraction_is_part_of_a_larger_one():
    rows = table("aaaaaaaaaabbbbbbc" * 5)
    draws = [training_rows(rows, 3, fraction) for fraction in (0.01, 0.1, 0.3, 0.5, 1.0)]
    for smaller, larger in itertools.pairwise(draws):
        assert set(smaller.index) < set(larger.index)
    assert [draw["label"].value_counts().to_dict() for draw in draws[:3]] == [
        {"a": 1, "b": 1, "c": 1},
        {"a": 5, "b": 3, "c": 1},
        {"a": 15, "b": 9, "c": 2},
    ]
    assert draws[-1].equals(rows)


def test_only_training_rows_are_drawn():
    rows = table("abab")
    rows.loc[102:, "split"] = ["validation", "test"]
    assert list(training_rows(rows, 0).index) == [100, 101]


def test_the_seed_determines_the_rows():
    rows = table("ab" * 50)
    assert training_rows(rows, 0, 0.2).equals(training_rows(rows, 0, 0.2))
    assert not training_rows(rows, 0, 0.2).equals(training_rows(rows, 1, 0.2))


def test_a_number_of_rows_per_label():
    rows = table("aab" * 10)
    draw = training_rows(rows, 0, per_label=4)
    assert draw["label"].value_counts().to_dict() == {"a": 4, "b": 4}
    assert list(draw.index) == sorted(draw.index)
    assert set(draw.index) < set(training_rows(rows, 0, per_label=5).index)
    assert set(draw.index) != set(training_rows(rows, 1, per_label=4).index)
    assert training_rows(rows, 0, per_label=15)["label"].value_counts().to_dict() == {"a": 15, "b": 10}
