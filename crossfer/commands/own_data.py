"""Find data of tasks that clones and temporary copies of the repository lack."""

import os
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from crossfer.config.params import Task
from crossfer.errors import ErrorList, UserError
from crossfer.sources.checks import is_hidden
from crossfer.tracking import git


def check_versions(tasks: Mapping[str, Task]) -> None:
    """Raise a `UserError` for each task with a file that neither git nor DVC has."""
    errors = ErrorList()
    for name, task in tasks.items():
        if missing := files_without_version(task.files):
            error = UserError(
                f"task {name} reads {task.files}, but neither git nor DVC has {len(missing)} of its files"
                f" ({missing[0]}): clones and copies for experiments lack them. Run `dvc add {task.files}` and commit"
                f" {_dvc_file(task.files)}, or commit the files."
            )
            errors.add(error)
    errors.check()


def check_restored(tasks: Mapping[str, Task]) -> None:
    """Raise a `UserError` if data of a task that a .dvc file names are missing."""
    for name, task in tasks.items():
        dvc_file = _dvc_file(task.files)
        if dvc_file.exists() and not Path(task.files).exists():
            raise UserError(f"task {name} reads {task.files}, which DVC has not restored; run `dvc pull {dvc_file}`.")


def _dvc_file(path: str) -> Path:
    """Return the file that `dvc add` writes for a path."""
    return Path(f"{path.rstrip('/')}.dvc")


def files_without_version(path: str) -> list[str]:
    """Return the visible files at a relative path that git and .dvc files lack."""
    if PurePosixPath(path).is_absolute():
        return []
    added = {file.removesuffix(".dvc") for file in _list_files("--cached", "*.dvc")}
    if _is_added(path, added):
        return []
    files = [file for file in _list_files("--others", path) if not is_hidden(Path(os.path.relpath(file, path)))]
    return [file for file in files if not _is_added(file, added)]


def _is_added(path: str, added: set[str]) -> bool:
    """Return whether `dvc add` was run for a path or a folder around it."""
    return any(str(place) in added for place in (PurePosixPath(path), *PurePosixPath(path).parents))


def _list_files(option: str, pattern: str) -> list[str]:
    """Return the files that git lists; none outside of the repository."""
    output = git.output("ls-files", "-z", option, "--", pattern)
    return [file for file in (output or "").split("\0") if file]
