"""Download models from MLflow, and register a task's champion."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import mlflow
from mlflow.exceptions import MlflowException

from crossfer.artifacts.paths import CLASSIFIER_FILE, TaskPaths
from crossfer.errors import UserError
from crossfer.tracking import database, store
from crossfer.tracking.tags import INPUT, STAGE, TASK

CHAMPION = "champion"
MODEL_TAG = "crossfer.model"
NOT_FOUND_CODES = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")


@contextmanager
def download_model(address: str) -> Iterator[Path]:
    """Yield a temporary folder with a compressed model from MLflow.

    Args:
        address: `models:/<name>@<alias>`, `models:/<name>/<version>`, `models:/<id>`, or `runs:/<run>/<name>`.

    Raises:
        UserError: the address is not valid, the store has no such model or is unavailable, or the model is not one
            that compress logged.
    """
    if not address.startswith(("models:/", "runs:/")):
        raise UserError(
            f"{address} is not a folder or an MLflow address, which starts with models:/ or runs:/; correct it."
        )
    with tempfile.TemporaryDirectory() as scratch:
        _download(address, scratch)
        descriptions = sorted(Path(scratch).glob(f"**/artifacts/*/{CLASSIFIER_FILE}"))
        if not descriptions:
            raise UserError(f"{address} is not a compressed model; name one that compress logged: <task>-onnx.")
        yield descriptions[0].parent


@store.access()
def _download(address: str, folder: str) -> None:
    mlflow.get_experiment_by_name(database.EXPERIMENT)  # fails if the store is unavailable; creates nothing
    try:
        mlflow.artifacts.download_artifacts(address, dst_path=folder)
    except MlflowException as error:
        if error.error_code not in NOT_FOUND_CODES:
            raise
        raise UserError(f"the tracking store has no model {address}; choose one that `make ui` lists.") from error


@store.access()
def promote(task: str, metric: str) -> tuple[str, str, float]:
    """Give the model of the task's best compress run the alias CHAMPION.

    Only finished runs that read the same tokens as the newest one are compared. Of equal runs the newest is best.

    Args:
        task: name of the task.
        metric: metric by which runs are compared; higher is better.

    Returns:
        The name and version of the registered model, and its metric.

    Raises:
        UserError: no compress run has finished, or the store is unavailable.
    """
    name, tokens = f"{database.EXPERIMENT}-{task}", INPUT + TaskPaths(task).tokens.as_posix()
    query = f"tags.`{STAGE}` = 'compress' and tags.`{TASK}` = '{task}' and attributes.status = 'FINISHED'"
    experiment, client = store.experiment_id(), mlflow.MlflowClient()
    runs = [
        run
        for run in client.search_runs([experiment], query, order_by=["attributes.start_time DESC"])
        if metric in run.data.metrics and run.outputs.model_outputs
    ]
    if not runs:
        raise UserError(f"task {task} has no finished compress run in the tracking store; run `dvc repro`.")
    comparable_runs = [run for run in runs if run.data.tags.get(tokens) == runs[0].data.tags.get(tokens)]
    best_run = max(comparable_runs, key=lambda run: run.data.metrics[metric])  # the first of equals
    model = best_run.outputs.model_outputs[0].model_id
    if not client.search_registered_models(f"name = '{name}'"):
        client.create_registered_model(name)
    versions = client.search_model_versions(f"name = '{name}'")
    model_versions = [version for version in versions if version.tags.get(MODEL_TAG) == model]
    version = (
        model_versions[0]
        if model_versions
        else client.create_model_version(name, f"models:/{model}", tags={MODEL_TAG: model})
    )
    client.set_registered_model_alias(name, CHAMPION, version.version)
    return name, str(version.version), float(best_run.data.metrics[metric])
