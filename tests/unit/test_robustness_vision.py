"""Perturbations of images, FGSM, and out-of-distribution images."""

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn.functional import cross_entropy

from crossfer.modalities.vision.data.images import open_image, to_png
from crossfer.protocols import load_models
from crossfer.robustness.vision import FGSM_EPSILONS, PERTURBATIONS, gradient_attacks, out_of_distribution


def bar_image(mode):
    """Return a light bar on a dark background."""
    values = np.zeros((28, 28, 3), np.uint8)
    values[4:24, 11:17] = (250, 240, 230)
    return Image.fromarray(values).convert(mode)


@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize("name", PERTURBATIONS)
def test_perturbation_grows_with_severity_and_is_reproducible(name, mode):
    content = to_png(bar_image(mode))
    perturb, amounts = PERTURBATIONS[name]
    versions = [perturb(content, amount, np.random.default_rng(3)) for amount in amounts]
    images = [open_image(version) for version in versions]
    assert {(image.size, image.mode) for image in images} == {((28, 28), mode)}
    original = np.asarray(bar_image(mode), float)
    light, medium, heavy = (np.abs(np.asarray(image, float) - original).mean() for image in images)
    assert 0 <= light <= medium <= heavy and heavy > 0
    assert versions == [perturb(content, amount, np.random.default_rng(3)) for amount in amounts]


def test_noise_has_its_deviation():
    grey = to_png(Image.new("L", (200, 200), 128))
    values = np.asarray(open_image(PERTURBATIONS["noise"][0](grey, 0.1, np.random.default_rng(0))), float)
    assert values.std() == pytest.approx(25.5, rel=0.02)
    assert values.mean() == pytest.approx(128, abs=0.5)


def test_out_of_distribution_images():
    rows = out_of_distribution("letters_and_photographs")
    assert rows["category"].value_counts().to_dict() == {"noise": 100, "photograph crops": 100, "letters": 100}
    assert rows["content"].nunique() > 250
    assert out_of_distribution("letters_and_photographs").equals(rows)
    assert all(open_image(content).size == (56, 56) for content in rows["content"])


def test_fgsm_lowers_the_predictions_likelihood_within_epsilon(tiny_vision_backbone):
    models = load_models("vision")
    model = models.build(tiny_vision_backbone, ["a", "b", "c"], "pretrained")
    generator = np.random.default_rng(0)
    inputs = [generator.integers(0, 256, 3 * 32 * 32, dtype=np.uint8) for _ in range(12)]
    model.train()
    for _ in range(30):  # batch normalization of a new network needs means and variances
        model(**models.collate(model, inputs))
    model.eval()
    ((name, versions),) = gradient_attacks(model, inputs, batch_size=5).items()
    assert name == "FGSM" and len(versions) == len(FGSM_EPSILONS)
    for epsilon, version in zip(FGSM_EPSILONS, versions, strict=True):
        change = np.abs(np.stack(version).astype(int) - np.stack(inputs))
        assert change.max() == epsilon and version[0].dtype == np.uint8

    # The loss of a new network is not linear: only a small step, in double precision, follows the gradient.
    gradient_signs = torch.from_numpy(np.stack(versions[0]).astype(float) - np.stack(inputs)).reshape(12, 3, 32, 32)
    pixels = models.collate(model, inputs)["pixel_values"].double()
    model.double()
    with torch.inference_mode():
        before, after = (model(pixel_values=pixels + step * gradient_signs).logits for step in (0, 1e-6))
    predictions = before.argmax(1)
    losses = [cross_entropy(logits, predictions, reduction="none") for logits in (before, after)]
    assert (losses[1] > losses[0]).all()
