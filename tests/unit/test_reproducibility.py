"""Devices, threads and deterministic kernels."""

import os

import pytest
import torch

from crossfer.errors import UserError
from crossfer.modeling import reproducibility


def test_devices():
    def set_up(device):
        return reproducibility.set_up_torch(device, 1, 0)

    assert set_up("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")
    assert torch.get_num_threads() == 1
    if not torch.cuda.is_available():
        with pytest.raises(UserError, match="compute.device is cuda, but torch finds no CUDA device"):
            set_up("cuda")


def test_cublas_is_deterministic(monkeypatch):
    """Without the variable torch only warns that matrix products on CUDA may differ."""
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG", raising=False)
    reproducibility.set_up_torch("cpu", 1, 0)
    assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":4096:8"


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_each_process_uses_its_own_gpu(monkeypatch):
    last = torch.cuda.device_count() - 1
    monkeypatch.setenv("LOCAL_RANK", str(last))
    assert reproducibility.set_up_torch("cuda", 1, 0) == torch.device("cuda", last)
    assert torch.cuda.current_device() == last
