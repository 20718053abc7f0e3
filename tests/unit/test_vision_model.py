"""Models of pictures: heads with label names, random weights, pixels scaled as the backbone was pretrained."""

import io
import json
import shutil

import numpy as np
import pytest
import torch
from PIL import Image
from repository import VISION_SIZE

from crossfer.modalities.vision import data as vision
from crossfer.modalities.vision import model as vision_model
from crossfer.modeling.inference import predict_logits

LABELS = ["cat", "dog", "owl"]
NO_AUGMENTATION = dict.fromkeys(["rotation", "shear", "scale", "aspect", "translation", "elastic", "stroke_width"], 0.0)
NO_AUGMENTATION |= {"contrast": 1.0, "low_resolution_fraction": 0.0, "min_resolution": 1, "gaussian_noise": 0.0}


def built(backbone, weights="pretrained"):
    torch.manual_seed(0)
    return vision_model.build(backbone, LABELS, weights)


@pytest.fixture
def model(tiny_vision_backbone):
    return built(tiny_vision_backbone)


@pytest.fixture
def inputs():
    generator = np.random.default_rng(0)
    return [generator.integers(0, 256, 3 * VISION_SIZE**2, np.uint8) for _ in range(5)]


def batch(collate, model, inputs):
    torch.manual_seed(0)
    return collate(model, inputs)["pixel_values"]


@pytest.mark.parametrize("weights", ["pretrained", "random"])
def test_labels_are_names(tiny_vision_backbone, weights):
    """The backbone's own head, for seven other labels, is left behind."""
    model = built(tiny_vision_backbone, weights)
    assert model.config.id2label == dict(enumerate(LABELS))
    assert model.config.label2id == {"cat": 0, "dog": 1, "owl": 2}
    assert model.classifier.out_features == 3
    assert not model.training
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}


def test_random_weights_are_the_same_network_and_no_weight_of_the_backbone(tiny_vision_backbone):
    from safetensors.torch import load_file

    stored = load_file(tiny_vision_backbone / "model.safetensors")
    pretrained, random = (built(tiny_vision_backbone, weights).state_dict() for weights in ("pretrained", "random"))
    assert [(name, weight.shape) for name, weight in pretrained.items()] == [
        (name, weight.shape) for name, weight in random.items()
    ]
    for name, weight in stored.items():
        if not name.startswith("classifier"):
            assert torch.equal(pretrained[name], weight)
            if weight.ndim > 1:
                assert not torch.equal(random[name], weight)


def test_random_weights_are_those_of_the_seed(tiny_vision_backbone):
    one, other = built(tiny_vision_backbone, "random"), built(tiny_vision_backbone, "random")
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))


def test_a_saved_model_comes_back(model, tiny_vision_backbone, tmp_path, inputs):
    model.save_pretrained(tmp_path)
    vision.make_encoder(tiny_vision_backbone, tmp_path, VISION_SIZE)
    again = vision_model.load(tmp_path)
    assert again.config.id2label == dict(enumerate(LABELS))
    said = [predict_logits(one, inputs, vision_model.collate, 2, "test") for one in (model, again)]
    assert np.array_equal(*said)


def test_pickled_weights_are_not_loaded(tiny_vision_backbone, tmp_path):
    for name in ("config.json", "preprocessor_config.json"):
        shutil.copy(tiny_vision_backbone / name, tmp_path)
    torch.save({}, tmp_path / "pytorch_model.bin")
    with pytest.raises(OSError, match="safetensors"):
        vision_model.build(tmp_path, LABELS, "pretrained")
    with pytest.raises(OSError, match="safetensors"):
        vision_model.load(tmp_path)


def test_code_that_comes_with_a_model_is_not_run(tiny_vision_backbone, tmp_path):
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
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8))
    content = io.BytesIO()
    picture.save(content, "PNG")
    encoded = vision.make_encoder(tmp_path, tmp_path, VISION_SIZE).encode([content.getvalue()])
    found = vision_model.collate(built(tmp_path, weights), encoded)["pixel_values"]
    expected = processor(picture, return_tensors="pt")["pixel_values"]
    assert torch.allclose(found, expected.float(), atol=1e-4)


def test_the_scale_is_no_weight(model, tiny_vision_backbone):
    assert "pixel_mean" not in model.state_dict()
    assert not any(name.startswith("pixel") for name, _ in model.named_parameters())


def test_collate_keeps_places_and_channels(model):
    picture = np.zeros((3, 4, 4), np.uint8)
    picture[0, 0, 1], picture[2, 3, 3] = 255, 255
    found = vision_model.collate(model, [np.zeros(48, np.uint8), picture.ravel()])["pixel_values"]
    assert found.shape == (2, 3, 4, 4) and found.dtype == torch.float32
    assert (found[0] != found[1]).nonzero().tolist() == [[0, 0, 1], [2, 3, 3]]


def test_no_variation_is_none(model, inputs):
    varied = batch(vision_model.training_collate(NO_AUGMENTATION), model, inputs)
    assert torch.allclose(varied, batch(vision_model.collate, model, inputs), atol=1e-3)


def test_variations_are_of_the_seed_and_leave_the_inputs_alone(model, inputs):
    before = [one.copy() for one in inputs]
    vary = vision_model.training_collate(
        NO_AUGMENTATION
        | {
            "rotation": 30.0,
            "low_resolution_fraction": 0.5,
            "stroke_width": 2.0,
            "contrast": 3.0,
            "gaussian_noise": 0.1,
        }
    )
    one, other = batch(vary, model, inputs), batch(vary, model, inputs)
    assert torch.equal(one, other)
    assert not torch.equal(one, vary(model, inputs)["pixel_values"])
    assert not torch.allclose(one, batch(vision_model.collate, model, inputs), atol=0.1)
    assert all(np.array_equal(a, b) for a, b in zip(inputs, before, strict=True))


def test_grey_pictures_stay_grey(tiny_vision_backbone):
    """Varied once for all channels: what is done to one of them is done to the others."""
    model = built(tiny_vision_backbone)
    grey = [np.tile(np.random.default_rng(0).integers(0, 256, 64, np.uint8), 3)] * 3
    vary = vision_model.training_collate(
        NO_AUGMENTATION | {"rotation": 30.0, "elastic": 0.1, "low_resolution_fraction": 1.0}
    )
    pixels = batch(vary, model, grey) * model.pixel_deviation + model.pixel_mean
    assert pixels.shape == (3, 3, 8, 8)
    assert torch.allclose(pixels[:, 0], pixels[:, 1], atol=1e-2) and torch.allclose(
        pixels[:, 1], pixels[:, 2], atol=1e-2
    )


def test_pictures_are_given_to_the_model_as_they_are(model, inputs):
    with vision_model.cached_frozen_outputs(model, inputs, 2) as given:
        assert all(one is other for one, other in zip(given, inputs, strict=True))
