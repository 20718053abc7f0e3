"""What a result depends on beside data and parameters: the code, the installed packages, and the processor.

What dvc.lock's outputs were made with lies in git beside the reports, since a fresh clone has no run to ask.
"""

import hashlib
import platform
from collections.abc import Mapping
from importlib.metadata import distributions
from pathlib import Path

from stages.shared import artifacts, layout

MODEL = ("vendor_id", "cpu family", "model")  # of a processor, as Linux names them; as are these
VECTORS = ("sse4_2", "avx2", "avx_vnni", "avx512f", "avx512_vnni", "amx_tile", "asimd", "sve")


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
    """The processor's class: its kind, model and vector instructions. Kernels for others sum in other orders."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:  # no Linux
        lines = []
    said = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    model = "/".join(said[name] for name in MODEL if name in said)
    vectors = said.get("flags", said.get("Features", "")).split()
    return " ".join([platform.machine(), *filter(None, [model]), *(flag for flag in VECTORS if flag in vectors)])


def machine() -> dict[str, str]:
    """Both, of this machine, by name."""
    return {"packages": packages(), "processor": processor()}


def record(stage: str, made_with: Mapping[str, str]) -> None:
    """Write down what the outputs that DVC is about to keep of a stage were made with."""
    found = {**_recorded(), stage: dict(made_with)}
    artifacts.write_json(layout.environments(), dict(sorted(found.items())))


def differences(stage: str, here: Mapping[str, str]) -> list[str]:
    """Names of what dvc.lock's outputs of a stage were made with other than here; none if it is not written down."""
    made_with = _recorded().get(stage, here)
    return [name for name, value in here.items() if made_with.get(name) != value]


def _recorded() -> dict[str, dict[str, str]]:
    """What each stage's outputs were made with."""
    path = layout.environments()
    found: dict[str, dict[str, str]] = artifacts.read_json(path) if path.exists() else {}
    return found
