"""What a few labelled rows changed in a model: the weights that differ, kept in a file of their own.

Beside the whole model, which most of it equals, an adapter is small: what is frozen is not in it.
"""

from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from transformers import PreTrainedModel

from crossfer.errors import UserError
from crossfer.modeling.heads import add_labels

Weights = dict[str, torch.Tensor]


def copy_weights(model: PreTrainedModel) -> Weights:
    """A copy of all weights and statistics of the model, by name."""
    return {name: tensor.detach().cpu().clone() for name, tensor in model.state_dict().items()}


def save(model: PreTrainedModel, before: Weights, path: Path) -> None:
    """Write what differs from `before`, the weights of the model that it was adapted from."""
    now = copy_weights(model)
    changed = {name: tensor for name, tensor in now.items() if not torch.equal(tensor, before[name])}
    save_file(changed, path, metadata={"format": "pt"})


def apply(model: PreTrainedModel, labels: Sequence[str], path: Path) -> None:
    """Turn a model, in place, into the one that was adapted from it: its labels, and the weights in the file.

    Raises:
        UserError: the file holds weights of another model.
    """
    add_labels(model, labels)
    try:
        others = model.load_state_dict(load_file(path), strict=False).unexpected_keys
    except RuntimeError:  # torch's: a weight of another shape
        others = ["of other shapes"]
    if others:
        raise UserError(
            f"{path} was not made of this model: it has weights that the model has not"
            f" ({', '.join(others[:3])}); run the stage adapt again."
        )
