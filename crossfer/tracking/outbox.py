"""Keep the records of runs on this disk until the tracking store has them.

Each run has a folder with a journal and the files that its records name. Therefore no record depends on whether the
store answers, and a process that is killed loses none. A process holds the lock of its journal while it runs. The
system releases the lock of a killed process.
"""

import json
import os
import shutil
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from crossfer.artifacts import paths

JOURNAL_FILE, REJECTIONS_FILE = "journal.jsonl", "rejections.jsonl"
HEAD_FIELDS = ("name", "start", "tags", "fingerprint", "store")


class Journal:
    """The records of one run, in order. Its process holds its lock.

    Attributes:
        id: name of the journal, and a tag of the run in the store.
        folder: folder of the journal and of the files that its records name.
        head: what the store creates the run from, and the store's address.
        entries: type and content of each record.
        sent_count: number of records that the store has or rejects permanently; 0 in a new process.
        rejections: the records that the store rejects permanently, each with the reason.
        run_id: id of the run in the store; None until the store has created it.
    """

    END = "end"

    def __init__(self, folder: Path, lock: FileLock) -> None:
        self.id, self.folder, self._lock = folder.name, folder, lock
        self.sent_count = 0
        self.rejections: list[dict[str, Any]] = []
        self.run_id: str | None = None
        content = (folder / JOURNAL_FILE).read_bytes()
        complete_lines = content[: content.rfind(b"\n") + 1]  # a killed process may have left half a line
        head, *entries = map(json.loads, complete_lines.splitlines())
        self.head: dict[str, Any] = {field: head[field] for field in HEAD_FIELDS}
        self.entries: list[tuple[str, dict[str, Any]]] = [
            (record_type, dict(content)) for record_type, content in entries
        ]
        os.truncate(folder / JOURNAL_FILE, len(complete_lines))

    @classmethod
    def begin(cls, head: Mapping[str, Any]) -> "Journal":
        """Return a new journal."""
        folder = paths.outbox_folder() / f"{now_ms():013d}-{uuid.uuid4().hex[:12]}"  # sorted by time
        paths.outbox_folder().mkdir(parents=True, exist_ok=True)
        lock = _lock(folder.name)
        lock.acquire()
        folder.mkdir()
        file = folder / f"{JOURNAL_FILE}.new"
        file.write_text(json.dumps(head) + "\n", encoding="utf-8")
        file.rename(folder / JOURNAL_FILE)  # a journal always has its head
        return cls(folder, lock)

    @classmethod
    def abandoned(cls) -> Iterator["Journal"]:
        """Yield the journals of processes that ended, oldest first.

        Remove what a process that was killed in `begin` or `remove` left. Set aside a journal that cannot be read:
        another version wrote it, or the machine lost power before its records were on the disk.
        """
        names = {path.name.removeprefix(".").removesuffix(".lock") for path in paths.outbox_folder().glob("*")}
        for name in sorted(names):
            folder, lock = paths.outbox_folder() / name, _lock(name)
            try:
                lock.acquire(blocking=False)
            except Timeout:
                continue
            if not (folder / JOURNAL_FILE).exists():
                shutil.rmtree(folder, ignore_errors=True)  # often it does not exist
                _remove_lock(lock)
                continue
            try:
                journal = cls(folder, lock)
            except (ValueError, TypeError, KeyError):
                print(
                    f"warning: the journal {folder} cannot be read and was moved to {_set_aside(folder, lock)}; no"
                    " output depends on it, so delete it.",
                    file=sys.stderr,
                )
                continue
            yield journal

    @property
    def has_ended(self) -> bool:
        """Whether the run has ended; else its process runs or was killed."""
        return any(record_type == self.END for record_type, _ in self.entries)

    def add(self, record_type: str, content: Mapping[str, Any]) -> None:
        """Write a record, completely or not at all.

        Raises:
            OSError: the record cannot be written.
        """
        size = (self.folder / JOURNAL_FILE).stat().st_size
        try:
            with (self.folder / JOURNAL_FILE).open("a", encoding="utf-8") as file:
                file.write(json.dumps([record_type, content]) + "\n")
        except OSError:
            os.truncate(self.folder / JOURNAL_FILE, size)
            raise
        self.entries.append((record_type, dict(content)))

    def add_file(self, path: Path) -> str:
        """Copy a file to the journal's folder; return its path in the folder."""
        copy = self.folder / f"files/{len(self.entries)}/{path.name}"
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
        return copy.relative_to(self.folder).as_posix()

    def modified_ms(self) -> int:
        """Return the time of the last record, in milliseconds since 1970."""
        return (self.folder / JOURNAL_FILE).stat().st_mtime_ns // 1_000_000

    def release(self) -> None:
        """Release the lock; the journal waits for the next process."""
        self._lock.release()

    def remove(self) -> None:
        """Remove the journal. If the process is killed here, the next removes the rest."""
        (self.folder / JOURNAL_FILE).unlink()
        shutil.rmtree(self.folder)
        _remove_lock(self._lock)

    def set_aside(self) -> Path:
        """Move the journal out of the outbox; return the file that lists its rejections."""
        lines = "".join(json.dumps(record) + "\n" for record in self.rejections)
        (self.folder / REJECTIONS_FILE).write_text(lines, encoding="utf-8")
        return _set_aside(self.folder, self._lock) / REJECTIONS_FILE


def pending_journals() -> list[Path]:
    """Return the folders of the journals in the outbox, oldest first."""
    return sorted(path.parent for path in paths.outbox_folder().glob(f"*/{JOURNAL_FILE}"))


def now_ms() -> int:
    """Return the time in milliseconds since 1970, MLflow's unit."""
    return time.time_ns() // 1_000_000


def _set_aside(folder: Path, lock: FileLock) -> Path:
    """Move a journal's folder out of the outbox; return the new folder."""
    paths.rejected_folder().mkdir(parents=True, exist_ok=True)
    new_folder = folder.rename(paths.rejected_folder() / folder.name)
    _remove_lock(lock)
    return new_folder


def _lock(name: str) -> FileLock:
    return FileLock(paths.outbox_folder() / f".{name}.lock")


def _remove_lock(lock: FileLock) -> None:
    """Remove the lock of a removed journal, whose name no other journal ever has."""
    Path(lock.lock_file).unlink(missing_ok=True)
    lock.release()
