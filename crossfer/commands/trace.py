"""Show where a file, run or commit comes from, and what was made from it.

Outputs and runs are linked by digests, which both dvc.lock and the runs have.

Reads:  dvc.lock, git, the tracking store
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from crossfer.artifacts import digests
from crossfer.commands import dvc_lock
from crossfer.commands.dvc_lock import LOCK_FILE, Stage, is_inside
from crossfer.errors import UserError
from crossfer.tracking import git, queries
from crossfer.tracking.queries import Run

INDENT = "  "


def run(subject: str) -> None:
    """Print where a path, a run or a commit comes from, and what was made from it."""
    stages = dvc_lock.read_stages()
    if entry := _lock_entry(stages, Path(subject).as_posix()):
        lines = _trace_path(stages, *entry)
    elif run := queries.find_run_by_id(subject):
        lines = _trace_run(run)
    elif commit := git.output("rev-parse", "--quiet", "--verify", f"{subject}^{{commit}}"):
        lines = _trace_commit(commit)
    else:
        raise UserError(
            f"{subject} is not a path in {LOCK_FILE}, a run id or a commit; see {LOCK_FILE}, `make ui` or `git log`."
        )
    print("\n".join(lines))


def _lock_entry(stages: Sequence[Stage], path: str) -> tuple[str, str] | None:
    """Return the input or output that contains a path, and its digest, or None."""
    entries = (entry for stage in stages for entry in (*stage.outputs.items(), *stage.inputs.items()))
    containing_entries = (entry for entry in entries if is_inside(path, entry[0]))
    return min(containing_entries, key=lambda entry: entry[0] != path, default=None)  # the path itself, if it is there


def _trace_path(stages: Sequence[Stage], path: str, digest: str) -> Iterator[str]:
    """Yield lines on the origin and the uses of a path of dvc.lock."""
    yield f"{path} {digest}"
    if Path(path).exists() and (current_digest := digests.digest(Path(path))) != digest:
        yield (
            f"on disk: {current_digest}, changed or incomplete. `dvc repro` writes it again, `dvc checkout` restores"
            " it."
        )
    yield from _trace_origin(stages, path, set(), INDENT)
    for stage in stages:
        inputs = {name: value for name, value in stage.inputs.items() if is_inside(path, name) or is_inside(name, path)}
        if not inputs:
            continue
        yield f"{INDENT}used by {stage.name}: {stage.command}"
        yield f"{2 * INDENT}which wrote {', '.join(f'{out} {value}' for out, value in stage.outputs.items())}"
        for run in queries.readers_of(inputs):
            if run.name.replace("/", "@") == stage.name:
                yield f"{2 * INDENT}{_describe(run)}"


def _trace_origin(stages: Sequence[Stage], path: str, traced_stages: set[str], indent: str) -> Iterator[str]:
    """Yield lines on the stage that wrote a path, its runs and its inputs."""
    stage = dvc_lock.find_writer(stages, path)
    if stage is None:
        yield f"{indent}in git, or outside the repository"
        return
    yield f"{indent}written by {stage.name}: {stage.command}"
    if stage.name in traced_stages:
        yield f"{indent}{INDENT}see above"
        return
    traced_stages.add(stage.name)
    for run in queries.writers_of(stage.outputs):
        yield f"{indent}{INDENT}{_describe(run)}"
    yield f"{indent}{INDENT}with {len(stage.code)} files and folders of code"
    for name, digest in stage.inputs.items():
        yield f"{indent}{INDENT}from {name} {digest}"
        yield from _trace_origin(stages, name, traced_stages, indent + 2 * INDENT)


def _trace_run(run: Run) -> Iterator[str]:
    """Yield lines on a run's parent, code, inputs and outputs."""
    yield _describe(run)
    if run.parent and (parent := queries.find_run_by_id(run.parent)):
        yield f"{INDENT}below {_describe(parent)}"
    yield f"{INDENT}code: commit {run.commit}{' with changes' if run.is_dirty else ''}"
    stages = dvc_lock.read_stages_at(run.commit)
    for path, digest in run.inputs.items():
        yield f"{INDENT}read {path} {digest}"
        for writer in queries.writers_of({path: digest}):
            yield f"{2 * INDENT}written by {_describe(writer)}"
        stage = dvc_lock.find_writer(stages, path)
        if stage and stage.outputs.get(path) == digest:
            yield f"{2 * INDENT}written by {stage.name} in that commit's {LOCK_FILE}: {stage.command}"
    for path, digest in run.outputs.items():
        yield f"{INDENT}wrote {path} {digest}"
        for reader in queries.readers_of({path: digest}):
            yield f"{2 * INDENT}read by {_describe(reader)}"


def _trace_commit(commit: str) -> Iterator[str]:
    """Yield lines on the outputs in a commit's dvc.lock, and on the commit's runs."""
    yield f"commit {commit}"
    for stage in dvc_lock.read_stages_at(commit):
        yield f"{INDENT}{stage.name}: {stage.command}"
        for path, digest in stage.outputs.items():
            yield f"{2 * INDENT}{path} {digest}"
        for run in queries.writers_of(stage.outputs):
            yield f"{2 * INDENT}{_describe(run)}"
    runs = queries.find_runs(commit)
    yield f"{INDENT}runs at this commit, with or without changes: {len(runs)}"
    for run in runs:
        yield f"{2 * INDENT}{_describe(run)}"


def _describe(run: Run) -> str:
    """Describe a run in one line."""
    changes = " with changes" if run.is_dirty else ""
    experiment = f", experiment {run.experiment}" if run.experiment else ""
    identical_run = f", identical to run {run.reproduced_run}" if run.reproduced_run else ""
    start = f"{run.start:%Y-%m-%d %H:%M} UTC"
    return (
        f"run {run.id} {run.name} {run.status}, {start}, commit {run.commit[:10]}{changes}{experiment}{identical_run}"
    )
