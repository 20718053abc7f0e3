"""What the project is made of: `make sbom` lists it, `make audit` asks whether it is known to be vulnerable."""

import json
import os
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path

import pytest
from repository import ROOT


def made(target: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """`make target` with the packages that the tests run with, which are taken to be installed."""
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["make", "--quiet", f"--old-file={sys.prefix}/.installed", f"VENV={sys.prefix}", target],
        cwd=ROOT,
        env={**os.environ, "PATH": programs, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_bill_of_materials_has_every_package_and_is_the_same_twice():
    pytest.importorskip("cyclonedx_py", reason="make installs it")
    bill = ROOT / "sbom.cdx.json"
    contents = []
    for _ in range(2):
        bill.unlink(missing_ok=True)
        done = made("sbom")
        assert done.returncode == 0, done.stderr
        contents.append(bill.read_bytes())
    assert contents[0] == contents[1]
    found = json.loads(contents[0])
    assert found["bomFormat"] == "CycloneDX" and found["metadata"]["component"]["name"] == "crossfer"
    listed = {component["name"].lower().replace("_", "-").replace(".", "-") for component in found["components"]}
    installed = {one.name.lower().replace("_", "-").replace(".", "-") for one in distributions() if one.name}
    assert installed - listed <= {"crossfer"}
    assert subprocess.run(["git", "check-ignore", "-q", "sbom.cdx.json"], cwd=ROOT, check=False).returncode == 0


def test_every_package_is_pinned_once():
    pins = (ROOT / "requirements.lock").read_text().splitlines()[1:]
    assert all(pin.count("==") == 1 for pin in pins)
    assert pins == sorted({pin.split("==")[0]: pin for pin in pins}.values(), key=str.lower)
