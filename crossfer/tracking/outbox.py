"""Records of runs, written here before they are sent: a folder a run, with a journal and the files that it names.

So no record depends on whether the tracking store answers, and none is lost when a process is killed: whoever comes
next finds it here. A journal is locked as long as its process lives, and removed when the store has all of it. Sending
a record twice is the same as sending it once, so what was under way when the store went away is sent again.
"""

import json
import os
import shutil
import time
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from crossfer.artifacts import file_lock, paths

JOURNAL = "journal.jsonl"

Entry = tuple[str, dict[str, Any]]
"""A record: its kind, and what it says."""


class Journal:
    """The records of one run, in their order.

    Attributes:
        folder: where it lies, with the files that its records name.
        head: which run it is of.
        entries: the records.
        sent: how many of them the store has; 0 if that is not known.
    """

    END = "end"

    def __init__(self, folder: Path, file: int) -> None:
        self.folder, self._file, self.sent = folder, file, 0
        written = (folder / JOURNAL).read_bytes()
        whole = written[: written.rfind(b"\n") + 1]  # a process that was killed may have torn off the last line
        os.ftruncate(file, len(whole))
        lines = [json.loads(line) for line in whole.splitlines()]
        self.head: dict[str, Any] = lines[0] if lines else {}
        self.entries: list[Entry] = [(kind, what) for kind, what in lines[1:]]

    @classmethod
    def begun(cls, head: Mapping[str, Any]) -> "Journal":
        """A new journal, which is seen by others when it is whole: locked, and with its head."""
        name = uuid.uuid4().hex
        new = paths.outbox() / f".{name}"
        new.mkdir(parents=True)
        file = os.open(new / JOURNAL, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        file_lock.taken(file)
        os.write(file, (json.dumps(head) + "\n").encode())
        return cls(new.rename(paths.outbox() / name), file)

    @classmethod
    def left(cls) -> "Iterator[Journal]":
        """The journals that no process writes any more, the oldest first; they are let go of by whoever gets them."""
        found = [journal for folder in waiting() if (journal := cls._found(folder))]
        yield from sorted(found, key=lambda journal: journal.head["start"])

    @classmethod
    def _found(cls, folder: Path) -> "Journal | None":
        """The journal in a folder; None if a process writes it, or somebody has just sent and removed it."""
        try:
            file = os.open(folder / JOURNAL, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        if file_lock.taken(file) and (folder / JOURNAL).exists():
            return cls(folder, file)
        os.close(file)
        return None

    @property
    def ended(self) -> bool:
        """Its run has ended, well or not; else its process was killed."""
        return any(kind == self.END for kind, _ in self.entries)

    def add(self, kind: str, what: Mapping[str, Any]) -> None:
        """Write a record, whole or not at all.

        Raises:
            OSError: it cannot be written.
        """
        line, size = (json.dumps([kind, what]) + "\n").encode(), os.fstat(self._file).st_size
        try:
            while line:
                line = line[os.write(self._file, line) :]
        except OSError:
            os.ftruncate(self._file, size)
            raise
        self.entries.append((kind, dict(what)))

    def keep(self, path: Path) -> str:
        """Keep a copy of a file with the journal; return its path in the folder."""
        kept = self.folder / f"files/{len(self.entries)}/{path.name}"
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, kept)
        return kept.relative_to(self.folder).as_posix()

    def last_touched(self) -> int:
        """When it was written to last, in milliseconds since 1970."""
        return (self.folder / JOURNAL).stat().st_mtime_ns // 1_000_000

    def release(self) -> None:
        """Let go of it: it stays for whoever comes next."""
        os.close(self._file)

    def remove(self) -> None:
        """Remove it: the store has it all. What is half removed nobody finds."""
        shutil.rmtree(self.folder.rename(self.folder.with_name(f".{self.folder.name}")))
        os.close(self._file)


def waiting() -> list[Path]:
    """The folders of the journals that the store does not have all of."""
    return [*paths.outbox().glob("[!.]*")]


def now() -> int:
    """Milliseconds since 1970, as MLflow counts time."""
    return time.time_ns() // 1_000_000
