"""Freeze a part of a network: its lowest layers, or all but its head.

It works on networks of transformers whose backbone is a stem (embeddings) and a list of layers (blocks, stages).
"""

from itertools import takewhile

from torch import nn
from transformers import PreTrainedModel

from crossfer.errors import UserError


def freeze(model: PreTrainedModel, part: int | str) -> None:
    """Exclude a part of a classifier from training, and keep it in evaluation mode.

    The part is `none`; a number of layers, counted from below, with the stem; or `backbone`, all but the head.

    Raises:
        UserError: there are fewer layers, or no list of layers.
    """
    if part == "none":
        return
    if isinstance(part, int):
        parent, name = find_layer_list(model)
        layers = getattr(parent, name)
        if part > len(layers):
            raise UserError(f"finetune.freeze is {part}, but the backbone has {len(layers)} layers; lower it.")
        layer_parameters = {id(parameter) for parameter in layers.parameters()}
        stem = takewhile(lambda parameter: id(parameter) not in layer_parameters, model.base_model.parameters())
        for parameter in [*stem, *layers[:part].parameters()]:
            parameter.requires_grad_(False)
    else:
        model.base_model.requires_grad_(False)
    for module in model.modules():
        if is_frozen(module):
            keep_in_eval_mode(module)


def freeze_batch_statistics(model: nn.Module) -> None:
    """Keep all batch norms in evaluation mode: they fail for a training on one row."""
    for module in model.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            keep_in_eval_mode(module)


def is_frozen(module: nn.Module) -> bool:
    """Return whether the module has weights, none of which is trained."""
    is_trained = [parameter.requires_grad for parameter in module.parameters()]
    return bool(is_trained) and not any(is_trained)


def keep_in_eval_mode(module: nn.Module) -> None:
    """Turn dropout off and keep batch statistics, also when the model trains."""
    module.eval()
    module.train = lambda mode=True: module  # type: ignore[method-assign]


def find_layer_list(model: PreTrainedModel) -> tuple[nn.Module, str]:
    """Return the parent and the attribute of the largest list of layers.

    Raises:
        UserError: the architecture has no list of layers.
    """
    lists = [
        (sum(parameter.numel() for parameter in child.parameters()), parent, name)
        for parent in model.base_model.modules()
        for name, child in parent.named_children()
        if isinstance(child, nn.ModuleList)
    ]
    if not lists:
        raise UserError(
            f"finetune.freeze is a number, but a backbone of type {model.config.model_type} has no list of layers;"
            " set it to none or backbone."
        )
    _, parent, name = max(lists, key=lambda entry: entry[0])
    return parent, name
