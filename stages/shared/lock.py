"""What dvc.lock says: which outputs each stage has, and the digest of each."""

from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from stages.shared.errors import UserError

LOCK = Path("dvc.lock")


def outputs(lock: Path) -> dict[tuple[str, str], str]:
    """The digest of every output, by stage and path, in the order of the file.

    Raises:
        UserError: the file is not there, or is none that DVC wrote.
    """
    try:
        stages = YAML(typ="safe").load(lock.read_text(encoding="utf-8"))["stages"]
        return {(name, out["path"]): out["md5"] for name, stage in stages.items() for out in stage.get("outs", [])}
    except FileNotFoundError:
        raise UserError(f"{lock} is not there; run this in a repository whose pipeline was made: dvc repro.") from None
    except (OSError, ValueError, YAMLError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{lock} is none that DVC wrote ({error}); restore it: git restore {lock}.") from None
