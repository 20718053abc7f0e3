"""MD5 digests of files, folders and strings; those of files equal dvc.lock's.

They identify content, but do not protect it: package_files.py checks SHA-256 where content must be trusted.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path


def strings_digest(strings: Iterable[str]) -> str:
    """Return the digest of strings in their order, for instance of row ids."""
    return hashlib.md5("\n".join(strings).encode()).hexdigest()


def digest(path: Path) -> str:
    """Return the digest of a file or folder."""
    if path.is_file():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "md5").hexdigest()
    return folder_digest(file_digests(path))


def file_digests(folder: Path) -> dict[str, str]:
    """Return the digest of each file in a folder, by its relative path."""
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    return {file.relative_to(folder).as_posix(): digest(file) for file in files}


def folder_digest(files: Mapping[str, str]) -> str:
    """Return the digest of a folder, computed from `file_digests` as DVC does."""
    listing = [{"md5": files[name], "relpath": name} for name in sorted(files)]
    return hashlib.md5(json.dumps(listing).encode()).hexdigest() + ".dir"
