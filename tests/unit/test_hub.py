"""`datasets` loads data sets of the Hub from a local folder, without network."""

import datasets
import pytest
from repository import read_all_rows

from crossfer.errors import UserError
from crossfer.sources.registry import SOURCES

COLUMNS = {"text": ["text"], "label": "label", "id": None}


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_DATASETS_OFFLINE", "1")
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    monkeypatch.setattr(datasets.config, "HF_DATASETS_OFFLINE", True)
    folder = tmp_path / "mine"
    (folder / "data").mkdir(parents=True)
    features = datasets.Features(
        {
            "text": datasets.Value("string"),
            "label": datasets.ClassLabel(names=["ham", "spam"]),
            "n": datasets.Value("int64"),
        }
    )
    for split, labels in (("train", [0, 1, 1]), ("test", [1, -1])):
        texts = [f"{split} {number}" for number in range(len(labels))]
        dataset = datasets.Dataset.from_dict({"text": texts, "label": labels, "n": [7] * len(labels)}, features)
        dataset.to_parquet(folder / f"data/{split}-00000-of-00001.parquet")
    return str(folder)


def read_dataset(name, **changes):
    options = {"configuration": None, "split": "train", "revision": None, "columns": COLUMNS, "labels": {}, "where": {}}
    return SOURCES["hub"](name=name, **(options | changes))


def rows(*arguments, **options):
    return read_all_rows(read_dataset(*arguments, **options))


def test_class_numbers_become_names(data):
    assert rows(data).to_dict("list") == {
        "id": ["0000001", "0000002", "0000003"],
        "content": ["train 0", "train 1", "train 2"],
        "label": ["ham", "spam", "spam"],
    }


def test_official_splits_and_rows_without_a_class(data):
    splits = {"train": "train", "test": "test"}
    with pytest.raises(UserError, match="split test, row 2, has no label in column 'label': the value is empty"):
        rows(data, split=splits)
    dataset = read_dataset(data, split=splits, labels={"": None})
    result = read_all_rows(dataset)
    assert list(result["split"]) == ["train"] * 3 + ["test"]
    assert dataset.notes == {"left_out_by_label": 1}
    assert dataset.sha256 is None
    assert dataset.origin.endswith(", default, at its newest revision")


def test_the_group_of_a_row_is_read(data):
    assert list(rows(data, columns=COLUMNS | {"group": "n"})["group"]) == ["7"] * 3


def test_mistakes(data):
    with pytest.raises(UserError, match="split dev, revision newest cannot be loaded: .*dev"):
        read_dataset(data, split="dev")
    with pytest.raises(UserError, match="split train, has no column 'body'; choose one of text, label, n"):
        read_dataset(data, columns=COLUMNS | {"text": ["body"]})
    with pytest.raises(UserError, match="row 1, has 7 in column 'n'; use a text"):
        rows(data, columns=COLUMNS | {"text": ["n"]})
    with pytest.raises(UserError, match="configuration xx, split train, revision newest cannot be loaded"):
        read_dataset(data, configuration="xx")


@pytest.mark.slow  # the library tries for 20 seconds
def test_an_unknown_data_set_is_an_error(data):
    with pytest.raises(UserError, match="data set nobody/nothing, configuration default, .* cannot be loaded: "):
        read_dataset("nobody/nothing")
