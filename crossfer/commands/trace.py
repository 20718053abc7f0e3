"""Where something comes from, and what was made of it: from a file to its runs, from a run to its files and its code.

Not a stage. What passes between stages is told by its digest, which both dvc.lock and the runs have.

Reads:  dvc.lock, git, the tracking store
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from crossfer.artifacts import digests
from crossfer.commands import dvc_lock, lineage
from crossfer.commands.dvc_lock import LOCK, Stage
from crossfer.errors import UserError
from crossfer.tracking import queries
from crossfer.tracking.queries import Run

STEP = "  "


def run(what: str) -> None:
    """Print where a path, a run or a commit comes from, and what was made of it."""
    stages = dvc_lock.read()
    if known := _known(stages, Path(what).as_posix()):
        told = _of_path(stages, *known)
    elif run := queries.find_run(what):
        told = _of_run(run)
    elif commit := lineage.commit(what):
        told = _of_commit(commit)
    else:
        raise UserError(
            f"{what} is no path that {LOCK} has, no id of a run in the tracking store, and no commit; the paths are"
            f" {', '.join(sorted({path for stage in stages for path in stage.outputs}))}."
        )
    print("\n".join(told))


def _known(stages: Sequence[Stage], path: str) -> tuple[str, str] | None:
    """The input or output of a stage that a path is, or lies in, with its digest."""
    entries = [entry for stage in stages for entry in (*stage.outputs.items(), *stage.inputs.items())]
    exact = [entry for entry in entries if entry[0] == path]
    return next(iter([*exact, *(entry for entry in entries if lineage.belongs(path, entry[0]))]), None)


def _of_path(stages: Sequence[Stage], path: str, digest: str) -> Iterator[str]:
    """What a path was made of, and what was made of it."""
    yield f"{path} {digest}"
    if Path(path).exists() and (now := digests.digest(Path(path))) != digest:
        yield f"on disk it is {now}: changed since, or half made; `dvc repro` makes it anew, `dvc checkout` restores it"
    yield from _made(stages, path, set(), STEP)
    users = [stage for stage in stages if any(_overlap(path, read) for read in stage.inputs)]
    for stage in users:
        yield f"{STEP}used by {stage.name}: {stage.command}"
        wrote = ", ".join(f"{out} {digest}" for out, digest in stage.outputs.items())
        yield f"{2 * STEP}which wrote {wrote}"
        read = {name: digest for name, digest in stage.inputs.items() if _overlap(path, name)}
        for run in queries.readers_of(read):
            if _is_of(run, stage):
                yield f"{2 * STEP}{_line(run)}"


def _made(stages: Sequence[Stage], path: str, told: set[str], indent: str) -> Iterator[str]:
    """Which stage made a path, by which runs, and of what; each stage once."""
    stage = lineage.maker(stages, path)
    if stage is None:
        yield f"{indent}kept in git, or outside the repository"
        return
    yield f"{indent}made by {stage.name}: {stage.command}"
    if stage.name in told:
        yield f"{indent}{STEP}see above"
        return
    told.add(stage.name)
    for run in queries.writers_of(stage.outputs):
        yield f"{indent}{STEP}{_line(run)}"
    yield f"{indent}{STEP}by {len(stage.code)} files and folders of code"
    for read, digest in stage.inputs.items():
        yield f"{indent}{STEP}from {read} {digest}"
        yield from _made(stages, read, told, indent + 2 * STEP)


def _of_run(run: Run) -> Iterator[str]:
    """What a run read and wrote, which runs wrote what it read, and which read what it wrote."""
    yield _line(run)
    if run.parent and (parent := queries.find_run(run.parent)):
        yield f"{STEP}below {_line(parent)}"
    yield f"{STEP}code: commit {run.commit}{', from which files differed' if run.changed else ''}"
    stages = lineage.at(run.commit)
    for path, digest in run.inputs.items():
        yield f"{STEP}read {path} {digest}"
        for other in queries.writers_of({path: digest}):
            yield f"{2 * STEP}written by {_line(other)}"
        stage = lineage.maker(stages, path)
        if stage and stage.outputs.get(path) == digest:
            yield f"{2 * STEP}made by {stage.name} in {LOCK} of that commit: {stage.command}"
    for path, digest in run.outputs.items():
        yield f"{STEP}wrote {path} {digest}"
        for other in queries.readers_of({path: digest}):
            yield f"{2 * STEP}read by {_line(other)}"


def _of_commit(commit: str) -> Iterator[str]:
    """What a commit's dvc.lock has, by which runs; and the runs that were made at it."""
    yield f"commit {commit}"
    for stage in lineage.at(commit):
        yield f"{STEP}{stage.name}: {stage.command}"
        for path, digest in stage.outputs.items():
            yield f"{2 * STEP}{path} {digest}"
        for run in queries.writers_of(stage.outputs):
            yield f"{2 * STEP}{_line(run)}"
    runs = queries.runs_at_commit(commit)
    yield f"{STEP}{len(runs)} runs were made at this commit, or at this commit with changes"
    for run in runs:
        yield f"{2 * STEP}{_line(run)}"


def _overlap(path: str, other: str) -> bool:
    """One of two paths is the other, or lies in it."""
    return lineage.belongs(path, other) or lineage.belongs(other, path)


def _is_of(run: Run, stage: Stage) -> bool:
    """A run is of a stage, `evaluate/news` of `evaluate@news`."""
    return run.name.replace("/", "@") == stage.name


def _line(run: Run) -> str:
    """A run in a line."""
    changed = " with changes" if run.changed else ""
    experiment = f", experiment {run.experiment}" if run.experiment else ""
    again = f", the same as run {run.reproduced} wrote" if run.reproduced else ""
    when = f"{run.start:%Y-%m-%d %H:%M} UTC"
    return f"run {run.id} {run.name} {run.status}, {when}, commit {run.commit[:10]}{changed}{experiment}{again}"
