"""What a result depends on beside data and parameters: the code, the installed packages, and the processor."""

import hashlib
import platform
from importlib.metadata import distributions
from pathlib import Path

VECTORS = ("sse4_2", "avx2", "avx_vnni", "avx512f", "avx512_vnni", "amx_tile", "asimd", "sve")  # as Linux names them


STAGES = Path(__file__).parent.parent


def code() -> str:
    """A digest of all of the stages' code as it is now, committed or not."""
    summed = hashlib.sha256()
    for file in sorted(STAGES.rglob("*.py")):
        summed.update(f"{file.relative_to(STAGES).as_posix()}\0".encode() + file.read_bytes() + b"\0")
    return summed.hexdigest()[:16]


def packages() -> str:
    """A digest of the names and versions of all installed packages, but of this project itself."""
    installed = {f"{one.name.lower()}=={one.version}" for one in distributions() if one.name}
    listed = sorted(one for one in installed if not one.startswith("crossfer=="))
    return hashlib.sha256("\n".join(listed).encode()).hexdigest()[:16]


def processor() -> str:
    """The processor's class: its kind, and the vector instructions it has. Kernels for others sum in other orders."""
    try:
        said = set(Path("/proc/cpuinfo").read_text(encoding="utf-8").split())
    except OSError:  # no Linux
        said = set()
    return " ".join([platform.machine(), *(flag for flag in VECTORS if flag in said)])
