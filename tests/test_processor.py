"""What a processor is called, and that libraries use no more of it than they may."""

import os
import platform
import subprocess
import sys

import pytest
from conftest import ROOT

from stages.shared import processor


def test_its_class():
    said = processor.described().split()
    assert said[0] == platform.machine()
    assert any("/" in word for word in said) or platform.machine() != "x86_64"  # whose, and which of theirs
    assert {word for word in said[1:] if "/" not in word} <= set(processor.VECTORS)


def used(instructions, **environment):
    """What torch says that it uses, in a process of its own: it looks but once."""
    script = "import torch; from stages.shared import processor\n"
    script += f"processor.limit('{instructions}'); torch.ones(9).exp(); print(torch.backends.cpu.get_cpu_capability())"
    others = {name: value for name, value in os.environ.items() if name not in processor.LIMITED}
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={**others, **environment},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return done.stdout.strip()


@pytest.mark.parametrize("given", [{}, {"ATEN_CPU_CAPABILITY": "default"}])
def test_no_more_is_used_than_asked_for_whatever_the_environment_says(given):
    native = used("native", **given)
    wide = "avx512f" in processor.described().split()
    assert native.startswith("AVX512") is wide
    assert used("avx2", **given) == ("AVX2" if "avx2" in processor.described().split() else native)


def test_a_processor_without_them_is_left_alone(monkeypatch):
    """Torch would use them all the same, and be killed."""
    monkeypatch.setattr(processor, "described", lambda: "x86_64 GenuineIntel/6/6 sse4_2")
    for name in processor.LIMITED:
        monkeypatch.setenv(name, "other")
    processor.limit("avx2")
    assert not processor.LIMITED.keys() & os.environ.keys()
