"""EfficientNet-Lite0: ImageNet predictions, saving, new labels, random weights."""

import runpy

import pytest
import torch
from matplotlib.cbook import get_sample_data
from PIL import Image, ImageOps
from sklearn.datasets import load_sample_image
from transformers import AutoConfig, AutoImageProcessor, AutoModelForImageClassification

from crossfer.backbones import PROVIDERS
from crossfer.modalities.vision.model import efficientnet_lite
from crossfer.modalities.vision.model.efficientnet_lite import ConvNorm, EfficientNetLiteConfig, pad_same

LABELS = {"id2label": {number: f"digit {number}" for number in range(10)}}
ROWS = torch.randn(4, 3, 64, 64, generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def folder():
    return PROVIDERS["package"]("efficientnet-lite0")


@pytest.fixture(scope="module")
def pretrained(folder):
    return AutoModelForImageClassification.from_pretrained(folder, use_safetensors=True).eval()


@pytest.fixture
def random():
    torch.manual_seed(0)
    return AutoModelForImageClassification.from_config(EfficientNetLiteConfig(**LABELS)).eval()


def logits(model, pixels):
    with torch.inference_mode():
        return model(pixel_values=pixels).logits


def sample(name):
    if name == "grace_hopper.jpg":
        with get_sample_data(name) as file:
            return Image.open(file).convert("RGB")
    return Image.fromarray(load_sample_image(name))


@pytest.mark.parametrize(
    ("name", "expected"),
    [("china.jpg", 698), ("flower.jpg", 985), ("grace_hopper.jpg", 652)],  # palace, daisy, military uniform
)
def test_predictions_of_images(folder, pretrained, name, expected):
    image = sample(name)
    square = ImageOps.fit(image, (min(image.size), min(image.size)))
    batch = AutoImageProcessor.from_pretrained(folder)(square, return_tensors="pt")
    assert batch["pixel_values"].shape == (1, 3, 224, 224)
    assert logits(pretrained, batch["pixel_values"]).argmax() == expected
    assert pretrained.config.id2label[expected] == str(expected)


def test_pixels_are_scaled_as_in_pretraining(folder):
    processor = AutoImageProcessor.from_pretrained(folder)
    for value in (0, 127, 255):
        batch = processor(Image.new("RGB", (300, 200), (value,) * 3), return_tensors="pt")
        assert batch["pixel_values"].numpy() == pytest.approx((value - 127) / 128, abs=1e-6)


def test_size(pretrained):
    """The paper's authors say 4.7 million."""
    assert sum(parameter.numel() for parameter in pretrained.parameters()) == 4_652_008
    assert len(pretrained.base_model.layers) == 16


def test_channels_last_changes_nothing(pretrained):
    last = ROWS.contiguous(memory_format=torch.channels_last)
    assert torch.allclose(logits(pretrained, last), logits(pretrained, ROWS), atol=1e-4)
    with torch.inference_mode():
        features = pretrained.base_model(last).last_hidden_state
    assert features.is_contiguous(memory_format=torch.channels_last)


def test_a_saved_model_is_loaded_unchanged(random, tmp_path):
    """After a step of training, which changes the statistics of batch norm."""
    random.train()
    random(pixel_values=ROWS).logits.square().mean().backward()
    with torch.no_grad():
        for parameter in random.parameters():
            assert parameter.grad.isfinite().all()
            parameter -= 0.1 * parameter.grad
    random.eval().save_pretrained(tmp_path)
    assert (tmp_path / "model.safetensors").is_file()
    loaded = AutoModelForImageClassification.from_pretrained(tmp_path, use_safetensors=True)
    expected, weights = random.state_dict(), loaded.state_dict()
    assert expected.keys() == weights.keys()
    assert all(torch.equal(expected[name], weights[name]) for name in expected)
    norm = loaded.base_model.top.norm
    assert norm.num_batches_tracked == 1
    assert norm.running_mean.abs().max() > 0
    assert torch.equal(logits(loaded, ROWS), logits(random, ROWS))
    assert loaded.config.id2label == LABELS["id2label"]


def test_other_labels_get_a_new_head(folder, pretrained):
    model, report = AutoModelForImageClassification.from_pretrained(
        folder, use_safetensors=True, ignore_mismatched_sizes=True, output_loading_info=True, **LABELS
    )
    assert {name for name, *_ in report["mismatched_keys"]} == {"classifier.weight", "classifier.bias"}
    assert not report["missing_keys"] and not report["unexpected_keys"]
    assert model.classifier.weight.shape == (10, 1280)
    assert model.classifier.weight.std().item() == pytest.approx(0.02, rel=0.1)
    assert not model.classifier.bias.any()
    expected, weights = pretrained.base_model.state_dict(), model.base_model.state_dict()
    assert all(torch.equal(expected[name], weights[name]) for name in expected)


@pytest.mark.parametrize(("height", "width"), [(63, 63), (64, 64), (65, 65), (28, 97), (1, 1)])
def test_any_size(random, height, width):
    with torch.inference_mode():
        outputs = random.base_model(torch.randn(2, 3, height, width))
    assert outputs.last_hidden_state.shape == (2, 1280, -(-height // 32), -(-width // 32))
    assert outputs.pooler_output.shape == (2, 1280)
    assert outputs.pooler_output.isfinite().all()


@pytest.mark.parametrize(
    ("side", "kernel", "stride", "before", "after"),
    [(4, 3, 2, 0, 1), (5, 3, 2, 1, 1), (4, 5, 2, 1, 2), (5, 5, 2, 2, 2), (4, 3, 1, 1, 1), (4, 1, 2, 0, 0)],
)
def test_padding(side, kernel, stride, before, after):
    padded = pad_same(torch.ones(1, 1, side, side), kernel, stride)[0, 0]
    assert len(padded) == before + side + after
    assert padded[before : before + side, before : before + side].all()
    assert padded.sum() == side**2


def test_a_strided_convolution_by_hand():
    """Sum 3 by 3 windows of the numbers 0 to 15 with stride 2 and zero padding."""
    unit = ConvNorm(1, 1, kernel=3, stride=2, activated=False).eval()
    torch.nn.init.ones_(unit.convolution.weight)
    with torch.inference_mode():
        sums = unit(torch.arange(16.0).reshape(1, 1, 4, 4)) * (1 + 1e-3) ** 0.5
    assert sums.flatten().tolist() == pytest.approx([45, 39, 66, 50])


@pytest.mark.parametrize("side", [32, 65, 224])
@pytest.mark.parametrize("mode", ["evaluation", "training"])
def test_random_weights_neither_vanish_nor_explode(random, side, mode):
    random.train(mode == "training")
    with torch.no_grad():
        spread = random(torch.randn(8, 3, side, side)).logits.std(0).mean()
    assert 0.005 < spread < 5


def test_random_weights_start_as_in_tensorflow(random):
    block = random.base_model.layers[8]
    assert block.depthwise.convolution.weight.std().item() == pytest.approx((2 / 25) ** 0.5, rel=0.05)
    assert block.project.convolution.weight.std().item() == pytest.approx((2 / 112) ** 0.5, rel=0.05)
    assert block.project.norm.weight.eq(1).all() and block.project.norm.running_var.eq(1).all()


def test_the_module_may_be_imported_twice(folder):
    runpy.run_path(efficientnet_lite.__file__)
    config = AutoConfig.from_pretrained(folder, **LABELS)
    assert AutoModelForImageClassification.from_config(config).classifier.out_features == 10
