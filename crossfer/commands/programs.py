"""Run the programs that are installed with this Python, whether its environment is activated or not."""

import os
import sys
from pathlib import Path


def environment() -> dict[str, str]:
    """Return this process's environment, with the folder of this Python first on PATH."""
    path = os.environ.get("PATH", os.defpath)
    return {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{path}"}
