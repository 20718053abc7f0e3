"""Domains of the user's own in params.yaml: what may stand there, and what is said of mistakes."""

import pytest
from test_params import GOOD, message, swapped

from crossfer.config.params import load_params

SOURCE = r"source: \{.*?\}"
TABLE = "source: {{domain: en, provider: table, {}}}"
COLUMNS = "columns: {text: [head, body], label: topic}"
HUB = (
    "source: {{domain: en, provider: hub, name: who/what, split: train, "
    + COLUMNS.replace("{", "{{").replace("}", "}}")
    + "{}}}"
)
SHA = "0123456789abcdef0123456789abcdef01234567"


def source(tmp_path, text):
    path = tmp_path / "params.yaml"
    path.write_text(swapped(SOURCE, text), encoding="utf-8")
    return load_params(path).tasks["news"].source


def test_a_table(tmp_path):
    found = source(tmp_path, TABLE.format(f"path: data/probe/en.csv, {COLUMNS}"))
    assert found.reader == "table"
    assert found.options == {
        "path": "data/probe/en.csv",
        "columns": {"text": ["head", "body"], "label": "topic", "id": None},
        "labels": {},
        "where": {},
    }
    assert found.paths == ["data/probe/en.csv"]


def test_official_splits_stand_in_one_order(tmp_path):
    found = source(tmp_path, TABLE.format(f"path: {{test: data/probe/b, train: data/probe/a}}, {COLUMNS}"))
    assert list(found.path.items()) == [("train", "data/probe/a"), ("test", "data/probe/b")]
    assert found.paths == ["data/probe/a", "data/probe/b"]


def test_a_folder(tmp_path):
    found = source(tmp_path, "source: {domain: en, provider: folder, path: data/probe, fallback: cp1252}")
    assert (found.reader, found.options) == ("folder", {"path": "data/probe", "fallback": "cp1252"})


@pytest.mark.parametrize("path", ["data/probe/*/../../secret.csv", "data/probe/../secret.csv", "/etc/x.csv"])
def test_a_path_that_leaves_the_files(tmp_path, path):
    (tmp_path / "params.yaml").write_text(swapped(SOURCE, TABLE.format(f"path: {path}, {COLUMNS}")), encoding="utf-8")
    said = message(tmp_path, (tmp_path / "params.yaml").read_text(encoding="utf-8"))
    assert f"domain en reads {path}, which is not in files (data/probe)" in said


@pytest.mark.parametrize("name", ["hex", "undefined", "klingon"])
def test_a_fallback_that_is_no_encoding_of_texts(tmp_path, name):
    text = f"source: {{domain: en, provider: folder, path: data/probe, fallback: {name}}}"
    assert f"found '{name}', allowed is none, or the name of an encoding" in message(tmp_path, swapped(SOURCE, text))


def test_a_data_set_of_the_hub(tmp_path):
    found = source(tmp_path, HUB.format(f", revision: {SHA}"))
    assert found.options == {
        "name": "who/what",
        "configuration": None,
        "split": "train",
        "revision": SHA,
        "columns": {"text": ["head", "body"], "label": "topic", "id": None},
        "labels": {},
        "where": {},
    }
    assert found.paths == []
    assert source(tmp_path, HUB.format(", unpinned: true")).options["revision"] is None


def test_whole_numbers_in_labels_and_where_are_texts(tmp_path):
    more = "labels: {1: sports, 2: null}, where: {year: 2020}"
    found = source(tmp_path, TABLE.format(f"path: data/probe/a.csv, {COLUMNS}, {more}"))
    assert found.options["labels"] == {"1": "sports", "2": None}
    assert found.options["where"] == {"year": "2020"}


MISTAKES = {
    "labels": (
        TABLE.format(f"path: data/probe/a.csv, {COLUMNS}, labels: {{a: [b]}}"),
        "tasks.news.source.labels: found {'a': ['b']}, allowed is a mapping of labels to other names, or to null to"
        " leave them out.",
    ),
    "where": (
        TABLE.format(f"path: data/probe/a.csv, {COLUMNS}, where: {{a: null}}"),
        "tasks.news.source.where: found {'a': None}, allowed is a mapping of columns to the value that each must have.",
    ),
    "outside of files": (
        TABLE.format(f"path: data/other/en.csv, {COLUMNS}"),
        "tasks.news: domain en reads data/other/en.csv, which is not in files (data/probe), so `dvc repro` would not"
        " watch it; name as files a file or folder that holds all that is read.",
    ),
    "a way out": (
        TABLE.format(f"path: data/probe/../x.csv, {COLUMNS}"),
        "tasks.news: domain en reads data/probe/../x.csv, which is not in files (data/probe), so `dvc repro` would not"
        " watch it; name as files a file or folder that holds all that is read.",
    ),
    "unknown split": (
        TABLE.format(f"path: {{dev: a}}, {COLUMNS}"),
        "tasks.news.source.path: found {'dev': 'a'}, allowed is a text, or a mapping of train, validation, test, or"
        " some of them, to a text each.",
    ),
    "no column": (
        TABLE.format("path: data/probe/a.csv, columns: {text: [], label: topic}"),
        "tasks.news.source.columns.text: found [], allowed is the name of a column, or a list of names, whose texts are"
        " joined.",
    ),
    "unknown encoding": (
        "source: {domain: en, provider: folder, path: data/probe, fallback: klingon}",
        "tasks.news.source.fallback: found 'klingon', allowed is none, or the name of an encoding, such as cp1252.",
    ),
    "unpinned": (
        HUB.format(""),
        "tasks.news.source: data set who/what needs a revision, a commit of 40 hex digits, or unpinned: true, and not"
        " both.",
    ),
    "a branch": (
        HUB.format(", revision: main"),
        "tasks.news.source.revision: found 'main', allowed is a commit of the data set, 40 hex digits.",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes(tmp_path, name):
    text, said = MISTAKES[name]
    assert message(tmp_path, swapped(SOURCE, text)) == f" has a mistake:\n  {said}"


def test_the_file_that_mistakes_are_made_in_watches_the_probe():
    assert "files: data/probe" in GOOD
