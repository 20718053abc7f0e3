"""Journals: the records of runs on this disk, until the tracking store has them.

Each run has a folder with a journal and the files that it names. So no record depends on whether the store answers, and
none is lost when a process is killed. A process holds the lock of its journal as long as it lives; the system releases
the lock of a process that is killed.
"""

import json
import os
import shutil
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from crossfer.artifacts import paths

FILE = "journal.jsonl"
HEAD = ("name", "start", "tags", "fingerprint", "store")


class Journal:
    """The records of one run, in order. Whoever has it holds its lock, and releases or removes it.

    Attributes:
        id: of the journal; the run in the store has it as a tag.
        folder: where the journal lies, with the files that its records name.
        head: what the run is made from in the store, and which store that is.
        entries: the records, each its kind and its content.
        sent: how many of them the store has or rejects for good; 0 if that is not known.
        rejected: those that it rejects for good, each with the reason.
        run_id: of the run in the store; None until the store has made it.
    """

    END = "end"

    def __init__(self, folder: Path, lock: FileLock) -> None:
        self.id, self.folder, self._lock = folder.name, folder, lock
        self.sent = 0
        self.rejected: list[dict[str, Any]] = []
        self.run_id: str | None = None
        written = (folder / FILE).read_bytes()
        complete = written[: written.rfind(b"\n") + 1]  # a process that was killed may have torn the last line
        head, *entries = map(json.loads, complete.splitlines())
        self.head: dict[str, Any] = {field: head[field] for field in HEAD}
        self.entries: list[tuple[str, dict[str, Any]]] = [(kind, dict(content)) for kind, content in entries]
        os.truncate(folder / FILE, len(complete))

    @classmethod
    def begin(cls, head: Mapping[str, Any]) -> "Journal":
        """Return a new journal. Others see it when it is locked and has its head."""
        name = f"{now():013d}-{uuid.uuid4().hex[:12]}"  # sorted by time
        new = paths.outbox_folder() / f".{name}"
        paths.outbox_folder().mkdir(parents=True, exist_ok=True)
        lock = _lock(name)
        lock.acquire()
        new.mkdir()
        (new / FILE).write_text(json.dumps(head) + "\n", encoding="utf-8")
        return cls(new.rename(paths.outbox_folder() / name), lock)

    @classmethod
    def abandoned(cls) -> Iterator["Journal"]:
        """Yield the journals that no process writes any more, oldest first.

        Remove those that a process was killed at beginning or removing. Set aside those that cannot be read: another
        version wrote them, or the machine lost power before their records were on the disk.
        """
        _sweep()
        for folder in pending():
            lock = _lock(folder.name)
            try:
                lock.acquire(blocking=False)
            except Timeout:
                continue
            if not (folder / FILE).exists():  # another process has just delivered it
                _remove(lock)
                continue
            try:
                journal = cls(folder, lock)
            except (ValueError, TypeError, KeyError):
                print(
                    f"warning: the journal {folder} cannot be read. It was moved to {_set_aside(folder, lock)}."
                    " No output depends on it.",
                    file=sys.stderr,
                )
                continue
            yield journal

    @property
    def ended(self) -> bool:
        """Whether its run has ended; else its process was killed, or still runs."""
        return any(kind == self.END for kind, _ in self.entries)

    def add(self, kind: str, content: Mapping[str, Any]) -> None:
        """Write a record, completely or not at all.

        Raises:
            OSError: it cannot be written.
        """
        size = (self.folder / FILE).stat().st_size
        try:
            with (self.folder / FILE).open("a", encoding="utf-8") as file:
                file.write(json.dumps([kind, content]) + "\n")
        except OSError:
            os.truncate(self.folder / FILE, size)
            raise
        self.entries.append((kind, dict(content)))

    def add_file(self, path: Path) -> str:
        """Copy a file to the journal; return its path in the folder."""
        copy = self.folder / f"files/{len(self.entries)}/{path.name}"
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
        return copy.relative_to(self.folder).as_posix()

    def modified_time(self) -> int:
        """Return when it was last written to, in milliseconds since 1970."""
        return (self.folder / FILE).stat().st_mtime_ns // 1_000_000

    def release(self) -> None:
        """Release its lock: it stays for the next process."""
        self._lock.release()

    def remove(self) -> None:
        """Remove it: the store has all of it. Nobody finds a half removed one."""
        shutil.rmtree(self.folder.rename(paths.outbox_folder() / f".{self.id}"))
        _remove(self._lock)

    def save_rejected(self) -> Path:
        """Write the rejected records to a file, and move the files that they name next to it. Return its path."""
        paths.rejected_folder().mkdir(parents=True, exist_ok=True)
        file = paths.rejected_folder() / f"{self.id}.jsonl"
        file.write_text("".join(json.dumps(record) + "\n" for record in self.rejected), encoding="utf-8")
        for path in (record["content"].get("path") for record in self.rejected):
            if path and (self.folder / path).exists():
                kept = paths.rejected_folder() / self.id / path
                kept.parent.mkdir(parents=True, exist_ok=True)
                (self.folder / path).rename(kept)
        return file

    def set_aside(self) -> Path:
        """Move it out of the outbox: the store rejects it. Return the new folder."""
        return _set_aside(self.folder, self._lock)


def pending() -> list[Path]:
    """Return the folders of the journals that the store does not have all of, oldest first."""
    return sorted(path.parent for path in paths.outbox_folder().glob(f"[!.]*/{FILE}"))


def _sweep() -> None:
    """Remove what is left of journals that a process was killed at beginning or removing."""
    for file in paths.outbox_folder().glob(".*.lock"):
        name = file.name.removeprefix(".").removesuffix(".lock")
        if (paths.outbox_folder() / name).exists():
            continue
        lock = _lock(name)
        with suppress(Timeout):
            lock.acquire(blocking=False)
            if (paths.outbox_folder() / name).exists():  # it was begun in the meantime
                lock.release()
                continue
            shutil.rmtree(paths.outbox_folder() / f".{name}", ignore_errors=True)
            _remove(lock)


def _set_aside(folder: Path, lock: FileLock) -> Path:
    """Move a journal's folder out of the outbox. Return the new folder."""
    paths.rejected_folder().mkdir(parents=True, exist_ok=True)
    moved = folder.rename(paths.rejected_folder() / folder.name)
    _remove(lock)
    return moved


def now() -> int:
    """Return milliseconds since 1970, as MLflow counts time."""
    return time.time_ns() // 1_000_000


def _lock(name: str) -> FileLock:
    return FileLock(paths.outbox_folder() / f".{name}.lock")


def _remove(lock: FileLock) -> None:
    """Remove the lock of a journal that is gone. No other journal ever has its name."""
    Path(lock.lock_file).unlink(missing_ok=True)
    lock.release()
