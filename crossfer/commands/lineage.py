"""Where files come from, by dvc.lock in the workspace or at any commit."""

from collections.abc import Sequence
from pathlib import PurePosixPath

from crossfer.commands import dvc_lock
from crossfer.commands.dvc_lock import LOCK, Stage
from crossfer.errors import UserError
from crossfer.tracking import git


def at(commit: str) -> list[Stage]:
    """The stages of a commit's dvc.lock; none where it has none."""
    text = git.output("show", f"{commit}:./{LOCK}")
    return dvc_lock.parse(text) if text else []


def commit(name: str) -> str:
    """The commit that git knows by that name; nothing if there is none."""
    return git.output("rev-parse", "--quiet", "--verify", f"{name}^{{commit}}") or ""


def referenced_digests() -> set[str]:
    """Return the digests of all outputs that dvc.lock has in the workspace, in a branch, a tag or an experiment.

    Raises:
        UserError: git does not answer, or there is no dvc.lock.
    """
    found = {*dvc_lock.outputs(LOCK).values()}
    refs = (git.output("for-each-ref", "--format=%(refname)") or "").split()
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
