"""Run a classifier on rows."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import PreTrainedModel

from crossfer.modeling.batching import batches_by_length
from crossfer.protocols import Collate


def predict_logits(
    model: PreTrainedModel, inputs: Sequence[NDArray[Any]], collate: Collate, batch_size: int, description: str
) -> NDArray[np.float32]:
    """Return logits (rows, labels); `description` labels the progress bar."""
    logits = np.empty((len(inputs), model.config.num_labels), np.float32)
    model.eval()
    with torch.inference_mode():
        for rows in batches_by_length(inputs, batch_size, description):
            batch = collate(model, [inputs[row] for row in rows])
            logits[rows] = model(**{name: tensor.to(model.device) for name, tensor in batch.items()}).logits.cpu()
    return logits
