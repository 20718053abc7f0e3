"""Equal ids mean the same item only where the task or the provider says so."""

import pandas as pd
import pytest

from crossfer.errors import UserError
from crossfer.sources.parallel_items import ParallelItems


def name_items(items, domain, ids, shares_ids=True, label="a", **columns):
    chunks = [pd.DataFrame({"id": [row_id], "content": "text", "label": label, **columns}) for row_id in ids]
    return [row_id for chunk in items.name_items(domain, chunks, shares_ids) for row_id in chunk["id"]]


def test_counters_of_unrelated_tables_are_not_the_same_item():
    items = ParallelItems()
    assert name_items(items, "en", ["0", "1"]) == ["0", "1"]
    assert name_items(items, "sw", ["0", "1"], shares_ids=False, label="b") == ["sw-0", "sw-1"]
    assert not items.paired_rows


def test_rows_of_parallel_domains_are_counted_once_in_each():
    items = ParallelItems()
    name_items(items, "en", ["0", "1", "2"])
    name_items(items, "sw", ["1", "2", "x"])
    name_items(items, "zh", ["2", "x"])
    assert items.paired_rows == {"en": 2, "sw": 3, "zh": 2}
    for domain in ("sw", "zh"):
        items.check_parallel(domain)


def test_targets_may_be_parallel_to_each_other_alone():
    items = ParallelItems()
    name_items(items, "en", ["article"])
    name_items(items, "sw", ["0"])
    name_items(items, "zh", ["0"])
    items.check_parallel("sw")


def test_parallel_items_with_two_labels_are_refused():
    items = ParallelItems()
    name_items(items, "en", ["0"], label="goods")
    with pytest.raises(UserError) as caught:
        name_items(items, "sw", ["0"], label="service")
    assert str(caught.value) == (
        "id '0' has the label 'goods' in domain en and 'service' in domain sw: parallel items have one label. Correct"
        " the labels, or remove parallel: true."
    )


def test_a_parallel_domain_without_a_shared_id_is_refused():
    items = ParallelItems()
    name_items(items, "en", ["article"])
    name_items(items, "sw", ["1"])
    with pytest.raises(UserError) as caught:
        items.check_parallel("sw")
    assert str(caught.value) == (
        "domain sw is parallel, but none of its ids, such as '1', is in another domain ('article' in en); name the"
        " column of the shared ids in columns.id, or remove parallel: true."
    )


def test_zeros_before_ids_are_refused():
    """Else only items from 10 on would be paired."""
    items = ParallelItems()
    name_items(items, "en", ["01", "10"])
    name_items(items, "sw", ["1", "10"])
    assert list(items.describe_pairs()) == ["rows whose items are in several domains: sw 1 of 2, en 1 of 2"]
    with pytest.raises(UserError) as caught:
        items.check_parallel("sw")
    assert str(caught.value) == (
        "domain sw has the id '1' and domain en has '01'; write the ids of parallel items with the same zeros, which"
        " spreadsheets remove."
    )


def test_notes_name_few_domains():
    items = ParallelItems()
    for number in range(7):
        name_items(items, f"d{number}", ["0", "1"])
    name_items(items, "sw", ["0", "1"], shares_ids=False)
    pairs, similar = items.describe_pairs()
    assert pairs.count(" of ") == 5 and pairs.endswith(", 2 more")
    assert similar.startswith("most ids of sw are") and "to its entry below targets" in similar


def test_targets_that_may_be_parallel_are_named():
    items = ParallelItems()
    name_items(items, "en", ["0", "1"])
    name_items(items, "sw", ["0", "1", "2"], shares_ids=False)
    name_items(items, "zh", ["0"], shares_ids=False, label="b")
    name_items(items, "fr", ["1", "2", "3"], shares_ids=False)
    name_items(items, "de", ["1"], shares_ids=False)
    assert list(items.describe_pairs()) == [
        "most ids of sw, de are in another domain, with the same labels; if they are the same items, add"
        " `parallel: true` to their entries below targets in params.yaml"
    ]


def find_test_items(ids, target_ids=None, label="a", target_label=None, split="test", target_split=None):
    items = ParallelItems()
    name_items(items, "en", ["x", "y"], label=label, split="train")
    name_items(items, "en", ids, label=label, split=split)
    target_splits = {} if target_split is None else {"split": target_split}
    name_items(items, "sw", target_ids or ids, shares_ids=False, label=target_label or label, **target_splits)
    hints = list(items.describe_pairs())
    return items.find_test_items(), hints


IDS = ["7", "3", "12", "b"]


def test_ids_and_labels_of_the_test_rows_show_parallel_items():
    assert find_test_items(IDS)[0] == ["sw"]
    assert find_test_items(IDS, IDS[::-1], target_split="test")[0] == ["sw"]
    assert find_test_items(["1523", "1644", "558"])[0] == ["sw"]


@pytest.mark.parametrize("target_ids", [["x", "y"], ["x", "7", "3", "12"], IDS[:3], [*IDS, "x"], [*IDS, "z"]])
def test_ids_of_other_rows_show_no_parallel_items(target_ids):
    domains, hints = find_test_items(IDS, target_ids)
    assert not domains and "most ids of sw are in another domain" in hints[0]


def test_official_splits_and_equal_labels_show_parallel_items():
    assert not find_test_items(IDS, split="validation")[0]
    assert not find_test_items(IDS, target_split="train")[0]
    assert find_test_items(IDS, target_label="b") == ([], [])


@pytest.mark.parametrize(
    "ids",
    [
        ["0", "1", "2"],
        ["1000", "1001", "1002"],
        ["10", "20", "30"],
        ["12", "11", "10"],
        ["row-08.txt", "row-09.txt", "row-10.txt"],
        ["en-1-1", "en-2-1", "en-3-1"],
        ["1.0", "2.0", "3.0"],
        ["7"],
    ],
)
def test_ids_that_count_rows_show_no_parallel_items(ids):
    """Each row of a domain is a chunk of its own here."""
    domains, hints = find_test_items(ids)
    assert not domains and "most ids of sw are in another domain" in hints[0]


def test_ids_that_count_the_rows_of_each_label_show_no_parallel_items():
    rows = [(f"{label[:3]}_{number}", label) for label in ("sports", "travel") for number in range(1, 4)]
    chunk = pd.DataFrame(rows, columns=["id", "label"]).assign(content="text", split="test")
    items = ParallelItems()
    list(items.name_items("en", [chunk.copy()], shares_ids=True))
    list(items.name_items("sw", [chunk[:2].copy(), chunk[2:].copy()], shares_ids=False))
    assert not items.find_test_items() and "most ids of sw" in next(items.describe_pairs())


@pytest.mark.parametrize(
    ("label", "folder"), [("St. Louis", "St. Louis"), ("1.5", "1.5"), ("2", "2.0"), ("a.b/c", "a.b/c"), ("end", "end ")]
)
def test_ids_that_name_the_label_show_no_parallel_items(label, folder):
    names = ["r7.txt", "r3.txt", "b.txt"]
    for prefix in (folder, f"test/{folder}", f"data/test/{folder}"):
        assert find_test_items([f"{prefix}/{name}" for name in names], label=label) == ([], [])


def test_a_prefix_cannot_make_an_id_of_another_domain():
    items = ParallelItems()
    name_items(items, "en", ["sw-0"])
    with pytest.raises(UserError, match="domain sw and domain en both have the id 'sw-0' once the domain's name"):
        name_items(items, "sw", ["0"], shares_ids=False)
