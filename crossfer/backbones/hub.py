"""A model on the Hugging Face Hub, pinned to one commit; taken from the local cache where it is there already."""

from pathlib import Path

from crossfer.backbones import local
from crossfer.errors import UserError

# What a model folder needs. Pickled weights, other frameworks' weights and code are left where they are.
PATTERNS = ["*.json", "*.safetensors", "*.txt", "*.model"]


def locate(name: str, revision: str) -> Path:
    """Return the folder of `name` at commit `revision` in the Hugging Face cache, downloaded if it is not there.

    Raises:
        UserError: the Hub cannot be reached or has no such model or commit, or the model has no safetensors weights.
    """
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        found = snapshot_download(name, revision=revision, allow_patterns=PATTERNS)
    except LocalEntryNotFoundError:
        raise UserError(
            f"backbone {name} at {revision} is not in the Hugging Face cache and the Hub cannot be reached;"
            " go online once, or use provider local."
        ) from None
    except (HfHubHTTPError, HFValidationError) as error:
        raise UserError(
            f"backbone {name} at {revision} cannot be fetched from the Hugging Face Hub ({type(error).__name__});"
            " check backbone.name and backbone.revision in params.yaml."
        ) from None
    return local.locate(found)
