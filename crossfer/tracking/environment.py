"""What a result depends on beside data and parameters: the code, the installed packages, and the processor.

What dvc.lock's outputs were made with lies in git beside the reports, since a fresh clone has no run to ask.
"""

import hashlib
from collections.abc import Mapping
from importlib.metadata import distributions
from pathlib import Path

from crossfer.artifacts import io, paths
from crossfer.config import cpu

TOP = Path(__file__).parents[2]


def code() -> str:
    """Return a digest of all code of the stages and the library as it is now, committed or not."""
    summed = hashlib.sha256()
    for file in sorted(file for folder in ("crossfer", "stages") for file in (TOP / folder).rglob("*.py")):
        summed.update(f"{file.relative_to(TOP).as_posix()}\0".encode() + file.read_bytes() + b"\0")
    return summed.hexdigest()[:16]


def packages() -> str:
    """A digest of the names and versions of all installed packages, but of this project itself."""
    installed = {f"{one.name.lower()}=={one.version}" for one in distributions() if one.name}
    listed = sorted(one for one in installed if not one.startswith("crossfer=="))
    return hashlib.sha256("\n".join(listed).encode()).hexdigest()[:16]


def machine() -> dict[str, str]:
    """What may differ from machine to machine, by name."""
    return {"packages": packages(), "processor": cpu.cpu_model()}


def record(stage: str, made_with: Mapping[str, str]) -> None:
    """Write down what the outputs that DVC is about to keep of a stage were made with."""
    io.write_json(paths.environment(stage), dict(made_with))


def differences(stage: str, here: Mapping[str, str]) -> list[str]:
    """Names of what a stage's outputs were made with other than here; none if it is not written down."""
    path = paths.environment(stage)
    made_with = io.read_json(path) if path.exists() else here
    return [name for name, value in here.items() if made_with.get(name) != value]
