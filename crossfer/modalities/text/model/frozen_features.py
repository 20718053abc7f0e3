"""Run frozen layers once, and train the layers above on their cached outputs.

Without dropout the outputs are the same in every epoch. They are memory-mapped from a file, so that they may exceed
memory. Each process computes its part of them.
"""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import takewhile
from typing import IO, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from transformers import PreTrainedModel

from crossfer.modalities.text.model.collate import collate
from crossfer.modeling import distributed
from crossfer.modeling.batching import batches_by_length
from crossfer.modeling.freezing import find_layer_list, is_frozen

# Model types in which a layer takes only the output of the embeddings or a layer, and the mask. Others share weights
# between layers (DeBERTa, MPNet) or project the embeddings with trained weights (ELECTRA).
CACHEABLE_MODELS = ("bert", "roberta", "xlm-roberta", "camembert", "distilbert", "modernbert")


@contextmanager
def prepare_inputs(
    model: PreTrainedModel, inputs: Sequence[NDArray[Any]], batch_size: int
) -> Iterator[list[NDArray[Any]]]:
    """Run the frozen layers once: in the block, the model takes their outputs.

    Yield an fp16 output (tokens, width) for each input (tokens,). Yield the inputs if nothing is frozen, or if the
    model's type is not in CACHEABLE_MODELS. `batch_size` is the rows per batch and process.
    """
    base = model.base_model
    if base.config.model_type not in CACHEABLE_MODELS or not is_frozen(base.embeddings):
        yield list(inputs)
        return
    parent, name = find_layer_list(model)
    embeddings, layers = base.embeddings, getattr(parent, name)
    frozen_modules = list(takewhile(is_frozen, [embeddings, *layers]))
    with tempfile.TemporaryFile() as file:
        outputs = _compute_outputs(model, frozen_modules[-1], inputs, batch_size, file)
        try:
            base.embeddings = _PassThrough()
            setattr(parent, name, layers[len(frozen_modules) - 1 :])
            yield outputs
        finally:
            base.embeddings = embeddings
            setattr(parent, name, layers)


class _PassThrough(nn.Module):
    """Replaces the embeddings, and returns its first argument or `inputs_embeds`."""

    def forward(self, *args: torch.Tensor | None, **kwargs: Any) -> torch.Tensor:
        """Return the first tensor."""
        tensor: torch.Tensor = next(value for value in (*args, kwargs.get("inputs_embeds")) if value is not None)
        return tensor


class _StopForward(Exception):  # noqa: N818 - a signal, not an error
    """Ends a forward pass at the last frozen module, with its output."""


def _compute_outputs(
    model: PreTrainedModel, last: nn.Module, inputs: Sequence[NDArray[Any]], batch_size: int, file: IO[bytes]
) -> list[NDArray[Any]]:
    """Return each row's fp16 output (tokens, width) of a module, mapped from a file."""

    def stop(module: nn.Module, args: Any, output: Any) -> None:
        raise _StopForward(output[0] if isinstance(output, tuple) else output)

    def compute_states(rows: Sequence[int]) -> torch.Tensor:
        batch = collate(model, [inputs[row] for row in rows])
        try:
            model(**{name: tensor.to(model.device) for name, tensor in batch.items()})
        except _StopForward as signal:
            return signal.args[0].to("cpu", torch.float16)
        raise AssertionError("the forward pass did not reach the frozen module")

    slices, tokens, width = [slice(0)] * len(inputs), 0, 0
    hook = last.register_forward_hook(stop)
    model.eval()
    try:
        with torch.inference_mode():
            for group in batches_by_length(inputs, batch_size * distributed.world_size(), "frozen layers"):
                batches = [group[start : start + batch_size] for start in range(0, len(group), batch_size)]
                for rows, states in zip(batches, distributed.scatter_map(compute_states, batches), strict=True):
                    width = states.shape[-1]
                    for row, padded in zip(rows, states.numpy(), strict=True):
                        output = padded[: len(inputs[row])]  # of the last layer, one token: see first_token.py
                        slices[row] = slice(tokens, tokens + len(output))
                        tokens += len(output)
                        file.write(output.tobytes())
    finally:
        hook.remove()
    file.flush()
    outputs = np.memmap(file, np.float16, "r").reshape(-1, width)
    return [outputs[row] for row in slices]
