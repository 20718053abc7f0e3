"""The MLflow store of runs: MLFLOW_TRACKING_URI, or SQLite in the repository."""

import os
import re
import shlex
import sqlite3
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
from crossfer.entrypoint import DISK_FULL, PERMISSION_DENIED
from crossfer.errors import UserError
from crossfer.tracking import database
from crossfer.tracking.database import DATABASE_FILE, EXPERIMENT

ADDRESS_VARIABLE = "MLFLOW_TRACKING_URI"
MLFLOW_ERRORS = (MlflowException, SQLAlchemyError, sqlite3.Error, CommandError, OSError, ModuleNotFoundError)
"""Errors of MLflow's calls. Their messages may hold the store's address with its password."""
REJECTION_CODES = ("BAD_REQUEST", "INVALID_PARAMETER_VALUE", "RESOURCE_ALREADY_EXISTS", "RESOURCE_DOES_NOT_EXIST")
REJECTION_STATUSES = (HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
"""Codes of permanent rejections. A missing permission, for example, can be given later."""


class StoreError(UserError):
    """The store is down, cannot be used, or rejects a request.

    Attributes:
        is_down: whether the store does not answer; else it rejects the request.
        rejection: why the store rejects the request permanently, without secrets; None if it does not.
    """

    def __init__(self, error: Exception) -> None:
        self.is_down, self.rejection = _is_down(error), _rejection(error)
        super().__init__(_failure_message(error, self.is_down))


@contextmanager
def access() -> Iterator[None]:
    """Select the store for MLflow calls in the block.

    The block must do nothing else, because any OSError counts as the store's.

    Raises:
        StoreError: the store is down, cannot be used, or rejects a request.
        UserError: MLFLOW_TRACKING_URI is not a valid address.
        OSError: a disk of this machine is full or read-only.
    """
    if is_local():
        mlflow.set_tracking_uri(database.address())
        paths.locks_folder(paths.repository_root()).mkdir(parents=True, exist_ok=True)
    else:
        try:
            urlparse(os.environ[ADDRESS_VARIABLE]).port  # noqa: B018 - libraries would print its password
        except ValueError:
            raise UserError(_unusable_message("the address is not valid")) from None
    try:
        if is_local():
            database.prepare()
        yield
    except MLFLOW_ERRORS as error:
        if isinstance(error, OSError) and error.errno in (*DISK_FULL, *PERMISSION_DENIED):
            raise
        raise StoreError(error) from _cause(error)
    finally:
        if is_local():
            database.remove_misspelled_folder()


def check_connection() -> bool:
    """Return whether the store answers. Warn if it is a server that is down.

    Raises:
        UserError: the store cannot be used, or rejects the request.
    """
    try:
        with access():
            experiment_id()
    except StoreError as error:
        if _is_on_disk() or not error.is_down:
            raise
        print(
            f"warning: the tracking store {masked_address()} does not answer. Start it to receive the records, which"
            " wait on this disk.",
            file=sys.stderr,
        )
        return False
    return True


def experiment_id() -> str:
    """Return the id of the project's experiment; create it if it is missing.

    Raises:
        UserError: the experiment was deleted.
        one of MLFLOW_ERRORS: the store is unavailable.
    """
    experiment = mlflow.get_experiment_by_name(EXPERIMENT)
    if experiment is None and is_local():
        with database.lock():  # another process may just create it
            experiment = mlflow.get_experiment_by_name(EXPERIMENT)
            if experiment is None:
                return str(mlflow.create_experiment(EXPERIMENT, database.artifacts_address()))
    if experiment is None:
        return str(mlflow.create_experiment(EXPERIMENT))
    if experiment.lifecycle_stage != LifecycleStage.ACTIVE:
        raise UserError(
            f"experiment {EXPERIMENT} is deleted in the tracking store; restore it: mlflow experiments restore"
            f" --experiment-id {experiment.experiment_id}"
        )
    return str(experiment.experiment_id)


def is_local() -> bool:
    """Return whether the store is the repository's, even if MLflow set the variable."""
    return os.environ.get(ADDRESS_VARIABLE, "") in ("", database.address())


def masked_address() -> str:
    """Return the store's address without secrets; a name for the repository's own."""
    return DATABASE_FILE if is_local() else mask_secrets(os.environ[ADDRESS_VARIABLE])


def mask_secrets(address: str) -> str:
    """Return an address without user, password (up to the last @), query and fragment.

    An address without a scheme may be a path, or git's user@host:path.
    """
    scheme, separator, rest = address.partition("://")
    if not separator:
        return address.rpartition("@")[2] if ":" in address.partition("@")[0] and "@" in address else address
    return f"{scheme}://{re.split('[?#]', rest.rpartition('@')[2])[0]}"


def _is_down(error: Exception) -> bool:
    """Return whether one of MLFLOW_ERRORS means that the store does not answer."""
    if database.VERSION.search(str(error)) or isinstance(error, ModuleNotFoundError):
        return False
    status = error.get_http_status_code() if isinstance(error, MlflowException) else _upload_status(error)
    return status is None or status >= HTTPStatus.INTERNAL_SERVER_ERROR


def _rejection(error: Exception) -> str | None:
    """Return why the store rejects a request permanently; None if it does not."""
    if (status := _upload_status(error)) in REJECTION_STATUSES:
        return f"HTTP status {status}"
    if isinstance(error, MlflowException) and error.error_code in REJECTION_CODES:
        return f"{error.error_code}: {error.message}" if _cause(error) else str(error.error_code)
    return None


def _upload_status(error: Exception) -> int | None:
    """Return the HTTP status of a failed upload, whose message holds an address."""
    return error.response.status_code if isinstance(error, HTTPError) and error.response is not None else None


def _failure_message(error: Exception, is_down: bool) -> str:
    """Return the message for one of MLFLOW_ERRORS, without secrets of the address."""
    if status := _upload_status(error):
        return _unusable_message(f"the upload of a file failed with HTTP status {status}")
    upgrade_address = shlex.quote(database.address()) if is_local() else f'"${ADDRESS_VARIABLE}"'
    if advice := database.explain(str(error), upgrade_address):
        return f"the tracking store {masked_address()} cannot be used: {advice}"
    if _is_on_disk() or isinstance(error, ModuleNotFoundError):
        return _unusable_message(str(error).partition("\n")[0].rstrip("."))
    return _unusable_message(
        "it does not answer" if is_down else "it is not an MLflow server, or it rejects the request"
    )


def _unusable_message(reason: str) -> str:
    """Return why the store cannot be used, and how to fix it."""
    fix = f"correct {ADDRESS_VARIABLE}, or unset it to use {DATABASE_FILE}"
    if is_local():
        fix = f"see docs/operations.md, and keep {DATABASE_FILE}"
    return f"the tracking store {masked_address()} cannot be used: {reason}; {fix}."


def _is_on_disk() -> bool:
    """Return whether the store is a file or folder, which cannot be down."""
    scheme, separator, _ = os.environ.get(ADDRESS_VARIABLE, "").partition("://")
    return is_local() or not separator or scheme.startswith(("sqlite", "file"))


def _cause(error: Exception) -> Exception | None:
    """Return the error, unless its message may hold a secret of the address."""
    has_secret = not is_local() and masked_address() != os.environ[ADDRESS_VARIABLE]
    return None if has_secret or isinstance(error, HTTPError) else error
