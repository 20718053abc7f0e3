"""Run DVC experiments in a copy of the workspace, and read their outputs."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from crossfer.commands import programs
from crossfer.errors import UserError


def experiment_command(name: str, target: str, parameters: Sequence[str]) -> list[str]:
    """Return the command that runs the stages up to `target` with changed parameters."""
    changes = [f"--set-param={parameter}" for parameter in parameters]
    return ["dvc", "exp", "run", "--temp", "--name", name, *changes, target]


def run_experiment(name: str, command: Sequence[str]) -> str:
    """Run an experiment, replacing one of that name; return the commit."""
    commit = head_commit()
    with suppress(UserError):  # there is no older one
        programs.output("dvc", "exp", "remove", "--quiet", name)
    programs.output(*command)
    return commit


def copy_output(name: str, path: Path, folder: str) -> Path:
    """Copy a file that an experiment wrote to a folder; return the copy."""
    copy = Path(folder) / path.name
    programs.output("dvc", "get", "--quiet", ".", str(path), "--rev", name, "--out", str(copy))
    return copy


def head_commit() -> str:
    """Return the last commit, from which no file but ablations may differ."""
    if programs.output("git", "status", "--porcelain", "--untracked-files=no", "--", ".", ":!data/ablation"):
        raise UserError("files differ from the last commit, which identifies the code of an ablation; commit them.")
    return programs.output("git", "rev-parse", "HEAD")
