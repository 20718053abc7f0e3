"""A Hugging Face model folder on this machine."""

from pathlib import Path

from crossfer.artifacts import model_files
from crossfer.errors import UserError

CODE = "auto_map"  # in config.json: names of classes in Python files that come with the model


def locate(path: str) -> Path:
    """Return the folder after a check of its files.

    Only safetensors weights are allowed, since pickles can run code.

    Raises:
        UserError: a file is missing, damaged, too large or too deeply nested, or the model needs code of its own.
    """
    folder = Path(path).expanduser()
    if not folder.is_dir():
        raise UserError(f"backbone folder {path} does not exist; correct backbone.path in params.yaml.")
    if not (folder / "config.json").is_file():
        raise UserError(f"backbone folder {path} has no config.json; use a Hugging Face model folder.")
    weights = sorted(folder.glob("*.safetensors"))
    if not weights:
        raise UserError(
            f"backbone folder {path} has no .safetensors weights, and other formats can run code; save the model again"
            " with save_pretrained."
        )
    model_files.check(folder)
    for file in weights:
        _check_header(file)
    if CODE in model_files.read_json_object(folder / "config.json"):
        raise UserError(
            f"backbone folder {path} needs code of its own ({CODE} in config.json), which is not run; use a model whose"
            " architecture is in transformers."
        )
    return folder


def _check_header(file: Path) -> None:
    """Check a safetensors file by its header, which states the length of the rest."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(file, framework="np"):
            pass
    except (SafetensorError, OSError) as error:
        raise UserError(f"{file} is damaged or not in safetensors format ({error}); copy the model again.") from error
