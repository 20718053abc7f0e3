"""Folders of a user's texts and images: their layouts, and the error messages."""

import os

import pytest
from repository import read_all_rows

from crossfer.errors import UserError
from crossfer.modalities.vision.data.images import FORMATS
from crossfer.sources.folder import IMAGE_SUFFIXES
from crossfer.sources.registry import SOURCES


def read_texts(path, fallback="none"):
    return SOURCES["folder"](path=str(path), fallback=fallback)


def create_files(folder, contents):
    """Write files by their path."""
    for name, content in contents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


LAYOUTS = {
    "label folders": ({"spam/1.txt": "one", "ham/1.txt": "two"}, ["ham/1.txt", "spam/1.txt"], None),
    "splits": (
        {"train/spam/1.txt": "one", "dev/ham/1.txt": "two", "test/ham/2.txt": "three"},
        ["dev/ham/1.txt", "test/ham/2.txt", "train/spam/1.txt"],
        ["validation", "test", "train"],
    ),
    "flat, splits": (
        {"train/spam.a.txt": "one", "val/ham.a.b.txt": "two"},
        ["train/spam.a.txt", "val/ham.a.b.txt"],
        ["train", "validation"],
    ),
    "flat": ({"spam.1.txt": "one", "ham.1.txt": "two"}, ["ham.1.txt", "spam.1.txt"], None),
    "deeper": (
        {"spam/2024/05/1.txt": "one", "ham/1.txt": "two"},
        ["ham/1.txt", "spam/2024/05/1.txt"],
        None,
    ),
    "a label called test": ({"test/1.txt": "one", "ham/1.txt": "two"}, ["ham/1.txt", "test/1.txt"], None),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_layouts(tmp_path, name):
    files, ids, splits = LAYOUTS[name]
    dataset = read_texts(create_files(tmp_path / "mine", files))
    rows = read_all_rows(dataset)
    assert list(rows["id"]) == ids
    assert (list(rows["split"]) if splits else "split" in rows) == (splits or False)
    assert set(rows["label"]) == {"ham", "test" if name == "a label called test" else "spam"}
    assert dataset.origin == "folder mine"


def test_files_that_are_left_out_are_counted(tmp_path):
    files = {"a/1.txt": "one", "a/1.md": "x", "b/2.TXT": "two", "README": "x", ".hidden": "x", "a/.x/1.txt": "x"}
    (tmp_path / "c").mkdir()
    dataset = read_texts(create_files(tmp_path, files))
    assert list(read_all_rows(dataset)["content"]) == ["one", "two"]
    assert dataset.notes == {
        "left_out_files_md": 1,
        "left_out_files_other": 1,
        "left_out_files_hidden": 3,
        "empty_folders": 1,
    }


def test_all_unreadable_files_are_listed_at_once(tmp_path):
    files = {f"a/{number:02}.txt": b"caf\xe9" for number in range(30)} | {"b/1.txt": b"one"}
    folder = create_files(tmp_path, files)
    with pytest.raises(UserError) as caught:
        read_all_rows(read_texts(folder))
    first, *lines, last = str(caught.value).splitlines()
    assert (first, last) == ("30 errors:", "  and 10 more.")
    assert [line.split()[0] for line in lines] == [f"{folder}/a/{number:02}.txt" for number in range(20)]
    for name in ("01", "02"):
        (folder / f"a/{name}.txt").unlink()
        (folder / f"a/{name}.txt").symlink_to("nowhere")
    with pytest.raises(UserError, match=r"2 errors:\n.*01.txt is a link .*\n.*02.txt is a link"):
        read_texts(folder)


@pytest.mark.parametrize("path", ["x" * 300, "a\0b", "/".join(["x"] * 5000)])
def test_a_text_that_cannot_be_a_path_does_not_exist(path):
    for read in (lambda: read_texts(path), lambda: SOURCES["folder_of_images"](path=path)):
        with pytest.raises(UserError, match="does not exist; correct the path in params.yaml"):
            read()


def test_encodings(tmp_path):
    folder = create_files(
        tmp_path, {"a/1.txt": b"\xef\xbb\xbfone", "a/2.txt": b"caf\xe9", "b/3.txt": "ü\r\nv\rw", "b/4.txt": ""}
    )
    dataset = read_texts(folder, "cp1252")
    assert list(read_all_rows(dataset)["content"]) == ["one", "café", "ü\r\nv\rw", ""]
    assert dataset.notes["read_as_cp1252"] == 1
    with pytest.raises(UserError, match=r"2.txt is not UTF-8 \(byte 0xe9 at 3\); save it as UTF-8, or set `fallback`"):
        read_all_rows(read_texts(folder))
    with pytest.raises(UserError, match=r"2.txt is neither UTF-8 \(byte 0xe9 at 3\) nor ascii"):
        read_all_rows(read_texts(folder, "ascii"))
    (folder / "a/2.txt").write_bytes("one".encode("utf-16"))
    with pytest.raises(UserError, match=r"2.txt is not UTF-8"):
        read_all_rows(read_texts(folder, "cp1252"))


def test_images_are_read_as_bytes(tmp_path):
    folder = create_files(tmp_path, {"cat/1.PNG": b"\x89PNG", "dog/2.jpeg": b"\xff", "dog/notes.txt": "x"})
    dataset = SOURCES["folder_of_images"](path=str(folder))
    assert list(read_all_rows(dataset)["content"]) == [b"\x89PNG", b"\xff"]
    assert dataset.notes == {"left_out_files_txt": 1}


def test_the_suffixes_of_images_are_those_of_the_formats():
    from PIL import Image

    suffixes = {suffix for suffix, name in Image.registered_extensions().items() if name in (*FORMATS, "MPO")}
    assert set(IMAGE_SUFFIXES) == suffixes


def test_error_messages(tmp_path):
    with pytest.raises(UserError, match=r"none does not exist; correct the path in params.yaml"):
        read_texts(tmp_path / "none")
    with pytest.raises(UserError, match=r"1.txt is not a folder; correct the path"):
        read_texts(create_files(tmp_path, {"a/1.txt": "x"}) / "a/1.txt")
    (tmp_path / "empty").mkdir()
    with pytest.raises(
        UserError, match=r"empty has no labelled files; put files that end in .txt into <label>/ or <split>/"
    ):
        read_texts(tmp_path / "empty")
    with pytest.raises(
        UserError,
        match=r"17.txt has no label; put it into a folder named after its label, or rename it to <label>.17.txt",
    ):
        read_texts(create_files(tmp_path / "loose", {"17.txt": "x"}))


def test_mixed_layouts(tmp_path):
    splits = {"Train/a/1.txt": "x", "test/a/1.txt": "y"}
    assert set(read_all_rows(read_texts(create_files(tmp_path / "one", splits)))["split"]) == {"train", "test"}
    with pytest.raises(UserError, match=r"has folders of splits \(Train, test\) and of labels \(notes\); put all"):
        read_texts(create_files(tmp_path / "two", {**splits, "notes/x.txt": "z"}))
    with pytest.raises(UserError, match=r"licence.v2.txt has no label; put it into a folder named after its label\."):
        read_texts(create_files(tmp_path / "three", {"a/1.txt": "x", "licence.v2.txt": "z"}))


def test_utf_16_and_names_with_odd_spaces(tmp_path):
    folder = create_files(tmp_path, {"a/1.txt": "one".encode("utf-16"), "b/2.txt": "two"})
    (folder / "b/9.41\u202fAM.txt").write_text("three")
    for name in ("utf-16", "UTF16", "u16"):
        assert list(read_all_rows(read_texts(folder, name))["content"]) == ["one", "two", "three"]
    with pytest.raises(UserError, match=r"1.txt is not UTF-8"):
        read_all_rows(read_texts(folder, "iso8859-16"))


def test_a_chunk_ends_at_its_maximum_size(tmp_path, monkeypatch):
    monkeypatch.setattr("crossfer.sources.base.MAX_CHUNK_SIZE", 5)
    folder = create_files(tmp_path, {"a/1.txt": "three", "a/2.txt": "3", "b/3.txt": "3"})
    assert [len(chunk) for chunk in read_texts(folder).chunks] == [1, 2]


@pytest.mark.parametrize("target", ["../secret.txt", "nowhere.txt"])
def test_a_link_that_leads_out_is_refused(tmp_path, target):
    folder = create_files(tmp_path / "mine", {"a/1.txt": "one", "b/1.txt": "two"})
    (tmp_path / "mine/secret.txt").unlink(missing_ok=True)
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "a/2.txt").symlink_to(tmp_path / "secret.txt" if target.startswith("..") else target)
    with pytest.raises(UserError, match=r"2.txt is a link that leads out of .*mine, or nowhere; copy the file there"):
        read_texts(folder)
    (folder / "a/2.txt").unlink()
    (folder / "a/2.txt").symlink_to(folder / "b/1.txt")
    assert len(read_all_rows(read_texts(folder))) == 3


def test_a_folder_that_links_out_is_refused(tmp_path):
    create_files(tmp_path / "other", {"x/1.txt": "secret"})
    folder = create_files(tmp_path / "mine", {"a/1.txt": "one"})
    (folder / "b").symlink_to(tmp_path / "other/x")
    with pytest.raises(UserError, match="b is a link that leads out"):
        read_texts(folder)


def test_a_name_that_is_not_utf_8_is_refused(tmp_path):
    folder = create_files(tmp_path, {"a/1.txt": "one"})
    try:
        (folder / os.fsdecode(b"a/\xff.txt")).write_text("x")
    except OSError:
        pytest.skip("this file system allows only UTF-8 names")
    with pytest.raises(UserError, match="has a name that is not UTF-8"):
        read_texts(folder)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_an_error(tmp_path):
    folder = create_files(tmp_path, {"a/1.txt": "one"})
    (folder / "a/1.txt").chmod(0)
    with pytest.raises(UserError, match="1.txt cannot be read: Permission denied"):
        read_all_rows(read_texts(folder))
