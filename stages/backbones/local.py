"""A Hugging Face folder on this machine."""

from pathlib import Path

from stages.shared.errors import UserError


def folder(path: str) -> Path:
    """Return the folder at `path`, once it is known to hold what is loaded from it.

    Only safetensors weights are taken: other weight files are pickles, which can run code when they are opened.

    Raises:
        UserError: no such folder, no config.json, or no safetensors weights.
    """
    found = Path(path).expanduser()
    if not found.is_dir():
        raise UserError(f"backbone folder {path} is not there; set backbone.path in params.yaml to one that is.")
    if not (found / "config.json").is_file():
        raise UserError(f"backbone folder {path} has no config.json; it must be a Hugging Face model folder.")
    if not any(found.glob("*.safetensors")):
        raise UserError(
            f"backbone folder {path} has no .safetensors weights; others are not loaded, since they can run code:"
            " save the model again with save_pretrained."
        )
    return found
