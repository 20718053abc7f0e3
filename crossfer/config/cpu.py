"""The model of the processor, and the limit on its vector instructions."""

import os
import platform
from pathlib import Path

MODEL_FIELDS = ("vendor_id", "cpu family", "model")  # of /proc/cpuinfo
VECTOR_FLAGS = ("sse4_2", "avx2", "avx_vnni", "avx512f", "avx512_vnni", "amx_tile", "asimd", "sve")
AVX2_VARIABLES = {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2", "MKL_ENABLE_INSTRUCTIONS": "AVX2"}
"""Variables that torch, oneDNN and MKL read once, when they first compute."""


def cpu_model() -> str:
    """Return architecture, model and vector flags, which decide the last bits."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:  # not Linux
        lines = []
    fields = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    model = "/".join(fields[name] for name in MODEL_FIELDS if name in fields)
    flags = fields.get("flags", fields.get("Features", "")).split()
    return " ".join([platform.machine(), *filter(None, [model]), *(flag for flag in VECTOR_FLAGS if flag in flags)])


def limit_instruction_set(instructions: str) -> None:
    """Limit libraries to AVX2 for `avx2`; remove the limit for `native`.

    Call it before anything is computed.
    """
    for name in AVX2_VARIABLES:
        os.environ.pop(name, None)
    if instructions == "avx2" and "avx2" in cpu_model().split():  # torch does not check that the processor has it
        os.environ.update(AVX2_VARIABLES)
