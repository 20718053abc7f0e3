"""Which part of a network is trained: everything, all but its lowest layers, or the head alone.

It works on any network of transformers whose backbone is a stem (embeddings) and a list of layers (blocks, stages).
"""

from itertools import takewhile

from torch import nn
from transformers import PreTrainedModel

from crossfer.errors import UserError


def freeze(model: PreTrainedModel, part: int | str) -> None:
    """Keep a part of the model from being trained, and in evaluation mode whatever mode the rest is in.

    Args:
        model: a classifier.
        part: `none`; a number of layers, which are frozen from below with the stem beneath them; or `backbone`, all but
            the head.

    Raises:
        UserError: there are fewer layers, or no list of layers.
    """
    if part == "none":
        return
    if isinstance(part, int):
        parent, name = find_layer_list(model)
        stack = getattr(parent, name)
        if part > len(stack):
            raise UserError(f"finetune.freeze is {part}, the backbone has {len(stack)} layers; lower it.")
        layers = {id(parameter) for parameter in stack.parameters()}
        stem = takewhile(lambda parameter: id(parameter) not in layers, model.base_model.parameters())
        for parameter in [*stem, *stack[:part].parameters()]:
            parameter.requires_grad_(False)
    else:
        model.base_model.requires_grad_(False)
    for module in model.modules():
        if is_frozen(module):
            keep_in_eval_mode(module)


def is_frozen(module: nn.Module) -> bool:
    """The module has weights, and none of them is trained."""
    trained = [parameter.requires_grad for parameter in module.parameters()]
    return bool(trained) and not any(trained)


def keep_in_eval_mode(module: nn.Module) -> None:
    """Keep the module as it answers, dropout off and batch statistics as they are, when the model is set to train."""
    module.eval()
    module.train = lambda mode=True: module  # type: ignore[method-assign]


def find_layer_list(model: PreTrainedModel) -> tuple[nn.Module, str]:
    """Where the backbone keeps its layers: the module, and the name of its list, the largest one in it.

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
            f"a backbone of type {model.config.model_type} has no list of layers to be frozen in part; set"
            " finetune.freeze to none or backbone."
        )
    _, parent, name = max(lists, key=lambda found: found[0])
    return parent, name
