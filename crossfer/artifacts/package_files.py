"""Files inside installed packages: found without importing the package, and checked before they are used."""

import hashlib
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

from crossfer.errors import UserError

REINSTALL = "install the version that requirements.lock names"


def find_package_files(package: str, suffix: str) -> list[Path]:
    """Paths of an installed package's files whose path in the package ends with `suffix`, sorted by that path.

    Raises:
        UserError: the package is not installed, or has no such file.
    """
    try:
        listed = files(package) or []
    except PackageNotFoundError:
        raise UserError(f"package {package} is not installed; run `make repro`, which installs it.") from None
    found = sorted((file for file in listed if file.as_posix().endswith(suffix)), key=lambda file: file.as_posix())
    if not found:
        raise UserError(f"package {package} has no file {suffix}; {REINSTALL}.")
    return [Path(str(file.locate())) for file in found]


def sha256(paths: Iterable[Path]) -> str:
    """SHA-256 of the bytes of `paths`, one file after another, in hex."""
    found = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            while chunk := file.read(1 << 20):
                found.update(chunk)
    return found.hexdigest()


def check_sha256(paths: Iterable[Path], expected: str, what: str, mend: str = REINSTALL) -> None:
    """Check that the bytes of `paths` have the digest that is expected of them.

    Raises:
        UserError: they have not.
    """
    found = sha256(paths)
    if found != expected:
        raise UserError(f"{what} has SHA-256 {found}, expected is {expected}; {mend}.")
