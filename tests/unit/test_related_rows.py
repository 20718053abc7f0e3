"""Rows that belong in one split: near-duplicates and groups that the user names."""

import pandas as pd
import pytest

from crossfer.artifacts import io
from crossfer.errors import UserError
from crossfer.preprocessing.accounting import RowAccount
from crossfer.preprocessing.groups import pairs_of_equal_values
from crossfer.preprocessing.related_rows import relate_rows
from crossfer.preprocessing.splits import assign_splits

SOURCE, TARGET = io.Domain("en", "en", True), io.Domain("sw", "sw", False)
FEW_SHOT = io.Domain("sw", "sw", False, shots=4)
ADJECTIVES = ("odd", "careful", "fine", "tired", "loud", "bright", "small", "heavy", "quick", "plain")
GOODS = ("chair", "lamp", "blanket", "mirror", "rug", "desk")
FOOD = ("bread", "soup", "cheese", "apple", "rice", "tea")
ENDS = {"goods": "was sold at the market in the old harbour", "food": "is on the table of the family next door"}


def twins(**columns):
    """Return 60 short texts of each label, each with two near-duplicates."""
    rows = []
    for label, nouns in (("goods", GOODS), ("food", FOOD)):
        for number, (adjective, noun) in enumerate((a, n) for a in ADJECTIVES for n in nouns):
            text = f"{adjective} {noun} {number * 7919} {noun} {adjective} {ENDS[label][number % 20 :]}"
            rows += [(text, label), (f"RT {text}", label), (f"{text.capitalize()}.", label)]
    frame = pd.DataFrame(rows, columns=["content", "label"])
    return frame.assign(
        id=[f"{number:03}" for number in range(len(rows))], split=pd.array([None] * len(rows), "str"), **columns
    )


def relate(rows, folder, domain=SOURCE, threshold=0.8):
    io.write_table(folder / "rows.parquet", rows)
    return relate_rows(folder / "rows.parquet", domain, threshold)


@pytest.mark.parametrize("domain", [SOURCE, FEW_SHOT])
def test_near_duplicates_stay_in_one_random_split(tmp_path, domain):
    rows = twins()
    account = RowAccount()
    splits = assign_splits(relate(rows, tmp_path, domain).without_leaks(account), domain, 0.1, 0.2, 0)
    assert account.as_quality()["near_duplicates"] == {"groups": 120, "rows": 360}
    assert splits.groupby(rows.index // 3).nunique().max() == 1
    counts = pd.crosstab(rows["label"], splits)
    assert (counts["test"] - 36).abs().max() <= 3
    unrelated_rows = relate(rows, tmp_path, domain, "none").without_leaks(RowAccount())
    assert assign_splits(unrelated_rows, domain, 0.1, 0.2, 0).groupby(rows.index // 3).nunique().max() > 1


def test_near_duplicates_of_official_test_rows_are_not_trained_on(tmp_path):
    rows = twins()
    rows["split"] = ["test", "train", "validation"] * 20 + ["train"] * 150 + ["validation"] * 150
    related_rows = relate(rows, tmp_path)
    account = RowAccount()
    remaining = related_rows.without_leaks(account)
    assert account.dropped == {"near_duplicates": [f"{number:03}" for number in range(60) if number % 3]}
    assert remaining["split"].value_counts().to_dict() == {"train": 150, "validation": 150, "test": 20}


def test_near_duplicates_in_a_target_do_not_matter(tmp_path):
    rows = twins().assign(split=["test", "train", "train"] * 120)
    account = RowAccount()
    assert len(relate(rows, tmp_path, TARGET).without_leaks(account)) == len(rows)
    assert "near_duplicates" not in account.as_quality()


def test_near_duplicates_and_groups_are_united(tmp_path):
    rows = twins(group=["", "", "thread"] + ["thread", "", ""] + [""] * 354)
    groups = relate(rows, tmp_path).rows["group"]
    assert groups[:6].nunique() == 1
    assert groups.nunique() == 119
    assert relate(rows, tmp_path, threshold="none").rows["group"].nunique() == 359


@pytest.mark.parametrize("domain", [SOURCE, FEW_SHOT])
def test_a_group_in_two_official_splits_is_an_error(tmp_path, domain):
    rows = twins(group=["a", "b", ""] * 120).assign(split=["train", "train", "train"] + ["train", "test", "test"] * 119)
    with pytest.raises(UserError) as caught:
        relate(rows, tmp_path, domain)
    assert str(caught.value) == (
        f"domain {domain.name} has groups in two official splits (1), first 'b': row 001 is in train, row 004 in test."
        " Remove columns.group to accept these splits, or name the files without splits to draw new ones."
    )
    relate(rows, tmp_path, TARGET)  # nothing is trained on it


def test_pairs_connect_equal_values():
    values = pd.Series(["a", "", "b", "a", "", "a"], index=[9, 8, 7, 6, 5, 4])
    assert pairs_of_equal_values(values).tolist() == [[0, 3], [3, 5]]
    assert pairs_of_equal_values(pd.Series(["", "a"], dtype="str")).shape == (0, 2)
