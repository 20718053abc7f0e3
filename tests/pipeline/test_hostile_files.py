"""Tables, folders and predict refuse links, pipes and files above the size limit."""

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
def external_folder(tmp_path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/secret.csv").write_text(ROWS)
    (tmp_path / "outside/secret.txt").write_text("secret")
    (tmp_path / "mine").mkdir()
    return tmp_path / "outside"


@pytest.mark.parametrize("absolute", [True, False])
def test_pattern_refuses_a_link_out_of_its_folder(external_folder, tmp_path, absolute):
    target = external_folder / "secret.csv" if absolute else Path("../outside/secret.csv")
    (tmp_path / "mine/b.csv").symlink_to(target)
    for pattern in ("mine/*.csv", "mine/**/*.csv", "m*e/../mine/*.csv"):
        with pytest.raises(UserError, match="is a link that leads out of|does not exist"):
            read_all_rows(table.read(f"{tmp_path}/{pattern}".replace("m*e/../", ""), **OPTIONS))


def test_pattern_refuses_a_linked_folder(external_folder, tmp_path):
    (tmp_path / "mine/linked").symlink_to(external_folder)
    with pytest.raises(UserError, match="is a link that leads out of"):
        read_all_rows(table.read(f"{tmp_path}/mine/*/*.csv", **OPTIONS))


def test_table_reads_inner_links_and_named_links(external_folder, tmp_path):
    """A link named in params.yaml is intended: large data often lies on another disk."""
    (tmp_path / "mine/a.csv").write_text(ROWS)
    (tmp_path / "mine/b.csv").symlink_to("a.csv")
    assert len(read_all_rows(table.read(f"{tmp_path}/mine/*.csv", **OPTIONS))) == 2
    (tmp_path / "mine/c.csv").symlink_to(external_folder / "secret.csv")
    assert len(read_all_rows(table.read(f"{tmp_path}/mine/c.csv", **OPTIONS))) == 1


PATHS = ["../outside/secret.csv", "/etc/passwd", "mine/../../outside/*.csv", "mine/*/../../../outside/*.csv", "~/x.csv"]


@pytest.mark.parametrize("path", PATHS)
def test_params_refuse_a_path_outside_files(tmp_path, path):
    from ruamel.yaml import YAML

    params = tiny_params(tmp_path)
    task = params["tasks"]["tiny"]
    task["files"], columns = "mine", {"text": "text", "label": "label"}
    task["source"] = {"domain": "en", "provider": "table", "path": path, "columns": columns}
    YAML().dump(params, tmp_path / "params.yaml")
    with pytest.raises(UserError, match="which is not in files"):
        load_params(tmp_path / "params.yaml")


@pytest.mark.parametrize("reader", ["folder", "table", "predict"])
@pytest.mark.timeout(60)
def test_readers_do_not_wait_for_a_pipe(tmp_path, reader):
    (tmp_path / "a").mkdir()
    os.mkfifo(tmp_path / "a" / ("x.csv" if reader == "table" else "x.txt"))
    (tmp_path / "a/y.txt").write_text("text")
    if reader == "predict":
        assert [name for name, _ in inputs.read_inputs([str(tmp_path / "a")], "text")] == ["y.txt"]
        return
    with pytest.raises(UserError, match="is neither a file nor a folder"):
        if reader == "folder":
            read_all_rows(folder.read_texts(str(tmp_path), "none"))
        else:
            read_all_rows(table.read(f"{tmp_path}/a/*.csv", **OPTIONS))


def test_readers_refuse_a_content_above_the_size_limit(tmp_path):
    (tmp_path / "a").mkdir()
    for name, read in (("x.txt", lambda: folder.read_texts(str(tmp_path), "none")), ("x.png", None)):
        (tmp_path / "a" / name).touch()
        os.truncate(tmp_path / "a" / name, text_lines.MAX_CONTENT_BYTES + 1)  # sparse
        dataset = read() if read else folder.read_images(str(tmp_path))
        with pytest.raises(UserError, match="has 100,000,001 bytes, more than the limit of 100,000,000 per content"):
            read_all_rows(dataset)
        ((_, content),) = inputs.read_inputs([str(tmp_path / "a")], "text")
        assert isinstance(content, UserError) and "more than the limit of 100,000,000 per content" in str(content)
        (tmp_path / "a" / name).unlink()


def test_chunks_are_limited_in_bytes(tmp_path):
    """101 rows of 1 MB: a chunk is limited in bytes, not only in rows."""
    lines = (f'{{"text": "{number} {"x" * 1_000_000}", "label": "a"}}\n' for number in range(101))
    (tmp_path / "a.jsonl").write_text("".join(lines))
    chunks = list(table.read(str(tmp_path / "a.jsonl"), **OPTIONS).chunks)
    assert [len(chunk) for chunk in chunks] == [50, 50, 1]


def test_predict_replaces_a_link_at_its_output(repository, tmp_path):
    (tmp_path / "target.jsonl").write_text("old")
    (tmp_path / "link.jsonl").symlink_to(tmp_path / "target.jsonl")
    repository.crossfer("predict", "tiny", "x", "--out", str(tmp_path / "link.jsonl"))
    assert (tmp_path / "target.jsonl").read_text() == "old"  # the link is replaced, not followed
    assert not (tmp_path / "link.jsonl").is_symlink()
