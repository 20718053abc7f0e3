"""Inputs of predict: files, folders, and texts that look like paths."""

import io

import pytest
from PIL import Image
from sample_texts import write_texts

from crossfer.commands import predict_inputs as inputs
from crossfer.errors import UserError


@pytest.fixture
def files(tmp_path):
    write_texts(tmp_path)
    return tmp_path


def test_a_folder_yields_all_its_files(tmp_path):
    (tmp_path / "b").mkdir()
    for name in ("b/2.png", "1.png", ".hidden"):
        (tmp_path / name).write_bytes(name.encode())
    assert list(inputs.read_inputs([str(tmp_path)], "content")) == [("1.png", b"1.png"), ("b/2.png", b"b/2.png")]
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="is an empty folder"):
        list(inputs.read_inputs([str(tmp_path / "empty")], "content"))


def test_an_image_is_read_as_bytes(tmp_path):
    file = io.BytesIO()
    Image.new("L", (4, 4)).save(file, "PNG")
    (tmp_path / "x.png").write_bytes(file.getvalue())
    name = str(tmp_path / "x.png")
    assert list(inputs.read_inputs([name, "text"], "content")) == [(name, file.getvalue()), ("text", "text")]


def test_names_of_several_items_start_with_the_item(files):
    names = [name for name, _ in inputs.read_inputs([str(files / "a.csv"), str(files / "a.txt"), "x"], "content")]
    assert names == [*(f"{files}/a.csv:{row}" for row in range(3)), *(f"{files}/a.txt:{row}" for row in range(3)), "x"]


def test_a_text_file_in_a_folder_is_one_content(files):
    (files / "folder").mkdir()
    (files / "folder/1.txt").write_text("a\nb", encoding="utf-8")
    assert list(inputs.read_inputs([str(files / "folder")], "content")) == [("1.txt", "a\nb")]


def test_an_unreadable_file_in_a_folder_yields_an_error(tmp_path):
    for name, content in (("1.txt", b""), ("2.txt", b"\xff"), ("3.txt", b"the bank")):
        (tmp_path / name).write_bytes(content)
    contents = dict(inputs.read_inputs([str(tmp_path)], "content"))
    assert list(contents) == ["1.txt", "2.txt", "3.txt"]
    assert str(contents["1.txt"]) == f"{tmp_path}/1.txt is empty; remove it, or add its content."
    assert str(contents["2.txt"]).startswith(f"{tmp_path}/2.txt, line 1, is not UTF-8")
    assert contents["3.txt"] == "the bank"


@pytest.mark.parametrize("text", ["x" * 5000, "a\0b", "名/前", "Open notes.txt", "won 3/2 in /tmp", "etc"])
def test_a_text_that_looks_like_a_path_is_a_text(text, monkeypatch, tmp_path):
    (tmp_path / "deep/er").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "deep/er")
    assert list(inputs.read_inputs([text], "content")) == [(text, text)]


@pytest.mark.parametrize("path", ["/nope/scan", "scans/", "../nope", "scan.PNG", "scan.jpeg", "a.csv", "./x"])
def test_a_missing_path_is_not_classified_as_a_text(path, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="does not exist"):
        list(inputs.read_inputs([path], "content"))


def test_a_table_may_have_a_space_in_its_name(files):
    (files / "a.csv").rename(files / "my texts.csv")
    assert [name for name, _ in inputs.read_inputs([str(files / "my texts.csv")], "content")] == [0, 1, 2]
