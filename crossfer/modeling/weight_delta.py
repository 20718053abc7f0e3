"""Store an adapted model as a weight delta: the weights that adaptation changed."""

from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from transformers import PreTrainedModel

from crossfer.errors import UserError
from crossfer.modeling.heads import add_labels

Weights = dict[str, torch.Tensor]


def copy_weights(model: PreTrainedModel) -> Weights:
    """Return a copy of the model's weights and statistics, by name."""
    return {name: tensor.detach().cpu().clone() for name, tensor in model.state_dict().items()}


def save_delta(model: PreTrainedModel, old_weights: Weights, path: Path) -> None:
    """Write the weights that differ from those before the adaptation."""
    changed_weights = {
        name: tensor for name, tensor in copy_weights(model).items() if not torch.equal(tensor, old_weights[name])
    }
    save_file(changed_weights, path, metadata={"format": "pt"})


def apply_delta(model: PreTrainedModel, labels: Sequence[str], path: Path) -> None:
    """Turn a model, in place, into the one that was adapted from it, with its labels.

    Raises:
        UserError: the file contains weights of another model.
    """
    add_labels(model, labels)
    try:
        unknown_names = model.load_state_dict(load_file(path), strict=False).unexpected_keys
    except RuntimeError:  # torch's: a weight of another shape
        unknown_names = ["other shapes"]
    if unknown_names:
        raise UserError(
            f"{path} belongs to another model ({', '.join(unknown_names[:3])}); rerun the stage adapt:"
            " `dvc repro adapt`."
        )
