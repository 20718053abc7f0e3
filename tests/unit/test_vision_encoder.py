"""The encoder of images, with image processors of several architectures."""

import numpy as np
import pytest
from image_files import draw_glyph, encode_image
from PIL import Image

from crossfer.errors import UserError
from crossfer.modalities.vision import data as vision
from crossfer.protocols import load_modality


def processors():
    import transformers

    names = ("ViT", "MobileNetV2", "ConvNext", "Bit", "EfficientNet", "DeiT", "PoolFormer")
    return {name: getattr(transformers, f"{name}ImageProcessorPil")() for name in names}


PROCESSORS = ["ViT", "MobileNetV2", "ConvNext", "Bit", "EfficientNet", "DeiT", "PoolFormer"]


@pytest.mark.parametrize("family", PROCESSORS)
def test_encoder(family, tmp_path):
    """The whole image is encoded, even if the processor crops."""
    processors()[family].save_pretrained(tmp_path)
    encoder = load_modality("vision").make_encoder(tmp_path, tmp_path, size=32)
    wide = Image.new("RGB", (96, 64))
    for corner, colour in (((0, 0), (250, 0, 0)), ((88, 0), (0, 240, 0)), ((0, 56), (0, 0, 230)), ((88, 56), "white")):
        wide.paste(colour, (*corner, corner[0] + 8, corner[1] + 8))
    inputs = encoder.encode([encode_image(wide), encode_image(draw_glyph()), encode_image(wide)])
    assert all(one.shape == (3 * 32 * 32,) and one.dtype == np.uint8 for one in inputs)
    assert np.array_equal(inputs[0], inputs[2])
    corners = inputs[0].reshape(3, 32, 32)[:, [0, 0, -1, -1], [0, -1, 0, -1]].T.astype(int)
    assert np.abs(corners - [[250, 0, 0], [0, 240, 0], [0, 0, 230], [255, 255, 255]]).max() < 40
    red, green, blue = inputs[1].reshape(3, 32, 32)
    assert np.array_equal(red, green) and np.array_equal(green, blue)


@pytest.mark.parametrize("family", PROCESSORS)
def test_loaded_encoder_encodes_alike(family, tmp_path):
    (tmp_path / "backbone").mkdir()
    (tmp_path / "encoder").mkdir()
    processors()[family].save_pretrained(tmp_path / "backbone")
    encoder = vision.make_encoder(tmp_path / "backbone", tmp_path / "encoder", size=24)
    loaded = vision.load_encoder(tmp_path / "encoder")
    assert loaded.size == 24
    assert np.array_equal(
        loaded.encode([encode_image(draw_glyph())])[0], encoder.encode([encode_image(draw_glyph())])[0]
    )


def test_channels_are_in_the_order_of_the_backbone(tmp_path):
    from transformers import MobileViTImageProcessorPil

    MobileViTImageProcessorPil().save_pretrained(tmp_path)
    (pixels,) = vision.make_encoder(tmp_path, tmp_path, size=8).encode(
        [encode_image(Image.new("RGB", (9, 9), (1, 2, 3)))]
    )
    assert pixels.reshape(3, -1)[:, 0].tolist() == [3, 2, 1]


def test_backbone_without_image_processor(tiny_backbone, tmp_path):
    for folder in (tmp_path, tiny_backbone):
        with pytest.raises(UserError, match="has no usable image processor; add "):
            vision.make_encoder(folder, tmp_path, size=32)


def test_torchvision_is_not_needed(tmp_path):
    """An image processor that was saved with torchvision works without it."""
    (tmp_path / "preprocessor_config.json").write_text('{"image_processor_type": "ViTImageProcessorFast"}')
    assert vision.make_encoder(tmp_path, tmp_path, size=32).resample == Image.Resampling.BILINEAR
