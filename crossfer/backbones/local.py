"""A Hugging Face folder on this machine."""

from pathlib import Path

from crossfer.artifacts import model_files
from crossfer.errors import UserError

CODE = "auto_map"  # in a configuration: names of classes in Python files that come with the model


def locate(path: str) -> Path:
    """Return the folder at `path`, once it is known to hold what is loaded from it.

    Only safetensors weights are taken: other weight files are pickles, which can run code when they are opened.

    Raises:
        UserError: no such folder, no config.json, no safetensors weights or broken ones, files that no model has so
            large or so deeply nested, or a model that needs code of its own.
    """
    found = Path(path).expanduser()
    if not found.is_dir():
        raise UserError(f"backbone folder {path} is not there; set backbone.path in params.yaml to one that is.")
    if not (found / "config.json").is_file():
        raise UserError(f"backbone folder {path} has no config.json; it must be a Hugging Face model folder.")
    weights = sorted(found.glob("*.safetensors"))
    if not weights:
        raise UserError(
            f"backbone folder {path} has no .safetensors weights; others are not loaded, since they can run code:"
            " save the model again with save_pretrained."
        )
    model_files.check(found)
    for file in weights:
        _check_weights(file)
    if CODE in model_files.read_json_object(found / "config.json"):
        raise UserError(
            f"backbone folder {path} needs code of its own ({CODE} in config.json), which is not run; name a model"
            " whose architecture is in transformers."
        )
    return found


def _check_weights(file: Path) -> None:
    """Check that a file of weights is what its name says, by its header, which has the length of all that follows.

    Raises:
        UserError: it is something else, or torn off.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(file, framework="np"):
            pass
    except (SafetensorError, OSError) as error:
        raise UserError(f"{file} holds no safetensors, or half of them ({error}); copy the model again.") from error
