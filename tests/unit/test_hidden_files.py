"""All commands leave out the same hidden files."""

import subprocess
from pathlib import Path

import pytest

from crossfer.commands import own_data
from crossfer.commands.predict_inputs import read_inputs
from crossfer.config.folder_domains import FolderOfTexts
from crossfer.inspection.locations import locate
from crossfer.sources.reading import open_domain

FILES = ("mine/a/1.txt", "mine/b/2.txt")
HIDDEN_FILES = ("mine/a/.1.txt", "mine/.cache/a/1.txt", "mine/__MACOSX/a/1.txt", "mine/a/__MACOSX/2.txt")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in (*FILES, *HIDDEN_FILES):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(f"text of {name}", encoding="utf-8")


def test_training_reads_visible_files():
    dataset = open_domain(FolderOfTexts(domain="en", provider="folder", path="mine"))
    assert sorted(name for chunk in dataset.chunks for name in chunk["id"]) == ["a/1.txt", "b/2.txt"]


def test_add_lists_visible_files():
    assert [file.as_posix() for file in locate("mine").files] == [*FILES]


def test_predict_reads_visible_files():
    assert [name for name, _ in read_inputs(["mine"], "content")] == ["a/1.txt", "b/2.txt"]


def test_visible_files_need_a_version():
    subprocess.run(["git", "init", "--quiet"], check=True)
    assert own_data.files_without_version("mine") == [*FILES]
