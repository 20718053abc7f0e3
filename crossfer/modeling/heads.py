"""The head of a classifier, which is everything but its backbone: its labels, and how it is renewed or extended."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn
from transformers import PreTrainedModel

from crossfer.errors import UserError


def label_names(model: PreTrainedModel) -> list[str]:
    """Return the names of the labels, in the order of the model's logits."""
    return [model.config.id2label[number] for number in range(model.config.num_labels)]


def reinitialize_head(model: PreTrainedModel, loading: Mapping[str, Any]) -> None:
    """Make anew, in place, what was loaded of a head: it is of other labels, even where there are as many of them.

    Args:
        model: a classifier, loaded from a backbone that may have been one.
        loading: transformers' account of it (`output_loading_info`); what it could not load is new already.
    """
    new = {*loading["missing_keys"], *(name for name, *_ in loading["mismatched_keys"])}
    backbone = {id(parameter) for parameter in model.base_model.parameters()}
    old = {
        name: parameter
        for name, parameter in model.named_parameters()
        if id(parameter) not in backbone and name not in new
    }
    if old:
        fresh = type(model)(model.config).state_dict()
        with torch.no_grad():
            for name, parameter in old.items():
                parameter.copy_(fresh[name])


def add_labels(model: PreTrainedModel, labels: Sequence[str]) -> None:
    """Let a classifier know more labels, in place; those that it has keep their numbers and weights.

    A new one starts from noughts: neither likely nor unlikely.

    Args:
        model: a classifier whose head ends in a linear layer.
        labels: the model's own, then the new ones.

    Raises:
        UserError: the head has no such layer.
    """
    known = model.config.num_labels
    if len(labels) == known:
        return
    backbone = {id(module) for module in model.base_model.modules()}
    ends = [
        (parent, name, child)
        for parent in model.modules()
        for name, child in parent.named_children()
        if isinstance(child, nn.Linear) and child.out_features == known and id(child) not in backbone
    ]
    if not ends:
        raise UserError(
            f"a classifier of type {model.config.model_type} does not end in a linear layer, so it cannot learn the"
            f" labels {', '.join(labels[known:])} from shots; leave these labels out."
        )
    parent, name, old = ends[-1]
    new = nn.Linear(old.in_features, len(labels), bias=old.bias is not None).to(old.weight)
    with torch.no_grad():
        for tensor, kept in zip(new.parameters(), old.parameters(), strict=True):
            tensor.zero_()[:known] = kept
    setattr(parent, name, new)
    model.num_labels = len(labels)
    model.config.id2label = dict(enumerate(labels))
    model.config.label2id = {label: number for number, label in enumerate(labels)}
