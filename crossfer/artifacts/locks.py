"""Let only one process at a time write an output."""

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
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        lock = FileLock(file).acquire(blocking=False)
    except Timeout:
        holder = file.read_text(encoding="utf-8") or "another process"
        raise UserError(f"{holder} writes the outputs of {name}; wait until it ends, or end it.") from None
    with lock:
        file.write_text(f"process {os.getpid()} ({_command()})", encoding="utf-8")
        yield


def _command() -> str:
    """Return the command of this process, as a user types it."""
    main = sys.modules["__main__"]
    module = main.__spec__ and main.__spec__.name.removesuffix(".__main__")
    program = f"python -m {module}" if module else Path(sys.argv[0]).name
    return " ".join([program, *sys.argv[1:]])
