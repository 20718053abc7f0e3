"""Find, link and delete runs in the tracking store.

Each function raises a UserError if the store is unavailable, except those that say otherwise.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import mlflow
from mlflow.exceptions import MlflowException
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID

from crossfer.errors import UserError
from crossfer.tracking import database, store, tags

RUN_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Run:
    """A run of a stage in the store."""

    id: str
    name: str  # such as finetune/news
    status: str
    start: datetime  # in UTC
    commit: str
    is_dirty: bool  # code or parameters differed from the commit
    experiment: str | None  # name in DVC
    parent: str | None  # id of the run that wrote the model, or of the ablation
    reproduced_run: str | None  # id of the first run with identical outputs
    inputs: Mapping[str, str]  # path and digest
    outputs: Mapping[str, str]  # path and digest
    journal: str | None  # id of the journal that delivered the run


@store.access()
def find_run_by_id(run_id: str) -> Run | None:
    """Return the run with that id; None if the store has no such run of this project."""
    if not RUN_ID.fullmatch(run_id):
        return None
    try:
        run = mlflow.get_run(run_id)
    except MlflowException as error:
        if error.error_code == "RESOURCE_DOES_NOT_EXIST":
            return None
        raise
    return _convert_run(run) if tags.STAGE in run.data.tags else None


def writers_of(outputs: Mapping[str, str]) -> list[Run]:
    """Return the runs that wrote an output with its digest, oldest first."""
    return _search_runs_by_digest(tags.OUTPUT, outputs)


def readers_of(inputs: Mapping[str, str]) -> list[Run]:
    """Return the runs that read an input with its digest, oldest first."""
    return _search_runs_by_digest(tags.INPUT, inputs)


def find_runs(commit: str | None = None) -> list[Run]:
    """Return all runs, or those at a commit, oldest first."""
    return _search_runs(f"tags.`{tags.COMMIT}` = '{commit}'" if commit else "")


def newest_run_id(stage: str, tag: str, value: str, address: str | None = None) -> str | None:
    """Return the id of a stage's newest run with that value of a tag, or None.

    Raises:
        one of store.MLFLOW_ERRORS: the store is unavailable.
    """
    client = mlflow.MlflowClient(address)
    experiment = client.get_experiment_by_name(database.EXPERIMENT)
    query = f"tags.`{tag}` = '{value}' and tags.`{tags.STAGE}` = '{stage}'"
    runs = client.search_runs([experiment.experiment_id], query, max_results=1) if experiment else []
    return runs[0].info.run_id if runs else None


def newest_metrics(address: str, stage: str, task: str) -> dict[str, float]:
    """Return the metrics of a stage's newest run on a task in the store at `address`."""
    return dict(mlflow.MlflowClient(address).get_run(newest_run_id(stage, tags.TASK, task, address)).data.metrics)


def logged_model_id(run_id: str) -> str | None:
    """Return the id of the model that a run logged, or None.

    Raises:
        one of store.MLFLOW_ERRORS: the store is unavailable.
    """
    outputs = mlflow.get_run(run_id).outputs
    return outputs.model_outputs[0].model_id if outputs and outputs.model_outputs else None


@store.access()
def set_parent(parent: str, model_digest: str, place: str) -> dict[str, float]:
    """Make a model's finetune run a child of the ablation's run `parent`.

    Args:
        parent: id of the ablation's run.
        model_digest: digest of the model.
        place: value of the run's tag ABLATION: task, variant, fraction of the rows and seed, separated by slashes.

    Returns:
        The last metrics of the model's finetune and evaluate runs, and `seconds`, the duration of the finetune run.

    Raises:
        UserError: the store has no runs of the model, or is unavailable.
    """
    ids = [newest_run_id(stage, tags.MODEL_DIGEST, model_digest) for stage in ("finetune", "evaluate")]
    if None in ids:
        raise UserError(
            f"the tracking store has no finetune and evaluate runs of model {model_digest} ({place}), which is in"
            f" DVC's cache; set {store.ADDRESS_VARIABLE} to the store that has them, or remove all but this"
            " workspace's files from the cache: dvc gc --workspace"
        )
    finetune, evaluate = map(mlflow.get_run, ids)
    for tag, value in ((MLFLOW_PARENT_RUN_ID, parent), (tags.ABLATION, place)):
        mlflow.MlflowClient().set_tag(finetune.info.run_id, tag, value)
    seconds = (finetune.info.end_time - finetune.info.start_time) / 1000
    return {**evaluate.data.metrics, **finetune.data.metrics, "seconds": seconds}


@store.access()
def registered_run_ids() -> set[str]:
    """Return the ids of the runs whose models are registered."""
    return {version.run_id for version in mlflow.MlflowClient().search_model_versions()}


@store.access()
def delete_run(run: Run) -> list[str]:
    """Mark a run and its models as deleted, for `mlflow gc`; return the models' ids."""
    client = mlflow.MlflowClient()
    outputs = client.get_run(run.id).outputs
    models = [model.model_id for model in outputs.model_outputs] if outputs else []
    for model in models:
        client.delete_logged_model(model)
    client.delete_run(run.id)
    return models


def _search_runs_by_digest(prefix: str, digests: Mapping[str, str]) -> list[Run]:
    """Return the runs with a digest in the tag of prefix and path, oldest first."""
    runs = {
        run.id: run for path, digest in digests.items() for run in _search_runs(f"tags.`{prefix}{path}` = '{digest}'")
    }
    return sorted(runs.values(), key=lambda run: run.start)


@store.access()
def _search_runs(query: str) -> list[Run]:
    """Return the runs that match a query in MLflow's syntax, oldest first."""
    experiment = mlflow.get_experiment_by_name(database.EXPERIMENT)
    if experiment is None:
        return []
    order = ["attributes.start_time ASC"]
    runs = mlflow.search_runs([experiment.experiment_id], filter_string=query, order_by=order, output_format="list")
    return [_convert_run(run) for run in runs if tags.STAGE in run.data.tags]  # other projects may log here too


def _convert_run(run: Any) -> Run:
    """Convert a run of MLflow."""
    values = run.data.tags

    def digests(prefix: str) -> dict[str, str]:
        return {name.removeprefix(prefix): value for name, value in values.items() if name.startswith(prefix)}

    return Run(
        id=run.info.run_id,
        name=run.info.run_name,
        status=run.info.status,
        start=datetime.fromtimestamp(run.info.start_time / 1000, UTC),
        commit=values.get(tags.COMMIT, "none"),
        is_dirty=values.get(tags.DIRTY) == "true",
        experiment=values.get(tags.DVC_EXPERIMENT),
        parent=values.get(MLFLOW_PARENT_RUN_ID),
        reproduced_run=values.get(tags.REPRODUCED),
        inputs=digests(tags.INPUT),
        outputs=digests(tags.OUTPUT),
        journal=values.get(tags.JOURNAL),
    )
