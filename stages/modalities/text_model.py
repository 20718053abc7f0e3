"""Models of text: encoders of the BERT family with a classifier on them, through transformers' Auto classes.

Where the architecture allows it, what is frozen is run once, not once an epoch, and what is above is trained on its
outputs: frozen modules need no backward pass, and without dropout their outputs are the same in every epoch.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from transformers import AutoModelForSequenceClassification, PreTrainedModel

from stages.shared.batches import batches_by_length
from stages.shared.errors import UserError

# Architectures in which the layers below take nothing but the output of the embeddings and the mask. Others share
# weights between layers (DeBERTa, MPNet) or project the embeddings by weights that are trained (ELECTRA).
RUN_ONCE = ("bert", "roberta", "xlm-roberta", "camembert", "distilbert", "modernbert")


def load(folder: Path, labels: Sequence[str] | None = None) -> PreTrainedModel:
    """The classifier in `folder`, in single precision; with `labels`, a backbone that gets a new head for them.

    Only safetensors are read, and no code that comes with a model is run.
    """
    head = {}
    if labels is not None:
        head = {"id2label": dict(enumerate(labels)), "label2id": {label: i for i, label in enumerate(labels)}}
    model: PreTrainedModel = AutoModelForSequenceClassification.from_pretrained(
        folder, use_safetensors=True, trust_remote_code=False, dtype="float32", **head
    )
    return model.eval()


def collate(model: PreTrainedModel, inputs: Sequence[NDArray[Any]]) -> dict[str, torch.Tensor]:
    """Pad inputs to the longest of them.

    Args:
        model: whose padding id is used.
        inputs: token ids (tokens,), or outputs of a frozen part (tokens, width), see `frozen_once`.

    Returns:
        input_ids (rows, tokens), or inputs_embeds (rows, tokens, width), and attention_mask (rows, tokens).
    """
    shape = (len(inputs), max(map(len, inputs)))
    mask = np.zeros(shape, np.int64)
    if inputs[0].ndim == 1:
        name, batch = "input_ids", np.full(shape, model.config.pad_token_id or 0, np.int64)
    else:
        name, batch = "inputs_embeds", np.zeros((*shape, inputs[0].shape[1]), np.float32)
    for row, values in enumerate(inputs):
        batch[row, : len(values)] = values
        mask[row, : len(values)] = 1
    return {name: torch.from_numpy(batch), "attention_mask": torch.from_numpy(mask)}


def freeze(model: PreTrainedModel, embeddings: bool, layers: int) -> None:
    """Keep the embeddings and the `layers` lowest encoder layers from being trained.

    Raises:
        UserError: the encoder has fewer layers, or is not built of embeddings and a list of layers.
    """
    if not embeddings:
        return
    parent, name = _layer_list(model)
    stack = getattr(parent, name)
    if layers > len(stack):
        raise UserError(f"freeze.layers is {layers}, the backbone has {len(stack)} layers; lower it.")
    for module in [model.base_model.embeddings, *stack[:layers]]:
        module.requires_grad_(False)


@contextmanager
def frozen_once(
    model: PreTrainedModel, inputs: Sequence[NDArray[Any]], batch_size: int
) -> Iterator[list[NDArray[Any]]]:
    """Compute the outputs of the model's frozen part; within, the model takes them instead of tokens.

    Afterwards the model is whole again, with what was trained above.

    Args:
        model: a classifier, parts of which may be frozen.
        inputs: token ids of each row, (tokens,).
        batch_size: rows a batch.

    Yields:
        The frozen part's output of each row, (tokens, width), in half precision; `inputs` if nothing is frozen, or
        if the architecture is not one of `RUN_ONCE`.
    """
    base = model.base_model
    if base.config.model_type not in RUN_ONCE or not _is_frozen(base.embeddings):
        yield list(inputs)
        return
    parent, name = _layer_list(model)
    embeddings, stack = base.embeddings, getattr(parent, name)
    frozen = list(takewhile(_is_frozen, [embeddings, *stack]))
    outputs = _outputs(model, frozen[-1], inputs, batch_size)
    try:
        base.embeddings = _Given()
        setattr(parent, name, stack[len(frozen) - 1 :])
        yield outputs
    finally:
        base.embeddings = embeddings
        setattr(parent, name, stack)


class _Given(nn.Module):
    """Stands where the embeddings were: what is given in their place is their output."""

    def forward(self, *args: torch.Tensor | None, **kwargs: Any) -> torch.Tensor:
        """Return the embeddings given by position or name."""
        given: torch.Tensor = next(value for value in (*args, kwargs.get("inputs_embeds")) if value is not None)
        return given


class _Reached(Exception):  # noqa: N818 - a signal, not an error
    """Ends a forward pass at the last frozen module; carries its output."""


def _outputs(
    model: PreTrainedModel, last: nn.Module, inputs: Sequence[NDArray[Any]], batch_size: int
) -> list[NDArray[Any]]:
    """Outputs of the frozen module `last` for every row, (tokens, width) each, in half precision."""

    def stop(module: nn.Module, args: Any, output: Any) -> None:
        raise _Reached(output[0] if isinstance(output, tuple) else output)

    found: list[Any] = [None] * len(inputs)
    hook = last.register_forward_hook(stop)
    model.eval()
    try:
        with torch.inference_mode():
            for rows in batches_by_length(inputs, batch_size, "frozen layers"):
                batch = collate(model, [inputs[row] for row in rows])
                try:
                    model(**{name: tensor.to(model.device) for name, tensor in batch.items()})
                except _Reached as reached:
                    states = reached.args[0].to("cpu", torch.float16).numpy()
                for row, state in zip(rows, states, strict=True):
                    found[row] = state[: len(inputs[row])].copy()
    finally:
        hook.remove()
    return found


def _is_frozen(module: nn.Module) -> bool:
    """Nothing in the module is trained."""
    return not any(parameter.requires_grad for parameter in module.parameters())


def _layer_list(model: PreTrainedModel) -> tuple[nn.Module, str]:
    """Where the encoder keeps its layers: the module, and the name of its list.

    Raises:
        UserError: the architecture is not built of embeddings and a list of layers.
    """
    base = model.base_model
    if hasattr(base, "embeddings"):
        for parent in base.modules():
            for name, child in parent.named_children():
                if isinstance(child, nn.ModuleList) and len(child) == base.config.num_hidden_layers:
                    return parent, name
    raise UserError(
        f"a backbone of type {base.config.model_type} cannot be frozen in part;"
        " set freeze to {embeddings: false, layers: 0}."
    )
