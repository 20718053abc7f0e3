"""Models in MLflow: found by address, and the champion of a task by its alias."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import mlflow
from mlflow.exceptions import MlflowException

from crossfer.artifacts.paths import DESCRIPTION, TaskPaths
from crossfer.errors import UserError
from crossfer.tracking import store
from crossfer.tracking.tags import INPUT, STAGE, TASK

CHAMPION = "champion"
MODEL = "crossfer.model"
UNKNOWN = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")


@contextmanager
def download(address: str) -> Iterator[Path]:
    """Yield a folder with a compressed model that MLflow has. It is removed when the block ends.

    Args:
        address: `models:/<name>@<alias>`, `models:/<name>/<version>`, `models:/<id>`, or `runs:/<run>/<name>`.

    Raises:
        UserError: it is no such address, the store has no such model, compress did not log it, or the store is
            unavailable.
    """
    if not address.startswith(("models:/", "runs:/")):
        raise UserError(f"{address} is no folder, and no address of MLflow's, which begin with models:/ or runs:/.")
    with tempfile.TemporaryDirectory() as scratch:
        _download(address, scratch)
        inside = sorted(Path(scratch).glob(f"**/artifacts/*/{DESCRIPTION}"))
        if not inside:
            raise UserError(f"{address} is no compressed model; name one that compress has logged: <task>-onnx.")
        yield inside[0].parent


@store.access()
def _download(address: str, folder: str) -> None:
    mlflow.get_experiment_by_name(store.EXPERIMENT)  # fails if the store is unavailable; creates nothing
    try:
        mlflow.artifacts.download_artifacts(address, dst_path=folder)
    except MlflowException as error:
        if error.error_code not in UNKNOWN:
            raise
        raise UserError(f"the tracking store has no model {address}; `make ui` shows which it has.") from error


@store.access()
def promote(task: str, measure: str) -> tuple[str, str, float]:
    """Register the small model of the task's best run of compress, if it is not, and give it the alias CHAMPION.

    Only finished runs that read the same tokens as the newest one are compared.

    Args:
        task: its name.
        measure: the metric of the run that says which is best; of equals, the newest is.

    Returns:
        The name of the registered model, the version, and its measure.

    Raises:
        UserError: there is no such run, or the store is unavailable.
    """
    name, tokens = f"{store.EXPERIMENT}-{task}", INPUT + TaskPaths(task).tokens.as_posix()
    query = f"tags.`{STAGE}` = 'compress' and tags.`{TASK}` = '{task}' and attributes.status = 'FINISHED'"
    experiment, client = store.experiment_id(), mlflow.MlflowClient()
    runs = [
        run
        for run in client.search_runs([experiment], query, order_by=["attributes.start_time DESC"])
        if measure in run.data.metrics and run.outputs.model_outputs
    ]
    if not runs:
        raise UserError(f"no run of compress on task {task} has finished; run `dvc repro` first.")
    comparable = [run for run in runs if run.data.tags.get(tokens) == runs[0].data.tags.get(tokens)]
    best = max(comparable, key=lambda run: run.data.metrics[measure])  # the first of equals
    model = best.outputs.model_outputs[0].model_id
    if not client.search_registered_models(f"name = '{name}'"):
        client.create_registered_model(name)
    versions = client.search_model_versions(f"name = '{name}'")
    known = [version for version in versions if version.tags.get(MODEL) == model]
    version = known[0] if known else client.create_model_version(name, f"models:/{model}", tags={MODEL: model})
    client.set_registered_model_alias(name, CHAMPION, version.version)
    return name, str(version.version), float(best.data.metrics[measure])
