"""Tables and folders that lead elsewhere, never end, or are too large."""

import os
from pathlib import Path

import pytest
from repository import read_all_rows, tiny_params

from crossfer.artifacts import text_lines
from crossfer.commands import predict_inputs as inputs
from crossfer.config.params import load_params
from crossfer.errors import UserError
from crossfer.sources import folder, table

OPTIONS = {"columns": {"text": ["text"], "label": "label", "id": None}, "labels": {}, "where": {}}
ROWS = "text,label\nx,a\n"


@pytest.fixture
def outside(tmp_path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/secret.csv").write_text(ROWS)
    (tmp_path / "outside/secret.txt").write_text("secret")
    (tmp_path / "mine").mkdir()
    return tmp_path / "outside"


@pytest.mark.parametrize("absolute", [True, False])
def test_a_pattern_finds_no_link_out_of_its_folder(outside, tmp_path, absolute):
    target = outside / "secret.csv" if absolute else Path("../outside/secret.csv")
    (tmp_path / "mine/b.csv").symlink_to(target)
    for pattern in ("mine/*.csv", "mine/**/*.csv", "m*e/../mine/*.csv"):
        with pytest.raises(UserError, match="is a link that leads out of|does not exist"):
            read_all_rows(table.read(f"{tmp_path}/{pattern}".replace("m*e/../", ""), **OPTIONS))


def test_a_pattern_finds_no_file_in_a_folder_that_is_a_link(outside, tmp_path):
    (tmp_path / "mine/linked").symlink_to(outside)
    with pytest.raises(UserError, match="is a link that leads out of"):
        read_all_rows(table.read(f"{tmp_path}/mine/*/*.csv", **OPTIONS))


def test_links_inside_and_a_link_that_is_named_are_read(outside, tmp_path):
    """Who writes its name into params.yaml means it: large data often lies on another disk."""
    (tmp_path / "mine/a.csv").write_text(ROWS)
    (tmp_path / "mine/b.csv").symlink_to("a.csv")
    assert len(read_all_rows(table.read(f"{tmp_path}/mine/*.csv", **OPTIONS))) == 2
    (tmp_path / "mine/c.csv").symlink_to(outside / "secret.csv")
    assert len(read_all_rows(table.read(f"{tmp_path}/mine/c.csv", **OPTIONS))) == 1


PATHS = ["../outside/secret.csv", "/etc/passwd", "mine/../../outside/*.csv", "mine/*/../../../outside/*.csv", "~/x.csv"]


@pytest.mark.parametrize("path", PATHS)
def test_params_name_no_path_outside_of_files(tmp_path, path):
    from ruamel.yaml import YAML

    params = tiny_params(tmp_path)
    task = params["tasks"]["tiny"]
    task["files"], columns = "mine", {"text": "text", "label": "label"}
    task["source"] = {"domain": "en", "provider": "table", "path": path, "columns": columns}
    YAML().dump(params, tmp_path / "params.yaml")
    with pytest.raises(UserError, match="which is not in files"):
        load_params(tmp_path / "params.yaml")


@pytest.mark.parametrize("kind", ["folder", "table", "predict"])
@pytest.mark.timeout(60)
def test_a_pipe_is_not_waited_for(tmp_path, kind):
    (tmp_path / "a").mkdir()
    os.mkfifo(tmp_path / "a" / ("x.csv" if kind == "table" else "x.txt"))
    (tmp_path / "a/y.txt").write_text("text")
    if kind == "predict":
        assert [name for name, _ in inputs.read_inputs([str(tmp_path / "a")], "text")] == ["y.txt"]
        return
    with pytest.raises(UserError, match="is neither a file nor a folder"):
        if kind == "folder":
            read_all_rows(folder.read_texts(str(tmp_path), "none"))
        else:
            read_all_rows(table.read(f"{tmp_path}/a/*.csv", **OPTIONS))


def test_a_file_that_is_one_content_has_a_size(tmp_path):
    (tmp_path / "a").mkdir()
    for name, read in (("x.txt", lambda: folder.read_texts(str(tmp_path), "none")), ("x.png", None)):
        (tmp_path / "a" / name).touch()
        os.truncate(tmp_path / "a" / name, text_lines.MAX_CONTENT_BYTES + 1)  # a hole: it takes no disk
        dataset = read() if read else folder.read_images(str(tmp_path))
        with pytest.raises(UserError, match="has 100,000,001 bytes, more than the limit of 100,000,000 per content"):
            read_all_rows(dataset)
        ((_, content),) = inputs.read_inputs([str(tmp_path / "a")], "text")
        assert isinstance(content, UserError) and "more than the limit of 100,000,000 per content" in str(content)
        (tmp_path / "a" / name).unlink()


def test_large_rows_are_not_held_together(tmp_path):
    """A hundred rows of a megabyte: what is in memory at a time is bounded by size, not by rows alone."""
    lines_of = (f'{{"text": "{number} {"x" * 1_000_000}", "label": "a"}}\n' for number in range(101))
    (tmp_path / "a.jsonl").write_text("".join(lines_of))
    pieces = list(table.read(str(tmp_path / "a.jsonl"), **OPTIONS).chunks)
    assert [len(piece) for piece in pieces] == [50, 50, 1]


def test_an_output_is_written_where_it_is_said(repository, tmp_path):
    (tmp_path / "kept.jsonl").write_text("kept")
    (tmp_path / "link.jsonl").symlink_to(tmp_path / "kept.jsonl")
    repository.crossfer("predict", "tiny", "x", "--out", str(tmp_path / "link.jsonl"))
    assert (tmp_path / "kept.jsonl").read_text() == "kept"  # the link is replaced, not followed
    assert not (tmp_path / "link.jsonl").is_symlink()
