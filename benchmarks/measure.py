"""Run a command and print what it took, as JSON: its status, seconds of wall time, and bytes of memory at the peak.

In a process of its own that imports nothing large: the kernel counts towards a process's peak that of the process which
it was started from, so that a large one cannot see what a smaller one needs.

Run:    python -m benchmarks.measure COMMAND...       (what the command prints is dropped; its errors are not)
"""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from crossfer.errors import UserError


def module(
    name: str,
    arguments: Sequence[str],
    what: str,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> tuple[float, float]:
    """Run a module of this project, measured.

    Args:
        name: of the module.
        arguments: of its command line.
        what: to call it in a message.
        folder: where it runs; None for here.
        environment: that it has; None for this process's.

    Returns:
        Seconds of wall time, and bytes of its memory at the peak.

    Raises:
        UserError: it failed.
    """
    python = [sys.executable, "-m"]
    command = [*python, "benchmarks.measure", *python, name, *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    took = json.loads(done.stdout)
    if took["status"]:
        said = done.stderr.strip() or f"it ended with status {took['status']} and said nothing"
        raise UserError(f"{what} failed: {said.splitlines()[-1]}")
    return took["seconds"], took["bytes"]


def main(command: list[str]) -> None:
    """Run the command and print what it took."""
    start = time.perf_counter()
    status = subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode
    seconds = time.perf_counter() - start
    unit = 1 if sys.platform == "darwin" else 1024  # ru_maxrss is of bytes on macOS, of KiB elsewhere
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * unit
    print(json.dumps({"status": status, "seconds": seconds, "bytes": peak}))


if __name__ == "__main__":
    main(sys.argv[1:])
