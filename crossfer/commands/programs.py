"""Run programs; those of this Python's environment need no activation."""

import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from crossfer.errors import UserError

MAX_LINES = 12  # of a failed program's output in an error message


def run(*command: str, folder: Path | None = None, unset: tuple[str, ...] = ()) -> None:
    """Run a program and show its output.

    Args:
        command: program and arguments.
        folder: working folder of the program.
        unset: prefixes of environment variables that the program does not get.
    """
    sys.stdout.flush()
    if _run(command, unset, cwd=folder).returncode:
        raise UserError(f"`{shlex.join(command)}` failed; fix the cause in its output above, and run it again.")


def output(*command: str) -> str:
    """Run a program and return what it prints, stripped."""
    process = _run(command, (), capture_output=True, text=True)
    if process.returncode:
        lines = "\n".join((process.stderr.strip() or process.stdout.strip()).splitlines()[-MAX_LINES:])
        raise UserError(f"`{shlex.join(command)}` failed; fix the cause in its output, and run it again:\n{lines}")
    return process.stdout.strip()


def _run(command: Sequence[str], unset: tuple[str, ...], **options: Any) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(unset)}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    try:
        return subprocess.run(command, env=environment, check=False, **options)
    except FileNotFoundError:
        raise UserError(f"{command[0]} is not installed; install it, or add its folder to PATH.") from None
