"""Digests of the code and of the installed packages, which results depend on."""

import hashlib
from importlib.metadata import distributions
from pathlib import Path

ROOT = Path(__file__).parents[2]


def code_digest() -> str:
    """Return a digest of the stages' code and templates on disk, committed or not."""
    digest = hashlib.sha256()
    for file in sorted(file for folder in ("crossfer", "stages") for file in (ROOT / folder).rglob("*.*")):
        if file.suffix in (".py", ".j2") and not file.is_relative_to(ROOT / "crossfer/commands"):
            digest.update(f"{file.relative_to(ROOT).as_posix()}\0".encode() + file.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def packages_digest() -> str:
    """Return a digest of the names and versions of all other installed packages."""
    packages = {f"{package.name.lower()}=={package.version}" for package in distributions() if package.name}
    lines = sorted(package for package in packages if not package.startswith("crossfer=="))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]
