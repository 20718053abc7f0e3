"""Find files of installed packages without importing them; check SHA-256."""

import hashlib
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

from crossfer.errors import UserError

REINSTALL = "install the version that requirements.lock names"


def find_package_files(package: str, suffix: str) -> list[Path]:
    """Return the files of a package whose path ends with `suffix`, sorted.

    Raises:
        UserError: the package is not installed, or has no such file.
    """
    try:
        package_paths = files(package) or []
    except PackageNotFoundError:
        raise UserError(f"package {package} is not installed; run `make repro`, which installs it.") from None
    names = {path.as_posix(): path for path in package_paths}
    matches = [Path(str(names[name].locate())) for name in sorted(names) if name.endswith(suffix)]
    if not matches:
        raise UserError(f"package {package} has no file {suffix}; {REINSTALL}.")
    return matches


def sha256(paths: Iterable[Path]) -> str:
    """Return the SHA-256 of the bytes of files, one after another, in hex."""
    result = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            while chunk := file.read(1 << 20):
                result.update(chunk)
    return result.hexdigest()


def check_sha256(paths: Iterable[Path], expected: str, name: str, fix: str = REINSTALL) -> None:
    """Raise a `UserError` unless files have the expected SHA-256."""
    if (actual := sha256(paths)) != expected:
        raise UserError(f"{name} has SHA-256 {actual}, expected {expected}; {fix}.")
