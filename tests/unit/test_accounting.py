"""An account of rows: lost labels are errors, other losses are reported."""

import pytest

from crossfer.errors import UserError
from crossfer.preprocessing.accounting import RowAccount


def account_of(rows, **dropped):
    """Return an account; `dropped` has a number by label and reason."""
    account = RowAccount()
    account.labels_in.update(rows)
    for label, reasons in dropped.items():
        for reason, count in reasons.items():
            for number in range(count):
                account.drop(f"{label}-{number}", label, reason)
    return account


@pytest.mark.parametrize(
    ("reasons", "fix"),
    [
        ({"too_small": 3}, "too_small: 3); lower preprocess.min_characters (images: preprocess.min_ink_pixels), or"),
        ({"empty": 2, "too_small": 1}, "empty: 2, too_small: 1); correct their contents, or leave such labels out"),
        ({"duplicate_with_another_label": 3}, "remove the rows that they repeat, or correct the labels, or leave"),
        ({"duplicate_in_sw": 3}, "name other data for this target, or files with splits for the source, or leave"),
        ({"near_duplicates": 3}, "raise preprocess.near_duplicate_threshold, or set it to none, or leave"),
    ],
)
@pytest.mark.parametrize("max_drop_fraction", [0.1, 1.0])
def test_a_lost_label_is_an_error(reasons, fix, max_drop_fraction):
    account = account_of({"goods": 1000, "food": 3}, food=reasons)
    with pytest.raises(UserError) as caught:
        account.check("mine", "en", max_drop_fraction)
    assert str(caught.value).startswith("domain en of task mine loses every row with label 'food' (")
    assert fix in str(caught.value)


def test_several_lost_labels_are_counted():
    account = account_of({"a": 9, "b": 1, "c": 1, "d": 1}, b={"empty": 1}, c={"empty": 1}, d={"empty": 1})
    with pytest.raises(UserError, match=r"every row with label 'b', 'c', 'd' \(empty: 3\); "):
        account.check("mine", "en", 0.9)


def test_of_many_lost_labels_the_first_are_named():
    labels = list("abcdefgh")
    account = account_of({"rest": 9} | dict.fromkeys(labels, 1), **{label: {"empty": 1} for label in labels})
    with pytest.raises(UserError, match=r"every row with label 'a', 'b', 'c', 'd', 'e', 3 more \(empty: 8\)"):
        account.check("mine", "en", 0.9)


def test_all_but_one_row_of_each_label_may_be_dropped():
    account = account_of({"a": 100, "b": 100}, a={"duplicate": 99}, b={"duplicate": 99})
    account.check("mine", "en", 1.0)
    assert account.as_quality()["rows_out"] == 2
    with pytest.raises(UserError, match="loses 99.0 % of its 200 rows"):
        account.check("mine", "en", 0.98)


def test_losses_are_reported():
    rows = {"a": 100, "b": 4, "c": 4}
    account = account_of(rows, a={"duplicate_with_another_label": 2}, b={"too_small": 2, "empty": 1}, c={"empty": 2})
    assert list(account.warnings()) == [
        "label 'b' loses 3 of 4 rows (empty: 1, too_small: 2)",
        "rows dropped because another row has the same content and another label: 2, first 'a-0' (all: quality.json)",
    ]
    assert not list(account_of(rows, a={"duplicate": 20}).warnings())
