"""List or remove runs, models, checkpoints and cached files without use.

A run stays if an output of it is in the dvc.lock of the workspace, a branch, a tag or an experiment, if the model
registry names its model, or if it may be in progress. The others can be rerun from their commits. Runs in a store that
MLFLOW_TRACKING_URI names stay, since other repositories may use it too.
"""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from crossfer.artifacts import paths
from crossfer.commands import dvc_lock, programs
from crossfer.errors import UserError
from crossfer.reporting.formatting import count_with_noun, file_size
from crossfer.tracking import database, outbox, queries, store
from crossfer.tracking.delivery import RUNNING
from crossfer.tracking.queries import Run

CLEAN_CACHE_COMMAND = ("dvc", "gc", "--workspace", "--all-branches", "--all-tags", "--all-experiments")


def run(remove: bool) -> None:
    """List unused runs, checkpoints and cached files; with `remove`, delete them."""
    dvc_lock.read_stages()  # fails before anything is removed if dvc.lock is missing or damaged
    if store.is_local():
        _clean_runs(remove)
    else:
        print(f"Runs in {store.masked_address()} stay, since other repositories may use them too.")
    for folder, size in _stale_checkpoints():
        print(f"{folder}: checkpoints of an interrupted training, {file_size(size)}")
        if remove:
            shutil.rmtree(folder)
    for folder in sorted(paths.rejected_folder().glob("*")):
        print(f"{folder}: records that the tracking store rejected, or that cannot be read")
        if remove:
            shutil.rmtree(folder)
    print("Files in DVC's cache that no dvc.lock has:")
    programs.run(*CLEAN_CACHE_COMMAND, "--force" if remove else "--dry")
    if not remove:
        print("Nothing was removed. To remove all of the above, run: crossfer clean --remove")


def _clean_runs(remove: bool) -> None:
    """List unused runs; with `remove`, delete them and their models."""
    runs = queries.find_runs()
    undelivered_journals = {folder.name for folder in outbox.pending_journals()}
    open_runs = {run.id for run in runs if run.status == RUNNING and run.journal in undelivered_journals}
    if remove and open_runs:
        raise UserError("a run is in progress or was killed; wait for its end, or end killed runs: crossfer sync")
    unused_runs = _unused_runs(runs, open_runs)
    for run in unused_runs:
        print(f"run {run.id} {run.name} {run.status}, {run.start:%Y-%m-%d %H:%M} UTC")
    print(f"{count_with_noun(len(unused_runs), 'run', 'runs')} without an output in any dvc.lock.")
    if remove and unused_runs:
        models = [model for run in unused_runs for model in queries.delete_run(run)]
        ids = ["--run-ids", ",".join(run.id for run in unused_runs)]
        ids += ["--logged-model-ids", ",".join(models)] if models else []
        programs.run("mlflow", "gc", "--backend-store-uri", database.address(), *ids)


def _unused_runs(runs: Sequence[Run], open_runs: set[str]) -> list[Run]:
    """Return the runs that can be removed, oldest first."""
    if not runs:
        return []
    referenced_digests = dvc_lock.referenced_digests()
    used_ids = open_runs | queries.registered_run_ids()
    used_ids |= {run.id for run in runs if referenced_digests & {*run.outputs.values()}}
    for _ in range(2):  # the run of an ablation has no outputs, but children and grandchildren with outputs
        used_ids |= {run.parent for run in runs if run.id in used_ids and run.parent}
    return [run for run in runs if run.id not in used_ids]


def _stale_checkpoints() -> Iterator[tuple[Path, int]]:
    """Yield the folders of checkpoints that no process uses, and their bytes."""
    for lock in paths.checkpoints_folder().glob("*/lock"):
        with suppress(Timeout), FileLock(lock, blocking=False):
            yield lock.parent, sum(path.stat().st_size for path in lock.parent.rglob("*") if path.is_file())
