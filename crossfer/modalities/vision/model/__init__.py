"""Image classifiers: networks with a head.

Inputs are bytes; a batch is scaled as the backbone's image processor states (`pixel_mean`, `pixel_deviation`).
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

import crossfer.modalities.vision.model.efficientnet_lite  # noqa: F401 - registers its classes
from crossfer.config.finetune_options import Augment
from crossfer.errors import UserError
from crossfer.modalities.vision.model.augmentation import augment as augment_pixels
from crossfer.modalities.vision.model.depthwise_matmul import patch_depthwise_convolutions
from crossfer.modeling.pretrained import build_classifier, load_classifier
from crossfer.protocols import Collate


def load(folder: Path) -> PreTrainedModel:
    """Load a classifier in fp32."""
    return _prepare(load_classifier(AutoModelForImageClassification, folder), folder)


def build(backbone: Path, labels: Sequence[str], weights: str) -> PreTrainedModel:
    """Return a classifier with a new head and `pretrained` or `random` weights."""
    return _prepare(build_classifier(AutoModelForImageClassification, backbone, labels, weights), backbone)


def _prepare(model: PreTrainedModel, folder: Path) -> PreTrainedModel:
    """Add the image processor's scale of pixels, and speed up convolutions on a CPU."""
    processor = AutoImageProcessor.from_pretrained(folder, trust_remote_code=False, backend="pil")
    mean, deviation = (processor.image_mean, processor.image_std) if processor.do_normalize else (0.0, 1.0)
    factor = processor.rescale_factor if processor.do_rescale else 1.0
    for name, values in (("pixel_mean", mean), ("pixel_deviation", deviation)):
        channels = (torch.tensor(values, dtype=torch.float32) / factor).expand(3).reshape(1, 3, 1, 1)
        model.register_buffer(name, channels.clone(), persistent=False)
    patch_depthwise_convolutions(model)
    return model.to(memory_format=torch.channels_last).eval()


def collate(model: PreTrainedModel, inputs: Sequence[NDArray[Any]]) -> dict[str, torch.Tensor]:
    """Stack pixels (3 * side * side,) to scaled pixel_values (rows, 3, side, side)."""
    return _scale(model, _stack(inputs))


def training_collate(augment: dict[str, Any]) -> Collate:
    """Return a `collate` that augments every image."""
    options = Augment(**augment)

    def collate_augmented(model: PreTrainedModel, inputs: Sequence[NDArray[Any]]) -> dict[str, torch.Tensor]:
        pixels = _stack(inputs) / 255
        if (pixels == pixels[:, :1]).all():  # grey: augment one channel
            pixels = pixels[:, :1]
        return _scale(model, 255 * augment_pixels(pixels, options).expand(-1, 3, -1, -1))

    return collate_augmented


@contextmanager
def prepare_inputs(
    model: PreTrainedModel, inputs: Sequence[NDArray[Any]], batch_size: int
) -> Iterator[Sequence[NDArray[Any]]]:
    """Check that the model accepts images of this size, and yield the inputs.

    Nothing is cached, because augmentation changes the outputs of frozen layers every epoch.

    Raises:
        UserError: the model does not accept images of this size.
    """
    example = collate(model, inputs[:1])
    try:
        with torch.inference_mode():
            model(**{name: tensor.to(model.device) for name, tensor in example.items()})
    except (ValueError, RuntimeError) as error:
        side = example["pixel_values"].shape[-1]
        reason = str(error).partition("\n")[0].rstrip(".")
        raise UserError(
            f"tokenize.size is {side}, but the backbone rejects images of this size ({reason}); set it to the size in"
            " the backbone's preprocessor_config.json."
        ) from error
    yield inputs


def _stack(inputs: Sequence[NDArray[Any]]) -> torch.Tensor:
    """Return pixels as fp32 (rows, 3, side, side), from 0 to 255."""
    side = isqrt(inputs[0].size // 3)
    return torch.from_numpy(np.stack(inputs)).reshape(len(inputs), 3, side, side).float()


def _scale(model: PreTrainedModel, pixels: torch.Tensor) -> dict[str, torch.Tensor]:
    """Return the model's keyword arguments, for pixels from 0 to 255."""
    scaled = (pixels - model.pixel_mean.cpu()) / model.pixel_deviation.cpu()
    return {"pixel_values": scaled.contiguous(memory_format=torch.channels_last)}
