"""Runs in MLflow. What is recorded mirrors the reports; no output of a stage depends on it.

A run is found by content: its tags name, by the digests of dvc.lock, what it read and what it wrote. So evaluate finds
the run that wrote its model, and a file of dvc.lock leads to the runs that made and used it.

Every record goes through the outbox, so that a store that goes away in the middle costs nothing: the stage goes on, and
the next one, or `make sync`, delivers what waits.
"""

import json
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
from mlflow.data.dataset_source_registry import get_dataset_source_from_json
from mlflow.tracking.context.registry import resolve_tags
from mlflow.utils.mlflow_tags import MLFLOW_GIT_REPO_URL, MLFLOW_PARENT_RUN_ID

from crossfer.artifacts import digests as hashing
from crossfer.config import cpu
from crossfer.flatten import flatten
from crossfer.tracking import delivery, environment, git, models, queries, store
from crossfer.tracking.delivery import FAILED, FINISHED, KILLED, RUNNING
from crossfer.tracking.models import Form
from crossfer.tracking.outbox import Journal, now
from crossfer.tracking.tags import (
    COMMIT,
    DIRTY,
    DVC_EXPERIMENT,
    FINGERPRINT,
    GROUP,
    INPUT,
    MODEL_DIGEST,
    PACKAGES,
    PROCESSOR,
    RESUMED,
    STAGE,
    TASK,
)

# What decides a result beside the data: a run says whether any of it differs from the commit.
CODE = ("crossfer", "stages", "params.yaml", "dvc.yaml", "pyproject.toml", "requirements.lock")

PAUSE = 30.0  # seconds until a store that did not answer is asked again


class Run:
    """An open run: everything that a stage records goes through it.

    Attributes:
        id: in MLflow.
        parents_model: id of the model that the run logged which wrote what this one read, if that is known.
        fingerprint: digest of everything that decides what the stage writes.
    """

    def __init__(self, journal: Journal, parents_model: str | None) -> None:
        self._journal, self._away_since = journal, -PAUSE
        self.id, self.fingerprint = journal.head["run"], journal.head["fingerprint"]
        self.parents_model = parents_model
        metrics = (what for kind, what in journal.entries if kind == "metrics")
        self._recorded = {(name, what["step"]) for what in metrics for name in what["values"]}

    def begun(self, settings: Mapping[str, Any], resumed: bool) -> None:
        """Log the parameters, nested ones by dotted name; and whether a run that was killed is gone on with."""
        self._record("parameters", values={name: str(value) for name, value in flatten(settings).items()})
        if resumed:
            self._record("tags", values={RESUMED: "true"})

    def metrics(self, step: int, metrics: Mapping[str, float], model_id: str | None = None) -> None:
        """Log numbers at a step, once each; with `model_id`, on that model's page as well."""
        new = {name: float(value) for name, value in metrics.items() if (name, step) not in self._recorded}
        self._recorded |= {(name, step) for name in new}
        if new:
            self._record("metrics", step=step, time=now(), values=new, model=model_id)

    def dataset(self, name: str, rows: pd.DataFrame, path: Path, digest: str, context: str) -> None:
        """Log that `rows`, the table at `path`, were used, and what for."""
        source = get_dataset_source_from_json(json.dumps({"uri": path.as_posix()}), "local")
        described = mlflow.data.from_pandas(rows, source=source, name=name, digest=digest).to_dict()
        self._record("dataset", context=context, **described)

    def files(self, paths: Sequence[Path]) -> None:
        """Log files."""
        for path in paths:
            self._record("file", path=self._journal.keep(path))

    def wrote(self, *paths: Path) -> list[str]:
        """Say that this run wrote these outputs, files or folders, by the digests of dvc.lock, which are returned."""
        digests = [hashing.digest(path) for path in paths]
        self._record("wrote", outputs={path.as_posix(): digest for path, digest in zip(paths, digests, strict=True)})
        return digests

    def tag_model(self, digest: str) -> None:
        """Say that this run wrote the model of that digest: evaluate finds it by this."""
        self._record("tags", values={MODEL_DIGEST: digest})

    def model(
        self,
        name: str,
        folder: Path,
        digest: str,
        form: Form,
        packages: Sequence[str],
        example: Any,
        config: Mapping[str, Any] | None = None,
    ) -> None:
        """Log the model in `folder` such that `mlflow.pyfunc.load_model` gives one that takes raw contents.

        In a store on this disk its weights are a hard link to the folder's, so that they are kept once.

        Args:
            name: of the model.
            folder: as the stage writes it.
            digest: of the folder.
            form: what it is served by.
            packages: what its modality needs installed.
            example: one content.
            config: what the file that serves it is told.
        """
        path = f"models/{len(self._journal.entries)}"
        models.save(self._journal.folder / path, folder, form, packages, example, config)
        self._record("model", name=name, tags={MODEL_DIGEST: digest}, path=path)

    def end(self, status: str) -> None:
        """End the run; what the store does not take waits in the outbox, which is said."""
        self._away_since = -PAUSE
        self._record(Journal.END, status=status, time=now())
        if self._journal.sent == len(self._journal.entries):
            self._journal.remove()
            return
        self._journal.release()
        print(
            f"the tracking store does not answer, or refuses: records of run {self.id} wait in {self._journal.folder};"
            " the next stage delivers them, or `make sync`.",
            file=sys.stderr,
        )

    def _record(self, kind: str, **what: Any) -> None:
        """Write a record, and send it, with what waits, unless the store has just not answered."""
        self._journal.add(kind, what)
        if time.monotonic() - self._away_since < PAUSE:
            return
        try:
            delivery.deliver(self._journal)
        except store.FAILURES:
            self._away_since = time.monotonic()


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

    If the process of a run with the same fingerprint was killed, its run is gone on with.

    Args:
        stage: the stage's name.
        task: the task's name; None for a stage of all tasks.
        inputs: path and digest of everything that the stage read.
        settings: its parameters, which are logged.
        model_digest: of the model that the stage read; the run becomes a child of the run that wrote it.
        group: what others shall lie below this run for; the newest run of that group is gone on with.

    Raises:
        UserError: the store cannot be used; said before any work.
    """
    decides = [stage, task, dict(inputs), flatten(settings)]
    machine = {PACKAGES: environment.packages_digest(), PROCESSOR: cpu.cpu_model()}
    decides_all = [json.dumps(decides, default=str), environment.code_digest(), *machine.values()]
    fingerprint = hashing.items_digest(decides_all)
    tags = {STAGE: stage, **_code_tags(), FINGERPRINT: fingerprint, **machine}
    tags |= {INPUT + path: digest for path, digest in inputs.items()}
    tags |= {TASK: task} if task is not None else {}
    with store.access():
        experiment = store.experiment_id()
        journal = delivery.deliver_left(resumed=fingerprint)
        parent = begun = None
        if model_digest is not None:
            tags[MODEL_DIGEST] = model_digest
            parent = queries.newest("finetune", MODEL_DIGEST, model_digest)
        if group is not None:
            tags[GROUP] = group
            begun = queries.newest(stage, GROUP, group)
        if parent is not None:
            tags[MLFLOW_PARENT_RUN_ID] = parent
        name = stage if task is None else f"{stage}/{task}"
        resumed = journal is not None
        run = Run(journal or _begin(experiment, name, tags, fingerprint, begun), queries.model_of(parent))
    run.begun(settings, resumed)
    try:
        yield run
    except BaseException as error:
        with suppress(OSError):  # a full disk: what is raised says more
            run.end(KILLED if isinstance(error, KeyboardInterrupt) else FAILED)
        raise
    run.end(FINISHED)


def _begin(experiment: str, name: str, tags: Mapping[str, str], fingerprint: str, begun: str | None) -> Journal:
    """The journal of a new run, or of one that is gone on with, which is made in the store."""
    client, start = mlflow.MlflowClient(), now()
    if begun is None:
        known = resolve_tags(dict(tags))
        if address := known.get(MLFLOW_GIT_REPO_URL):
            known[MLFLOW_GIT_REPO_URL] = store.mask(address)  # git lets it hold a password
        begun = client.create_run(experiment, start, known, name).info.run_id
    else:
        client.update_run(begun, RUNNING)
    head = {"run": begun, "name": name, "start": start, "fingerprint": fingerprint, "store": store.name()}
    return Journal.begun(head)


def _code_tags() -> dict[str, str]:
    """The commit, whether code or parameters differ from it, and the name of the DVC experiment if this is one."""
    changes = git.output("status", "--porcelain", "--", *CODE)
    tags = {COMMIT: git.output("rev-parse", "HEAD") or "none"}
    tags[DIRTY] = "unknown" if changes is None else str(bool(changes)).lower()
    if name := os.environ.get("DVC_EXP_NAME"):
        tags[DVC_EXPERIMENT] = name
    return tags
