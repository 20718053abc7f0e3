"""A journal belongs to one process at a time and outlives a killed process."""

import json
import os
import resource
import shutil
import signal
import subprocess
import sys

import pytest
from repository import ROOT

from crossfer.artifacts import paths
from crossfer.tracking.outbox import Journal, pending_journals

HEAD = {"name": "finetune/x", "start": 1, "tags": {}, "fingerprint": "f", "store": "sqlite:///mlflow.db"}
KILLED = f"""
import os, signal
from crossfer.tracking.outbox import Journal
Journal.begin({HEAD}).add("tags", {{"a": "b"}})
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_ROOT", raising=False)


def test_a_journal_is_locked_until_it_is_released():
    journal = Journal.begin(HEAD)
    assert list(Journal.abandoned()) == []
    journal.release()
    (abandoned,) = Journal.abandoned()
    assert (abandoned.id, abandoned.head, abandoned.entries) == (journal.id, HEAD, [])


def test_a_killed_process_leaves_its_journal():
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.run([sys.executable, "-c", KILLED], env=environment, check=False)
    assert process.returncode == -signal.SIGKILL
    (folder,) = pending_journals()
    with (folder / "journal.jsonl").open("a") as file:
        file.write('["metrics", {"step": 3, "ti')  # half a line
    (journal,) = Journal.abandoned()
    assert (journal.entries, journal.has_ended) == ([("tags", {"a": "b"})], False)
    journal.add("end", {})
    journal.release()
    (journal,) = Journal.abandoned()
    assert (journal.entries, journal.has_ended) == ([("tags", {"a": "b"}), ("end", {})], True)


def test_a_removed_journal_leaves_nothing(tmp_path):
    journal = Journal.begin(HEAD)
    (tmp_path / "a").write_text("1")
    assert (journal.folder / journal.add_file(tmp_path / "a")).read_text() == "1"
    journal.remove()
    assert list(paths.outbox_folder().iterdir()) == []


def test_a_journal_is_set_aside_with_its_files_and_rejections(tmp_path):
    journal = Journal.begin(HEAD)
    (tmp_path / "a").write_text("1")
    path = journal.add_file(tmp_path / "a")
    journal.rejections.append({"type": "file", "content": {"path": path}, "reason": "HTTP status 413"})
    file = journal.set_aside()
    assert json.loads(file.read_text()) == journal.rejections[0]
    assert (file.parent / path).read_text() == "1"
    assert list(paths.outbox_folder().iterdir()) == []


def test_a_record_that_cannot_be_written_leaves_the_journal_as_it_was():
    journal = Journal.begin(HEAD)
    size, (soft, hard) = (journal.folder / "journal.jsonl").stat().st_size, resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 10, hard))  # as on a disk that is full after ten bytes
    try:
        with pytest.raises(OSError, match="File too large"):
            journal.add("tags", {"a": "long " * 10})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    journal.add("tags", {"a": "b"})
    journal.release()
    (abandoned,) = Journal.abandoned()
    assert abandoned.entries == journal.entries == [("tags", {"a": "b"})]


@pytest.mark.parametrize("has_folder", [True, False])
def test_an_incomplete_journal_of_a_killed_process_is_removed(has_folder):
    """The process was killed when it began or removed the journal."""
    incomplete, complete = Journal.begin(HEAD), Journal.begin(HEAD)
    (incomplete.folder / "journal.jsonl").rename(incomplete.folder / "journal.jsonl.new")
    if not has_folder:
        shutil.rmtree(incomplete.folder)
    assert list(Journal.abandoned()) == []
    assert incomplete.folder.exists() is has_folder  # its process runs
    assert pending_journals() == [complete.folder]
    incomplete.release()
    assert list(Journal.abandoned()) == []
    assert {path.name for path in paths.outbox_folder().iterdir()} == {complete.id, f".{complete.id}.lock"}
    complete.remove()


UNREADABLE = {
    "of another version": b'{"name": "finetune/x", "run": {"tags": {}}}\n["wrote", {"digests": {}}]\n',
    "empty": b"",
    "only zeros": bytes(100),
    "zeros in a line": json.dumps(HEAD).encode() + b"\n" + bytes(100) + b"\n",
    "no text": b"\xff\n",
    "no object": b"1\n",
    "a record without content": json.dumps(HEAD).encode() + b'\n["end"]\n',
    "a record of a number": json.dumps(HEAD).encode() + b"\n1\n",
}


@pytest.mark.parametrize("content", UNREADABLE.values(), ids=UNREADABLE)
def test_a_journal_that_cannot_be_read_is_set_aside(content, capfd):
    broken, intact = Journal.begin(HEAD), Journal.begin(HEAD)
    (broken.folder / "journal.jsonl").write_bytes(content)
    broken.release()
    intact.release()
    (abandoned,) = Journal.abandoned()
    assert abandoned.id == intact.id
    assert (paths.rejected_folder() / broken.id / "journal.jsonl").read_bytes() == content
    assert capfd.readouterr().err.startswith(f"warning: the journal {broken.folder} cannot be read and was moved to ")
    abandoned.remove()
    assert list(paths.outbox_folder().iterdir()) == []
