"""Image classifiers have label names, random weights, scaled pixels, augmentation."""

import io
import json
import shutil

import numpy as np
import pytest
import torch
from PIL import Image
from repository import VISION_SIZE

from crossfer.errors import UserError
from crossfer.modalities.vision import data as vision
from crossfer.modalities.vision import model as vision_model
from crossfer.modeling.inference import predict_logits

LABELS = ["cat", "dog", "owl"]
NO_AUGMENTATION = dict.fromkeys(["rotation", "shear", "scale", "aspect", "translation", "elastic", "stroke_width"], 0.0)
NO_AUGMENTATION |= {"contrast": 1.0, "low_resolution_fraction": 0.0, "min_resolution": 1, "gaussian_noise": 0.0}


def build(backbone, weights="pretrained"):
    torch.manual_seed(0)
    return vision_model.build(backbone, LABELS, weights)


@pytest.fixture
def model(tiny_vision_backbone):
    return build(tiny_vision_backbone)


@pytest.fixture
def inputs():
    generator = np.random.default_rng(0)
    return [generator.integers(0, 256, 3 * VISION_SIZE**2, np.uint8) for _ in range(5)]


def batch(collate, model, inputs):
    torch.manual_seed(0)
    return collate(model, inputs)["pixel_values"]


@pytest.mark.parametrize("weights", ["pretrained", "random"])
def test_a_model_has_label_names(tiny_vision_backbone, weights):
    """The backbone's head for seven labels is replaced."""
    model = build(tiny_vision_backbone, weights)
    assert model.config.id2label == dict(enumerate(LABELS))
    assert model.config.label2id == {"cat": 0, "dog": 1, "owl": 2}
    assert model.classifier.out_features == 3
    assert not model.training
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}


def test_random_weights_have_the_shapes_of_pretrained_ones(tiny_vision_backbone):
    from safetensors.torch import load_file

    stored = load_file(tiny_vision_backbone / "model.safetensors")
    pretrained, random = (build(tiny_vision_backbone, weights).state_dict() for weights in ("pretrained", "random"))
    assert [(name, weight.shape) for name, weight in pretrained.items()] == [
        (name, weight.shape) for name, weight in random.items()
    ]
    for name, weight in stored.items():
        if not name.startswith("classifier"):
            assert torch.equal(pretrained[name], weight)
            if weight.ndim > 1:
                assert not torch.equal(random[name], weight)


def test_random_weights_depend_on_the_seed(tiny_vision_backbone):
    model, repeated = build(tiny_vision_backbone, "random"), build(tiny_vision_backbone, "random")
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), repeated.parameters(), strict=True))


def test_a_saved_model_is_loaded_unchanged(model, tiny_vision_backbone, tmp_path, inputs):
    model.save_pretrained(tmp_path)
    vision.make_encoder(tiny_vision_backbone, tmp_path, VISION_SIZE)
    loaded = vision_model.load(tmp_path)
    assert loaded.config.id2label == dict(enumerate(LABELS))
    logits = [predict_logits(network, inputs, vision_model.collate, 2, "test") for network in (model, loaded)]
    assert np.array_equal(*logits)


def test_pickled_weights_are_not_loaded(tiny_vision_backbone, tmp_path):
    for name in ("config.json", "preprocessor_config.json"):
        shutil.copy(tiny_vision_backbone / name, tmp_path)
    torch.save({}, tmp_path / "pytorch_model.bin")
    with pytest.raises(OSError, match="safetensors"):
        vision_model.build(tmp_path, LABELS, "pretrained")
    with pytest.raises(OSError, match="safetensors"):
        vision_model.load(tmp_path)


def test_code_of_a_model_is_not_run(tiny_vision_backbone, tmp_path):
    shutil.copytree(tiny_vision_backbone, tmp_path, dirs_exist_ok=True)
    (tmp_path / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    config = json.loads((tmp_path / "config.json").read_text()) | {"model_type": "evil"}
    config["auto_map"] = {"AutoConfig": "evil.Config", "AutoModelForImageClassification": "evil.Model"}
    (tmp_path / "config.json").write_text(json.dumps(config))
    for weights in ("pretrained", "random"):
        with pytest.raises(ValueError, match="trust_remote_code|evil"):
            vision_model.build(tmp_path, LABELS, weights)
    assert not (tmp_path / "ran").exists()


SCALES = [
    {},
    {"image_mean": [0.1, 0.2, 0.3], "image_std": [0.4, 0.5, 0.6]},
    {"do_normalize": False},
    {"do_rescale": False, "image_mean": [127.0] * 3, "image_std": [128.0] * 3},
    {"rescale_factor": 1 / 128, "image_mean": [1.0] * 3, "image_std": [2.0] * 3},
]


@pytest.mark.parametrize("weights", ["pretrained", "random"])
@pytest.mark.parametrize("scale", SCALES)
def test_pixels_are_scaled_as_the_image_processor_does(tiny_vision_backbone, tmp_path, scale, weights):
    from transformers import ViTImageProcessorPil

    shutil.copytree(tiny_vision_backbone, tmp_path, dirs_exist_ok=True)
    processor = ViTImageProcessorPil(size={"height": VISION_SIZE, "width": VISION_SIZE}, **scale)
    processor.save_pretrained(tmp_path)
    image = Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8))
    content = io.BytesIO()
    image.save(content, "PNG")
    encoded = vision.make_encoder(tmp_path, tmp_path, VISION_SIZE).encode([content.getvalue()])
    scaled = vision_model.collate(build(tmp_path, weights), encoded)["pixel_values"]
    expected = processor(image, return_tensors="pt")["pixel_values"]
    assert torch.allclose(scaled, expected.float(), atol=1e-4)


def test_the_scale_is_not_saved(model, tiny_vision_backbone):
    assert "pixel_mean" not in model.state_dict()
    assert not any(name.startswith("pixel") for name, _ in model.named_parameters())


def test_collate_keeps_positions_and_channels(model):
    pixels = np.zeros((3, 4, 4), np.uint8)
    pixels[0, 0, 1], pixels[2, 3, 3] = 255, 255
    collated = vision_model.collate(model, [np.zeros(48, np.uint8), pixels.ravel()])["pixel_values"]
    assert collated.shape == (2, 3, 4, 4) and collated.dtype == torch.float32
    assert (collated[0] != collated[1]).nonzero().tolist() == [[0, 0, 1], [2, 3, 3]]


def test_augmentation_may_be_off(model, inputs):
    augmented = batch(vision_model.training_collate(NO_AUGMENTATION), model, inputs)
    assert torch.allclose(augmented, batch(vision_model.collate, model, inputs), atol=1e-3)


def test_augmentation_depends_on_the_seed_and_copies_the_inputs(model, inputs):
    before = [row.copy() for row in inputs]
    collate = vision_model.training_collate(
        NO_AUGMENTATION
        | {
            "rotation": 30.0,
            "low_resolution_fraction": 0.5,
            "stroke_width": 2.0,
            "contrast": 3.0,
            "gaussian_noise": 0.1,
        }
    )
    first, second = batch(collate, model, inputs), batch(collate, model, inputs)
    assert torch.equal(first, second)
    assert not torch.equal(first, collate(model, inputs)["pixel_values"])
    assert not torch.allclose(first, batch(vision_model.collate, model, inputs), atol=0.1)
    assert all(np.array_equal(a, b) for a, b in zip(inputs, before, strict=True))


def test_grey_images_stay_grey(tiny_vision_backbone):
    """All channels have the same augmentation."""
    model = build(tiny_vision_backbone)
    grey = [np.tile(np.random.default_rng(0).integers(0, 256, 64, np.uint8), 3)] * 3
    collate = vision_model.training_collate(
        NO_AUGMENTATION | {"rotation": 30.0, "elastic": 0.1, "low_resolution_fraction": 1.0}
    )
    pixels = batch(collate, model, grey) * model.pixel_deviation + model.pixel_mean
    assert pixels.shape == (3, 3, 8, 8)
    assert torch.allclose(pixels[:, 0], pixels[:, 1], atol=1e-2) and torch.allclose(
        pixels[:, 1], pixels[:, 2], atol=1e-2
    )


def test_outputs_for_images_are_not_cached(model, inputs):
    with vision_model.prepare_inputs(model, inputs, 2) as outputs:
        assert all(output is row for output, row in zip(outputs, inputs, strict=True))


def test_a_model_that_takes_images_of_one_size_only(tmp_path, inputs):
    """The error says how to fix the parameter."""
    from transformers import ViTConfig, ViTForImageClassification, ViTImageProcessor

    shape = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 8}
    ViTForImageClassification(ViTConfig(image_size=64, **shape)).save_pretrained(tmp_path)
    ViTImageProcessor().save_pretrained(tmp_path)
    message = (
        rf"tokenize.size is {VISION_SIZE}, but the backbone rejects images of this size \(.+\); set it to the size"
        r" in the backbone's preprocessor_config.json\.$"
    )
    with pytest.raises(UserError, match=message), vision_model.prepare_inputs(build(tmp_path), inputs, 2):
        pass
