"""Official splits stay; others are drawn by seed, stratified by label."""

import pandas as pd
import pytest

from crossfer.artifacts import io
from crossfer.errors import UserError
from crossfer.preprocessing.splits import assign_splits, stratified_split


def official(**splits):
    """Rows with official splits; each letter is the label of a row."""
    rows = [(split, label) for split, labels in splits.items() for label in labels]
    return pd.DataFrame(rows, columns=["split", "label"])


SOURCE, TARGET = io.Domain("en", "en", True), io.Domain("sw", "sw", False)
FEW_SHOT = io.Domain("sw", "sw", False, shots=4)


def test_splits_are_stratified_and_seeded():
    labels = pd.Series(["a"] * 60 + ["b"] * 30 + ["c"] * 10)
    splits = stratified_split(labels, "en", validation_fraction=0.1, test_fraction=0.2, seed=0)
    assert pd.crosstab(labels, splits)["test"].tolist() == [12, 6, 2]
    assert pd.crosstab(labels, splits)["validation"].tolist() == [6, 3, 1]
    assert splits.equals(stratified_split(labels, "en", 0.1, 0.2, 0))
    assert not splits.equals(stratified_split(labels, "en", 0.1, 0.2, 1))


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (["a"] * 20, r"domain en has the labels \['a'\]; add rows with another label"),
        (["a"] * 20 + ["b"], "domain en has 21 rows, 1 with label 'b': too few for a row of each label"),
        (["a"] * 20 + ["b"] * 2, "domain en has 22 rows, 2 with label 'b': too few"),
        (["a"] * 6 + ["b"] * 6, "domain en has 12 rows, 6 with label 'a': too few"),
        (["a"] * 997 + ["b"] * 3, "domain en has 1000 rows, 3 with label 'b': too few"),
        (["a", "b"], "domain en has 2 rows, 1 with label 'a': too few"),
    ],
)
def test_too_few_rows_or_labels_are_an_error(labels, expected):
    with pytest.raises(UserError, match=expected):
        stratified_split(pd.Series(labels), "en", validation_fraction=0.1, test_fraction=0.2, seed=0)


def test_official_splits_stay():
    rows = official(train="aabb", validation="ab", test="ab")
    assert list(assign_splits(rows, SOURCE, 0.1, 0.2, 0)) == list(rows["split"])
    assert list(assign_splits(rows, TARGET, 0.1, 0.2, 0)) == list(rows["split"])


@pytest.mark.parametrize("present", [("test",), ("validation",), ()])
def test_a_missing_split_is_drawn_from_the_training_rows(present):
    rows = official(train="ab" * 50, **dict.fromkeys(present, "ab"))
    splits = assign_splits(rows, SOURCE, 0.1, 0.2, 0)
    counts = splits[rows["split"] == "train"].value_counts().to_dict()
    sizes = {"validation": 10, "test": 20}
    missing = {name: count for name, count in sizes.items() if name not in present}
    assert counts == {"train": 100 - sum(missing.values()), **missing}
    assert list(splits[rows["split"] != "train"]) == list(rows.loc[rows["split"] != "train", "split"])


def test_a_target_without_splits_is_for_testing():
    rows = pd.DataFrame({"split": [None, None], "label": ["a", "b"]})
    assert list(assign_splits(rows, TARGET, 0.1, 0.2, 0)) == ["test", "test"]


def test_a_few_shot_target_without_splits_is_split_into_train_and_test():
    rows = pd.DataFrame({"split": [None] * 50, "label": list("ab") * 25})
    splits = assign_splits(rows, FEW_SHOT, 0.1, 0.2, 0)
    assert splits.value_counts().to_dict() == {"train": 40, "test": 10}
    assert list(assign_splits(official(train="ab", test="ab"), FEW_SHOT, 0.1, 0.2, 0)) == ["train"] * 2 + ["test"] * 2


@pytest.mark.parametrize(
    ("domain", "rows", "message"),
    [
        (SOURCE, official(test="ab"), "domain en has the splits test, but needs train; add a train split."),
        (TARGET, official(train="ab"), "domain sw has the splits train, but needs test; add a test split."),
        (
            FEW_SHOT,
            official(test="ab"),
            "domain sw has the splits test, but needs train; add a train split, or remove shots.",
        ),
        (
            FEW_SHOT,
            pd.DataFrame({"split": [None] * 3, "label": list("aab")}),
            "domain sw has 3 rows, 1 with label 'b': too few",
        ),
        (FEW_SHOT, official(train="aa", test="ab"), "domain sw has the labels ['a']; add rows with another label."),
        (SOURCE, official(train="aa", test="a", validation="a"), "domain en has the labels ['a']; add rows with"),
        (SOURCE, official(train="ab", test="ac", validation="a"), "has no train rows with the labels c; add such"),
        (SOURCE, official(train="abab", test="ab"), "domain en has 4 rows, 2 with label 'a': too few for a row"),
    ],
)
def test_unusable_official_splits_are_an_error(domain, rows, message):
    with pytest.raises(UserError) as caught:
        assign_splits(rows, domain, 0.1, 0.2, 0)
    assert message in str(caught.value)
