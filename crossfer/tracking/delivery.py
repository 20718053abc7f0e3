"""Delivery of journals to the tracking store. A record that is sent twice is there once."""

import sys
from collections.abc import Callable, Mapping
from typing import Any

import mlflow
from mlflow.entities import Dataset, DatasetInput, InputTag, RunStatus, RunTag
from mlflow.utils.mlflow_tags import MLFLOW_DATASET_CONTEXT, MLFLOW_PARENT_RUN_ID

from crossfer.errors import UserError
from crossfer.tracking import models, queries, store
from crossfer.tracking.outbox import Journal
from crossfer.tracking.tags import GROUP, JOURNAL, MODEL_DIGEST, OUTPUT, REPRODUCED, STAGE

RUNNING, FINISHED, FAILED, KILLED = map(
    RunStatus.to_string, (RunStatus.RUNNING, RunStatus.FINISHED, RunStatus.FAILED, RunStatus.KILLED)
)


def deliver(journal: Journal) -> None:
    """Send what the store does not have of a journal: first that its run began, then its records.

    A record that the store rejects for good is added to `journal.rejected`, and the records after it are sent.

    Raises:
        StoreError: the store is unavailable, or rejects the run or, for now, a record. `journal.sent` counts the
            records before that one.
    """
    if journal.run_id is None:
        with store.access():
            journal.run_id = _begin_run(journal)
    for kind, content in journal.entries[journal.sent :]:
        if reason := _send(journal, kind, content):
            journal.rejected.append({"kind": kind, "content": content, "reason": reason})
        journal.sent += 1


def finish(journal: Journal) -> bool:
    """Deliver a journal that has ended, and remove it. Keep the records that the store rejects for good in a file.

    Returns:
        Whether the store has the run. If it rejects the run for good, the whole journal is set aside.

    Raises:
        UserError: the store cannot be used, or rejects a record for now. The journal is released and stays in the
            outbox.
    """
    try:
        deliver(journal)
    except UserError as error:
        if journal.run_id is not None or not isinstance(error, store.StoreError) or error.rejection is None:
            journal.release()
            raise
        print(
            f"warning: the tracking store {store.masked_address()} rejects run {journal.head['name']}"
            f" ({error.rejection}). Its records were moved to {journal.set_aside()}. No output depends on them.",
            file=sys.stderr,
        )
        return False
    if journal.rejected:
        print(
            f"warning: the tracking store {store.masked_address()} rejects {len(journal.rejected)} records of run"
            f" {journal.head['name']}. They were moved to {journal.save_rejected()}, which says why. No output depends"
            " on them.",
            file=sys.stderr,
        )
    journal.remove()
    return True


def deliver_abandoned() -> int:
    """Deliver the journals that other processes left. A run whose process was killed ends as killed.

    A journal with a record that the store rejects for now stays. The journals after it are delivered.

    Returns:
        The number of journals that the store has now.

    Raises:
        UserError: the store cannot be used.
    """
    delivered = 0
    for journal in Journal.abandoned():
        if journal.head["store"] != store.masked_address():  # it waits until that store is used again
            journal.release()
            continue
        if not journal.ended:
            journal.add(Journal.END, {"status": KILLED, "time": journal.modified_time()})
        try:
            delivered += finish(journal)
        except store.StoreError as error:
            if error.is_down:
                raise
            print(
                f"warning: the records of run {journal.head['name']} wait in {journal.folder}: {error}", file=sys.stderr
            )
    return delivered


def _send(journal: Journal, kind: str, content: Mapping[str, Any]) -> str | None:
    """Send a record; return why it can never be sent, or None.

    Raises:
        StoreError: the store is unavailable, or rejects the record for now.
    """
    if kind not in SENDERS:
        return "This version knows no record of that kind."
    if "path" in content and not (journal.folder / content["path"]).exists():
        return "Its file is missing."
    try:
        with store.access():
            SENDERS[kind](journal, **content)
    except store.StoreError as error:
        if error.rejection is None:
            raise
        return error.rejection
    return None


def _begin_run(journal: Journal) -> str:
    """Return the id of the journal's run in the store: of one that is there, or of a new one below its parent."""
    client, experiment, tags = mlflow.MlflowClient(), store.experiment_id(), dict(journal.head["tags"])
    if found := client.search_runs([experiment], f"tags.`{JOURNAL}` = '{journal.id}'", max_results=1):
        return str(found[0].info.run_id)
    tags[JOURNAL] = journal.id
    if GROUP in tags and (run_id := queries.newest_run_id(tags[STAGE], GROUP, tags[GROUP])):
        client.update_run(run_id, RUNNING)
        client.set_tag(run_id, JOURNAL, journal.id)
        return run_id
    if MODEL_DIGEST in tags and (parent := queries.newest_run_id("finetune", MODEL_DIGEST, tags[MODEL_DIGEST])):
        tags[MLFLOW_PARENT_RUN_ID] = parent
    run = client.create_run(experiment, journal.head["start"], tags, journal.head["name"])
    return str(run.info.run_id)


def _parameters(journal: Journal, values: Mapping[str, Any]) -> None:
    mlflow.log_params(dict(values), run_id=journal.run_id)


def _metrics(journal: Journal, step: int, time: int, values: Mapping[str, float], model_digest: str | None) -> None:
    writer = model_digest and queries.newest_run_id("finetune", MODEL_DIGEST, model_digest)
    model = queries.logged_model_id(writer) if writer else None
    mlflow.log_metrics(dict(values), step=step, run_id=journal.run_id, timestamp=time, model_id=model)


def _tags(journal: Journal, values: Mapping[str, str]) -> None:
    mlflow.MlflowClient().log_batch(journal.run_id, tags=[RunTag(name, value) for name, value in values.items()])


def _dataset(journal: Journal, context: str, **dataset: str) -> None:
    tag = InputTag(MLFLOW_DATASET_CONTEXT, context)
    mlflow.MlflowClient().log_inputs(journal.run_id, [DatasetInput(Dataset(**dataset), [tag])])


def _file(journal: Journal, path: str) -> None:
    mlflow.MlflowClient().log_artifact(journal.run_id, str(journal.folder / path))


def _outputs(journal: Journal, digests: Mapping[str, str]) -> None:
    """Tag the run with what it wrote, and with the first run that wrote the same."""
    client, run_id = mlflow.MlflowClient(), journal.run_id
    _tags(journal, {OUTPUT + path: digest for path, digest in digests.items()})
    query = " and ".join(f"tags.`{OUTPUT}{path}` = '{digest}'" for path, digest in digests.items())
    experiment = client.get_run(run_id).info.experiment_id
    first, *_ = client.search_runs([experiment], query, max_results=1, order_by=["attributes.start_time ASC"])
    if first.info.run_id != run_id:
        client.set_tag(run_id, REPRODUCED, first.info.run_id)


def _model(journal: Journal, name: str, tags: Mapping[str, str], path: str) -> None:
    models.send(str(journal.run_id), name, tags, journal.folder / path)


def _end(journal: Journal, status: str, time: int) -> None:
    mlflow.MlflowClient().set_terminated(journal.run_id, status, time)


SENDERS: Mapping[str, Callable[..., None]] = {
    "parameters": _parameters,
    "metrics": _metrics,
    "tags": _tags,
    "dataset": _dataset,
    "file": _file,
    "outputs": _outputs,
    "model": _model,
    Journal.END: _end,
}
