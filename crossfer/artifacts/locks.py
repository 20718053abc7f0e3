"""Let only one process at a time write an output or prepare the database."""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from crossfer.artifacts import paths
from crossfer.errors import UserError

NAME = re.compile(r"[a-z0-9_-]+(?:@[a-z0-9_-]{1,64})?")


@contextmanager
def lock_outputs(name: str) -> Iterator[None]:
    """Hold the lock of a stage and task, such as finetune@news, during the block.

    The system releases the lock when the process ends, however it ends. A name that no stage and task can have is
    not locked.

    Raises:
        UserError: another process has the lock.
    """
    if not NAME.fullmatch(name):
        yield
        return
    file = paths.locks_folder(Path()) / f"{name}.lock"  # outputs are in the current folder
    with hold_lock(file, f"writes the outputs of {name}"):
        yield


@contextmanager
def hold_lock(file: Path, activity: str, max_wait: float = 0) -> Iterator[None]:
    """Hold the lock of a file during the block.

    Args:
        file: the lock; its content names the process that has it.
        activity: what a process with the lock does, for the error message.
        max_wait: seconds to wait for another process.

    Raises:
        UserError: another process still has the lock.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        lock = FileLock(file).acquire(timeout=max_wait)
    except Timeout:
        holder = file.read_text(encoding="utf-8") or "another process"
        raise UserError(f"{holder} {activity}; wait until it ends, or end it.") from None
    with lock:
        file.write_text(f"process {os.getpid()} ({_command()})", encoding="utf-8")
        yield


def _command() -> str:
    """Return the command of this process, as a user types it."""
    main = sys.modules["__main__"]
    module = main.__spec__ and main.__spec__.name.removesuffix(".__main__")
    program = f"python -m {module}" if module else Path(sys.argv[0]).name
    return " ".join([program, *sys.argv[1:]])
