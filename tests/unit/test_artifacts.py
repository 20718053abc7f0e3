"""Bytes of files between stages depend on content alone; digests equal DVC's."""

import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from repository import ROOT

from crossfer.artifacts import digests, io, paths
from crossfer.artifacts.paths import TaskPaths
from crossfer.errors import UserError


def test_parquet_files_have_no_library_metadata(tmp_path):
    frame = pd.DataFrame({"id": ["1", "2"], "content": ["a", "б"]}, index=[7, 8])
    path = tmp_path / "en.parquet"
    io.write_table(path, frame)
    assert pq.read_schema(path).metadata is None
    assert b"pandas" not in path.read_bytes()
    assert io.read_table(path).to_dict("list") == frame.to_dict("list")


def test_json_is_indented_and_keeps_unicode_and_order(tmp_path):
    path = tmp_path / "one.json"
    io.write_json(path, {"b": "日本", "a": 1})
    assert path.read_text(encoding="utf-8") == '{\n "b": "日本",\n "a": 1\n}\n'
    assert list(io.read_json(path)) == ["b", "a"]


def test_domains_survive_writing_and_reading(tmp_path):
    domains = [io.Domain("en", "en", True), io.Domain("zh", "zh", False)]
    io.write_domains(tmp_path, domains)
    assert io.read_domains(tmp_path) == domains


def test_create_empty_folder_removes_old_files(tmp_path):
    old = tmp_path / "data/raw/x"
    old.mkdir(parents=True)
    (old / "left.parquet").write_text("")
    assert list(io.create_empty_folder(old).iterdir()) == []


def test_a_missing_table_is_named():
    with pytest.raises(UserError) as caught:
        io.read_table(Path("data/raw/x/en.parquet"))
    assert str(caught.value) == "data/raw/x/en.parquet does not exist; an earlier stage writes it: run `dvc repro`."


def test_every_output_of_a_task_has_its_own_path():
    outputs = {path for name, path in vars(TaskPaths("x")).items() if name not in ("task", "compression_report")}
    assert len(outputs) == 9
    assert all(path.parts[0] == "data" and path.stem == "x" for path in outputs)


def test_writing_a_table_does_not_change_a_hard_link_to_the_old_one(tmp_path):
    """DVC's cache may hold such a link."""
    path, cached = tmp_path / "new/x.parquet", tmp_path / "cached"
    io.write_table(path, pd.DataFrame({"id": ["1"]}))
    cached.hardlink_to(path)
    cached.chmod(0o444)
    before = cached.read_bytes()
    io.write_table(path, pd.DataFrame({"id": ["2"]}))
    assert cached.read_bytes() == before
    assert io.read_table(path)["id"].tolist() == ["2"]


def test_tables_hold_bytes_and_arrays(tmp_path):
    path = tmp_path / "x.parquet"
    frame = pd.DataFrame({"content": [b"\x89PNG\x00", b""], "input": [np.arange(3, dtype=np.uint8)] * 2})
    io.write_table(path, frame)
    again = io.read_table(path)
    assert again["content"].tolist() == [b"\x89PNG\x00", b""]
    assert again["input"][0].dtype == np.uint8 and again["input"][0].tolist() == [0, 1, 2]


def test_read_split_yields_chunks_of_one_split(tmp_path):
    path = tmp_path / "x.parquet"
    ids, splits = list("abcdef"), ["test", "train", "train", "train", "test", "test"]
    rows = pd.DataFrame({"input": [np.arange(3)] * 6, "id": ids, "split": splits})
    io.write_chunks(path, (rows.iloc[start : start + 2] for start in (0, 2, 4)))
    assert [list(chunk["id"]) for chunk in io.read_split(path, "test")] == [["a"], ["e", "f"]]
    chunks = list(io.read_split(path, "train", ["id", "input"]))
    assert [list(chunk.columns) for chunk in chunks] == [["id", "input"]] * 2
    assert list(pd.concat(chunks)["id"]) == ["b", "c", "d"]
    assert [list(chunk.columns) for chunk in io.read_split(path, "test", ["split"])] == [["split"]] * 2


def test_weights_size_counts_safetensors_only(tmp_path):
    (tmp_path / "model-1.safetensors").write_bytes(b"1234")
    (tmp_path / "model-2.safetensors").write_bytes(b"12")
    (tmp_path / "config.json").write_text("{}")
    assert io.weights_size(tmp_path) == 6


def test_folder_digest_does_not_depend_on_the_order_of_writing(tmp_path):
    for name, order in (("a", ("1", "sub/2", "sub-x")), ("b", ("sub-x", "sub/2", "1"))):
        for file in order:
            path = tmp_path / name / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(file)
    assert digests.digest(tmp_path / "a") == digests.digest(tmp_path / "b")
    assert digests.digest(tmp_path / "a").endswith(".dir")
    (tmp_path / "a/1").write_text("2")
    assert digests.digest(tmp_path / "a") != digests.digest(tmp_path / "b")


def test_git_has_no_contents_models_or_tables():
    """Git has no articles: the licence of BBC News forbids their distribution.

    mistakes.html quotes articles, so git does not have it either.
    """
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split(
        "\n"
    )
    assert not [name for name in listed if name.endswith((".parquet", ".safetensors", ".txt", ".db"))]
    ignored = ("data/raw", "data/clean", "data/tokens", "data/models", "data/predictions")
    assert not [name for name in listed if name.startswith(ignored) or name.endswith(paths.MISTAKES_FILE)]


@pytest.mark.parametrize(
    "path",
    [
        TaskPaths("news").raw,
        TaskPaths("news").clean,
        TaskPaths("news").tokens,
        TaskPaths("news").model,
        TaskPaths("news").predictions,
    ],
)
def test_git_ignores_contents(path):
    for name in (path, TaskPaths("news").reports / paths.MISTAKES_FILE):
        file = name if name.suffix else name / "some.file"
        result = subprocess.run(["git", "check-ignore", "--quiet", str(file)], cwd=ROOT, check=False)
        assert result.returncode == 0, file


@pytest.mark.parametrize("content", [b'{"rows": [\n<<<<<<< HEAD\n', b"\xff\xfe"])
def test_a_damaged_json_file_is_named(tmp_path, content):
    path = tmp_path / "news.json"
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"news.json is not JSON \(.*\); restore it from git, or delete it"):
        io.read_json(path)
