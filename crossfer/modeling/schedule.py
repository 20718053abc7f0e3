"""The learning rate over the steps of a training."""

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR
from transformers import get_linear_schedule_with_warmup


def linear_schedule(optimizer: Optimizer, steps: int, warmup_ratio: float) -> LambdaLR:
    """Raise the learning rate linearly in the warm-up, then lower it to zero."""
    return get_linear_schedule_with_warmup(optimizer, round(warmup_ratio * steps), steps)
