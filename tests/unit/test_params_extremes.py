"""params.yaml with values too large, too deep or in places of the pipeline."""

import pytest
from repository import ROOT
from ruamel.yaml import YAML
from test_params import error_message, replace_once

from crossfer.config.params import load_task
from crossfer.config.task_checks import OUTPUTS
from crossfer.errors import UserError


@pytest.mark.parametrize(
    "content",
    [
        "a: " + "[" * 1500 + "]" * 1500,
        "".join(f"{' ' * depth}a:\n" for depth in range(1500)),
        "tasks: " + "{a: " * 1500 + "}" * 1500,
    ],
)
def test_too_many_levels(tmp_path, content):
    assert error_message(tmp_path, content) == " has too many levels of nested values; write fewer."


@pytest.mark.parametrize("merges", ["    <<: *a\n", "    b: &b\n      <<: *a\n    <<: *b\n"])
def test_a_block_that_merges_itself(tmp_path, merges):
    content = replace_once("  news:\n", "  news:\n    <<: *a\n    colour: red\n")
    assert "tasks.news.colour: unknown key" in error_message(tmp_path, f"defaults:\n  a: &a\n{merges}{content}")


@pytest.mark.parametrize(
    "value", ["9" * 4301, "0x" + "f" * 4000, "2023-13-45", "!!int x", "!!bool maybe", "!!float abc"]
)
def test_values_that_cannot_be_read_have_their_line(tmp_path, value):
    content = replace_once(r"epochs: \d+", f"epochs: {value}")
    line = content[: content.index("epochs: ")].count("\n") + 1
    expected = f", line {line}, has a value that cannot be read; correct it or quote it."
    assert error_message(tmp_path, content) == expected


@pytest.mark.parametrize(
    ("pattern", "replacement"),
    [
        (r"epochs: \d+", f"epochs: {'x' * 2_000_000}"),
        (r"epochs: \d+", f"epochs: [{'[1, 2], ' * 100_000}]"),
        (r"epochs: \d+", f"{'x' * 1000}: 1"),
        (r"files: \S+", f"files: {'x/' * 100_000}"),
        (r"domain: zh", f"domain: zh, path: {'x/' * 100_000}"),
        (r"modality: \S+", f"modality: {'x' * 2_000_000}"),
    ],
)
def test_messages_shorten_values(tmp_path, pattern, replacement):
    assert len(error_message(tmp_path, replace_once(pattern, replacement))) < 1500


def test_yaml_messages_shorten_values(tmp_path):
    assert len(error_message(tmp_path, f"a: {'x' * 2_000_000}\na: {'y' * 2_000_000}\n")) < 1500


@pytest.mark.parametrize(
    ("files", "relation"),
    [
        ("data", "contains data/raw"),
        (".", "contains data/raw"),
        ("data/models", "contains data/models"),
        ("data/raw/news", "is in data/raw"),
        ("data/probe/../reports", "contains data/reports"),
    ],
)
def test_files_that_overlap_outputs(tmp_path, monkeypatch, files, relation):
    monkeypatch.chdir(tmp_path)
    message = error_message(tmp_path, replace_once(r"files: \S+", f"files: {files}"))
    assert f"tasks.news: files ({files}) {relation}, which stages write; name a folder with only your data." in message


def test_the_outputs_that_files_must_not_overlap():
    stages = YAML(typ="safe").load(ROOT / "dvc.yaml")["stages"].values()
    blocks = [stage.get("do", stage) for stage in stages]
    outputs = [entry for block in blocks for key in ("outs", "metrics", "plots") for entry in block.get(key, [])]
    names = [entry if isinstance(entry, str) else next(iter(entry)) for entry in outputs]
    assert {name.split("/")[1].split(".")[0] for name in names} == set(OUTPUTS)


def test_a_missing_file_of_unlabelled_texts_is_noticed_before_any_work(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    content = replace_once("student_layers: all", "student_layers: 2")
    content = replace_once("unlabelled_texts: none", "unlabelled_texts: data/probe/none.txt", content)
    (tmp_path / "params.yaml").write_text(content, encoding="utf-8")
    message = "compress.unlabelled_texts of task news is data/probe/none.txt, which is no file; correct the path"
    with pytest.raises(UserError, match=message):
        load_task("news")
    (tmp_path / "data/probe").mkdir(parents=True)
    (tmp_path / "data/probe/none.txt").touch()
    load_task("news")
