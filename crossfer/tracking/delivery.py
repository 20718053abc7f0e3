"""Deliver journals to the tracking store; a record sent twice is stored once."""

import sys
from collections.abc import Mapping
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
    """Create the journal's run if it is new, and send the records that were not sent.

    Raises:
        StoreError: the store is unavailable, or rejects the run, or rejects a record for now. The records from that
            one on are not sent.
    """
    if journal.run_id is None:
        with store.access():
            journal.run_id = _create_run(journal)
    for record_type, content in journal.entries[journal.sent_count :]:
        if reason := _send_or_reject(journal, record_type, content):
            journal.rejections.append({"type": record_type, "content": content, "reason": reason})
        journal.sent_count += 1


def deliver_ended(journal: Journal) -> None:
    """Deliver an ended journal and remove it, or set it aside if it is rejected.

    Raises:
        UserError: the store cannot be used, or rejects a record for now. The journal is released and stays in the
            outbox.
    """
    try:
        deliver(journal)
    except UserError as error:
        rejection = error.rejection if isinstance(error, store.StoreError) and journal.run_id is None else None
        if rejection is None:
            journal.release()
            raise
        journal.rejections.append({"type": "run", "content": journal.head, "reason": rejection})
    if not journal.rejections:
        journal.remove()
        return
    print(
        f"warning: the tracking store {store.masked_address()} rejects records of run {journal.head['name']}; see"
        f" the reasons in {journal.set_aside()}. No output depends on these records.",
        file=sys.stderr,
    )


def deliver_abandoned() -> int:
    """Deliver the journals of ended processes; runs of killed ones end as killed.

    Returns:
        The number of journals whose runs the store has now.

    Raises:
        UserError: the store cannot be used.
    """
    n_delivered = 0
    for journal in Journal.abandoned():
        if journal.head["store"] != store.masked_address():
            journal.release()
            continue
        if not journal.has_ended:
            journal.add(Journal.END, {"status": KILLED, "time": journal.modified_ms()})
        try:
            deliver_ended(journal)
        except store.StoreError as error:
            if error.is_down:
                raise
            warn_waiting(journal, error)
        else:
            n_delivered += journal.run_id is not None
    return n_delivered


def warn_waiting(journal: Journal, error: UserError) -> None:
    """Warn that records of a journal wait because the store did not take them."""
    print(
        f"warning: records of run {journal.head['name']} wait in {journal.folder}; fix this error, then run"
        f" `crossfer sync` or any stage to deliver them: {error}",
        file=sys.stderr,
    )


def _create_run(journal: Journal) -> str:
    """Return the id of the journal's run; create the run if it is new."""
    client, experiment, tags = mlflow.MlflowClient(), store.experiment_id(), dict(journal.head["tags"])
    if runs := client.search_runs([experiment], f"tags.`{JOURNAL}` = '{journal.id}'", max_results=1):
        return str(runs[0].info.run_id)
    tags[JOURNAL] = journal.id
    if GROUP in tags and (run_id := queries.newest_run_id(tags[STAGE], GROUP, tags[GROUP])):
        client.update_run(run_id, RUNNING)
        client.set_tag(run_id, JOURNAL, journal.id)
        return run_id
    if MODEL_DIGEST in tags and (parent := queries.newest_run_id("finetune", MODEL_DIGEST, tags[MODEL_DIGEST])):
        tags[MLFLOW_PARENT_RUN_ID] = parent
    run = client.create_run(experiment, journal.head["start"], tags, journal.head["name"])
    return str(run.info.run_id)


def _send_or_reject(journal: Journal, record_type: str, content: Mapping[str, Any]) -> str | None:
    """Send a record; return why it can never be sent, or None.

    Raises:
        StoreError: the store is unavailable, or rejects the record for now.
    """
    if "path" in content and not (journal.folder / content["path"]).exists():
        return "Its file is missing."
    try:
        with store.access():
            return _send(journal, record_type, content)
    except store.StoreError as error:
        if error.rejection is None:
            raise
        return error.rejection


def _send(journal: Journal, record_type: str, content: Mapping[str, Any]) -> str | None:
    """Send a record; return why this version cannot send it, or None."""
    client, run_id = mlflow.MlflowClient(), str(journal.run_id)
    match record_type:
        case "parameters":
            mlflow.log_params(dict(content["values"]), run_id=run_id)
        case "metrics":
            _send_metrics(run_id, **content)
        case "tags":
            client.log_batch(run_id, tags=[RunTag(name, value) for name, value in content["values"].items()])
        case "dataset":
            fields = dict(content)
            tag = InputTag(MLFLOW_DATASET_CONTEXT, fields.pop("context"))
            client.log_inputs(run_id, [DatasetInput(Dataset(**fields), [tag])])
        case "file":
            client.log_artifact(run_id, str(journal.folder / content["path"]))
        case "outputs":
            _send_outputs(run_id, content["digests"])
        case "model":
            models.send_model(run_id, content["name"], content["tags"], journal.folder / content["path"])
        case Journal.END:
            client.set_terminated(run_id, content["status"], content["time"])
        case _:
            return "This version knows no record of that type."
    return None


def _send_metrics(run_id: str, step: int, time: int, values: Mapping[str, float], model_digest: str | None) -> None:
    """Send metrics of a run, linked to the model that a finetune run logged."""
    finetune_run = model_digest and queries.newest_run_id("finetune", MODEL_DIGEST, model_digest)
    model = queries.logged_model_id(finetune_run) if finetune_run else None
    mlflow.log_metrics(dict(values), step=step, run_id=run_id, timestamp=time, model_id=model)


def _send_outputs(run_id: str, digests: Mapping[str, str]) -> None:
    """Tag a run with its outputs, and with the first run that wrote identical ones."""
    client = mlflow.MlflowClient()
    client.log_batch(run_id, tags=[RunTag(OUTPUT + path, digest) for path, digest in digests.items()])
    query = " and ".join(f"tags.`{OUTPUT}{path}` = '{digest}'" for path, digest in digests.items())
    experiment = client.get_run(run_id).info.experiment_id
    first_run, *_ = client.search_runs([experiment], query, max_results=1, order_by=["attributes.start_time ASC"])
    if first_run.info.run_id != run_id:
        client.set_tag(run_id, REPRODUCED, first_run.info.run_id)
