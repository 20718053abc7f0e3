"""DVC experiments: run one beside the workspace, and read what it left."""

import shlex
import subprocess
from collections.abc import Sequence
from pathlib import Path

from crossfer.commands.programs import environment
from crossfer.errors import UserError

TOLD = 12  # lines of a failed experiment's output that are shown


def command(name: str, target: str, parameters: Sequence[str]) -> list[str]:
    """What runs an experiment up to the stage `target`, with `key.key=value` of params.yaml changed."""
    changed = [f"--set-param={parameter}" for parameter in parameters]
    return ["dvc", "exp", "run", "--temp", "--name", name, *changed, target]


def run(name: str, command: Sequence[str]) -> str:
    """Run an experiment, in place of an older one of that name, and return the commit that it ran at.

    Raises:
        UserError: files differ from the last commit, which results are told by; or it failed.
    """
    commit = head_commit()
    subprocess.run(["dvc", "exp", "remove", "--quiet", name], env=environment(), capture_output=True, check=False)
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-TOLD:]
        raise UserError(f"experiment {name} failed:\n" + "\n".join(last))
    return commit


def output_of(name: str, path: Path, folder: str) -> Path:
    """Copy to `folder` a file that an experiment wrote; return the copy."""
    copy = Path(folder) / path.name
    _output("dvc", "get", "--quiet", ".", str(path), "--rev", name, "--out", str(copy))
    return copy


def head_commit() -> str:
    """Return the last commit. No file may differ from it but ablations: experiments take files as they are.

    Raises:
        UserError: files differ, or this is no git repository.
    """
    if _output("git", "status", "--porcelain", "--untracked-files=no", "--", ".", ":!data/ablation"):
        raise UserError("files differ from the last commit, which the rows of the ablation name. Commit them first.")
    return _output("git", "rev-parse", "HEAD")


def _output(*command: str) -> str:
    """What a command prints.

    Raises:
        UserError: it failed.
    """
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
    if done.returncode:
        raise UserError(f"`{shlex.join(command)}` failed: {done.stderr.strip()}")
    return done.stdout.strip()
