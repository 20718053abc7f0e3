"""The usual names of splits are recognized in names of folders and files."""

from pathlib import Path

import pytest

from crossfer.sources.split_names import split_of_file, split_of_folder


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("train", "train"),
        ("Training_Set", "train"),
        ("test-data", "test"),
        ("valset", "validation"),
        ("test-drive", None),
        ("spam", None),
    ],
)
def test_the_split_of_a_folder(name, split):
    assert split_of_folder(name) == split


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("train.tsv", "train"),
        ("dev-2.tsv", "validation"),
        ("test_en.csv", "test"),
        ("TestSet.csv", "test"),
        ("train-00000-of-00002.parquet", "train"),
        ("reviews.csv", None),
        ("latest.csv", None),
    ],
)
def test_the_split_of_a_file(name, split):
    assert split_of_file(Path("data", name)) == split
