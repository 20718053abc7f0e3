"""Cleaning and splitting: every row accounted for, no content twice, each label in its share."""

import io
from pathlib import Path

import pandas as pd
import pytest
from conftest import ROOT, tiny_params
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from stages.modalities import load_modality
from stages.preprocess import clean, dealt, split
from stages.shared import artifacts
from stages.shared.errors import UserError

TEXT = load_modality("text")
CLEANER = TEXT.make_cleaner()


def frame(*contents, labels=None):
    return pd.DataFrame(
        {
            "id": [f"{number:03}" for number in range(len(contents))],
            "content": contents,
            "label": labels or ["a"] * len(contents),
        }
    )


def test_each_reason_to_drop():
    rows = frame(
        "A first text here",
        "",
        " \n ",
        "...!",
        "short",
        "A  first text\there",
        "A first text here",
        labels=list("aaaaaab"),
    )
    kept, account = clean(TEXT, CLEANER, "en", rows, min_size=6, seen={})
    assert list(kept["id"]) == ["000"]
    assert account == {
        "rows_in": 7,
        "rows_out": 1,
        "dropped": {
            "duplicate": ["005"],
            "duplicate_with_another_label": ["006"],
            "empty": ["001", "002", "003"],
            "too_small": ["004"],
        },
        "changed": {},
    }


def test_a_content_is_kept_in_the_domain_that_is_read_first():
    seen = {}
    clean(TEXT, CLEANER, "target", frame("The same text in both"), 1, seen)
    kept, account = clean(TEXT, CLEANER, "source", frame("The same  text in both", "And one of its own"), 1, seen)
    assert list(kept["content"]) == ["And one of its own"]
    assert account["dropped"] == {"duplicate_in_target": ["000"]}


def test_order_on_disk_does_not_matter():
    rows = frame("one text", "one text", "two text")
    kept, _ = clean(TEXT, CLEANER, "en", rows, 1, {})
    again, _ = clean(TEXT, CLEANER, "en", rows.iloc[::-1], 1, {})
    pd.testing.assert_frame_equal(kept, again)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(max_size=6), min_size=1, max_size=30), st.integers(1, 4))
def test_every_row_is_accounted_for(contents, min_size):
    rows = frame(*contents)
    kept, account = clean(TEXT, CLEANER, "en", rows, min_size, {})
    dropped = [identity for ids in account["dropped"].values() for identity in ids]
    assert sorted([*kept["id"], *dropped]) == list(rows["id"])
    assert account["rows_in"] == account["rows_out"] + len(dropped)
    assert kept["content"].is_unique


def drawn(kind="PNG", paper=0, ink=255, box=(8, 4, 20, 24)):
    picture = Image.new("L", (28, 28), paper)
    if box:
        picture.paste(ink, box)
        picture.paste(paper, (12, 8, 16, 20))
    file = io.BytesIO()
    picture.save(file, kind)
    return file.getvalue()


def test_each_reason_to_drop_a_picture():
    pictures = load_modality("vision")
    rows = frame(
        drawn(),
        drawn(box=None),
        drawn("BMP"),
        drawn(paper=255, ink=0),
        drawn(box=(4, 12, 24, 14)),
        drawn("TIFF"),
        labels=list("aaaaab"),
    )
    kept, account = clean(pictures, pictures.make_cleaner("ink", 28), "mnist", rows, min_size=90, seen={})
    assert list(kept["id"]) == ["000"]
    assert account["dropped"] == {
        "duplicate": ["002", "003"],
        "duplicate_with_another_label": ["005"],
        "empty": ["001"],
        "too_small": ["004"],
    }


def test_what_was_changed_of_pictures_is_counted():
    pictures = load_modality("vision")
    rows = frame(drawn(), drawn(paper=255, ink=0, box=(4, 4, 24, 24)))
    _, account = clean(pictures, pictures.make_cleaner("ink", 20), "mnist", rows, 1, {})
    assert account["changed"] == {"polarity": 1, "size": 2}


def test_a_content_that_cannot_be_read_is_named():
    pictures = load_modality("vision")
    with pytest.raises(UserError) as caught:
        clean(pictures, pictures.make_cleaner("ink", 28), "mnist", frame(drawn(), b"no picture"), 1, {})
    assert str(caught.value) == (
        "row 001 of domain mnist: a picture of 10 bytes cannot be read: no format of pictures."
    )


def test_splits_are_stratified_and_seeded():
    labels = pd.Series(["a"] * 60 + ["b"] * 30 + ["c"] * 10)
    found = split(labels, "en", validation=0.1, test=0.2, seed=0)
    assert pd.crosstab(labels, found)["test"].tolist() == [12, 6, 2]
    assert pd.crosstab(labels, found)["validation"].tolist() == [6, 3, 1]
    assert found.equals(split(labels, "en", 0.1, 0.2, 0))
    assert not found.equals(split(labels, "en", 0.1, 0.2, 1))


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
        split(pd.Series(labels), "en", validation=0.1, test=0.2, seed=0)


def test_too_much_dropped_ends_the_stage(empty_repository):
    params = tiny_params(Path("unused"))
    params["tasks"]["tiny"]["preprocess"]["min_size"] = 60
    empty_repository.write_params(params)
    empty_repository.stage("ingest")
    said = empty_repository.stage("preprocess", status=2)
    assert said.splitlines()[-1].startswith("error: domain zh of task tiny loses ")
    assert said.endswith("allowed is 10.0%; mend the data, or raise preprocess.max_dropped in params.yaml.\n")
    assert "Traceback" not in said


def test_the_pipelines_own_accounts(repository):
    folder = repository.folder / "data/clean/tiny"
    quality = artifacts.read_json(folder / "quality.json")
    assert set(quality) == {"en", "zh", "sw"}
    for domain, account in quality.items():
        rows = pd.read_parquet(folder / f"{domain}.parquet")
        assert account["rows_in"] == len(rows) + sum(map(len, account["dropped"].values()))
        assert account["splits"] == rows["split"].value_counts().to_dict()
    assert quality["en"]["splits"] == {"train": 42, "test": 12, "validation": 6}
    assert quality["zh"]["splits"] == {"test": 60}
    probe = pd.read_csv(ROOT / "data/probe/zh.csv")
    assert set(pd.read_parquet(folder / "zh.parquet")["content"]) == set(probe["text"])


def official(**splits):
    """Rows with official splits: a label a letter."""
    rows = [(split, label) for split, labels in splits.items() for label in labels]
    return pd.DataFrame(rows, columns=["split", "label"])


SOURCE, TARGET = artifacts.Domain("en", "en", True), artifacts.Domain("sw", "sw", False)
FEW = artifacts.Domain("sw", "sw", False, shots=4)


def test_official_splits_are_kept():
    rows = official(train="aabb", validation="ab", test="ab")
    assert list(dealt(rows, SOURCE, 0.1, 0.2, 0)) == list(rows["split"])
    assert list(dealt(rows, TARGET, 0.1, 0.2, 0)) == list(rows["split"])


@pytest.mark.parametrize("there", [("test",), ("validation",), ()])
def test_a_split_that_is_missing_is_dealt_from_the_training_rows(there):
    rows = official(train="ab" * 50, **dict.fromkeys(there, "ab"))
    found = dealt(rows, SOURCE, 0.1, 0.2, 0)
    counts = found[rows["split"] == "train"].value_counts().to_dict()
    wanted = {"validation": 10, "test": 20}
    missing = {name: count for name, count in wanted.items() if name not in there}
    assert counts == {"train": 100 - sum(missing.values()), **missing}
    assert list(found[rows["split"] != "train"]) == list(rows.loc[rows["split"] != "train", "split"])


def test_a_target_without_splits_is_for_testing():
    rows = pd.DataFrame({"split": [None, None], "label": ["a", "b"]})
    assert list(dealt(rows, TARGET, 0.1, 0.2, 0)) == ["test", "test"]


def test_a_target_with_shots_and_without_splits_has_a_test_share_and_trains_on_the_rest():
    rows = pd.DataFrame({"split": [None] * 50, "label": list("ab") * 25})
    found = dealt(rows, FEW, 0.1, 0.2, 0)
    assert found.value_counts().to_dict() == {"train": 40, "test": 10}
    assert list(dealt(official(train="ab", test="ab"), FEW, 0.1, 0.2, 0)) == ["train"] * 2 + ["test"] * 2


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
        dealt(rows, domain, 0.1, 0.2, 0)
    assert said in str(caught.value)


def test_what_stands_in_two_splits_is_for_testing_alone():
    rows = frame("The same text", "Another text", "The same text", labels=list("aba")).assign(
        split=["train", "train", "test"]
    )
    kept, account = clean(TEXT, CLEANER, "en", rows, 1, {})
    assert kept[["id", "split"]].to_numpy().tolist() == [["002", "test"], ["001", "train"]]
    assert account["dropped"] == {"duplicate": ["000"]}


def test_texts_of_no_letters_are_dropped_and_those_of_any_script_stay():
    rows = frame(" \t\n", "...!?", "😀🎉", "\x00\x00", "שלום עולם", "مرحبا بالعالم", "日本語の記事", "a\x00b")
    kept, account = clean(TEXT, CLEANER, "en", rows, 2, {})
    assert list(kept["content"]) == ["שלום עולם", "مرحبا بالعالم", "日本語の記事", "ab"]
    assert account["dropped"] == {"empty": ["000", "001", "002", "003"]}
