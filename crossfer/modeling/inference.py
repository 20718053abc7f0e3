"""Running a trained classifier over rows."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import PreTrainedModel

from crossfer.modeling.batching import batches_by_length
from crossfer.protocols import Collate


def predict_logits(
    model: PreTrainedModel,
    inputs: Sequence[NDArray[Any]],
    collate: Collate,
    batch_size: int,
    what: str,
) -> NDArray[np.float32]:
    """The model's output of every input, in their order: (rows, labels), before the softmax.

    Args:
        model: a classifier.
        inputs: one a row.
        collate: stacks inputs to a batch.
        batch_size: rows a batch; rows of similar length go together.
        what: named beside the progress bar.
    """
    found = np.empty((len(inputs), model.config.num_labels), np.float32)
    model.eval()
    with torch.inference_mode():
        for rows in batches_by_length(inputs, batch_size, what):
            batch = collate(model, [inputs[row] for row in rows])
            found[rows] = model(**{name: tensor.to(model.device) for name, tensor in batch.items()}).logits.cpu()
    return found
