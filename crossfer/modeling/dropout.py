"""The dropout of a network: which share of its states is dropped in training."""

from torch import nn


def set_dropout(model: nn.Module, share: float) -> None:
    """Let every dropout of the model drop that share of the states.

    Some networks give attention its dropout as a number, not as a module (ModernBERT, ViT). Stochastic depth, which
    drops whole layers, and the model's configuration stay as they are.
    """
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = share
        for name, value in vars(module).items():
            if name.endswith("dropout") and type(value) in (int, float):
                setattr(module, name, share)
