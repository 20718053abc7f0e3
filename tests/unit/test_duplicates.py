"""Duplicates are dropped where they leak or would count twice in one domain."""

from io import BytesIO

import pandas as pd
import pytest
from PIL import Image
from test_row_cleaner import clean, frame, row_cleaner

from crossfer.artifacts.io import Domain
from crossfer.protocols import load_modality

TARGET, OTHER_TARGET = Domain("arb", "arb", False), Domain("ars", "ars", False)


def test_the_source_loses_rows_that_a_target_tests():
    cleaner = row_cleaner(1)
    clean(frame("The same text in both", "The same but for the label"), cleaner, TARGET)
    rows = frame("The same  text in both", "And one of its own", "The same but for the label", labels=list("aab"))
    rows_out, account = clean(rows, cleaner)
    assert list(rows_out["content"]) == ["And one of its own"]
    assert account["dropped"] == {"duplicate_in_arb": ["000"], "duplicate_in_arb_with_another_label": ["002"]}


@pytest.mark.parametrize(
    ("source_split", "target_split", "remaining"),
    [
        ("train", "test", []),
        ("validation", "test", []),
        (None, "test", []),
        ("train", None, []),
        ("test", "test", ["000"]),
        ("test", None, ["000"]),
        ("train", "train", ["000"]),
        (None, "validation", ["000"]),
    ],
)
def test_the_source_keeps_rows_that_do_not_leak(source_split, target_split, remaining):
    cleaner, rows = row_cleaner(1), frame("The same text in both")
    clean(rows.assign(split=pd.array([target_split], "str")), cleaner, TARGET)
    rows_out, _ = clean(rows.assign(split=pd.array([source_split], "str")), cleaner)
    assert list(rows_out["id"]) == remaining


def test_targets_keep_the_rows_that_they_share():
    """Dialects have many sentences in common."""
    nouns = ("chair", "lamp", "shelf", "mirror", "rug", "desk")
    rows = frame(*(f"careful {noun} in the report of the week" for noun in nouns))
    for targets in ((TARGET, OTHER_TARGET), (OTHER_TARGET, TARGET)):
        cleaner = row_cleaner(1)
        for target in targets:
            rows_out, account = clean(rows, cleaner, target)
            assert list(rows_out["id"]) == list(rows["id"])
            assert account["dropped"] == {}
        _, account = clean(rows, cleaner)
        assert account["dropped"] == {"duplicate_in_arb": list(rows["id"])}  # in both orders


def test_a_content_in_two_splits_stays_in_test():
    rows = frame("The same text", "Another text", "The same text", labels=list("aba")).assign(
        split=["train", "train", "test"]
    )
    rows_out, account = clean(rows, row_cleaner(1))
    assert rows_out[["id", "split"]].to_numpy().tolist() == [["002", "test"], ["001", "train"]]
    assert account["dropped"] == {"duplicate": ["000"]}


@pytest.mark.parametrize("image_format", ["PNG", "BMP"])
def test_photographs_that_differ_only_in_colour_are_no_duplicates(image_format):
    """A perceptual hash of such images is the same; only equal pixels count."""
    vision = load_modality("vision")

    def draw_fruit(colour):
        image = Image.new("RGB", (28, 28), "white")
        image.paste(colour, (6, 6, 22, 22))
        file = BytesIO()
        image.save(file, image_format)
        return file.getvalue()

    rows = frame(draw_fruit("red"), draw_fruit("green"), draw_fruit("red"), labels=["ripe", "unripe", "unripe"])
    rows_out, account = clean(rows, row_cleaner(10, vision, vision.make_cleaner("none", 28)))
    assert list(rows_out["id"]) == ["000", "001"]
    assert account["dropped"] == {"duplicate_with_another_label": ["002"]}
