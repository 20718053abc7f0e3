"""Open the MLflow run of a stage and log to it.

Runs mirror the reports: no output of a stage depends on them. They are linked by content: their tags hold the digests,
as in dvc.lock, of what they read and wrote. So evaluate finds the run that wrote its model, and a file of dvc.lock
leads to the runs that wrote and read it.

Every record goes through a journal. If the store does not answer, the stage goes on, and the next stage or `crossfer
sync` delivers the journal.
"""

import json
import os
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

from crossfer.artifacts import digests
from crossfer.config import cpu
from crossfer.errors import UserError
from crossfer.flatten import flatten
from crossfer.tracking import delivery, environment, git, store, tags
from crossfer.tracking.delivery import FAILED, FINISHED, KILLED
from crossfer.tracking.models import ServedModel
from crossfer.tracking.outbox import Journal, now_ms

# Files that decide a result, except data: the tag `crossfer.git_dirty` says whether any differs from the commit.
CODE_PATHS = ("crossfer", "stages", "params.yaml", "dvc.yaml", "pyproject.toml", "requirements.lock")

MIN_PAUSE = 30.0  # seconds before a store that did not answer is tried again


class Run:
    """The open run of a stage.

    Attributes:
        fingerprint: digest of everything that decides what the stage writes.
    """

    def __init__(self, journal: Journal, store_answers: bool) -> None:
        self._journal, self.fingerprint = journal, journal.head["fingerprint"]
        self._retry_time = 0.0 if store_answers else time.monotonic() + MIN_PAUSE
        metrics = (content for record_type, content in journal.entries if record_type == "metrics")
        self._logged = {(name, content["step"]) for content in metrics for name in content["values"]}

    @property
    def id(self) -> str | None:
        """The run's id in the store; None until the store has created the run."""
        return self._journal.run_id

    def log_start(self, settings: Mapping[str, Any], is_resumed: bool) -> None:
        """Log the parameters by dotted names, and whether a killed run is resumed."""
        self._record("parameters", values={name: str(value) for name, value in flatten(settings).items()})
        if is_resumed:
            self._record("tags", values={tags.RESUMED: "true"})

    def log_metrics(self, step: int, metrics: Mapping[str, float], model_digest: str | None = None) -> None:
        """Log metrics at a step, each once; with a digest also on the model's page."""
        new_metrics = {name: float(value) for name, value in metrics.items() if (name, step) not in self._logged}
        self._logged |= {(name, step) for name in new_metrics}
        if new_metrics:
            self._record("metrics", step=step, time=now_ms(), values=new_metrics, model_digest=model_digest)

    def log_dataset(self, name: str, rows: pd.DataFrame, path: Path, digest: str, context: str) -> None:
        """Log rows of the table at `path`, and the purpose they are used for."""
        source = get_dataset_source_from_json(json.dumps({"uri": path.as_posix()}), "local")
        description = mlflow.data.from_pandas(rows, source=source, name=name, digest=digest).to_dict()
        self._record("dataset", context=context, **description)

    def log_files(self, paths: Sequence[Path]) -> None:
        """Log copies of files."""
        for path in paths:
            self._record("file", path=self._journal.add_file(path))

    def log_outputs(self, *paths: Path) -> list[str]:
        """Log that the run wrote files or folders; return their digests, as in dvc.lock."""
        output_digests = {path.as_posix(): digests.digest(path) for path in paths}
        self._record("outputs", digests=output_digests)
        return list(output_digests.values())

    def log_model(self, name: str, digest: str, model: ServedModel) -> None:
        """Log a model whose folder has that digest."""
        path = f"models/{len(self._journal.entries)}"
        model.save(self._journal.folder / path)
        self._record("model", name=name, tags={tags.MODEL_DIGEST: digest}, path=path)

    def tag_model(self, digest: str) -> None:
        """Log that the run wrote a model: runs that read the model become its children."""
        self._record("tags", values={tags.MODEL_DIGEST: digest})

    def end(self, status: str) -> None:
        """End the run. Warn if its records wait because the store is unavailable."""
        self._journal.add(Journal.END, {"status": status, "time": now_ms()})
        try:
            self._deliver(delivery.deliver_ended)
        except UserError as error:
            self._journal.release()
            delivery.warn_waiting(self._journal, error)

    def _record(self, record_type: str, **content: Any) -> None:
        """Write a record, and deliver the journal unless the store failed recently."""
        self._journal.add(record_type, content)
        start = time.monotonic()
        if start < self._retry_time:
            return
        try:
            self._deliver(delivery.deliver)
        except UserError:  # a failed attempt can take a minute: spend at most a tenth of the time on attempts
            self._retry_time = time.monotonic() + max(MIN_PAUSE, 10 * (time.monotonic() - start))

    def _deliver(self, send: Callable[[Journal], None]) -> None:
        """Deliver the journal, after abandoned journals, which may hold the run's parent."""
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
    """Open the run of a stage.

    The run ends as failed if the block raises, as killed after Ctrl-C. The run of a killed process with the same
    fingerprint is resumed.

    Args:
        stage: name of the stage.
        task: name of the task; None for a stage of all tasks.
        inputs: path and digest of each file and folder that the stage reads.
        settings: parameters of the stage; they are logged.
        model_digest: digest of the model that the stage read. The run becomes a child of the run that wrote it.
        group: name of a group of runs; the newest run of the stage in this group is continued.

    Raises:
        UserError: the store cannot be used. If it is a server that is down, the stage runs and its records wait.
    """
    machine = {tags.PACKAGES: environment.packages_digest(), tags.PROCESSOR: cpu.cpu_model()}
    content = json.dumps([stage, task, dict(inputs), flatten(settings)], default=str)
    fingerprint = digests.strings_digest([content, environment.code_digest(), *machine.values()])
    run_tags = {tags.STAGE: stage, tags.TASK: task, tags.MODEL_DIGEST: model_digest, tags.GROUP: group}
    run_tags |= {tags.FINGERPRINT: fingerprint, **machine, **_code_tags()}
    run_tags |= {tags.INPUT + path: digest for path, digest in inputs.items()}
    store_answers = store.check_connection()
    killed_journal = _killed_journal(fingerprint)
    name = stage if task is None else f"{stage}/{task}"
    run = Run(killed_journal or _begin_journal(name, run_tags, fingerprint), store_answers)
    run.log_start(settings, killed_journal is not None)
    try:
        yield run
    except BaseException as error:
        with suppress(OSError):  # on a full disk the error itself says more
            run.end(KILLED if isinstance(error, KeyboardInterrupt) else FAILED)
        raise
    run.end(FINISHED)


def _killed_journal(fingerprint: str) -> Journal | None:
    """Return the journal of a killed process's run with that fingerprint, or None."""
    for journal in Journal.abandoned():
        is_same_run = (journal.head["fingerprint"], journal.head["store"]) == (fingerprint, store.masked_address())
        if is_same_run and not journal.has_ended:
            return journal
        journal.release()
    return None


def _begin_journal(name: str, run_tags: Mapping[str, str | None], fingerprint: str) -> Journal:
    """Return the journal of a new run."""
    all_tags = resolve_tags({tag: value for tag, value in run_tags.items() if value is not None})
    if address := all_tags.get(MLFLOW_GIT_REPO_URL):
        all_tags[MLFLOW_GIT_REPO_URL] = store.mask_secrets(address)  # git allows a password in it
    head = {"name": name, "start": now_ms(), "tags": all_tags, "fingerprint": fingerprint}
    return Journal.begin({**head, "store": store.masked_address()})


def _code_tags() -> dict[str, str]:
    """Return tags of the commit, changes since the commit, and the DVC experiment."""
    changes = git.output("status", "--porcelain", "--", *CODE_PATHS)
    run_tags = {tags.COMMIT: git.output("rev-parse", "HEAD") or "none"}
    run_tags[tags.DIRTY] = "unknown" if changes is None else str(bool(changes)).lower()
    if name := os.environ.get("DVC_EXP_NAME"):
        run_tags[tags.DVC_EXPERIMENT] = name
    return run_tags
