"""Show what of runs, models, checkpoints and rejected records can be removed, and remove it when told to.

Not a stage. Kept is what made something that dvc.lock has in the workspace, a branch, a tag or an experiment, or whose
model the registry names; and what may be under way. All else of that kind can be made again from its commit. Of a store
that MLFLOW_TRACKING_URI names nothing is removed: it may be others' too.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from crossfer.artifacts import paths
from crossfer.commands import dvc_lock, lineage
from crossfer.commands.programs import environment
from crossfer.errors import UserError
from crossfer.tracking import outbox, queries, store
from crossfer.tracking.delivery import RUNNING
from crossfer.tracking.queries import Run

CACHE = ["dvc", "gc", "--workspace", "--all-branches", "--all-tags", "--all-experiments"]


def run(remove: bool) -> None:
    """Show what of runs, models and checkpoints can be removed, and remove it when told to."""
    dvc_lock.read()  # a sentence, if it is not there
    local = store.is_local()
    runs = queries.all_runs() if local else []
    waiting = {folder.name for folder in outbox.pending()}
    open_runs = {run.id for run in runs if run.status == RUNNING and run.journal in waiting}
    if remove and open_runs:
        raise UserError("a run is under way, or its process was killed; wait for it, or end it: crossfer sync.")
    of_no_use = _of_no_use(runs, open_runs)
    for run in of_no_use:
        print(f"run {run.id} {run.name} {run.status}, {run.start:%Y-%m-%d %H:%M} UTC")
    if local:
        print(f"{len(of_no_use)} runs wrote what is in no dvc.lock any more, or nothing.")
    else:
        print(f"Runs in {store.masked_address()} are not looked at: they may be others' too.")
    if remove and of_no_use:
        models = [model for run in of_no_use for model in queries.delete_run(run)]
        which = ["--run-ids", ",".join(run.id for run in of_no_use)]
        which += ["--logged-model-ids", ",".join(models)] if models else []
        _run("mlflow", "gc", "--backend-store-uri", store.local_address(), *which)
    for folder, size in _cut_short():
        print(f"{folder}: checkpoints of a training that was cut short, {size / 1e6:,.0f} MB")
        if remove:
            shutil.rmtree(folder)
    for path in sorted(paths.rejected_folder().glob("*")):
        print(f"{path}: records that the tracking store rejected, or that cannot be read")
        if remove:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    print("Files of DVC's cache that no dvc.lock has, by DVC:")
    _run(*CACHE, "--force" if remove else "--dry")
    if not remove:
        print("Nothing was removed; remove all this with: crossfer clean --remove")


def _of_no_use(runs: Sequence[Run], open_runs: set[str]) -> list[Run]:
    """Return the runs that can be removed, oldest first. One that runs without a journal will never end."""
    if not runs:
        return []
    referenced = lineage.referenced_digests()
    of_use = open_runs | queries.registered_run_ids()
    of_use |= {run.id for run in runs if referenced & {*run.outputs.values()}}
    for _ in range(2):  # a ladder has no outputs but those of the runs below it, and of those below them
        of_use |= {run.parent for run in runs if run.id in of_use and run.parent}
    return [run for run in runs if run.id not in of_use]


def _cut_short() -> Iterator[tuple[Path, int]]:
    """Yield the folders of checkpoints that no process uses, and their bytes."""
    for lock in paths.checkpoints_folder().glob("*/lock"):
        with suppress(Timeout), FileLock(lock, blocking=False):
            folder = lock.parent
            yield folder, sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _run(*command: str) -> None:
    """Run a program that is installed with this Python; it prints what it does.

    Raises:
        UserError: it failed.
    """
    sys.stdout.flush()
    if subprocess.run(command, env=environment(), check=False).returncode:
        raise UserError(f"`{' '.join(command)}` failed; it says why above.")
