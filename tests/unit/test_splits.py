"""Official splits stay; others are drawn by seed, stratified by label."""

import pandas as pd
import pytest

from crossfer.artifacts import io
from crossfer.errors import UserError
from crossfer.preprocessing.splits import assign_splits, stratified_split


def official(**splits):
    """Rows with official splits; each letter is the label of a row."""
    rows = [(split, label) for split, labels in splits.items() for label in labels]
    return pd.DataFrame(rows, columns=["split", "label"]).assign(group=range(len(rows)))


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
    rows = pd.DataFrame({"split": [None, None], "label": ["a", "b"], "group": [0, 1]})
    assert list(assign_splits(rows, TARGET, 0.1, 0.2, 0)) == ["test", "test"]


def test_a_few_shot_target_without_splits_is_split_into_train_and_test():
    rows = pd.DataFrame({"split": [None] * 50, "label": list("ab") * 25, "group": range(50)})
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
            pd.DataFrame({"split": [None] * 3, "label": list("aab"), "group": range(3)}),
            "domain sw has 3 rows, 1 with label 'b': too few",
        ),
        (FEW_SHOT, official(train="aa", test="ab"), "domain sw has the labels ['a']; add rows with another label."),
        (SOURCE, official(train="aa", test="a", validation="a"), "domain en has the labels ['a']; add rows with"),
        (SOURCE, official(train="ab", test="ac", validation="a"), "has no train rows with the labels ['c']; add such"),
        (SOURCE, official(train="abab", test="ab"), "domain en has 4 rows, 2 with label 'a': too few for a row"),
    ],
)
def test_unusable_official_splits_are_an_error(domain, rows, message):
    with pytest.raises(UserError) as caught:
        assign_splits(rows, domain, 0.1, 0.2, 0)
    assert message in str(caught.value)


@pytest.mark.parametrize("group_size", [2, 3, 10])
def test_groups_are_in_one_split_and_labels_stay_balanced(group_size):
    n_rows = 300
    rows = pd.DataFrame({"split": [None] * n_rows, "label": ["a"] * 210 + ["b"] * 90})
    rows["group"] = [number // group_size for number in range(n_rows)]
    splits = assign_splits(rows, SOURCE, 0.1, 0.2, 0)
    assert splits.groupby(rows["group"]).nunique().max() == 1
    counts = pd.crosstab(rows["label"], splits)
    assert (counts["test"] - [42, 18]).abs().max() < group_size
    assert (counts["validation"] - [21, 9]).abs().max() < group_size
    assert splits.equals(assign_splits(rows, SOURCE, 0.1, 0.2, 0))


def test_a_large_group_is_trained_on():
    rows = pd.DataFrame({"split": [None] * 200, "label": list("ab") * 100, "group": [0] * 120 + [*range(1, 81)]})
    splits = assign_splits(rows, SOURCE, 0.1, 0.2, 0)
    assert set(splits[:120]) == {"train"}
    assert set(splits[120:]) == {"train", "validation", "test"}


@pytest.mark.parametrize("n_labels", [1, 2])
def test_groups_of_different_sizes_fill_all_splits(n_labels):
    """Twenty authors have 1 to 20 texts each, with one or two labels per author."""
    authors = [author for author in range(20) for _ in range(author + 1)]
    labels = ["ab"[(author if n_labels == 1 else number) % 2] for number, author in enumerate(authors)]
    rows = pd.DataFrame({"split": [None] * len(authors), "label": labels, "group": authors})
    splits = assign_splits(rows, SOURCE, 0.1, 0.2, 0)
    assert splits.groupby(rows["group"]).nunique().max() == 1
    fractions = pd.crosstab(rows["label"], splits, normalize="index")
    assert (fractions - [0.2, 0.7, 0.1]).abs().max().max() < 0.1


@pytest.mark.parametrize(("n_groups", "size"), [(3, 8), (4, 8), (5, 8), (5, 20), (6, 10), (10, 8)])
@pytest.mark.parametrize("seed", range(5))
def test_a_few_groups_with_all_labels_are_in_all_splits(n_groups, size, seed):
    labels, groups = list("ab") * (n_groups * size // 2), [row // size for row in range(n_groups * size)]
    rows = pd.DataFrame({"split": [None] * len(labels), "label": labels, "group": groups})
    splits = assign_splits(rows, SOURCE, 0.1, 0.2, seed)
    assert splits.groupby(rows["group"]).nunique().max() == 1
    counts = splits.value_counts() // size
    assert counts.sum() == n_groups and counts["validation"] == 1 and 1 <= counts["test"] <= 2


def test_groups_with_one_label_are_in_all_splits():
    """Three groups per label have 10 rows each."""
    rows = pd.DataFrame({"split": [None] * 60, "label": ["a"] * 30 + ["b"] * 30, "group": [n // 10 for n in range(60)]})
    splits = assign_splits(rows, SOURCE, 0.1, 0.2, 0)
    assert (pd.crosstab(splits, rows["label"]) == 10).all(axis=None)


def test_rows_outside_of_groups_keep_their_split():
    labels = list("ab") * 100
    rows = pd.DataFrame({"split": [None] * 200, "label": labels, "group": range(200)})
    before = assign_splits(rows, SOURCE, 0.1, 0.2, 0)
    rows.loc[50:69, "group"] = [50 + number // 2 for number in range(20)]
    after = assign_splits(rows, SOURCE, 0.1, 0.2, 0)
    moved = before.index[before != after]
    assert 0 < len(moved) <= 10  # at most one row of each pair
    assert set(moved) <= set(range(50, 70))


def test_a_label_with_one_group_is_an_error():
    rows = pd.DataFrame({"split": [None] * 60, "label": list("ab") * 30, "group": [0, 1] * 30})
    with pytest.raises(UserError, match="domain en has too few groups of rows with label 'a' for split"):
        assign_splits(rows, SOURCE, 0.1, 0.2, 0)


def test_no_row_is_drawn_that_is_in_a_group_of_another_official_split():
    rows = official(train="ab" * 50, validation="ab" * 10)
    rows.loc[100:, "group"] = range(20)  # near-duplicates of the first 20 training rows
    splits = assign_splits(rows, SOURCE, 0.1, 0.2, 0)
    assert list(splits[:20]) == ["train"] * 20
    assert splits.value_counts().to_dict() == {"train": 84, "test": 16, "validation": 20}
