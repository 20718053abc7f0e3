"""Digests that name files, folders and sets of rows, as they stand in dvc.lock and in tracked runs."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path


def strings_digest(ids: Iterable[str]) -> str:
    """MD5 of test rows' ids in their order: equal where two results are of the same rows."""
    return hashlib.md5("\n".join(ids).encode()).hexdigest()


def digest(path: Path) -> str:
    """Return the MD5 of a file or folder as in dvc.lock, so that a tracked run and dvc.lock lead to each other.

    It names content, it does not protect it: what must be trusted is checked by SHA-256.
    """
    if path.is_file():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "md5").hexdigest()
    return folder_digest(file_digests(path))


def file_digests(folder: Path) -> dict[str, str]:
    """Return the digest of each file in a folder, by its relative path."""
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    return {file.relative_to(folder).as_posix(): digest(file) for file in files}


def folder_digest(files: Mapping[str, str]) -> str:
    """Return the digest of a folder, of the digests of its files.

    It is the MD5 of DVC's listing of the folder (JSON, sorted by relative path) with the suffix `.dir`.
    """
    listing = [{"md5": files[name], "relpath": name} for name in sorted(files)]
    return hashlib.md5(json.dumps(listing).encode()).hexdigest() + ".dir"
