"""Models of pictures: networks with a classifier on them, through transformers' Auto classes.

Pixels travel as bytes; a model scales them as its backbone's image processor says (`pixel_mean`, `pixel_deviation`).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import isqrt
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import AutoImageProcessor, AutoModelForImageClassification, PreTrainedModel

import crossfer.modalities.vision.model.efficientnet_lite  # noqa: F401 - makes it known to the Auto classes
from crossfer.errors import UserError
from crossfer.modalities.vision.model.augmentation import Augmentation
from crossfer.modalities.vision.model.depthwise_matmul import patch_depthwise_convolutions
from crossfer.modeling.pretrained import build_classifier, load_classifier
from crossfer.protocols import Collate


def load(folder: Path) -> PreTrainedModel:
    """Return the classifier in `folder`, in single precision."""
    return _scaled(load_classifier(AutoModelForImageClassification, folder), folder)


def build(backbone: Path, labels: Sequence[str], weights: str) -> PreTrainedModel:
    """Return a classifier for `labels` on the backbone, with a new head; `weights` are `pretrained` or `random`."""
    return _scaled(build_classifier(AutoModelForImageClassification, backbone, labels, weights), backbone)


def _scaled(model: PreTrainedModel, folder: Path) -> PreTrainedModel:
    """The model, in evaluation mode, with what its pixels have to be scaled by, from the image processor's file.

    Channels lie last in memory, which convolutions on a CPU are faster with.
    """
    processor = AutoImageProcessor.from_pretrained(folder, trust_remote_code=False, backend="pil")
    mean, deviation = (0.0, 1.0)
    if processor.do_normalize:
        mean, deviation = processor.image_mean, processor.image_std
    factor = processor.rescale_factor if processor.do_rescale else 1.0
    for name, values in (("pixel_mean", mean), ("pixel_deviation", deviation)):
        shaped = (torch.tensor(values, dtype=torch.float32) / factor).expand(3).reshape(1, 3, 1, 1)
        model.register_buffer(name, shaped.clone(), persistent=False)
    patch_depthwise_convolutions(model)
    return model.to(memory_format=torch.channels_last).eval()


def collate(model: PreTrainedModel, inputs: Sequence[NDArray[Any]]) -> dict[str, torch.Tensor]:
    """Stack pixels (3 * side * side,) to pixel_values (rows, 3, side, side), scaled as the model was pretrained."""
    return _batch(model, _stacked(inputs))


def training_collate(augment: dict[str, Any]) -> Collate:
    """The same with every picture varied, by torch's random numbers."""
    vary = Augmentation(**augment)

    def varied(model: PreTrainedModel, inputs: Sequence[NDArray[Any]]) -> dict[str, torch.Tensor]:
        pixels = _stacked(inputs) / 255
        if (pixels == pixels[:, :1]).all():  # grey: a third of the work
            pixels = pixels[:, :1]
        return _batch(model, 255 * vary(pixels).expand(-1, 3, -1, -1))

    return varied


@contextmanager
def cached_frozen_outputs(
    model: PreTrainedModel, inputs: Sequence[NDArray[Any]], batch_size: int
) -> Iterator[Sequence[NDArray[Any]]]:
    """Yield the inputs as they are: pictures are varied each time, and a frozen layer's output with them.

    Raises:
        UserError: the model does not take pictures of their size.
    """
    one = collate(model, inputs[:1])
    try:
        with torch.inference_mode():
            model(**{name: tensor.to(model.device) for name, tensor in one.items()})
    except (ValueError, RuntimeError) as error:
        side = one["pixel_values"].shape[-1]
        raise UserError(
            f"tokenize.size is {side}, and the backbone does not take pictures of {side} by {side} pixels: {error}"
        ) from None
    yield inputs


def _stacked(inputs: Sequence[NDArray[Any]]) -> torch.Tensor:
    """Pixels as (rows, 3, side, side) numbers from 0 to 255."""
    side = isqrt(inputs[0].size // 3)
    return torch.from_numpy(np.stack(inputs)).reshape(len(inputs), 3, side, side).float()


def _batch(model: PreTrainedModel, pixels: torch.Tensor) -> dict[str, torch.Tensor]:
    """The model's keyword arguments."""
    scaled = (pixels - model.pixel_mean.cpu()) / model.pixel_deviation.cpu()
    return {"pixel_values": scaled.contiguous(memory_format=torch.channels_last)}
