"""Run modules of this project in their own process, and measure seconds of wall time and peak memory.

The command runs below a small process of its own: the kernel counts the peak of the process that starts another one
towards that one's peak, so a large process cannot measure a smaller one. psutil knows no peak on Linux.

Run:    python -m benchmarks.measure COMMAND...       (prints JSON; drops what the command prints, except errors)
"""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from crossfer.errors import UserError


class Cost(NamedTuple):
    """Seconds of wall time, and bytes of memory at the peak."""

    seconds: float
    bytes: float


def link(folder: Path, names: Iterable[str]) -> None:
    """Link files and folders of the workspace into the folder, under the same paths."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).symlink_to(Path(name).resolve())


def store(folder: Path) -> str:
    """Return the address of the folder's own tracking store."""
    return f"sqlite:///{folder / 'mlflow.db'}"


def run(module: str, *arguments: str, folder: Path = Path()) -> Cost:
    """Run a module in a folder, with the folder's own tracking store.

    Raises:
        UserError: it failed.
    """
    python = [sys.executable, "-m"]
    command = [*python, "benchmarks.measure", *python, module, *arguments]
    environment = {**os.environ, "MLFLOW_TRACKING_URI": store(folder.resolve())}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    measured = json.loads(done.stdout)
    if measured["status"]:
        said = done.stderr.strip() or f"it ended with status {measured['status']} and printed nothing"
        raise UserError(f"{module} {' '.join(arguments)} failed: {said.splitlines()[-1]}")
    return Cost(measured["seconds"], measured["bytes"])


def main(command: list[str]) -> None:
    """Run the command and print what it took."""
    start = time.perf_counter()
    status = subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode
    seconds = time.perf_counter() - start
    unit = 1 if sys.platform == "darwin" else 1024  # ru_maxrss is in bytes on macOS, in KiB elsewhere
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * unit
    print(json.dumps({"status": status, "seconds": seconds, "bytes": peak}))


if __name__ == "__main__":
    main(sys.argv[1:])
