"""Adaptation: more labels in a head, and changed weights in a file of their own."""

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn

from crossfer.errors import UserError
from crossfer.modalities.text import model as text_model
from crossfer.modalities.vision import model as vision_model
from crossfer.modeling import heads, weight_delta

BUILDERS = {"text": (text_model, "tiny_backbone"), "vision": (vision_model, "tiny_vision_backbone")}


@pytest.fixture(params=BUILDERS)
def model(request):
    models, backbone = BUILDERS[request.param]
    torch.manual_seed(3)
    return models.build(request.getfixturevalue(backbone), ["a", "b"], "pretrained")


def head(model):
    return [module for module in model.modules() if isinstance(module, nn.Linear)][-1]


def test_old_labels_keep_their_weights(model):
    before = head(model).weight.detach().clone()
    heads.add_labels(model, ["a", "b", "c", "d"])
    assert model.config.id2label == {0: "a", 1: "b", 2: "c", 3: "d"}
    assert model.config.num_labels == 4
    assert torch.equal(head(model).weight[:2], before)
    assert not head(model).weight[2:].any()


def test_the_same_labels_change_nothing(model):
    before = head(model)
    heads.add_labels(model, ["a", "b"])
    assert head(model) is before


def test_a_weight_delta_restores_the_adapted_model(model, request, tmp_path):
    models, backbone = BUILDERS[request.node.callspec.params["model"]]
    torch.manual_seed(3)
    other = models.build(request.getfixturevalue(backbone), ["a", "b"], "pretrained")
    heads.add_labels(model, ["a", "b", "c"])
    before = weight_delta.copy_weights(model)
    with torch.no_grad():
        head(model).weight += 1
        statistics = next((tensor for name, tensor in model.named_buffers() if name.endswith("running_mean")), None)
        if statistics is not None:  # no parameters, but changed in training
            statistics += 1
    weight_delta.save_delta(model, before, tmp_path / "x.safetensors")
    with safe_open(tmp_path / "x.safetensors", "pt") as file:
        assert len(file.keys()) == (1 if statistics is None else 2)
    weight_delta.apply_delta(other, ["a", "b", "c"], tmp_path / "x.safetensors")
    assert all(torch.equal(tensor, other.state_dict()[name]) for name, tensor in model.state_dict().items())


def test_a_head_without_a_linear_layer_is_refused(model):
    setattr(model, next(name for name, child in model.named_children() if head(model) is child), nn.Identity())
    with pytest.raises(
        UserError, match=r"shots add the labels \['c'\], but a classifier of type .* does not end in a linear layer"
    ):
        heads.add_labels(model, ["a", "b", "c"])


@pytest.mark.parametrize("weights", [{"nowhere.weight": torch.ones(2)}, {"classifier.weight": torch.ones(7, 7)}])
def test_weights_of_another_model_are_refused(request, tmp_path, weights):
    model = text_model.build(request.getfixturevalue("tiny_backbone"), ["a", "b"], "pretrained")
    save_file(weights, tmp_path / "x.safetensors")
    with pytest.raises(UserError, match=r"x\.safetensors belongs to another model .*; rerun the stage adapt"):
        weight_delta.apply_delta(model, ["a", "b"], tmp_path / "x.safetensors")
