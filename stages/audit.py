"""Ask whether any package of requirements.lock has a known vulnerability, by pip-audit; it needs the network.

Not a stage. pip-audit alone ends well where the service knows none of the packages, as behind a mirror: that is said.

Reads:  requirements.lock
Run:    python -m stages.audit      (or make audit): status 0 for none, 1 for some, 2 where it cannot be known
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from stages.shared.command import run_stage
from stages.shared.errors import UserError

LOCK = "requirements.lock"
COMMAND = ("pip_audit", "--requirement", LOCK, "--no-deps", "--disable-pip", "--format=json", "--progress-spinner=off")


def main() -> None:
    """Ask whether any package of requirements.lock has a known vulnerability."""
    done = subprocess.run([sys.executable, "-m", *COMMAND], capture_output=True, text=True, check=False)
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except ValueError:
        raise UserError(
            "pip-audit cannot ask for known vulnerabilities: no service answers; run it where there is a network, with"
            " what `make` has installed."
        ) from None
    found = list(vulnerable(packages))
    print("\n".join(found) or f"no vulnerability is known of the packages of {LOCK} that the service knows.")
    if unknown := [package["name"] for package in packages if "skip_reason" in package]:
        raise UserError(
            f"{len(unknown)} of the {len(packages)} packages of {LOCK} are not known to the service, {unknown[0]} the"
            " first; ask one that knows them: run it where packages come from their public index."
        )
    raise SystemExit(1 if found else 0)


def vulnerable(packages: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """A line a known vulnerability, with the versions that have it no more."""
    for package in packages:
        for one in package.get("vulns", ()):
            mended = ", ".join(one["fix_versions"]) or "no version yet"
            yield f"{package['name']} {package['version']}: {one['id']}, mended in {mended}"


if __name__ == "__main__":
    run_stage(main)
