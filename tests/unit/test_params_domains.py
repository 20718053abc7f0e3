"""Domains with a user's own data: options in params.yaml, and error messages."""

import pytest
from test_params import TEXTS, error_message, replace_once

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


def load_source(tmp_path, text):
    path = tmp_path / "params.yaml"
    path.write_text(replace_once(SOURCE, text), encoding="utf-8")
    return load_params(path).tasks["news"].source


def test_a_table(tmp_path):
    domain = load_source(tmp_path, TABLE.format(f"path: data/probe/en.csv, {COLUMNS}"))
    assert domain.reader == "table"
    assert domain.options == {
        "path": "data/probe/en.csv",
        "columns": {"text": ["head", "body"], "label": "topic", "id": None, "group": None},
        "labels": {},
        "where": {},
        "quotes": "standard",
        "fallback": "none",
    }
    assert domain.paths == ["data/probe/en.csv"]


def test_official_splits_have_one_order(tmp_path):
    domain = load_source(tmp_path, TABLE.format(f"path: {{test: data/probe/b, train: data/probe/a}}, {COLUMNS}"))
    assert list(domain.path.items()) == [("train", "data/probe/a"), ("test", "data/probe/b")]
    assert domain.paths == ["data/probe/a", "data/probe/b"]


def test_a_folder(tmp_path):
    domain = load_source(tmp_path, "source: {domain: en, provider: folder, path: data/probe, fallback: cp1252}")
    assert (domain.reader, domain.options) == ("folder", {"path": "data/probe", "fallback": "cp1252"})


@pytest.mark.parametrize("path", ["data/probe/*/../../secret.csv", "data/probe/../secret.csv", "/etc/x.csv"])
def test_a_path_outside_of_files(tmp_path, path):
    (tmp_path / "params.yaml").write_text(
        replace_once(SOURCE, TABLE.format(f"path: {path}, {COLUMNS}")), encoding="utf-8"
    )
    message = error_message(tmp_path, (tmp_path / "params.yaml").read_text(encoding="utf-8"))
    assert f"domain en reads {path}, which is not in files (data/probe)" in message


def test_quotes_and_fallback_of_a_table(tmp_path):
    domain = load_source(tmp_path, TABLE.format(f"path: data/probe/en.csv, {COLUMNS}, quotes: none, fallback: cp1252"))
    assert (domain.options["quotes"], domain.options["fallback"]) == ("none", "cp1252")


@pytest.mark.parametrize("name", ["utf-16", "UTF-32", "none"])
def test_a_fallback_that_is_a_text_encoding(tmp_path, name):
    domain = load_source(tmp_path, f"source: {{domain: en, provider: folder, path: data/probe, fallback: {name}}}")
    assert domain.options["fallback"] == name


@pytest.mark.parametrize("name", ["hex", "undefined", "klingon"])
def test_a_fallback_that_is_not_a_text_encoding(tmp_path, name):
    text = f"source: {{domain: en, provider: folder, path: data/probe, fallback: {name}}}"
    assert f"expected none, or the name of a text encoding, such as cp1252, got '{name}'" in error_message(
        tmp_path, replace_once(SOURCE, text)
    )


def test_a_hub_data_set(tmp_path):
    domain = load_source(tmp_path, HUB.format(f", revision: {SHA}"))
    assert domain.options == {
        "name": "who/what",
        "configuration": None,
        "split": "train",
        "revision": SHA,
        "columns": {"text": ["head", "body"], "label": "topic", "id": None, "group": None},
        "labels": {},
        "where": {},
    }
    assert domain.paths == []
    assert load_source(tmp_path, HUB.format(", unpinned: true")).options["revision"] is None


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("data/" + 300 * "x" + ".csv", "is too long: a name has 304 bytes, at most 255 are possible; shorten it."),
        ("data/" + 200 * "\u00fc" + ".csv", "is too long: a name has 404 bytes, at most 255 are possible; shorten it."),
        (300 * "abc/" + "a.csv", "is too long: it has 1,205 characters, at most 1,000 are allowed; shorten it."),
        ('"a\\0.csv"', "has a null character; remove it."),
    ],
)
@pytest.mark.parametrize("splits", ["{}", "{{train: {}}}"])
def test_a_path_that_no_file_can_have(tmp_path, path, problem, splits):
    text = TABLE.format(f"path: {splits.format(path)}, {COLUMNS}")
    message = error_message(tmp_path, replace_once(SOURCE, text))
    assert "tasks.news.source.path: the path '" in message and message.endswith(problem)
    assert len(message) < 400


def test_files_that_no_path_can_be(tmp_path):
    message = error_message(tmp_path, replace_once(r"files: \S+", "files: " + "a" * 256))
    assert "tasks.news.files: the path 'aaa" in message and "a name has 256 bytes" in message


def test_whole_numbers_in_labels_and_where_become_texts(tmp_path):
    more = "labels: {1: sports, 2: null}, where: {year: 2020}"
    domain = load_source(tmp_path, TABLE.format(f"path: data/probe/a.csv, {COLUMNS}, {more}"))
    assert domain.options["labels"] == {"1": "sports", "2": None}
    assert domain.options["where"] == {"year": "2020"}


MISTAKES = {
    "parallel rows without ids": (
        TABLE.format(f"path: data/probe/a.csv, {COLUMNS}, parallel: true"),
        "tasks.news.source: domain en is parallel, but has no columns.id; add the column of the shared ids.",
    ),
    "labels": (
        TABLE.format(f"path: data/probe/a.csv, {COLUMNS}, labels: {{a: [b]}}"),
        "tasks.news.source.labels: expected a mapping of labels (numbers in quotes) to new labels, or to null to"
        " leave their rows out, got {'a': ['b']}.",
    ),
    "a key twice": (
        TABLE.format(f"path: data/probe/a.csv, {COLUMNS}, labels: {{1: sports, '1': null}}"),
        "tasks.news.source.labels: has the key 1 as a number and in quotes; remove one.",
    ),
    "number as label": (
        TABLE.format(f"path: data/probe/a.csv, {COLUMNS}, labels: {{1.0: sports}}"),
        "tasks.news.source.labels: expected a mapping of labels (numbers in quotes) to new labels, or to null to"
        " leave their rows out, got {1.0: 'sports'}.",
    ),
    "where": (
        TABLE.format(f"path: data/probe/a.csv, {COLUMNS}, where: {{a: null}}"),
        "tasks.news.source.where: expected a mapping of columns to the value (a number in quotes) that rows must"
        " have, got {'a': None}.",
    ),
    "outside files": (
        TABLE.format(f"path: data/other/en.csv, {COLUMNS}"),
        "tasks.news: domain en reads data/other/en.csv, which is not in files (data/probe), so DVC would miss its"
        " changes; set files to a file or folder that contains it.",
    ),
    "parent folder": (
        TABLE.format(f"path: data/probe/../x.csv, {COLUMNS}"),
        "tasks.news: domain en reads data/probe/../x.csv, which is not in files (data/probe), so DVC would miss its"
        " changes; set files to a file or folder that contains it.",
    ),
    "unknown split": (
        TABLE.format(f"path: {{dev: a}}, {COLUMNS}"),
        "tasks.news.source.path: expected a text, or a mapping of some of train, validation,"
        " test to a text each, got {'dev': 'a'}.",
    ),
    "no column": (
        TABLE.format("path: data/probe/a.csv, columns: {text: [], label: topic}"),
        "tasks.news.source.columns.text: expected the name of a column, or a list of names, whose texts are"
        " joined, got [].",
    ),
    "unknown encoding": (
        "source: {domain: en, provider: folder, path: data/probe, fallback: klingon}",
        "tasks.news.source.fallback: expected none, or the name of a text encoding, such as cp1252, got 'klingon'.",
    ),
    "unpinned": (
        HUB.format(""),
        "tasks.news.source: data set who/what needs either a revision (a commit, 40 hex digits) or unpinned: true.",
    ),
    "a branch": (
        HUB.format(", revision: main"),
        "tasks.news.source.revision: expected a commit of the data set, 40 hex digits, got 'main'.",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes(tmp_path, name):
    text, expected = MISTAKES[name]
    assert error_message(tmp_path, replace_once(SOURCE, text)) == f" has a mistake:\n  {expected}"


def test_the_params_of_the_tests_watch_the_probe():
    assert "files: data/probe" in TEXTS
