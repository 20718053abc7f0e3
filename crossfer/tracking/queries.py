"""Runs in the tracking store: found by what they read and wrote, put below one another, deleted.

Each function raises a UserError if the store is unavailable, except those that say otherwise.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import mlflow
from mlflow.exceptions import MlflowException
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID

from crossfer.errors import UserError
from crossfer.tracking import store, tags

RUN_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Run:
    """A run.

    Attributes:
        id: in MLflow.
        name: stage and task.
        status: as MLflow says it.
        start: when it began, in UTC.
        commit: the git commit; `changed` if code or parameters differed from it.
        changed: see there.
        experiment: the name of the DVC experiment, if it was one.
        parent: id of the run that wrote the model that it read, or of the ladder that it is of.
        reproduced: id of the first run that wrote the very same.
        inputs: path and digest of what it read.
        outputs: path and digest of what it wrote.
        journal: id of the journal that it was delivered from last.
    """

    id: str
    name: str
    status: str
    start: datetime
    commit: str
    changed: bool
    experiment: str | None
    parent: str | None
    reproduced: str | None
    inputs: Mapping[str, str]
    outputs: Mapping[str, str]
    journal: str | None


@store.access()
def find_run(run_id: str) -> Run | None:
    """Return the run of that id; None if it is no id, or the store has no such run of this project."""
    if not RUN_ID.fullmatch(run_id):
        return None
    try:
        run = mlflow.get_run(run_id)
    except MlflowException as error:
        if error.error_code == "RESOURCE_DOES_NOT_EXIST":
            return None
        raise
    return _run(run) if tags.STAGE in run.data.tags else None


def writers_of(outputs: Mapping[str, str]) -> list[Run]:
    """Return the runs that wrote one of these outputs, with its digest, oldest first."""
    return _search_digests(tags.OUTPUT, outputs)


def readers_of(inputs: Mapping[str, str]) -> list[Run]:
    """Return the runs that read one of these inputs, with its digest, oldest first."""
    return _search_digests(tags.INPUT, inputs)


def runs_at_commit(commit: str) -> list[Run]:
    """Return the runs of a commit, oldest first."""
    return _search(f"tags.`{tags.COMMIT}` = '{commit}'")


def all_runs() -> list[Run]:
    """Return all runs, oldest first."""
    return _search("")


def newest_run_id(stage: str, tag: str, value: str, address: str | None = None) -> str | None:
    """Return the id of a stage's newest run whose tag has that value, or None.

    Args:
        stage: the stage's name.
        tag: the tag's name.
        value: the tag's value.
        address: of the store; without one, of the store in use.

    Raises:
        one of store.FAILURES: the store is unavailable.
    """
    client = mlflow.MlflowClient(address)
    experiment = client.get_experiment_by_name(store.EXPERIMENT)
    query = f"tags.`{tag}` = '{value}' and tags.`{tags.STAGE}` = '{stage}'"
    runs = client.search_runs([experiment.experiment_id], query, max_results=1) if experiment else []
    return runs[0].info.run_id if runs else None


def newest_metrics(address: str, stage: str, task: str) -> dict[str, float]:
    """Return the metrics of the newest run of a stage on a task, in the store of that address."""
    return dict(mlflow.MlflowClient(address).get_run(newest_run_id(stage, tags.TASK, task, address)).data.metrics)


def logged_model_id(run_id: str) -> str | None:
    """Return the id of the model that a run logged, or None.

    Raises:
        one of store.FAILURES: the store is unavailable.
    """
    outputs = mlflow.get_run(run_id).outputs
    return outputs.model_outputs[0].model_id if outputs and outputs.model_outputs else None


@store.access()
def set_parent(parent: str, model_digest: str, place: str) -> dict[str, float]:
    """Put the run that wrote a model below another, and tag it with its place in the ablation.

    Returns:
        The last values of the metrics that its finetune and its evaluate logged, and `seconds`: how long finetune's
        run took.

    Raises:
        UserError: the store does not know the model, or is unavailable.
    """
    ids = [newest_run_id(stage, tags.MODEL_DIGEST, model_digest) for stage in ("finetune", "evaluate")]
    if None in ids:
        raise UserError(
            f"the tracking store has no runs that wrote and scored model {model_digest} ({place}), which DVC's"
            " cache has; record in the store that has them, or remove the model from the cache: dvc gc."
        )
    finetune, evaluate = map(mlflow.get_run, ids)
    for tag, value in ((MLFLOW_PARENT_RUN_ID, parent), (tags.ABLATION, place)):
        mlflow.MlflowClient().set_tag(finetune.info.run_id, tag, value)
    seconds = (finetune.info.end_time - finetune.info.start_time) / 1000
    return {**evaluate.data.metrics, **finetune.data.metrics, "seconds": seconds}


@store.access()
def registered_run_ids() -> set[str]:
    """Return the ids of the runs whose models the registry names."""
    return {version.run_id for version in mlflow.MlflowClient().search_model_versions()}


@store.access()
def delete_run(run: Run) -> list[str]:
    """Mark a run and its logged models as deleted: `mlflow gc` removes them. Return the models' ids."""
    client = mlflow.MlflowClient()
    outputs = client.get_run(run.id).outputs
    models = [model.model_id for model in outputs.model_outputs] if outputs else []
    for model in models:
        client.delete_logged_model(model)
    client.delete_run(run.id)
    return models


def _search_digests(prefix: str, digests: Mapping[str, str]) -> list[Run]:
    """Return the runs that have one of these digests in a tag of that prefix, oldest first."""
    runs = {run.id: run for path, digest in digests.items() for run in _search(f"tags.`{prefix}{path}` = '{digest}'")}
    return sorted(runs.values(), key=lambda run: run.start)


@store.access()
def _search(query: str) -> list[Run]:
    """Return the runs of the project's experiment that match a query of MLflow, oldest first."""
    experiment = mlflow.get_experiment_by_name(store.EXPERIMENT)
    if experiment is None:
        return []
    order: Sequence[str] = ["attributes.start_time ASC"]
    runs = mlflow.search_runs([experiment.experiment_id], query, order_by=list(order), output_format="list")
    return [_run(run) for run in runs if tags.STAGE in run.data.tags]  # others may log here too


def _run(run: Any) -> Run:
    """A run of MLflow's as one of ours."""
    has = run.data.tags

    def digests(prefix: str) -> dict[str, str]:
        return {name.removeprefix(prefix): value for name, value in has.items() if name.startswith(prefix)}

    return Run(
        id=run.info.run_id,
        name=run.info.run_name,
        status=run.info.status,
        start=datetime.fromtimestamp(run.info.start_time / 1000, UTC),
        commit=has.get(tags.COMMIT, "none"),
        changed=has.get(tags.DIRTY) == "true",
        experiment=has.get(tags.DVC_EXPERIMENT),
        parent=has.get(MLFLOW_PARENT_RUN_ID),
        reproduced=has.get(tags.REPRODUCED),
        inputs=digests(tags.INPUT),
        outputs=digests(tags.OUTPUT),
        journal=has.get(tags.JOURNAL),
    )
