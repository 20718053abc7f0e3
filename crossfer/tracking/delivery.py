"""Sending the records of the outbox to the tracking store. What is sent twice is there once."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import mlflow
from mlflow.entities import Dataset, DatasetInput, InputTag, RunStatus, RunTag
from mlflow.utils.mlflow_tags import MLFLOW_DATASET_CONTEXT

from crossfer.errors import UserError
from crossfer.tracking import models, store
from crossfer.tracking.outbox import Journal
from crossfer.tracking.tags import OUTPUT, REPRODUCED

RUNNING, FINISHED, FAILED, KILLED = map(
    RunStatus.to_string, (RunStatus.RUNNING, RunStatus.FINISHED, RunStatus.FAILED, RunStatus.KILLED)
)


def deliver(journal: Journal) -> None:
    """Send what the store does not have of a journal.

    Raises:
        one of store.FAILURES: the store does not answer, or refuses; what was sent until then is counted.
    """
    run_id = journal.head["run"]
    for kind, what in journal.entries[journal.sent :]:
        SENDERS[kind](run_id, journal.folder, **what)
        journal.sent += 1


def deliver_left(resumed: str | None = None) -> Journal | None:
    """Send all that was left by processes that have ended; a run whose process was killed ends as killed.

    Args:
        resumed: the fingerprint of a run that shall be gone on with if its process was killed.

    Returns:
        The journal of that run, if there is one.

    Raises:
        UserError: the store does not take them.
    """
    found = None
    for journal in Journal.left():
        if journal.head["store"] != store.name():  # of another store, which may be asked again some day
            journal.release()
        elif resumed is not None and journal.head["fingerprint"] == resumed and not journal.ended and not found:
            found = journal
        else:
            _deliver_left(journal)
    return found


def _deliver_left(journal: Journal) -> None:
    """Send one and remove it.

    Raises:
        UserError: the store does not take it.
    """
    if not journal.ended:
        journal.add(Journal.END, {"status": KILLED, "time": journal.last_touched()})
    try:
        deliver(journal)
    except store.FAILURES as error:
        journal.release()
        if store.is_down(error):
            raise UserError(store.unavailable_message(error)) from None
        raise UserError(
            f"the tracking store refuses the records of run {journal.head['run']}, which wait in {journal.folder}; see"
            " its log, or remove that folder to give them up."
        ) from None
    journal.remove()


def _parameters(run_id: str, folder: Path, values: Mapping[str, Any]) -> None:
    mlflow.log_params(dict(values), run_id=run_id)


def _metrics(run_id: str, folder: Path, step: int, time: int, values: Mapping[str, float], model: str | None) -> None:
    mlflow.log_metrics(dict(values), step=step, run_id=run_id, timestamp=time, model_id=model)


def _tags(run_id: str, folder: Path, values: Mapping[str, str]) -> None:
    mlflow.MlflowClient().log_batch(run_id, tags=[RunTag(name, value) for name, value in values.items()])


def _dataset(run_id: str, folder: Path, context: str, **dataset: str) -> None:
    tag = InputTag(MLFLOW_DATASET_CONTEXT, context)
    mlflow.MlflowClient().log_inputs(run_id, [DatasetInput(Dataset(**dataset), [tag])])


def _file(run_id: str, folder: Path, path: str) -> None:
    mlflow.MlflowClient().log_artifact(run_id, str(folder / path))


def _wrote(run_id: str, folder: Path, outputs: Mapping[str, str]) -> None:
    """Say what the run wrote, and which run was the first to write the very same."""
    client = mlflow.MlflowClient()
    _tags(run_id, folder, {OUTPUT + path: digest for path, digest in outputs.items()})
    query = " and ".join(f"tags.`{OUTPUT}{path}` = '{digest}'" for path, digest in outputs.items())
    experiment = client.get_run(run_id).info.experiment_id
    first, *_ = client.search_runs([experiment], query, max_results=1, order_by=["attributes.start_time ASC"])
    if first.info.run_id != run_id:
        client.set_tag(run_id, REPRODUCED, first.info.run_id)


def _model(run_id: str, folder: Path, name: str, tags: Mapping[str, str], path: str) -> None:
    models.send(run_id, name, tags, folder / path)


def _end(run_id: str, folder: Path, status: str, time: int) -> None:
    mlflow.MlflowClient().set_terminated(run_id, status, time)


SENDERS: Mapping[str, Callable[..., None]] = {
    "parameters": _parameters,
    "metrics": _metrics,
    "tags": _tags,
    "dataset": _dataset,
    "file": _file,
    "wrote": _wrote,
    "model": _model,
    Journal.END: _end,
}
