"""The user's own folders of texts and images: the layouts that are read, and the error messages."""

import os

import pytest
from repository import read_all_rows

from crossfer.errors import UserError
from crossfer.sources.registry import SOURCES


def texts(path, fallback="none"):
    return SOURCES["folder"](path=str(path), fallback=fallback)


def create_files(folder, **contents):
    """Write files by path, in which __ stands for / and _dot_ for a dot."""
    for name, content in contents.items():
        path = folder / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


LAYOUTS = {
    "label folders": ({"spam__1_dot_txt": "one", "ham__1_dot_txt": "two"}, ["ham/1.txt", "spam/1.txt"], None),
    "splits": (
        {"train__spam__1_dot_txt": "one", "dev__ham__1_dot_txt": "two", "test__ham__2_dot_txt": "three"},
        ["dev/ham/1.txt", "test/ham/2.txt", "train/spam/1.txt"],
        ["validation", "test", "train"],
    ),
    "flat, splits": (
        {"train__spam_dot_a_dot_txt": "one", "val__ham_dot_a_dot_b_dot_txt": "two"},
        ["train/spam.a.txt", "val/ham.a.b.txt"],
        ["train", "validation"],
    ),
    "flat": ({"spam_dot_1_dot_txt": "one", "ham_dot_1_dot_txt": "two"}, ["ham.1.txt", "spam.1.txt"], None),
    "deeper": (
        {"spam__2024__05__1_dot_txt": "one", "ham__1_dot_txt": "two"},
        ["ham/1.txt", "spam/2024/05/1.txt"],
        None,
    ),
    "a label called test": ({"test__1_dot_txt": "one", "ham__1_dot_txt": "two"}, ["ham/1.txt", "test/1.txt"], None),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_layouts(tmp_path, name):
    files, ids, splits = LAYOUTS[name]
    dataset = texts(create_files(tmp_path / "mine", **files))
    rows = read_all_rows(dataset)
    assert list(rows["id"]) == ids
    assert (list(rows["split"]) if splits else "split" in rows) == (splits or False)
    expected = {"1": "spam", "2": "ham"}
    assert set(rows["label"]) == ({"ham", "test"} if "called" in name else set(expected.values()))
    assert dataset.origin == "folder mine"


def test_files_that_are_left_out_are_counted(tmp_path):
    folder = create_files(
        tmp_path, a__1_dot_txt="one", a__1_dot_md="x", b__2_dot_TXT="two", README="x", _dot_hidden="x"
    )
    dataset = texts(folder)
    assert list(read_all_rows(dataset)["content"]) == ["one", "two"]
    assert dataset.notes == {"left_out_files": 3}


def test_encodings(tmp_path):
    folder = create_files(
        tmp_path, a__1_dot_txt=b"\xef\xbb\xbfone", a__2_dot_txt=b"caf\xe9", b__3_dot_txt="ü\r\nv\rw", b__4_dot_txt=""
    )
    dataset = texts(folder, "cp1252")
    assert list(read_all_rows(dataset)["content"]) == ["one", "café", "ü\r\nv\rw", ""]
    assert dataset.notes["read_as_cp1252"] == 1
    with pytest.raises(UserError, match=r"2.txt is not UTF-8 \(byte 0xe9 at 3\); save it as UTF-8, or set `fallback`"):
        read_all_rows(texts(folder))
    with pytest.raises(UserError, match=r"2.txt is neither UTF-8 \(byte 0xe9 at 3\) nor ascii"):
        read_all_rows(texts(folder, "ascii"))
    (folder / "a/2.txt").write_bytes("one".encode("utf-16"))
    with pytest.raises(UserError, match=r"2.txt is not UTF-8"):
        read_all_rows(texts(folder, "cp1252"))


def test_images_are_read_as_bytes(tmp_path):
    folder = create_files(tmp_path, cat__1_dot_PNG=b"\x89PNG", dog__2_dot_jpeg=b"\xff", dog__notes_dot_txt="x")
    dataset = SOURCES["folder_of_images"](path=str(folder))
    assert list(read_all_rows(dataset)["content"]) == [b"\x89PNG", b"\xff"]
    assert dataset.notes == {"left_out_files": 1}


def test_error_messages(tmp_path):
    with pytest.raises(UserError, match=r"none does not exist; correct the path in params.yaml"):
        texts(tmp_path / "none")
    with pytest.raises(UserError, match=r"1.txt is not a folder; correct the path"):
        texts(create_files(tmp_path, a__1_dot_txt="x") / "a/1.txt")
    (tmp_path / "empty").mkdir()
    with pytest.raises(
        UserError, match=r"empty has no labelled files; put files that end in .txt into <label>/ or <split>/"
    ):
        texts(tmp_path / "empty")
    with pytest.raises(
        UserError,
        match=r"17.txt has no label; put it into a folder named after its label, or rename it to <label>.17.txt",
    ):
        texts(create_files(tmp_path / "loose", **{"17_dot_txt": "x"}))


def test_mixed_layouts(tmp_path):
    splits = {"Train__a__1_dot_txt": "x", "test__a__1_dot_txt": "y"}
    assert set(read_all_rows(texts(create_files(tmp_path / "one", **splits)))["split"]) == {"train", "test"}
    with pytest.raises(UserError, match=r"has folders of splits \(Train, test\) and of labels \(notes\); put all"):
        texts(create_files(tmp_path / "two", **splits, notes__x_dot_txt="z"))
    with pytest.raises(UserError, match=r"licence.v2.txt has no label; put it into a folder named after its label\."):
        texts(create_files(tmp_path / "three", a__1_dot_txt="x", licence_dot_v2_dot_txt="z"))


def test_utf_16_and_names_with_odd_spaces(tmp_path):
    folder = create_files(tmp_path, a__1_dot_txt="one".encode("utf-16"), b__2_dot_txt="two")
    (folder / "b/9.41\u202fAM.txt").write_text("three")
    for name in ("utf-16", "UTF16", "u16"):
        assert list(read_all_rows(texts(folder, name))["content"]) == ["one", "two", "three"]
    with pytest.raises(UserError, match=r"1.txt is not UTF-8"):
        read_all_rows(texts(folder, "iso8859-16"))


def test_a_chunk_ends_at_its_maximum_size(tmp_path, monkeypatch):
    monkeypatch.setattr("crossfer.sources.base.MAX_CHUNK_SIZE", 5)
    folder = create_files(tmp_path, a__1_dot_txt="three", a__2_dot_txt="3", b__3_dot_txt="3")
    assert [len(chunk) for chunk in texts(folder).chunks] == [1, 2]


@pytest.mark.parametrize("target", ["../secret.txt", "nowhere.txt"])
def test_a_link_that_leads_out_is_refused(tmp_path, target):
    folder = create_files(tmp_path / "mine", a__1_dot_txt="one", b__1_dot_txt="two")
    (tmp_path / "mine/secret.txt").unlink(missing_ok=True)
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "a/2.txt").symlink_to(tmp_path / "secret.txt" if target.startswith("..") else target)
    with pytest.raises(UserError, match=r"2.txt is a link that leads out of .*mine, or nowhere; copy the file there"):
        texts(folder)
    (folder / "a/2.txt").unlink()
    (folder / "a/2.txt").symlink_to(folder / "b/1.txt")
    assert len(read_all_rows(texts(folder))) == 3


def test_a_folder_that_links_out_is_refused(tmp_path):
    create_files(tmp_path / "other", x__1_dot_txt="secret")
    folder = create_files(tmp_path / "mine", a__1_dot_txt="one")
    (folder / "b").symlink_to(tmp_path / "other/x")
    with pytest.raises(UserError, match="b is a link that leads out"):
        texts(folder)


def test_a_name_that_is_not_utf_8_is_refused(tmp_path):
    folder = create_files(tmp_path, a__1_dot_txt="one")
    try:
        (folder / os.fsdecode(b"a/\xff.txt")).write_text("x")
    except OSError:
        pytest.skip("this file system allows only UTF-8 names")
    with pytest.raises(UserError, match="has a name that is not UTF-8"):
        texts(folder)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_an_error(tmp_path):
    folder = create_files(tmp_path, a__1_dot_txt="one")
    (folder / "a/1.txt").chmod(0)
    with pytest.raises(UserError, match="1.txt cannot be read: Permission denied"):
        read_all_rows(texts(folder))
