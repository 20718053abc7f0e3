"""Frozen parts of several network families never change; all others train."""

import pytest
import torch

from crossfer.errors import UserError
from crossfer.modeling.freezing import find_layer_list, freeze, is_frozen, keep_in_eval_mode

WIDTH = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
# By family: configuration, prefixes of the stem and of the layers, number of layers.
FAMILIES = {
    "bert": ({"vocab_size": 64, "max_position_embeddings": 32, **WIDTH}, "bert.embeddings.", "bert.encoder.layer.", 2),
    "distilbert": (
        {"vocab_size": 64, "dim": 16, "n_layers": 2, "n_heads": 2, "hidden_dim": 32},
        "distilbert.embeddings.",
        "distilbert.transformer.layer.",
        2,
    ),
    "vit": ({"image_size": 16, "patch_size": 8, **WIDTH}, "vit.embeddings.", None, 2),
    "mobilenet_v2": (
        {"image_size": 32, "depth_multiplier": 0.25},
        "mobilenet_v2.conv_stem.",
        "mobilenet_v2.layer.",
        16,
    ),
    "resnet": (
        {"embedding_size": 8, "hidden_sizes": [8, 16, 16], "depths": [1, 1, 1], "layer_type": "basic"},
        "resnet.embedder.",
        "resnet.encoder.stages.",
        3,
    ),
}
TEXTS = ("bert", "distilbert")


def build(family):
    from transformers import AutoConfig, AutoModelForImageClassification, AutoModelForSequenceClassification

    auto = AutoModelForSequenceClassification if family in TEXTS else AutoModelForImageClassification
    torch.manual_seed(0)
    return auto.from_config(AutoConfig.for_model(family, num_labels=3, **FAMILIES[family][0])).eval()


def example(family):
    torch.manual_seed(1)
    if family in TEXTS:
        return {"input_ids": torch.randint(5, 60, (4, 9)), "attention_mask": torch.ones(4, 9, dtype=torch.long)}
    return {"pixel_values": torch.rand(4, 3, *[FAMILIES[family][0].get("image_size", 32)] * 2)}


def frozen_names(model):
    return {name for name, parameter in model.named_parameters() if not parameter.requires_grad}


def find_layers(model):
    parent, name = find_layer_list(model)
    return getattr(parent, name)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_list_of_layers_is_found(family):
    _, _, layers, count = FAMILIES[family]
    model = build(family)
    assert len(find_layers(model)) == count
    if layers is not None:
        assert find_layers(model) is model.get_submodule(layers.rstrip("."))


@pytest.mark.parametrize("family", FAMILIES)
def test_nothing_is_frozen(family):
    model = build(family)
    freeze(model, "none")
    assert not frozen_names(model)
    assert all(module.training for module in model.train().modules())


@pytest.mark.parametrize("part", [0, 1, "all"])
@pytest.mark.parametrize("family", FAMILIES)
def test_the_stem_and_the_lowest_layers_are_frozen(family, part):
    _, stem, _, count = FAMILIES[family]
    model = build(family)
    part = count if part == "all" else part
    freeze(model, part)
    layers = {
        id(parameter): number for number, layer in enumerate(find_layers(model)) for parameter in layer.parameters()
    }
    for name, parameter in model.named_parameters():
        expected = layers[id(parameter)] < part if id(parameter) in layers else name.startswith(stem)
        assert parameter.requires_grad is not expected, name


@pytest.mark.parametrize("family", FAMILIES)
def test_all_but_the_head_is_frozen(family):
    model = build(family)
    freeze(model, "backbone")
    assert frozen_names(model) == {
        f"{model.base_model_prefix}.{name}" for name, _ in model.base_model.named_parameters()
    }
    assert any(parameter.requires_grad for parameter in model.parameters())


@pytest.mark.parametrize("part", [0, 1, "backbone"])
@pytest.mark.parametrize("family", FAMILIES)
def test_only_frozen_modules_stay_in_evaluation_mode(family, part):
    model = build(family)
    freeze(model, part)
    model.train()
    assert model.training
    for name, module in model.named_modules():
        if list(module.parameters()):
            assert module.training is not is_frozen(module), name
    frozen = [module for module in model.modules() if is_frozen(module)]
    assert frozen
    assert not any(inner.training for module in frozen for inner in module.modules())  # the dropout inside as well


@pytest.mark.parametrize("family", FAMILIES)
def test_frozen_modules_have_constant_outputs_and_weights(family):
    """Weights and statistics of batch norm; all other parameters have gradients."""
    model = build(family)
    freeze(model, 1)
    lowest, layer_outputs = find_layers(model)[0], []
    hook = lowest.register_forward_hook(lambda module, args, output: layer_outputs.append(output))
    before = {name: value.clone() for name, value in model.state_dict().items()}
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.1)
    for mode in (False, True):
        outputs = model.train(mode)(**example(family), labels=torch.tensor([0, 1, 2, 0]))
    outputs.loss.backward()
    optimizer.step()
    hook.remove()
    evaluated, trained = (out[0] if isinstance(out, tuple) else out for out in layer_outputs)
    assert torch.equal(evaluated, trained)
    for name, parameter in model.named_parameters():
        assert (parameter.grad is not None) is parameter.requires_grad, name
    frozen = {f"{name}." for name, module in model.named_modules() if is_frozen(module)}
    for name, value in model.state_dict().items():
        if name.startswith(tuple(frozen)):
            assert torch.equal(value, before[name]), name
    head = next(name for name, _ in reversed(list(model.named_parameters())))
    assert not torch.equal(model.state_dict()[head], before[head])


@pytest.mark.parametrize("family", FAMILIES)
def test_too_many_layers_are_refused(family):
    count = FAMILIES[family][3]
    with pytest.raises(UserError) as caught:
        freeze(build(family), count + 1)
    assert str(caught.value) == f"finetune.freeze is {count + 1}, but the backbone has {count} layers; lower it."


def test_a_network_without_a_list_of_layers_is_refused():
    from transformers import BertConfig, BertForSequenceClassification

    model = BertForSequenceClassification(BertConfig(vocab_size=64, **WIDTH))
    model.bert.encoder.layer = torch.nn.Sequential(*model.bert.encoder.layer)
    with pytest.raises(UserError) as caught:
        freeze(model, 1)
    assert str(caught.value) == (
        "finetune.freeze is a number, but a backbone of type bert has no list of layers; set it to none or backbone."
    )
    freeze(model, "backbone")
    assert len(frozen_names(model)) == len(list(model.bert.parameters()))


def test_a_module_without_weights_is_not_frozen():
    assert not is_frozen(torch.nn.Dropout())
    layer = torch.nn.Linear(2, 2)
    assert not is_frozen(layer)
    layer.weight.requires_grad_(False)
    assert not is_frozen(layer)
    layer.bias.requires_grad_(False)
    assert is_frozen(layer)


def test_a_module_kept_in_eval_mode_has_constant_statistics():
    norm = torch.nn.BatchNorm2d(3)
    keep_in_eval_mode(norm)
    assert norm.train() is norm
    norm(torch.rand(2, 3, 4, 4) + 5)
    assert norm.running_mean.tolist() == [0, 0, 0]
    assert norm.weight.requires_grad
