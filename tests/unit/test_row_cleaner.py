"""Cleaning: every row is accounted for, no domain has a content twice."""

from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from crossfer.artifacts import io
from crossfer.artifacts.io import Domain
from crossfer.errors import UserError
from crossfer.modalities.vision.data import images
from crossfer.modalities.vision.data.images import open_image
from crossfer.preprocessing.accounting import RowAccount
from crossfer.preprocessing.deduplicate import ExactDeduplicator
from crossfer.preprocessing.row_cleaner import RowCleaner
from crossfer.preprocessing.splits import read_rows_by_split
from crossfer.protocols import load_modality

TEXT = load_modality("text")
CLEANER = TEXT.make_cleaner(decode_entities=True)


def frame(*contents, labels=None):
    return pd.DataFrame(
        {
            "id": [f"{number:03}" for number in range(len(contents))],
            "content": contents,
            "label": labels or ["a"] * len(contents),
        }
    )


def row_cleaner(min_size, modality=TEXT, cleaner=CLEANER):
    return RowCleaner(modality, cleaner, min_size, ExactDeduplicator(modality.fingerprint))


SOURCE = Domain("en", "en", True)


def clean(rows, cleaner, domain=SOURCE, size=2):
    """Return a domain's clean rows, read in chunks of `size` rows, and its account."""
    account = RowAccount()
    with TemporaryDirectory() as folder:
        table = Path(folder) / "raw.parquet"
        io.write_chunks(table, (rows.iloc[start : start + size] for start in range(0, len(rows), size)))
        clean_chunks = list(cleaner.clean(read_rows_by_split(table), domain, account))
    return pd.concat(clean_chunks, ignore_index=True), account.as_quality()


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
    rows_out, account = clean(rows, row_cleaner(6))
    assert list(rows_out["id"]) == ["000"]
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


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 9), st.lists(st.sampled_from(["train", "validation", "test", None]), min_size=9, max_size=9))
def test_the_chunk_size_does_not_matter(size, splits):
    texts = [f"text {number}" for number in (1, 2, 3, 1, 4, 2, 5, 6, 1)]
    rows = frame(*texts).assign(split=pd.array(splits, "str"))
    rows_out, account = clean(rows, row_cleaner(1), size=size)
    rows_of_one_chunk, account_of_one_chunk = clean(rows, row_cleaner(1), size=len(rows))
    pd.testing.assert_frame_equal(rows_out, rows_of_one_chunk)
    assert account == account_of_one_chunk


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(max_size=6), min_size=1, max_size=30), st.integers(1, 4))
def test_every_row_is_accounted_for(contents, min_size):
    rows = frame(*contents)
    rows_out, account = clean(rows, row_cleaner(min_size))
    dropped = [identity for ids in account["dropped"].values() for identity in ids]
    assert sorted([*rows_out["id"], *dropped]) == list(rows["id"])
    assert account["rows_in"] == account["rows_out"] + len(dropped)
    assert rows_out["content"].is_unique


MNIST = Domain("mnist", None, True)


def draw_image(image_format="PNG", paper=0, ink=255, box=(8, 4, 20, 24)):
    image = Image.new("L", (28, 28), paper)
    if box:
        image.paste(ink, box)
        image.paste(paper, (12, 8, 16, 20))
    file = BytesIO()
    image.save(file, image_format)
    return file.getvalue()


def test_each_reason_to_drop_an_image():
    vision = load_modality("vision")
    rows = frame(
        draw_image(),
        draw_image(box=None),
        draw_image("BMP"),
        draw_image(paper=255, ink=0),
        draw_image(box=(4, 12, 24, 14)),
        draw_image("TIFF"),
        labels=list("aaaaab"),
    )
    rows_out, account = clean(rows, row_cleaner(90, vision, vision.make_cleaner("mnist", 28)))
    assert list(rows_out["id"]) == ["000"]
    assert account["dropped"] == {
        "duplicate": ["002", "003"],
        "duplicate_with_another_label": ["005"],
        "empty": ["001"],
        "too_small": ["004"],
    }


def test_a_chunk_without_remaining_images_does_not_break_the_table(tmp_path):
    """A chunk without rows has the same schema as the others.

    Without rows, pandas does not recognize a column of bytes.
    """
    vision = load_modality("vision")
    cleaner = row_cleaner(1, vision, vision.make_cleaner("mnist", 28))
    rows = frame(draw_image(box=None), draw_image(), draw_image("BMP"))
    raw, table = tmp_path / "raw.parquet", tmp_path / "clean.parquet"
    io.write_chunks(raw, (rows.iloc[start : start + 1] for start in range(3)))
    account = RowAccount()
    io.write_chunks(table, cleaner.clean(read_rows_by_split(raw), MNIST, account))
    assert list(io.read_table(table)["id"]) == ["001"]
    assert account.dropped == {"empty": ["000"], "duplicate": ["002"]}


def test_an_image_is_decoded_once_for_its_size_and_once_for_its_fingerprint(monkeypatch):
    """Decoding takes most of the time of a chunk of images."""
    vision = load_modality("vision")
    decoded = []
    monkeypatch.setattr(images, "open_image", lambda content: decoded.append(content) or open_image(content))
    rows_out, _ = clean(frame(draw_image()), row_cleaner(1, vision, vision.make_cleaner("mnist", 28)))
    assert decoded == [rows_out["content"][0]] * 2


def test_changes_of_images_are_counted():
    vision = load_modality("vision")
    rows = frame(draw_image(), draw_image(paper=255, ink=0, box=(4, 4, 24, 24)))
    _, account = clean(rows, row_cleaner(1, vision, vision.make_cleaner("mnist", 20)))
    assert account["changed"] == {"polarity": 1, "size": 2}


def test_an_unreadable_content_is_named():
    vision = load_modality("vision")
    with pytest.raises(UserError) as caught:
        clean(frame(draw_image(), b"not a PNG."), row_cleaner(1, vision, vision.make_cleaner("mnist", 28)), MNIST)
    assert str(caught.value) == (
        "row 001 of domain mnist: an image of 10 bytes cannot be read: its format is unknown."
        " Use PNG, JPEG, GIF, BMP, TIFF, WEBP."
    )


def test_all_unreadable_contents_are_listed_at_once():
    vision = load_modality("vision")
    rows = frame(b"no image", draw_image(), draw_image()[:60], b"")
    with pytest.raises(UserError, match=r"^3 errors:\n  row 000 .*\n  row 002 .*\n  row 003 of domain mnist: .*\.$"):
        clean(rows, row_cleaner(1, vision, vision.make_cleaner("none", 28)), MNIST)


def test_texts_without_letters_are_dropped():
    rows = frame(" \t\n", "...!?", "😀🎉", "\x00\x00", "שלום עולם", "مرحبا بالعالم", "日本語の記事", "a\x00b")
    rows_out, account = clean(rows, row_cleaner(2))
    assert list(rows_out["content"]) == ["שלום עולם", "مرحبا بالعالم", "日本語の記事", "ab"]
    assert account["dropped"] == {"empty": ["000", "001", "002", "003"]}
