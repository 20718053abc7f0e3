"""A model on the Hugging Face Hub at one commit, from the local cache if possible."""

from pathlib import Path

from crossfer.backbones import local
from crossfer.errors import UserError

# Files that a model needs. Pickled weights, weights of other frameworks and code are not downloaded.
PATTERNS = ["*.json", "*.safetensors", "*.txt", "*.model"]


def locate(name: str, revision: str) -> Path:
    """Return the folder of a model in the Hugging Face cache, downloaded if necessary.

    Raises:
        UserError: the Hub cannot be reached or has no such model or commit, or the model has no safetensors weights.
    """
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        folder = snapshot_download(name, revision=revision, allow_patterns=PATTERNS)
    except LocalEntryNotFoundError as error:
        raise UserError(
            f"backbone {name} at {revision} is not in the Hugging Face cache, and the Hub cannot be reached; go online"
            " once, or set backbone.provider to local."
        ) from error
    except (HfHubHTTPError, HFValidationError) as error:
        raise UserError(
            f"backbone {name} at {revision} cannot be downloaded from the Hugging Face Hub ({type(error).__name__});"
            " check backbone.name and backbone.revision in params.yaml."
        ) from error
    return local.locate(folder)
