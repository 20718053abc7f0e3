"""Encode images as pixels with the options of a backbone's image processor."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from crossfer.errors import UserError
from crossfer.modalities.vision.data.images import open_image

OPTIONS_FILE = "encoder.json"


@dataclass(frozen=True)
class ImageEncoder:
    """Encodes images for a backbone."""

    size: int  # pixels of a side
    resample: int  # Pillow's number of the resampling filter
    bgr: bool  # order of the channels, as for MobileViT

    def encode(self, contents: Sequence[bytes]) -> list[NDArray[np.uint8]]:
        """Return the pixels of each image, from 0 to 255, one channel after the other.

        The shape is (3 * size * size,). Images are resized without cropping, unlike in some processors. The model
        scales the values.
        """
        square = (self.size, self.size)
        channels = [2, 1, 0] if self.bgr else [0, 1, 2]
        images = (
            open_image(content).convert("RGB").resize(square, Image.Resampling(self.resample)) for content in contents
        )
        return [np.asarray(image)[..., channels].transpose(2, 0, 1).ravel() for image in images]

    def encode_and_count(self, contents: Sequence[bytes]) -> tuple[list[NDArray[np.uint8]], None]:
        """Return the pixels of each image, and None: no image is truncated."""
        return self.encode(contents), None

    def describe_sizes(self, lengths: Sequence[int]) -> str:
        """Return the width and height, which are the same for all images, in words."""
        return f"{self.size} by {self.size} pixels each"

    def visible_part(self, content: bytes) -> bytes:
        """Return the whole image."""
        return content

    def batch(self, inputs: Sequence[NDArray[np.uint8]]) -> dict[str, NDArray[np.uint8]]:
        """Return the inputs of an ONNX graph: pixels, (rows, 3, size, size)."""
        return {"pixels": np.stack(inputs).reshape(-1, 3, self.size, self.size)}


def make_encoder(backbone: Path, folder: Path, size: int) -> ImageEncoder:
    """Write the image processor of a backbone and the encoder's options to `folder`.

    Raises:
        UserError: the backbone has no image processor that works without torchvision.
    """
    from transformers import AutoImageProcessor

    try:
        processor = AutoImageProcessor.from_pretrained(backbone, trust_remote_code=False, backend="pil")
    except (OSError, ValueError, ImportError) as error:
        reason = str(error).splitlines()[0]
        raise UserError(
            f"backbone folder {backbone} has no usable image processor; add its preprocessor_config.json ({reason})."
        ) from error
    processor.save_pretrained(folder)
    encoder = ImageEncoder(size, int(processor.resample), bool(getattr(processor, "do_flip_channel_order", False)))
    (folder / OPTIONS_FILE).write_text(json.dumps(asdict(encoder), indent=1) + "\n", encoding="utf-8")
    return encoder


def load_encoder(folder: Path) -> ImageEncoder:
    """Return the encoder that `make_encoder` wrote, without importing transformers."""
    return ImageEncoder(**json.loads((folder / OPTIONS_FILE).read_text(encoding="utf-8")))
