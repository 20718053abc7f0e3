"""What a processor is called, and that libraries use no more of it than they may."""

import os
import platform
import subprocess
import sys

import pytest
from repository import ROOT

from crossfer.config import cpu
from crossfer.config.params import load_params


def test_its_class():
    said = cpu.cpu_model().split()
    assert said[0] == platform.machine()
    assert any("/" in word for word in said) or platform.machine() != "x86_64"  # whose, and which of theirs
    assert {word for word in said[1:] if "/" not in word} <= set(cpu.VECTOR_FLAGS)


def used(limit, **environment):
    """The instructions that torch says it uses, in a process of its own: it looks them up once."""
    script = f"import torch; {limit}; torch.ones(9).exp(); print(torch.backends.cpu.get_cpu_capability())"
    others = {name: value for name, value in os.environ.items() if name not in cpu.AVX2_VARIABLES}
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={**others, **environment},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return done.stdout.strip()


def limited_to(instructions):
    return f"from crossfer.config import cpu; cpu.limit_instruction_set('{instructions}')"


@pytest.mark.parametrize("given", [{}, {"ATEN_CPU_CAPABILITY": "default"}])
def test_no_more_is_used_than_asked_for_whatever_the_environment_says(given):
    native = used(limited_to("native"), **given)
    wide = "avx512f" in cpu.cpu_model().split()
    assert native.startswith("AVX512") is wide
    assert used(limited_to("avx2"), **given) == ("AVX2" if "avx2" in cpu.cpu_model().split() else native)


def test_a_stage_limits_them_before_it_computes():
    """It has imported torch by then, and asks for its task first."""
    found = used("from crossfer.config.params import load_task; load_task('news')", ATEN_CPU_CAPABILITY="default")
    assert found == used(limited_to(load_params(ROOT / "params.yaml").compute.instructions))


def test_a_processor_without_them_is_left_alone(monkeypatch):
    """Torch would use them all the same, and be killed."""
    monkeypatch.setattr(cpu, "cpu_model", lambda: "x86_64 GenuineIntel/6/6 sse4_2")
    for name in cpu.AVX2_VARIABLES:
        monkeypatch.setenv(name, "other")
    cpu.limit_instruction_set("avx2")
    assert not cpu.AVX2_VARIABLES.keys() & os.environ.keys()
