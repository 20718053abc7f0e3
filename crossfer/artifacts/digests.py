"""Digests that name files, folders and sets of rows, as they stand in dvc.lock and in tracked runs."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path


def items_digest(ids: Iterable[str]) -> str:
    """MD5 of test rows' ids in their order: equal where two results are of the same rows."""
    return hashlib.md5("\n".join(ids).encode()).hexdigest()


def digest(path: Path) -> str:
    """MD5 of a file or folder, as it stands in dvc.lock, so that a tracked run and dvc.lock lead to each other.

    A folder's is the MD5 of DVC's listing of it (JSON, sorted by relative path) with the suffix `.dir`. It names
    content, it does not protect it: what must be trusted is checked by SHA-256.
    """
    if path.is_file():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "md5").hexdigest()
    files = sorted(file for file in path.rglob("*") if file.is_file())
    listing = [{"md5": digest(file), "relpath": file.relative_to(path).as_posix()} for file in files]
    listing.sort(key=lambda entry: entry["relpath"])
    return hashlib.md5(json.dumps(listing).encode()).hexdigest() + ".dir"
