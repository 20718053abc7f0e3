"""Pad texts of different lengths to a batch."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import PreTrainedModel


def collate(model: PreTrainedModel, inputs: Sequence[NDArray[Any]]) -> dict[str, torch.Tensor]:
    """Pad token ids (tokens,) or frozen outputs (tokens, width) to the longest.

    Returns:
        input_ids (rows, tokens) or inputs_embeds (rows, tokens, width), and attention_mask (rows, tokens).
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
