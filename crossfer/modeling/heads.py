"""The head of a classifier, which is everything but its backbone."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn
from transformers import PreTrainedModel

from crossfer.errors import UserError, shorten


def label_names(model: PreTrainedModel) -> list[str]:
    """Return the names of the labels, in the order of the model's logits."""
    return [model.config.id2label[number] for number in range(model.config.num_labels)]


def reinitialize_head(model: PreTrainedModel, loading_info: Mapping[str, Any]) -> None:
    """Replace loaded weights of the head, in place: they belong to other labels.

    `loading_info` lists the weights that transformers could not load and has initialized (`output_loading_info`).
    """
    initialized_names = {*loading_info["missing_keys"], *(name for name, *_ in loading_info["mismatched_keys"])}
    backbone = {id(parameter) for parameter in model.base_model.parameters()}
    loaded_parameters = {
        name: parameter
        for name, parameter in model.named_parameters()
        if id(parameter) not in backbone and name not in initialized_names
    }
    if loaded_parameters:
        random_weights = type(model)(model.config).state_dict()
        with torch.no_grad():
            for name, parameter in loaded_parameters.items():
                parameter.copy_(random_weights[name])


def add_labels(model: PreTrainedModel, labels: Sequence[str]) -> None:
    """Add labels to a classifier, in place; the weights of a new label are zeros.

    `labels` are the model's labels in their order, then the new ones.

    Raises:
        UserError: the head does not end in a linear layer.
    """
    count = model.config.num_labels
    if len(labels) == count:
        return
    backbone = {id(module) for module in model.base_model.modules()}
    last_layers = [
        (parent, name, child)
        for parent in model.modules()
        for name, child in parent.named_children()
        if isinstance(child, nn.Linear) and child.out_features == count and id(child) not in backbone
    ]
    if not last_layers:
        raise UserError(
            f"shots add the labels {shorten(labels[count:])}, but a classifier of type {model.config.model_type} does"
            " not end in a linear layer; leave these labels out."
        )
    parent, name, old_layer = last_layers[-1]
    new_layer = nn.Linear(old_layer.in_features, len(labels), bias=old_layer.bias is not None).to(old_layer.weight)
    with torch.no_grad():
        for new_tensor, old_tensor in zip(new_layer.parameters(), old_layer.parameters(), strict=True):
            new_tensor.zero_()[:count] = old_tensor
    setattr(parent, name, new_layer)
    model.num_labels = len(labels)
    model.config.id2label = dict(enumerate(labels))
    model.config.label2id = {label: number for number, label in enumerate(labels)}
