"""Which stage made a file, and of what, as dvc.lock has it: in the workspace, or at any commit."""

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from ruamel.yaml import YAML

from stages.shared.errors import UserError
from stages.shared.lock import LOCK

CODE = "stages"  # the folder


@dataclass(frozen=True)
class Stage:
    """A stage as it was run last.

    Attributes:
        name: as DVC has it.
        command: what ran it.
        inputs: path and digest of all data and files that it read, but for code.
        code: the paths of its code.
        outputs: path and digest of what it wrote.
    """

    name: str
    command: str
    inputs: Mapping[str, str]
    code: Sequence[str]
    outputs: Mapping[str, str]


def locked(text: str) -> list[Stage]:
    """The stages of a dvc.lock, in its order."""
    found = []
    for name, block in (YAML(typ="safe").load(text) or {}).get("stages", {}).items():
        read = {entry["path"]: entry["md5"] for entry in block.get("deps", [])}
        code = [path for path in read if PurePosixPath(path).parts[0] == CODE]
        inputs = {path: digest for path, digest in read.items() if path not in code}
        wrote = {entry["path"]: entry["md5"] for entry in block.get("outs", [])}
        found.append(Stage(name, block["cmd"], inputs, code, wrote))
    return found


def at(commit: str) -> list[Stage]:
    """The stages of a commit's dvc.lock; none where it has none."""
    return locked(_git("show", f"{commit}:./{LOCK}"))


def commit(name: str) -> str:
    """The commit that git knows by that name; nothing if there is none."""
    return _git("rev-parse", "--quiet", "--verify", f"{name}^{{commit}}").strip()


def kept() -> set[str]:
    """The digests of all outputs that dvc.lock has in the workspace, in a branch, a tag or an experiment.

    Raises:
        UserError: git does not answer.
    """
    found = {digest for stage in locked(LOCK.read_text(encoding="utf-8")) for digest in stage.outputs.values()}
    refs = _git("for-each-ref", "--format=%(refname)").split()
    if not refs:
        raise UserError("git knows no branch here, so that what other branches need is not known; see: git status.")
    for ref in ("HEAD", *refs):
        found |= {digest for stage in at(ref) for digest in stage.outputs.values()}
    return found


def belongs(path: str, whole: str) -> bool:
    """A path is `whole`, or lies in it."""
    return PurePosixPath(path).is_relative_to(whole)


def maker(stages: Sequence[Stage], path: str) -> Stage | None:
    """The stage that wrote a file or folder, or what lies in it."""
    return next((stage for stage in stages if any(belongs(path, out) for out in stage.outputs)), None)


def _git(*arguments: str) -> str:
    """What git prints; nothing if it fails."""
    done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False, encoding="utf-8")
    return done.stdout if done.returncode == 0 else ""
