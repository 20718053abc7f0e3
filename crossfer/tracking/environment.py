"""What a result depends on besides data and parameters: the code, the installed packages and the processor."""

import hashlib
from importlib.metadata import distributions
from pathlib import Path

TOP = Path(__file__).parents[2]


def code_digest() -> str:
    """Return a digest of the stages' code and templates as they are now, committed or not."""
    files = {
        file for folder in ("crossfer", "stages") for end in ("py", "j2") for file in (TOP / folder).rglob(f"*.{end}")
    }
    summed = hashlib.sha256()
    for file in sorted(file for file in files if not file.is_relative_to(TOP / "crossfer/commands")):
        summed.update(f"{file.relative_to(TOP).as_posix()}\0".encode() + file.read_bytes() + b"\0")
    return summed.hexdigest()[:16]


def packages_digest() -> str:
    """Return a digest of the names and versions of all installed packages except this project."""
    installed = {f"{package.name.lower()}=={package.version}" for package in distributions() if package.name}
    listed = sorted(package for package in installed if not package.startswith("crossfer=="))
    return hashlib.sha256("\n".join(listed).encode()).hexdigest()[:16]
