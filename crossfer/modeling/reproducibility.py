"""Make results reproducible: seeds, threads, deterministic kernels, device."""

import os

import torch
from transformers import set_seed

from crossfer.errors import UserError
from crossfer.modeling.allocator import keep_freed_memory
from crossfer.modeling.distributed import local_rank


def set_up_torch(device: str, threads: int, seed: int) -> torch.device:
    """Set seeds, threads, deterministic kernels and the allocator; return the device.

    The device is `cpu`, `cuda`, or `auto` for CUDA where it exists. Another number of threads changes the last bits of
    sums.

    Raises:
        UserError: `cuda` is set, but no CUDA device exists.
    """
    if device == "cuda" and not torch.cuda.is_available():
        raise UserError("compute.device is cuda, but torch finds no CUDA device; set it to cpu or auto.")
    os.environ["CUBLAS_WORKSPACE_CONFIG"] = ":4096:8"  # cuBLAS reads it at its start; else its sums may differ
    keep_freed_memory()
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True, warn_only=True)
    # Without it torch fills every new tensor: a tenth of a step.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    set_seed(seed)
    if device == "cpu" or not torch.cuda.is_available():
        return torch.device("cpu")
    torch.cuda.set_device(local_rank())
    return torch.device("cuda", local_rank())
