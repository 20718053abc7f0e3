"""Ways to disturb a picture, an attack by the model's gradients, and pictures that are none of its business."""

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn.functional import cross_entropy

from crossfer.modalities.vision.data.images import open_image, to_png
from crossfer.protocols import load_models
from crossfer.robustness.vision import BUDGETS, PERTURBATIONS, gradient_attacks, out_of_distribution


def picture(mode):
    """A light bar on a dark ground."""
    values = np.zeros((28, 28, 3), np.uint8)
    values[4:24, 11:17] = (250, 240, 230)
    return Image.fromarray(values).convert(mode)


@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize("perturbation", PERTURBATIONS)
def test_stronger_is_further_away_and_the_same_again(perturbation, mode):
    content = to_png(picture(mode))
    do, amounts = PERTURBATIONS[perturbation]
    versions = [do(content, amount, np.random.default_rng(3)) for amount in amounts]
    pictures = [open_image(version) for version in versions]
    assert {(one.size, one.mode) for one in pictures} == {((28, 28), mode)}
    start = np.asarray(picture(mode), float)
    away = [np.abs(np.asarray(one, float) - start).mean() for one in pictures]
    assert 0 <= away[0] <= away[1] <= away[2] and away[2] > 0
    assert versions == [do(content, amount, np.random.default_rng(3)) for amount in amounts]


def test_noise_has_its_deviation():
    grey = to_png(Image.new("L", (200, 200), 128))
    values = np.asarray(open_image(PERTURBATIONS["noise"][0](grey, 0.1, np.random.default_rng(0))), float)
    assert values.std() == pytest.approx(25.5, rel=0.02)
    assert values.mean() == pytest.approx(128, abs=0.5)


def test_what_is_out_of_scope():
    rows = out_of_distribution("letters_and_photographs")
    assert rows["sort"].value_counts().to_dict() == {"noise": 100, "pieces of photographs": 100, "letters": 100}
    assert rows["content"].nunique() > 250
    assert out_of_distribution("letters_and_photographs").equals(rows)
    assert all(open_image(content).size == (56, 56) for content in rows["content"])


def test_fgsm_goes_against_the_guess_within_its_budget(tiny_vision_backbone):
    models = load_models("vision")
    model = models.build(tiny_vision_backbone, ["a", "b", "c"], "pretrained")
    generator = np.random.default_rng(0)
    inputs = [generator.integers(0, 256, 3 * 32 * 32, dtype=np.uint8) for _ in range(12)]
    model.train()
    for _ in range(30):  # a new network: nothing would come through it but for these means and variances
        model(**models.collate(model, inputs))
    model.eval()
    ((name, versions),) = gradient_attacks(model, inputs, batch_size=5).items()
    assert name == "FGSM" and len(versions) == len(BUDGETS)
    for budget, version in zip(BUDGETS, versions, strict=True):
        moved = np.abs(np.stack(version).astype(int) - np.stack(inputs))
        assert moved.max() == budget and version[0].dtype == np.uint8

    # A new network is no plain: only close by, and in double precision, is it sure where the slope leads.
    signs = torch.from_numpy(np.stack(versions[0]).astype(float) - np.stack(inputs)).reshape(12, 3, 32, 32)
    pixels = models.collate(model, inputs)["pixel_values"].double()
    model.double()
    with torch.inference_mode():
        before, after = (model(pixel_values=pixels + step * signs).logits for step in (0, 1e-6))
    guess = before.argmax(1)
    assert (cross_entropy(after, guess, reduction="none") > cross_entropy(before, guess, reduction="none")).all()
