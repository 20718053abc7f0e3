"""Splits: the provider's are kept, others are dealt by seed, each label in its share."""

import pandas as pd
import pytest

from crossfer.artifacts import io
from crossfer.errors import UserError
from crossfer.preprocessing.splits import assign_splits, stratified_split


def official(**splits):
    """Rows with official splits: a label a letter."""
    rows = [(split, label) for split, labels in splits.items() for label in labels]
    return pd.DataFrame(rows, columns=["split", "label"])


SOURCE, TARGET = io.Domain("en", "en", True), io.Domain("sw", "sw", False)
FEW = io.Domain("sw", "sw", False, shots=4)


def test_splits_are_stratified_and_seeded():
    labels = pd.Series(["a"] * 60 + ["b"] * 30 + ["c"] * 10)
    found = stratified_split(labels, "en", validation=0.1, test=0.2, seed=0)
    assert pd.crosstab(labels, found)["test"].tolist() == [12, 6, 2]
    assert pd.crosstab(labels, found)["validation"].tolist() == [6, 3, 1]
    assert found.equals(stratified_split(labels, "en", 0.1, 0.2, 0))
    assert not found.equals(stratified_split(labels, "en", 0.1, 0.2, 1))


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (["a"] * 20, r"domain en has the labels \['a'\]; a classifier needs two or more"),
        (["a"] * 20 + ["b"], "domain en has 21 rows, 1 of label 'b': too few for each split to get some of each label"),
        (["a"] * 20 + ["b"] * 2, "domain en has 22 rows, 2 of label 'b': too few"),
        (["a"] * 6 + ["b"] * 6, "domain en has 12 rows, 6 of label 'a': too few"),
        (["a"] * 997 + ["b"] * 3, "domain en has 1000 rows, 3 of label 'b': too few"),
        (["a", "b"], "domain en has 2 rows, 1 of label 'a': too few"),
    ],
)
def test_what_cannot_be_split(labels, expected):
    with pytest.raises(UserError, match=expected):
        stratified_split(pd.Series(labels), "en", validation=0.1, test=0.2, seed=0)


def test_official_splits_are_kept():
    rows = official(train="aabb", validation="ab", test="ab")
    assert list(assign_splits(rows, SOURCE, 0.1, 0.2, 0)) == list(rows["split"])
    assert list(assign_splits(rows, TARGET, 0.1, 0.2, 0)) == list(rows["split"])


@pytest.mark.parametrize("there", [("test",), ("validation",), ()])
def test_a_split_that_is_missing_is_dealt_from_the_training_rows(there):
    rows = official(train="ab" * 50, **dict.fromkeys(there, "ab"))
    found = assign_splits(rows, SOURCE, 0.1, 0.2, 0)
    counts = found[rows["split"] == "train"].value_counts().to_dict()
    wanted = {"validation": 10, "test": 20}
    missing = {name: count for name, count in wanted.items() if name not in there}
    assert counts == {"train": 100 - sum(missing.values()), **missing}
    assert list(found[rows["split"] != "train"]) == list(rows.loc[rows["split"] != "train", "split"])


def test_a_target_without_splits_is_for_testing():
    rows = pd.DataFrame({"split": [None, None], "label": ["a", "b"]})
    assert list(assign_splits(rows, TARGET, 0.1, 0.2, 0)) == ["test", "test"]


def test_a_target_with_shots_and_without_splits_has_a_test_share_and_trains_on_the_rest():
    rows = pd.DataFrame({"split": [None] * 50, "label": list("ab") * 25})
    found = assign_splits(rows, FEW, 0.1, 0.2, 0)
    assert found.value_counts().to_dict() == {"train": 40, "test": 10}
    assert list(assign_splits(official(train="ab", test="ab"), FEW, 0.1, 0.2, 0)) == ["train"] * 2 + ["test"] * 2


@pytest.mark.parametrize(
    ("domain", "rows", "said"),
    [
        (SOURCE, official(test="ab"), "domain en has the splits test, and none to train on; add a train."),
        (TARGET, official(train="ab"), "domain sw has the splits train, and none to test on; add a test."),
        (
            FEW,
            official(test="ab"),
            "domain sw has shots (4) and the splits test, and none to take them from; add a train",
        ),
        (
            FEW,
            pd.DataFrame({"split": [None] * 3, "label": list("aab")}),
            "domain sw has 3 rows, 1 of label 'b': too few",
        ),
        (FEW, official(train="aa", test="ab"), "domain sw has the labels ['a']; a classifier needs two or more."),
        (SOURCE, official(train="aa", test="a", validation="a"), "domain en has the labels ['a']; a classifier needs"),
        (SOURCE, official(train="ab", test="ac", validation="a"), "has labels that its train split lacks: c; add such"),
        (SOURCE, official(train="abab", test="ab"), "domain en has 4 rows, 2 of label 'a': too few for each split"),
    ],
)
def test_official_splits_that_do_not_serve(domain, rows, said):
    with pytest.raises(UserError) as caught:
        assign_splits(rows, domain, 0.1, 0.2, 0)
    assert said in str(caught.value)
