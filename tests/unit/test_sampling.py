"""Which rows are drawn when not all are wanted."""

import itertools

import pandas as pd

from crossfer.modeling import sampling


def test_a_smaller_share_lies_within_a_larger_one():
    labels = pd.Series(list("aaaaaaaaaabbbbbbc") * 5, index=range(100, 185))
    shares = [0.01, 0.1, 0.3, 0.5, 1.0]
    chosen = [set(labels.index[sampling.stratified_fraction(labels, share, 3)]) for share in shares]
    for smaller, larger in itertools.pairwise(chosen):
        assert smaller < larger
    assert [labels[sorted(rows)].value_counts().to_dict() for rows in chosen[:3]] == [
        {"a": 1, "b": 1, "c": 1},
        {"a": 5, "b": 3, "c": 1},
        {"a": 15, "b": 9, "c": 2},
    ]
    assert chosen[-1] == set(labels.index)


def test_which_rows_is_a_matter_of_the_seed_alone():
    labels = pd.Series(list("ab") * 50)
    assert sampling.stratified_fraction(labels, 0.2, 0).equals(sampling.stratified_fraction(labels, 0.2, 0))
    assert not sampling.stratified_fraction(labels, 0.2, 0).equals(sampling.stratified_fraction(labels, 0.2, 1))
    assert list(sampling.stratified_fraction(labels, 0.2, 0).index) == list(labels.index)


def test_shots_are_so_many_rows_a_label():
    rows = pd.DataFrame({"id": range(30), "label": list("aab") * 10}).set_index("id", drop=False)
    labels = rows["label"]
    found = rows[sampling.n_per_label(labels, 4, 0)]
    assert found["label"].value_counts().to_dict() == {"a": 4, "b": 4}
    assert list(found["id"]) == sorted(found["id"])
    assert set(found["id"]) < set(rows[sampling.n_per_label(labels, 5, 0)]["id"])
    assert set(found["id"]) != set(rows[sampling.n_per_label(labels, 4, 1)]["id"])
    assert labels[sampling.n_per_label(labels, 15, 0)].value_counts().to_dict() == {"a": 15, "b": 10}
