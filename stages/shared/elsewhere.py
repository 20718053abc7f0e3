"""Stages run in a folder of their own, on links to the workspace, so that it and its runs stay as they are."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from stages.shared.errors import UserError


def link(place: Path, names: Iterable[str]) -> None:
    """Link files and folders of the workspace into the folder, each where it lies there."""
    for name in names:
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).symlink_to(Path(name).resolve())


def store(place: Path) -> str:
    """Address of the tracking store of the folder."""
    return f"sqlite:///{place / 'mlflow.db'}"


def run(place: Path, stage: str, task: str) -> tuple[float, float]:
    """Run a stage in the folder.

    Returns:
        Seconds of wall time, and bytes of its memory at the peak, which this process's own is a lower bound of: the
        kernel counts what a process was started from.

    Raises:
        UserError: it failed.
    """
    start = time.perf_counter()
    command = [sys.executable, "-m", f"stages.{stage}", task]
    environment = {**os.environ, "MLFLOW_TRACKING_URI": store(place)}
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(command, cwd=place, env=environment, stdout=subprocess.DEVNULL, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            errors.seek(0)
            said = errors.read().decode().strip() or f"it ended with status {process.returncode} and said nothing"
            raise UserError(f"{stage} of task {task} failed: {said.splitlines()[-1]}")
    unit = 1 if sys.platform == "darwin" else 1024  # bytes on macOS, KiB elsewhere
    return time.perf_counter() - start, float(usage.ru_maxrss * unit)
