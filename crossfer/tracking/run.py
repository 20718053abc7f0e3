"""Runs in MLflow. What is recorded mirrors the reports; no output of a stage depends on it.

A run is found by content: its tags name, by the digests of dvc.lock, what it read and what it wrote. So evaluate finds
the run that wrote its model, and a file of dvc.lock leads to the runs that made and used it.

Every record goes through a journal, so a server that is down costs nothing: the stage goes on, and the next one, or
`crossfer sync`, delivers what waits.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
from mlflow.data.dataset_source_registry import get_dataset_source_from_json
from mlflow.tracking.context.registry import resolve_tags
from mlflow.utils.mlflow_tags import MLFLOW_GIT_REPO_URL

from crossfer.artifacts import digests as hashing
from crossfer.config import cpu
from crossfer.errors import UserError
from crossfer.flatten import flatten
from crossfer.tracking import delivery, environment, git, store, tags
from crossfer.tracking.delivery import FAILED, FINISHED, KILLED
from crossfer.tracking.models import ServedModel
from crossfer.tracking.outbox import Journal, now

# What decides a result beside the data: a run says whether any of it differs from the commit.
CODE = ("crossfer", "stages", "params.yaml", "dvc.yaml", "pyproject.toml", "requirements.lock")

PAUSE = 30.0  # seconds, at least, until a store that did not answer is tried again


class Run:
    """An open run: everything that a stage logs goes through it.

    Attributes:
        fingerprint: digest of everything that decides what the stage writes.
    """

    def __init__(self, journal: Journal, store_answers: bool) -> None:
        self._journal, self.fingerprint = journal, journal.head["fingerprint"]
        self._retry_time = 0.0 if store_answers else time.monotonic() + PAUSE
        metrics = (content for kind, content in journal.entries if kind == "metrics")
        self._recorded = {(name, content["step"]) for content in metrics for name in content["values"]}

    @property
    def id(self) -> str | None:
        """Its id in the store; None as long as the store has not made it."""
        return self._journal.run_id

    def begin(self, settings: Mapping[str, Any], resumed: bool) -> None:
        """Log the parameters, nested ones by dotted name, and whether this resumes a run that was killed."""
        self._record("parameters", values={name: str(value) for name, value in flatten(settings).items()})
        if resumed:
            self._record("tags", values={tags.RESUMED: "true"})

    def log_metrics(self, step: int, metrics: Mapping[str, float], model_digest: str | None = None) -> None:
        """Log numbers at a step, once each; with `model_digest`, on the page of that model as well."""
        new = {name: float(value) for name, value in metrics.items() if (name, step) not in self._recorded}
        self._recorded |= {(name, step) for name in new}
        if new:
            self._record("metrics", step=step, time=now(), values=new, model_digest=model_digest)

    def log_dataset(self, name: str, rows: pd.DataFrame, path: Path, digest: str, context: str) -> None:
        """Log that `rows`, the table at `path`, were used, and what for."""
        source = get_dataset_source_from_json(json.dumps({"uri": path.as_posix()}), "local")
        described = mlflow.data.from_pandas(rows, source=source, name=name, digest=digest).to_dict()
        self._record("dataset", context=context, **described)

    def log_files(self, paths: Sequence[Path]) -> None:
        """Log files."""
        for path in paths:
            self._record("file", path=self._journal.add_file(path))

    def log_outputs(self, *paths: Path) -> list[str]:
        """Log that this run wrote these files or folders. Return their digests, which are those of dvc.lock."""
        digests = [hashing.digest(path) for path in paths]
        self._record("outputs", digests={path.as_posix(): digest for path, digest in zip(paths, digests, strict=True)})
        return digests

    def tag_model(self, digest: str) -> None:
        """Log that this run wrote the model of that digest: runs that read it become its children."""
        self._record("tags", values={tags.MODEL_DIGEST: digest})

    def log_model(self, name: str, digest: str, model: ServedModel) -> None:
        """Log a model whose folder has that digest."""
        path = f"models/{len(self._journal.entries)}"
        model.save(self._journal.folder / path)
        self._record("model", name=name, tags={tags.MODEL_DIGEST: digest}, path=path)

    def end(self, status: str) -> None:
        """End the run. Warn if its records wait in the outbox because the store is unavailable."""
        self._journal.add(Journal.END, {"status": status, "time": now()})
        try:
            self._deliver(delivery.finish)
        except UserError:
            self._journal.release()
            print(
                f"warning: the tracking store {store.masked_address()} is unavailable: the records of this run wait in"
                f" {self._journal.folder}; the next stage delivers them, or `crossfer sync`.",
                file=sys.stderr,
            )

    def _record(self, kind: str, **content: Any) -> None:
        """Write a record, and deliver it with what waits, unless the store did not answer a moment ago."""
        self._journal.add(kind, content)
        began = time.monotonic()
        if began < self._retry_time:
            return
        try:
            self._deliver(delivery.deliver)
        except UserError:  # an attempt that fails can take a minute: spend little of the stage's time on them
            self._retry_time = time.monotonic() + max(PAUSE, 10 * (time.monotonic() - began))

    def _deliver(self, send: Callable[[Journal], Any]) -> None:
        """Deliver the journal, and before its run is made those that were left: its parent may be among them."""
        if self.id is None:
            delivery.deliver_abandoned()
        send(self._journal)


@contextmanager
def start_run(
    stage: str,
    task: str | None,
    inputs: Mapping[str, str],
    settings: Mapping[str, Any],
    model_digest: str | None = None,
    group: str | None = None,
) -> Iterator[Run]:
    """Open the run of a stage; it ends as failed if the block raises, as killed if it is interrupted.

    A run with the same fingerprint whose process was killed is resumed. If the store is a server that is down, the
    records wait in the outbox.

    Args:
        stage: the stage's name.
        task: the task's name; None for a stage of all tasks.
        inputs: path and digest of everything that the stage read.
        settings: its parameters, which are logged.
        model_digest: of the model that the stage read; the run becomes a child of the run that wrote it.
        group: of runs that share a parent; this run is that parent, and the newest one of the group is continued.

    Raises:
        UserError: the store cannot be used; raised before any work.
    """
    machine = {tags.PACKAGES: environment.packages_digest(), tags.PROCESSOR: cpu.cpu_model()}
    decisive = json.dumps([stage, task, dict(inputs), flatten(settings)], default=str)
    fingerprint = hashing.strings_digest([decisive, environment.code_digest(), *machine.values()])
    run_tags = {tags.STAGE: stage, tags.TASK: task, tags.MODEL_DIGEST: model_digest, tags.GROUP: group}
    run_tags |= {tags.FINGERPRINT: fingerprint, **machine, **_code_tags()}
    run_tags |= {tags.INPUT + path: digest for path, digest in inputs.items()}
    answers = store.check()
    resumed = _killed_journal(fingerprint)
    run = Run(resumed or _begin_journal(stage if task is None else f"{stage}/{task}", run_tags, fingerprint), answers)
    run.begin(settings, resumed is not None)
    try:
        yield run
    except BaseException as error:
        with suppress(OSError):  # a full disk: what is raised says more
            run.end(KILLED if isinstance(error, KeyboardInterrupt) else FAILED)
        raise
    run.end(FINISHED)


def _killed_journal(fingerprint: str) -> Journal | None:
    """Return the journal of a killed process's run with that fingerprint, if there is one."""
    for journal in Journal.abandoned():
        if (journal.head["fingerprint"], journal.head["store"]) == (
            fingerprint,
            store.masked_address(),
        ) and not journal.ended:
            return journal
        journal.release()
    return None


def _begin_journal(name: str, run_tags: Mapping[str, str | None], fingerprint: str) -> Journal:
    """Return the journal of a new run."""
    resolved = resolve_tags({tag: value for tag, value in run_tags.items() if value is not None})
    if address := resolved.get(MLFLOW_GIT_REPO_URL):
        resolved[MLFLOW_GIT_REPO_URL] = store.mask(address)  # git lets it hold a password
    head = {"name": name, "start": now(), "tags": resolved, "fingerprint": fingerprint, "store": store.masked_address()}
    return Journal.begin(head)


def _code_tags() -> dict[str, str]:
    """Return tags of the commit, of whether code or parameters differ from it, and of the DVC experiment if any."""
    changes = git.output("status", "--porcelain", "--", *CODE)
    run_tags = {tags.COMMIT: git.output("rev-parse", "HEAD") or "none"}
    run_tags[tags.DIRTY] = "unknown" if changes is None else str(bool(changes)).lower()
    if name := os.environ.get("DVC_EXP_NAME"):
        run_tags[tags.DVC_EXPERIMENT] = name
    return run_tags
