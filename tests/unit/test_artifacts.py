"""What passes between stages: bytes that depend on contents alone, and DVC's own digests."""

import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from repository import ROOT

from crossfer.artifacts import digests, io
from crossfer.artifacts import paths as layout
from crossfer.artifacts.paths import TaskPaths
from crossfer.errors import UserError


def test_tables_hold_no_trace_of_the_libraries(tmp_path):
    frame = pd.DataFrame({"id": ["1", "2"], "content": ["a", "б"]}, index=[7, 8])
    path = tmp_path / "en.parquet"
    io.write_table(path, frame)
    assert pq.read_schema(path).metadata is None
    assert b"pandas" not in path.read_bytes()
    assert io.read_table(path).to_dict("list") == frame.to_dict("list")


def test_json_is_for_people(tmp_path):
    path = tmp_path / "one.json"
    io.write_json(path, {"b": "日本", "a": 1})
    assert path.read_text(encoding="utf-8") == '{\n "b": "日本",\n "a": 1\n}\n'
    assert list(io.read_json(path)) == ["b", "a"]


def test_domains_come_back(tmp_path):
    domains = [io.Domain("en", "en", True), io.Domain("zh", "zh", False)]
    io.write_domains(tmp_path, domains)
    assert io.read_domains(tmp_path) == domains


def test_a_new_folder_is_empty(tmp_path):
    old = tmp_path / "data/raw/x"
    old.mkdir(parents=True)
    (old / "left.parquet").write_text("")
    assert list(io.create_empty_folder(old).iterdir()) == []


def test_what_is_not_there_is_named():
    with pytest.raises(UserError) as caught:
        io.read_table(Path("data/raw/x/en.parquet"))
    assert str(caught.value) == "data/raw/x/en.parquet is not there; an earlier stage writes it: run `dvc repro`."


def test_every_output_of_a_task_has_its_own_place():
    paths = [
        TaskPaths("x").raw,
        TaskPaths("x").clean,
        TaskPaths("x").tokens,
        TaskPaths("x").model,
        TaskPaths("x").reports,
    ]
    paths += [TaskPaths("x").predictions, TaskPaths("x").ablation]
    assert len(set(paths)) == 7
    assert all(path.parts[0] == "data" and path.stem == "x" for path in paths)


def test_a_new_table_leaves_a_linked_one_as_it_was(tmp_path):
    """DVC's cache may hold the old one by the same bytes on disk."""
    path, cached = tmp_path / "new/x.parquet", tmp_path / "cached"
    io.write_table(path, pd.DataFrame({"id": ["1"]}))
    cached.hardlink_to(path)
    cached.chmod(0o444)
    before = cached.read_bytes()
    io.write_table(path, pd.DataFrame({"id": ["2"]}))
    assert cached.read_bytes() == before
    assert io.read_table(path)["id"].tolist() == ["2"]


def test_bytes_and_arrays_go_through_a_table(tmp_path):
    path = tmp_path / "x.parquet"
    frame = pd.DataFrame({"content": [b"\x89PNG\x00", b""], "input": [np.arange(3, dtype=np.uint8)] * 2})
    io.write_table(path, frame)
    again = io.read_table(path)
    assert again["content"].tolist() == [b"\x89PNG\x00", b""]
    assert again["input"][0].dtype == np.uint8 and again["input"][0].tolist() == [0, 1, 2]


def test_one_split_is_read_chunk_by_chunk(tmp_path):
    path = tmp_path / "x.parquet"
    ids, splits = list("abcdef"), ["test", "train", "train", "train", "test", "test"]
    rows = pd.DataFrame({"input": [np.arange(3)] * 6, "id": ids, "split": splits})
    io.write_chunks(path, (rows.iloc[start : start + 2] for start in (0, 2, 4)))
    assert [list(chunk["id"]) for chunk in io.read_split(path, "test")] == [["a"], ["e", "f"]]
    chunks = list(io.read_split(path, "train", ["id", "input"]))
    assert [list(chunk.columns) for chunk in chunks] == [["id", "input"]] * 2
    assert list(pd.concat(chunks)["id"]) == ["b", "c", "d"]
    assert [list(chunk.columns) for chunk in io.read_split(path, "test", ["split"])] == [["split"]] * 2


def test_the_size_of_weights(tmp_path):
    (tmp_path / "model-1.safetensors").write_bytes(b"1234")
    (tmp_path / "model-2.safetensors").write_bytes(b"12")
    (tmp_path / "config.json").write_text("{}")
    assert io.weights_size(tmp_path) == 6


def test_digest_of_a_folder_does_not_depend_on_the_order_of_writing(tmp_path):
    for name, order in (("a", ("1", "sub/2", "sub-x")), ("b", ("sub-x", "sub/2", "1"))):
        for file in order:
            path = tmp_path / name / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(file)
    assert digests.digest(tmp_path / "a") == digests.digest(tmp_path / "b")
    assert digests.digest(tmp_path / "a").endswith(".dir")
    (tmp_path / "a/1").write_text("2")
    assert digests.digest(tmp_path / "a") != digests.digest(tmp_path / "b")


def test_no_content_is_in_git():
    """BBC's articles are for research and not ours to give away; neither are tokens, mistakes, nor a model in git."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split(
        "\n"
    )
    assert not [name for name in listed if name.endswith((".parquet", ".safetensors", ".txt", ".db"))]
    kept_out = ("data/raw", "data/clean", "data/tokens", "data/models", "data/predictions")
    assert not [name for name in listed if name.startswith(kept_out) or name.endswith(layout.MISTAKES)]


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
def test_git_does_not_see_contents(path):
    for name in (path, TaskPaths("news").reports / layout.MISTAKES):
        seen = name if name.suffix else name / "some.file"
        done = subprocess.run(["git", "check-ignore", "--quiet", str(seen)], cwd=ROOT, check=False)
        assert done.returncode == 0, seen


@pytest.mark.parametrize("content", [b'{"rows": [\n<<<<<<< HEAD\n', b"\xff\xfe"])
def test_json_that_was_changed_into_something_else(tmp_path, content):
    path = tmp_path / "news.json"
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"news.json is no JSON \(.*\); restore it from git, or remove it"):
        io.read_json(path)
