"""What is frozen is run once, not once an epoch, and what is above is trained on its outputs.

Frozen modules need no backward pass, and without dropout their outputs are the same in every epoch. They are kept in a
file and mapped to memory, which may be smaller than they are. Of several processes each computes its share of them.
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

# Architectures in which the layers below take nothing but the output of the embeddings and the mask. Others share
# weights between layers (DeBERTa, MPNet) or project the embeddings by weights that are trained (ELECTRA).
RUN_ONCE = ("bert", "roberta", "xlm-roberta", "camembert", "distilbert", "modernbert")


@contextmanager
def cached_frozen_outputs(
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
    if base.config.model_type not in RUN_ONCE or not is_frozen(base.embeddings):
        yield list(inputs)
        return
    parent, name = find_layer_list(model)
    embeddings, stack = base.embeddings, getattr(parent, name)
    frozen = list(takewhile(is_frozen, [embeddings, *stack]))
    with tempfile.TemporaryFile() as file:
        outputs = _outputs(model, frozen[-1], inputs, batch_size, file)
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
    model: PreTrainedModel, last: nn.Module, inputs: Sequence[NDArray[Any]], batch_size: int, file: IO[bytes]
) -> list[NDArray[Any]]:
    """Outputs of the frozen module `last` for every row, (tokens, width) each, in half precision, kept in `file`."""

    def stop(module: nn.Module, args: Any, output: Any) -> None:
        raise _Reached(output[0] if isinstance(output, tuple) else output)

    def states(rows: Sequence[int]) -> torch.Tensor:
        batch = collate(model, [inputs[row] for row in rows])
        try:
            model(**{name: tensor.to(model.device) for name, tensor in batch.items()})
        except _Reached as reached:
            return reached.args[0].to("cpu", torch.float16)
        raise AssertionError("the model has not run its frozen part")

    shapes, starts = [(0, 0)] * len(inputs), [0] * len(inputs)
    hook = last.register_forward_hook(stop)
    model.eval()
    try:
        with torch.inference_mode():
            for group in batches_by_length(inputs, batch_size * distributed.world_size(), "frozen layers"):
                batches = [group[start : start + batch_size] for start in range(0, len(group), batch_size)]
                for rows, found in zip(batches, distributed.scatter_map(states, batches), strict=True):
                    for row, state in zip(rows, found.numpy(), strict=True):
                        kept = state[: len(inputs[row])]
                        shapes[row], starts[row] = kept.shape, file.tell() // kept.itemsize
                        file.write(kept.tobytes())
    finally:
        hook.remove()
    file.flush()
    flat = np.memmap(file, np.float16, "r")
    return [
        flat[start : start + rows * width].reshape(rows, width)
        for start, (rows, width) in zip(starts, shapes, strict=True)
    ]
