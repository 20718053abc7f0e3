"""Measure a module in a process of its own, and write tables.

A small process starts the module, because the kernel counts the memory of a process towards the peak of those that it
starts. psutil reports no peak memory on Linux.

Run:    python -m benchmarks.measure COMMAND...       (prints JSON; of the command's output, only errors are shown)
"""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from crossfer.artifacts import paths
from crossfer.errors import UserError
from crossfer.reporting import markdown


class Cost(NamedTuple):
    """Wall time in seconds, and peak memory in bytes."""

    seconds: float
    peak_bytes: float


def link_files(folder: Path, names: Iterable[str]) -> None:
    """Link files and folders of the workspace into a folder, under the same paths."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).symlink_to(Path(name).resolve())


def tracking_uri(folder: Path) -> str:
    """Return the address of a folder's own tracking store."""
    return f"sqlite:///{folder / 'mlflow.db'}"


def run_module(module: str, *arguments: str, folder: Path = Path()) -> Cost:
    """Run a module in a folder, with the folder's own tracking store.

    Raises:
        UserError: the module failed.
    """
    python = [sys.executable, "-m"]
    command = [*python, "benchmarks.measure", *python, module, *arguments]
    environment = {**os.environ, "MLFLOW_TRACKING_URI": tracking_uri(folder.resolve())}
    process = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    measurement = json.loads(process.stdout)
    if measurement["status"]:
        reason = process.stderr.strip() or f"it ended with status {measurement['status']} and printed nothing"
        cause = reason.splitlines()[-1].rstrip(".")
        raise UserError(f"{module} {' '.join(arguments)} failed: {cause}; fix it and run the benchmark again.")
    return Cost(measurement["seconds"], measurement["peak_bytes"])


def write_table(task: str, name: str, header: Sequence[str], rows: Sequence[Sequence[str]], note: str = "") -> None:
    """Write a Markdown table and a note to data/measurements, and print them."""
    path = paths.benchmark_path(task, name, "md")
    path.parent.mkdir(parents=True, exist_ok=True)
    page = markdown.table(header, rows) + (f"\n\n{note}" if note else "")
    path.write_text(f"{page}\n", encoding="utf-8")
    print(page)


def main(command: list[str]) -> None:
    """Run the command, and print its status, wall time and peak memory."""
    start = time.perf_counter()
    status = subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode
    seconds = time.perf_counter() - start
    unit = 1 if sys.platform == "darwin" else 1024  # ru_maxrss is in bytes on macOS, in KiB elsewhere
    peak_bytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * unit
    print(json.dumps({"status": status, "seconds": seconds, "peak_bytes": peak_bytes}))


if __name__ == "__main__":
    main(sys.argv[1:])
