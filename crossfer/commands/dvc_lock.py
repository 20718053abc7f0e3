"""Read dvc.lock: which stage wrote a file, with which command, from which inputs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from crossfer.errors import UserError
from crossfer.tracking import git

LOCK_FILE = Path("dvc.lock")
CODE_FOLDERS = ("crossfer", "stages")


@dataclass(frozen=True)
class Stage:
    """A stage as DVC last ran it."""

    name: str  # such as finetune@news
    command: str
    inputs: Mapping[str, str]  # path and digest, except code
    code: Sequence[str]  # paths
    outputs: Mapping[str, str]  # path and digest


def read_stages(lock: Path = LOCK_FILE) -> list[Stage]:
    """Return the stages of a dvc.lock, in its order."""
    try:
        return _parse(lock.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{lock} does not exist; run `dvc repro` in the top folder of the repository.") from None
    except (OSError, ValueError, YAMLError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{lock} is damaged ({error}); restore it: git restore {lock}") from error


def read_stages_at(commit: str) -> list[Stage]:
    """Return the stages of a commit's dvc.lock; none if the commit has no dvc.lock."""
    text = git.output("show", f"{commit}:./{LOCK_FILE}")
    return _parse(text) if text else []


def output_digests(lock: Path = LOCK_FILE) -> dict[tuple[str, str], str]:
    """Return the digest of each output by stage and path, in the order of the file."""
    return {(stage.name, path): digest for stage in read_stages(lock) for path, digest in stage.outputs.items()}


def referenced_digests() -> set[str]:
    """Return the output digests of workspace, branches, tags and experiments."""
    digests = {*output_digests().values()}
    refs = (git.output("for-each-ref", "--format=%(refname)") or "").split()
    if not refs:
        raise UserError("git lists no branch in this folder, so outputs of other branches are unknown; see: git status")
    return digests.union(*(stage.outputs.values() for ref in ("HEAD", *refs) for stage in read_stages_at(ref)))


def is_inside(path: str, folder: str) -> bool:
    """Return whether a path is that folder or lies in it."""
    return PurePosixPath(path).is_relative_to(folder)


def find_writer(stages: Sequence[Stage], path: str) -> Stage | None:
    """Return the stage that wrote a path or a folder around it, or None."""
    return next((stage for stage in stages if any(is_inside(path, out) for out in stage.outputs)), None)


def _parse(text: str) -> list[Stage]:
    """Return the stages of the text of a dvc.lock."""
    stages = []
    for name, block in YAML(typ="safe").load(text)["stages"].items():
        inputs = {entry["path"]: entry["md5"] for entry in block.get("deps", [])}
        code = [path for path in inputs if PurePosixPath(path).parts[0] in CODE_FOLDERS]
        outputs = {entry["path"]: entry["md5"] for entry in block.get("outs", [])}
        data = {path: digest for path, digest in inputs.items() if path not in code}
        stages.append(Stage(name, block["cmd"], data, code, outputs))
    return stages
