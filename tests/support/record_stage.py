"""Run a stage in the current folder and print, as JSON, which of the project's modules and parameters it read,
and which instructions torch used.

python record_stage.py STAGE TASK
"""

import json
import runpy
import sys
from collections.abc import Iterable
from pathlib import Path

from pydantic import BaseModel

sys.path.insert(0, str(Path.cwd()))
from crossfer.config import params

READ: set[str] = set()


class Recorder:
    """Stands for a block of parameters; what is read of it is noted by its dotted name."""

    def __init__(self, block: BaseModel, name: str) -> None:
        self._block, self._name = block, name

    def __getattr__(self, attribute: str):
        kind = type(self._block)
        if attribute in kind.model_fields:
            return watched(getattr(self._block, attribute), f"{self._name}.{attribute}")
        found = getattr(kind, attribute)
        if isinstance(found, property):
            return found.fget(self)
        return found.__get__(self)

    def model_dump(self, include: set[str] | None = None, exclude: Iterable[str] = ()) -> dict:
        fields = set(type(self._block).model_fields) if include is None else include
        for name in fields - set(exclude):
            note_whole(getattr(self._block, name), f"{self._name}.{name}")
        return self._block.model_dump(include=fields, exclude=set(exclude))


def watched(value, name: str):
    if isinstance(value, BaseModel):
        return Recorder(value, name)
    if isinstance(value, list):
        return [watched(item, f"{name}.{number}") for number, item in enumerate(value)]
    READ.add(name)
    return value


def note_whole(value, name: str) -> None:
    if isinstance(value, BaseModel):
        for field in type(value).model_fields:
            note_whole(getattr(value, field), f"{name}.{field}")
    else:
        READ.add(name)


def main(stage: str, task: str) -> None:
    real = params.load_task

    def load_task(name: str):
        block, compute = real(name)
        return Recorder(block, f"tasks.{name}"), Recorder(compute, "compute")

    params.load_task = load_task
    sys.argv = [f"stages.{stage}", task]
    try:
        runpy.run_module(f"stages.{stage}", run_name="__main__")
    except SystemExit as end:
        if end.code:
            raise
    here = Path.cwd()
    files = {Path(module.__file__) for module in list(sys.modules.values()) if getattr(module, "__file__", None)}
    own = {file.relative_to(here).as_posix() for file in files if file.is_relative_to(here / "stages")}
    torch = sys.modules.get("torch")
    instructions = torch.backends.cpu.get_cpu_capability() if torch else None
    found = {"modules": sorted({*own, f"stages/{stage}.py"}), "parameters": sorted(READ), "instructions": instructions}
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
