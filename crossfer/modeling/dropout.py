"""Set the dropout rate of a network."""

from torch import nn


def set_dropout(model: nn.Module, rate: float) -> None:
    """Set the rate of every dropout in the model.

    Some networks keep the rate of attention as a number, not as a module (ModernBERT, ViT). Stochastic depth and the
    model's configuration stay as they are.
    """
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = rate
        for name, value in vars(module).items():
            if name.endswith("dropout") and type(value) in (int, float):
                setattr(module, name, rate)
