"""The MLflow store that runs are logged to: MLFLOW_TRACKING_URI names it, else it is SQLite in the repository."""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from urllib.parse import urlparse

import mlflow
from alembic.util import CommandError
from mlflow.entities import LifecycleStage
from mlflow.exceptions import MlflowException
from requests import HTTPError
from sqlalchemy.exc import SQLAlchemyError

from crossfer.artifacts import paths
from crossfer.entrypoint import CLOSED, FULL
from crossfer.errors import UserError

EXPERIMENT = "crossfer"
STORE, FILES = "mlflow.db", "mlruns"
FAILURES = (MlflowException, SQLAlchemyError, CommandError, OSError, ModuleNotFoundError)
"""Errors of MLflow's calls: the store is down, is unusable, rejects a request, or needs a driver that is not installed.

Their messages may hold the store's address with its password.
"""
REJECTED = ("BAD_REQUEST", "INVALID_PARAMETER_VALUE", "RESOURCE_ALREADY_EXISTS", "RESOURCE_DOES_NOT_EXIST")
REJECTED_STATUS = (HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
"""Codes of a record that the store will not take later either. A missing permission, say, can be given."""
ADDRESS = "MLFLOW_TRACKING_URI"
OUTDATED = "out-of-date database schema"  # in MLflow's message


class StoreError(UserError):
    """The store is down, cannot be used, or rejects a request.

    Attributes:
        is_down: whether the store does not answer; else it rejects the request.
        rejection: why the store will not take this request later either, without secrets; None if it may.
    """

    def __init__(self, error: Exception) -> None:
        super().__init__(_unavailable_message(error))
        self.is_down, self.rejection = _is_down(error), _rejection(error)


def select() -> None:
    """Make MLflow use the store.

    Raises:
        UserError: MLFLOW_TRACKING_URI is no valid address; libraries would print it with its password.
    """
    if is_local():
        mlflow.set_tracking_uri(local_address())
        return
    try:
        urlparse(os.environ[ADDRESS]).port  # noqa: B018 - parsing is the check
    except ValueError:
        raise UserError(_message("it is no valid address")) from None


@contextmanager
def access() -> Iterator[None]:
    """Select the store for the MLflow calls in the block, and for nothing else: an OSError is taken for the store's.

    Raises:
        StoreError: the store is unavailable or rejects a request.
        OSError: a disk of this machine is full or may not be written to.
    """
    select()
    try:
        yield
    except FAILURES as error:
        if isinstance(error, OSError) and error.errno in (*FULL, *CLOSED):
            raise
        raise StoreError(error) from _cause(error)


def check() -> bool:
    """Check the store before work starts, and tell whether it answers. Warn if it is a server that is down.

    Raises:
        UserError: the address is none, the store is on this disk and cannot be used, or it rejects the request.
    """
    try:
        with access():
            experiment_id()
    except StoreError as error:
        if _is_on_disk() or not error.is_down:
            raise
        print(
            f"warning: the tracking store {masked_address()} does not answer. Work goes on, and its"
            " records wait on this disk.",
            file=sys.stderr,
        )
        return False
    return True


def experiment_id() -> str:
    """Return the id of the project's experiment in the store. Create the experiment if it is new.

    Raises:
        UserError: the experiment was deleted, or the local store was made in another folder.
        one of FAILURES: the store is unavailable.
    """
    files = (paths.repository_root() / FILES).as_uri() if is_local() else None
    experiment = mlflow.get_experiment_by_name(EXPERIMENT)
    if experiment is None:
        return str(mlflow.create_experiment(EXPERIMENT, files))
    if experiment.lifecycle_stage != LifecycleStage.ACTIVE:
        raise UserError(
            f"experiment {EXPERIMENT} is deleted in the tracking store; bring it back with: mlflow experiments restore"
            f" --experiment-id {experiment.experiment_id}."
        )
    if files is not None and experiment.artifact_location != files:
        raise UserError(
            f"{STORE} keeps its files in {experiment.artifact_location}, but this repository's are in {files}: it was"
            f" moved. Move it back, or move {STORE} and {FILES} away to start a new store."
        )
    return str(experiment.experiment_id)


def is_local() -> bool:
    """Tell whether the store is the repository's own. MLflow itself writes that one's address into the variable."""
    return os.environ.get(ADDRESS, "") in ("", local_address())


def local_address() -> str:
    """Return the address of the repository's own store."""
    return f"sqlite:///{paths.repository_root() / STORE}"


def masked_address() -> str:
    """Return the store's address without its secrets."""
    return mask(_address())


def mask(address: str) -> str:
    """Return an address without what may be secret: user and password (up to the last @), query and fragment.

    An address without a scheme may be a path, or one of git's, such as git@host:path.
    """
    scheme, mark, rest = address.partition("://")
    if not mark:
        return address.rpartition("@")[2] if ":" in address.partition("@")[0] and "@" in address else address
    return f"{scheme}://{re.split('[?#]', rest.rpartition('@')[2])[0]}"


def _is_down(error: Exception) -> bool:
    """Tell whether one of FAILURES means that the store does not answer, not that it rejects the request."""
    if isinstance(error, MlflowException):
        if OUTDATED in error.message:
            return False
        return bool(error.get_http_status_code() >= HTTPStatus.INTERNAL_SERVER_ERROR)
    if isinstance(error, HTTPError) and error.response is not None:  # of an upload
        return error.response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR
    return not isinstance(error, ModuleNotFoundError)


def _rejection(error: Exception) -> str | None:
    """Return why the store will never take a request; None if it may take it later."""
    if isinstance(error, HTTPError) and error.response is not None:
        status = error.response.status_code
        return f"HTTP status {status}" if status in REJECTED_STATUS else None  # the message holds the address
    if isinstance(error, MlflowException) and error.error_code in REJECTED:
        return f"{error.error_code}: {error.message}" if _cause(error) else str(error.error_code)
    return None


def _unavailable_message(error: Exception) -> str:
    """Return the message for one of FAILURES, without the secrets that the store's address may hold."""
    if isinstance(error, HTTPError) and error.response is not None:  # its own message holds the address of the files
        return _message(f"it answers HTTP status {error.response.status_code} to the upload of a file")
    if OUTDATED in str(error) and not is_local():
        return (
            f"the tracking store {masked_address()} cannot be used: its database schema is out of date. Take a"
            f' backup of the database, then run: mlflow db upgrade "${ADDRESS}"'
        )
    if _is_on_disk() or isinstance(error, ModuleNotFoundError):
        return _message(str(error).partition("\n")[0].rstrip("."))
    return _message("it does not answer" if _is_down(error) else "it is no MLflow server, or it rejects the request")


def _message(reason: str) -> str:
    """Return why the store cannot be used, and what to do."""
    if is_local():
        return (
            f"the tracking store {STORE} cannot be used: {reason}. If MLflow was upgraded, upgrade the store too:"
            f" mlflow db upgrade {local_address()}"
        )
    return (
        f"the tracking store {masked_address()} cannot be used: {reason}; correct {ADDRESS}, or unset it to log to"
        f" {STORE}."
    )


def _address() -> str:
    return local_address() if is_local() else os.environ[ADDRESS]


def _is_on_disk() -> bool:
    """Tell whether the store is a file or folder of this machine, which cannot be down."""
    scheme, mark, _ = _address().partition("://")
    return not mark or scheme.startswith(("sqlite", "file"))


def _cause(error: Exception) -> Exception | None:
    """Return an error of the store, whose message may hold its address, if the address has no secret."""
    return error if masked_address() == _address() and not isinstance(error, HTTPError) else None
