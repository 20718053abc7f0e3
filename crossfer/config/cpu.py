"""The processor that the work runs on: its class, and which of its instructions libraries may use."""

import os
import platform
from pathlib import Path

MODEL = ("vendor_id", "cpu family", "model")  # as Linux names them; as are these
VECTORS = ("sse4_2", "avx2", "avx_vnni", "avx512f", "avx512_vnni", "amx_tile", "asimd", "sve")
LIMITED = {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2", "MKL_ENABLE_INSTRUCTIONS": "AVX2"}
"""What torch, oneDNN and MKL look up, each but once: when they first compute."""


def cpu_model() -> str:
    """Its class: kind, model and vector instructions. Kernels for others sum in other orders."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:  # no Linux
        lines = []
    said = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    model = "/".join(said[name] for name in MODEL if name in said)
    vectors = said.get("flags", said.get("Features", "")).split()
    return " ".join([platform.machine(), *filter(None, [model]), *(flag for flag in VECTORS if flag in vectors)])


def limit_instruction_set(instructions: str) -> None:
    """Let libraries use AVX2 at most, where the processor has it, for `avx2`; all that they find for `native`.

    To be called before anything is computed.
    """
    for name in LIMITED:
        os.environ.pop(name, None)
    if instructions == "avx2" and "avx2" in cpu_model().split():  # torch would not ask whether it is there
        os.environ.update(LIMITED)
