"""Same inputs, same bytes: seeds, threads and kernels set in one place; and the device that the work runs on."""

import torch
from transformers import set_seed

from stages.shared.errors import UserError
from stages.shared.memory import keep_freed


def prepare(device: str, threads: int, seed: int) -> torch.device:
    """Set seeds, thread count, deterministic kernels and the allocator, and return the device to work on.

    Args:
        device: cpu, cuda, or auto for cuda where there is one.
        threads: torch's threads on the CPU. Sums of another number of threads differ in their last bits.
        seed: for every random generator.

    Raises:
        UserError: cuda is asked for and not there.
    """
    if device == "cuda" and not torch.cuda.is_available():
        raise UserError("compute.device is cuda, but torch sees no CUDA device here; set it to cpu or auto.")
    keep_freed()
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True, warn_only=True)
    set_seed(seed)
    return torch.device("cuda" if device != "cpu" and torch.cuda.is_available() else "cpu")
