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


@pytest.mark.parametrize(
    "text",
    [
        *("x" * 5000, "a\0b", "名/前", "We saved the minutes as notes.txt", "won 3/2 in /tmp", "etc"),
        *("10/10", "He/She", "and/or"),
    ],
)
def test_a_text_that_looks_like_a_path_is_a_text(text, monkeypatch, tmp_path):
    (tmp_path / "deep/er").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "deep/er")
    assert list(inputs.read_inputs([text], "content")) == [(text, text)]


@pytest.mark.parametrize(
    "path",
    [
        *("/nope/scan", "photos/", "../nope", "scan.PNG", "scan.jpeg", "a.csv", "./x", "/" + "x" * 300),
        *("scans/first", "scans/old/first"),
        *("articles.json", "my tables.csv", "MY TABLES.TSV", "my notes.txt", "report.pdf", "Open my scan.heic"),
    ],
)
def test_a_missing_path_is_not_classified_as_a_text(path, monkeypatch, tmp_path):
    (tmp_path / "scans").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="does not exist"):
        list(inputs.read_inputs([path], "content"))


@pytest.mark.parametrize("name", ["my texts.csv", "TEXTS.CSV", "My Texts.Tsv"])
def test_a_table_may_have_a_space_or_capitals_in_its_name(files, name):
    (files / "a.csv").rename(files / name)
    assert [name for name, _ in inputs.read_inputs([str(files / name)], "content")] == [0, 1, 2]


def test_tables_are_read_as_in_ingest(tmp_path):
    def read(name, content, **options):
        (tmp_path / name).write_bytes(content)
        return [text for _, text in inputs.read_inputs([str(tmp_path / name)], "text", **options)]

    assert read("a.csv", b"sep=;\nn;text\n1;one, two\n") == ["one, two"]
    assert read("a.json", b'[{"text": "one"}, {"text": null}]') == ["one", None]
    assert read("a.tsv", b'n\ttext\n1\t"one" more\n', quotes="none") == ['"one" more']
    assert read("b.csv", "text;n\ncafé;1\n".encode("cp1252"), fallback="cp1252") == ["café"]
    assert read("a.TXT", "café\nthé\n".encode("cp1252"), fallback="cp1252") == ["café", "thé"]
    with pytest.raises(UserError, match="line 2, begins a quoted cell that contains complete rows, up to line 3"):
        read("c.tsv", b'text\tn\n"one\t1\ntwo"\t2\n')
    with pytest.raises(UserError, match="a.json, item 1, has no column 'text'; choose one of body"):
        read("a.json", b'[{"body": "one"}]')


def test_an_empty_argument_is_refused(monkeypatch, tmp_path):
    """It would be the current folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.txt").write_text("secret")
    with pytest.raises(UserError, match="an input is empty, perhaps a variable that is not set; pass a text, a file"):
        list(inputs.read_inputs([""], "content"))


def test_hidden_folders_are_skipped(tmp_path):
    for name in (".git/config", ".dvc/cache/1.txt", "b/.hidden/2.txt", "b/3.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("text")
    assert list(inputs.read_inputs([str(tmp_path)], "content")) == [("b/3.txt", "text")]


def test_an_empty_text_file_among_several_is_an_error_of_its_row(files):
    (files / "empty.txt").touch()
    contents = dict(inputs.read_inputs([str(files / "empty.txt"), "text"], "content"))
    assert str(contents[f"{files}/empty.txt"]) == f"{files}/empty.txt is empty; remove it, or add its content."
    assert contents["text"] == "text"


def test_an_output_that_is_an_input_is_refused(files):
    (files / "link.jsonl").symlink_to("a.jsonl")
    (files / "hard.jsonl").hardlink_to(files / "a.jsonl")
    (files / "folder").symlink_to(files)
    (files / "other").mkdir()
    mine, other = files / "a.jsonl", files / "other/b.jsonl"
    for out, item in (
        *((mine, mine), (mine, files / "other/../a.jsonl"), (mine, files / "link.jsonl"), (mine, files / "hard.jsonl")),
        *((files / "link.jsonl", mine), (files / "folder/a.jsonl", mine), (files / "new.jsonl", files)),
        *((files / "folder/new.jsonl", files), (other, files), (files / "new.jsonl", files / "folder")),
    ):
        with pytest.raises(UserError, match=r"--out .*jsonl would replace an input, or is in its folder; name another"):
            inputs.check_output(out, ["text", str(item)])
    inputs.check_output(mine, ["text", "", "x" * 300, str(files / "other"), str(files / "a.csv")])
