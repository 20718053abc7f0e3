"""Run a stage of the tiny task in a new process and record the paths it hashes."""

import json
import os
import subprocess
import sys

from repository import ROOT

SCRIPT = """
import json, sys
from importlib import import_module
from crossfer.artifacts import digests
hashed, digest = [], digests.digest
digests.digest = lambda path: (hashed.append(path.as_posix()), digest(path))[1]
import_module(f"stages.{sys.argv[1]}").main("tiny")
print(json.dumps(hashed))
"""


def run_stage(stage: str) -> tuple[list[str], list[str]]:
    """Run a stage in the current folder; return its output and the paths it hashes."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MLFLOW_", "DVC_"))}
    environment |= {"PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, "-c", SCRIPT, stage]
    process = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stderr
    *lines, hashed = process.stdout.splitlines()
    return lines, json.loads(hashed)
