"""The bill of materials that `cyclonedx-py` writes, and the pinned packages."""

import json
import shlex
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path

from repository import ROOT

SECURITY = (ROOT / "docs/security.md").read_text(encoding="utf-8")


def documented_command(program: str) -> list[str]:
    """Return the command of docs/security.md that runs a program."""
    (command,) = [shlex.split(line) for line in SECURITY.splitlines() if line.startswith(f"{program} ")]
    return command


def test_bill_of_materials_lists_every_package():
    program, *options = documented_command("cyclonedx-py")
    assert options[-1] == ".venv"
    command = [Path(sys.prefix) / "bin" / program, *options[:-1], sys.prefix]
    path = ROOT / "sbom.cdx.json"
    contents = []
    for _ in range(2):
        path.unlink(missing_ok=True)
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
        contents.append(path.read_bytes())
    assert contents[0] == contents[1]
    bill = json.loads(contents[0])
    assert bill["bomFormat"] == "CycloneDX" and bill["metadata"]["component"]["name"] == "crossfer"
    listed = {component["name"].lower().replace("_", "-").replace(".", "-") for component in bill["components"]}
    installed = {one.name.lower().replace("_", "-").replace(".", "-") for one in distributions() if one.name}
    assert installed - listed <= {"crossfer"}
    assert subprocess.run(["git", "check-ignore", "-q", "sbom.cdx.json"], cwd=ROOT, check=False).returncode == 0


def test_every_package_is_pinned_once():
    pins = (ROOT / "requirements.lock").read_text().splitlines()[1:]
    assert all(pin.count("==") == 1 for pin in pins)
    assert pins == sorted({pin.split("==")[0]: pin for pin in pins}.values(), key=str.lower)
