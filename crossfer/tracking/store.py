"""Which MLflow store is recorded in: the one that MLFLOW_TRACKING_URI names, else SQLite in the repository."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from urllib.parse import urlparse

import mlflow
from mlflow.entities import LifecycleStage
from mlflow.exceptions import MlflowException
from sqlalchemy.exc import SQLAlchemyError

from crossfer.artifacts import paths
from crossfer.errors import UserError

EXPERIMENT = "crossfer"
STORE, FILES = "mlflow.db", "mlruns"
FAILURES = (MlflowException, SQLAlchemyError, OSError, ModuleNotFoundError)
"""What a store that does not answer, or refuses, raises; their own words may hold the address with its password.

The last one where the driver of a database is not installed.
"""


def choose() -> None:
    """Use the store that MLFLOW_TRACKING_URI names, else SQLite in the repository.

    Raises:
        UserError: what it names is no address; libraries would repeat it, with its password.
    """
    if is_local():
        mlflow.set_tracking_uri(local())
        return
    try:
        urlparse(os.environ["MLFLOW_TRACKING_URI"]).port  # noqa: B018 - it is parsed here
    except ValueError:
        raise UserError(unusable()) from None


@contextmanager
def asked() -> Iterator[None]:
    """Choose the store, and ask it in the block; nothing is made there only to read.

    Raises:
        UserError: it does not answer, or refuses.
    """
    try:
        choose()
        yield
    except FAILURES:
        raise UserError(unusable()) from None


def experiment() -> str:
    """Choose the store; return the project's experiment there, which is made if it is new.

    Raises:
        UserError: the experiment was deleted, or the local store was made in another folder.
    """
    choose()
    local = (paths.top() / FILES).as_uri() if is_local() else None
    found = mlflow.get_experiment_by_name(EXPERIMENT)
    if found is None:
        return str(mlflow.create_experiment(EXPERIMENT, local))
    if found.lifecycle_stage != LifecycleStage.ACTIVE:
        raise UserError(
            f"experiment {EXPERIMENT} is deleted in the tracking store; bring it back with: mlflow experiments restore"
            f" --experiment-id {found.experiment_id}."
        )
    if local is not None and found.artifact_location != local:
        raise UserError(
            f"{STORE} keeps its files in {found.artifact_location}, this repository's are in {local}: it was moved;"
            f" move it back, or move {STORE} and {FILES} away to start anew."
        )
    return str(found.experiment_id)


def is_local() -> bool:
    """The store is the repository's own: no other is named (MLflow itself writes the chosen one into the variable)."""
    return os.environ.get("MLFLOW_TRACKING_URI", "") in ("", local())


def local() -> str:
    """Address of the repository's own store."""
    return f"sqlite:///{paths.top() / STORE}"


def name() -> str:
    """Which store is in use, without the user and the password that its address may hold."""
    return masked(local() if is_local() else os.environ["MLFLOW_TRACKING_URI"])


def masked(address: str) -> str:
    """An address without what may be secret: user and password (up to the last @, for they may hold any sign), query.

    What has no scheme may be a path, or one of git's, as git@host:path.
    """
    scheme, mark, rest = address.partition("://")
    if not mark:
        return address.rpartition("@")[2] if ":" in address.partition("@")[0] and "@" in address else address
    return f"{scheme}://{re.split('[?#]', rest.rpartition('@')[2])[0]}"


def is_away(error: Exception) -> bool:
    """One of FAILURES says that the store does not answer, not that it refuses."""
    return not isinstance(error, MlflowException) or error.get_http_status_code() >= HTTPStatus.INTERNAL_SERVER_ERROR


def unusable() -> str:
    """The sentence for a store that does not answer; without the password that its address may hold."""
    if is_local():
        return f"the tracking store {STORE} cannot be used: no SQLite of MLflow's; move {STORE} away to start anew."
    return (
        f"the tracking store {name()} cannot be used: it does not answer, or it"
        f" refuses; mend MLFLOW_TRACKING_URI, or unset it to record in {STORE}."
    )
