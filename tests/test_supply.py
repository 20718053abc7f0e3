"""What the project is made of: `make sbom` lists it, `make audit` asks whether it is known to be vulnerable."""

import json
import os
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path

import pytest
from conftest import ROOT
from servers import free_port

from stages import audit

PACKAGE = {"name": "a", "version": "1.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["1.1", "2.0"]}]}
SAFE = {**PACKAGE, "vulns": []}
UNMENDED = {
    "name": "b",
    "version": "3",
    "vulns": [{"id": "PYSEC-2", "fix_versions": []}, {"id": "X", "fix_versions": []}],
}


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


def test_without_a_network_an_audit_says_so():
    pytest.importorskip("pip_audit", reason="make installs it")
    nowhere = f"http://127.0.0.1:{free_port()}"
    done = made("audit", HTTPS_PROXY=nowhere, HTTP_PROXY=nowhere, https_proxy=nowhere, http_proxy=nowhere, NO_PROXY="")
    assert done.returncode == 2
    said = [line for line in done.stderr.splitlines() if not line.startswith("make")]
    assert len(said) == 1 and said[0].startswith("error: pip-audit cannot ask for known vulnerabilities")


def test_what_is_vulnerable_is_told_with_what_mends_it():
    assert list(audit.vulnerable([PACKAGE, UNMENDED, {"name": "c", "skip_reason": "not known"}])) == [
        "a 1.0: PYSEC-1, mended in 1.1, 2.0",
        "b 3: PYSEC-2, mended in no version yet",
        "b 3: X, mended in no version yet",
    ]


@pytest.mark.parametrize(
    ("packages", "status"),
    [
        ([{**PACKAGE, "vulns": []}], 0),
        ([PACKAGE], 1),
        ([{**PACKAGE, "vulns": []}, {"name": "c", "skip_reason": "?"}], 2),
    ],
)
def test_the_status_of_an_audit(tmp_path, packages, status):
    """A program that answers as pip-audit does stands in its place: no service can be asked here."""
    (tmp_path / "pip_audit.py").write_text(f"print({json.dumps({'dependencies': packages})!r})\n")
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
    command = [sys.executable, "-m", "stages.audit"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stderr
    assert ("1 of the 2 packages of requirements.lock are not known" in done.stderr) == (status == 2)


def test_every_package_is_pinned_once():
    pins = (ROOT / "requirements.lock").read_text().splitlines()[1:]
    assert all(pin.count("==") == 1 for pin in pins)
    assert pins == sorted({pin.split("==")[0]: pin for pin in pins}.values(), key=str.lower)
