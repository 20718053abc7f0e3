"""What dvc.lock says: which stage made a file, by what command, and of what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from crossfer.errors import UserError

LOCK = Path("dvc.lock")
CODE = ("crossfer", "stages")  # folders


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


def read(lock: Path = LOCK) -> list[Stage]:
    """The stages of a dvc.lock, in its order.

    Raises:
        UserError: the file is not there, or is none that DVC wrote.
    """
    try:
        return parse(lock.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{lock} is not there; run this in a repository whose pipeline was made: dvc repro.") from None
    except (OSError, ValueError, YAMLError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{lock} is none that DVC wrote ({error}); restore it: git restore {lock}.") from error


def outputs(lock: Path) -> dict[tuple[str, str], str]:
    """The digest of every output, by stage and path, in the order of the file.

    Raises:
        UserError: the file is not there, or is none that DVC wrote.
    """
    return {(stage.name, path): digest for stage in read(lock) for path, digest in stage.outputs.items()}


def parse(text: str) -> list[Stage]:
    """Return the stages of the text of a dvc.lock, in its order."""
    found = []
    for name, block in YAML(typ="safe").load(text)["stages"].items():
        read = {entry["path"]: entry["md5"] for entry in block.get("deps", [])}
        code = [path for path in read if PurePosixPath(path).parts[0] in CODE]
        inputs = {path: digest for path, digest in read.items() if path not in code}
        wrote = {entry["path"]: entry["md5"] for entry in block.get("outs", [])}
        found.append(Stage(name, block["cmd"], inputs, code, wrote))
    return found
