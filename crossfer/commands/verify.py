"""Make everything anew in a fresh clone, and hold each output against the digest that dvc.lock has of it.

Not a stage. The clone is of the last commit, and lies beside the repository; it has a cache and a store of runs of its
own, and is removed afterwards. The exit status is 0 if all outputs are the same bytes, else 1.

Reads:  the last commit
"""

import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from crossfer.commands import dvc_lock
from crossfer.commands.programs import environment
from crossfer.errors import UserError
from crossfer.reporting import markdown

SAME, OTHER, MISSING, UNKNOWN = "same", "other bytes", "not made", "not in dvc.lock"
HIDDEN = ("MLFLOW_", "DVC_")  # of the environment: what would lead to a store or a cache that is there already

Digests = Mapping[tuple[str, str], str]


def run() -> bool:
    """Rerun the pipeline in a fresh clone, print which outputs equal those of dvc.lock, return whether all do."""
    here = Path.cwd()
    dvc_lock.outputs(dvc_lock.LOCK)  # a sentence, if there is nothing to hold against
    try:
        beside = tempfile.TemporaryDirectory(prefix=f"{here.name}-verify-", dir=here.parent)
    except OSError as error:
        raise UserError(f"no folder can be made beside the repository, in {here.parent}: {error.strerror}.") from error
    with beside as place:
        clone = Path(place) / here.name
        _run("git", "clone", "--quiet", "--no-hardlinks", str(here), str(clone))
        committed = dvc_lock.outputs(clone / dvc_lock.LOCK)
        (clone / dvc_lock.LOCK).unlink()  # DVC would leave in it what no stage makes any more
        _run("dvc", "repro", "--force", folder=clone)
        made = dvc_lock.outputs(clone / dvc_lock.LOCK)
    print(table(committed, made))
    print("This is of the last commit; what differs from it in the working tree was not looked at.")
    return all(found == SAME for found in verdicts(committed, made).values())


def verdicts(committed: Digests, made: Digests) -> dict[tuple[str, str], str]:
    """Of every output, by stage and path, whether it is the same bytes as a commit has."""
    found = {}
    for key in {**committed, **made}:
        if key not in committed:
            found[key] = UNKNOWN
        elif key not in made:
            found[key] = MISSING
        else:
            found[key] = SAME if made[key] == committed[key] else OTHER
    return found


def table(committed: Digests, made: Digests) -> str:
    """Return the same as a Markdown table, one row per output."""
    found = verdicts(committed, made)
    rows = [[stage, path, verdict] for (stage, path), verdict in found.items()]
    same = sum(verdict == SAME for verdict in found.values())
    count = f"{same} of {len(found)} outputs are the same bytes."
    return f"{markdown.table(['stage', 'output', 'made anew'], rows)}\n\n{count}"


def _run(*command: str, folder: Path | None = None) -> None:
    """Run a command, whose output is shown, by this Python's programs.

    Raises:
        UserError: it failed.
    """
    shown = {name: value for name, value in environment().items() if not name.startswith(HIDDEN)}
    try:
        failed = subprocess.run(command, cwd=folder, env=shown, check=False).returncode
    except FileNotFoundError:
        raise UserError(f"{command[0]} is not installed; verify needs it.") from None
    if failed:
        raise UserError(f"`{' '.join(command[:2])}` failed, see above: nothing can be said of the outputs.")
