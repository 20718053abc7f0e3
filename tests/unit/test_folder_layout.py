"""Folders: names of splits, and labels that would be lost."""

import pytest
from repository import read_all_rows
from test_folder import create_files, read_texts

from crossfer.errors import UserError
from crossfer.sources.registry import SOURCES


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (
            {"a/1.txt": "one", "b/1.md": "x", "b/c/2.MD": "x", "b/3.docx": "x"},
            "/b has no file of the label b that can be read (docx: 1, md: 2); convert them to .txt, or remove them.",
        ),
        (
            {"train/a/1.txt": "one", "train/b/1.txt": "one", "test/a/1.txt": "one", "test/b/1.md": "x"},
            "/test/b has no file of the label b that can be read (md: 1)",
        ),
        ({"a.1.txt": "one", "b.1.md": "x", "b.2.md": "x"}, " has no file of the label b that can be read (md: 2)"),
    ],
)
def test_a_label_without_readable_files_is_an_error(tmp_path, files, message):
    with pytest.raises(UserError) as caught:
        read_texts(create_files(tmp_path, files))
    assert message in str(caught.value)


def test_a_label_without_readable_images_is_an_error(tmp_path):
    folder = create_files(tmp_path, {"cat/1.jfif": b"x", "dog/1.heic": b"x", "dog/2.HEIC": b"x", "bird/1.svg": b"x"})
    with pytest.raises(UserError) as caught:
        SOURCES["folder_of_images"](path=str(folder))
    fix = "convert them to .png, or remove them."
    assert str(caught.value).splitlines() == [
        "2 errors:",
        f"  {folder}/bird has no file of the label bird that can be read (svg: 1); {fix}",
        f"  {folder}/dog has no file of the label dog that can be read (heic: 2); {fix}",
    ]


SPLIT_NAMES = {
    "train": ("train", "Training", "train_set", "trainset", "training-data", "train split"),
    "validation": ("validation", "valid", "val", "dev", "dev_set", "Development", "validation_set"),
    "test": ("test", "testing", "test_set", "TestSet", "test data", "testing_set_"),
}


@pytest.mark.parametrize(("split", "name"), [(split, name) for split, names in SPLIT_NAMES.items() for name in names])
def test_usual_names_of_splits(tmp_path, split, name):
    other = "train" if split == "test" else "test"
    rows = read_all_rows(read_texts(create_files(tmp_path, {f"{name}/a/1.txt": "one", f"{other}/b/2.txt": "two"})))
    assert dict(zip(rows["label"], rows["split"], strict=True)) == {"a": split, "b": other}


@pytest.mark.parametrize(
    "files",
    [
        ("seg_train/a/1.txt", "seg_test/a/2.txt", "seg_pred/3.txt"),
        ("train2017/1.txt", "val2017/2.txt"),
        ("train/1.txt", "test/2.txt", "ham/3.txt"),
        ("train/train/a.1.txt", "train/train/b.1.txt"),
        ("train.1.txt", "test.1.txt"),
        ("train1/1.txt", "train2/1.txt"),
    ],
)
def test_labels_that_seem_to_be_splits_are_refused(tmp_path, files):
    with pytest.raises(
        UserError, match=r"has the labels .*, which seem to be splits; name folders of splits train, val"
    ):
        read_texts(create_files(tmp_path, dict.fromkeys(files, "x")))


def test_splits_in_the_folder_of_a_label_are_refused(tmp_path):
    folder = create_files(tmp_path, {"spam/train/1.txt": "x", "spam/test/2.txt": "y", "ham/3.txt": "z"})
    with pytest.raises(UserError, match=r"would be the label spam, but has folders of splits \(test, train\); put the"):
        read_texts(folder)


def test_the_folder_of_an_archive_from_macos_is_hidden(tmp_path):
    files = {"train/a/1.txt": "x", "test/a/2.txt": "y", "__MACOSX/train/a/._1.txt": "z"}
    dataset = read_texts(create_files(tmp_path, files))
    assert list(read_all_rows(dataset)["id"]) == ["test/a/2.txt", "train/a/1.txt"]
    assert dataset.notes == {"left_out_files_hidden": 1}
