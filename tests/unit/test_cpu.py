"""The name of the processor, and the limit on the instructions that libraries use."""

import os
import platform
import subprocess
import sys

import pytest
from repository import ROOT

from crossfer.config import cpu
from crossfer.config.params import load_params


def test_cpu_model():
    architecture, *words = cpu.cpu_model().split()
    assert architecture == platform.machine()
    assert any("/" in word for word in words) or architecture != "x86_64"  # vendor, family and model
    assert {word for word in words if "/" not in word} <= set(cpu.VECTOR_FLAGS)


def torch_capability(statement, **environment):
    """Return the instructions that torch reports after a statement.

    It runs in a new process, since torch looks them up once.
    """
    script = f"import torch; {statement}; torch.ones(9).exp(); print(torch.backends.cpu.get_cpu_capability())"
    inherited = {name: value for name, value in os.environ.items() if name not in cpu.AVX2_VARIABLES}
    process = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={**inherited, **environment},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return process.stdout.strip()


def limit_statement(instructions):
    return f"from crossfer.config import cpu; cpu.limit_instruction_set('{instructions}')"


@pytest.mark.parametrize("environment", [{}, {"ATEN_CPU_CAPABILITY": "default"}])
def test_the_limit_overrides_the_environment(environment):
    native, flags = torch_capability(limit_statement("native"), **environment), cpu.cpu_model().split()
    assert native.startswith("AVX512") is ("avx512f" in flags)
    assert torch_capability(limit_statement("avx2"), **environment) == ("AVX2" if "avx2" in flags else native)


def test_load_task_limits_the_instructions_of_torch():
    """A stage has imported torch by then, but has not computed anything."""
    statement = "from crossfer.config.params import load_task; load_task('news')"
    instructions = load_params(ROOT / "params.yaml").compute.instructions
    assert torch_capability(statement, ATEN_CPU_CAPABILITY="default") == torch_capability(limit_statement(instructions))


def test_a_processor_without_avx2_has_no_limit(monkeypatch):
    """Torch would use AVX2 in spite of that, and crash."""
    monkeypatch.setattr(cpu, "cpu_model", lambda: "x86_64 GenuineIntel/6/6 sse4_2")
    for name in cpu.AVX2_VARIABLES:
        monkeypatch.setenv(name, "other")
    cpu.limit_instruction_set("avx2")
    assert not cpu.AVX2_VARIABLES.keys() & os.environ.keys()
