"""Errors of unreachable, outdated or invalid stores reveal no secrets."""

import contextlib
import sqlite3
import traceback

import pytest
from tracking_store import client

from crossfer.errors import UserError


def test_deleted_experiment_is_reported(tracking, tmp_path):
    with tracking.start_run("finetune", "x", {}, {}):
        pass
    experiment = client(tmp_path).get_experiment_by_name("crossfer")
    client(tmp_path).delete_experiment(experiment.experiment_id)
    message = "experiment crossfer is deleted .* mlflow experiments restore --experiment-id"
    with pytest.raises(UserError, match=message), tracking.start_run("finetune", "x", {}, {}):
        pass


INVALID_ADDRESSES = [
    "http://[someone:hunter2@host",
    "http://someone:hunter2@host:port",
    "mysql://someone:hunter2@host/db",
    "carrier-pigeon://someone:hunter2@loft",
    "sqlite:////proc/none/hunter2.db?hunter2",
]
UNREACHABLE_ADDRESS = "http://someone:hunter2@127.0.0.1:9"


@pytest.mark.parametrize("address", INVALID_ADDRESSES)
@pytest.mark.parametrize("client_command", ["a stage", "promote", "predict"])
def test_invalid_store_address_is_reported_without_secrets(tracking, monkeypatch, client_command, address):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    with pytest.raises(UserError) as caught:
        use_store(tracking, client_command)
    from crossfer.tracking import store

    assert str(caught.value).startswith(f"the tracking store {store.mask_secrets(address)} cannot be used: ")
    message = "".join(traceback.format_exception(caught.value))  # what --verbose shows
    assert "someone" not in message and "?hunter2" not in message


def use_store(tracking, client_command):
    """Run a command that connects to the store."""
    from crossfer.commands import predict
    from crossfer.tracking import registry

    if client_command == "promote":
        registry.promote("x", "score")
    elif client_command == "predict":
        predict.run("x", ["a text"], model="models:/crossfer-x@champion")
    else:
        with tracking.start_run("finetune", "x", {}, {}):
            raise AssertionError("the run started")


def test_unreachable_server_does_not_stop_a_stage(tracking, monkeypatch, capfd):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", UNREACHABLE_ADDRESS)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with tracking.start_run("finetune", "x", {}, {}):
        pass
    message = capfd.readouterr().err
    assert "warning: the tracking store http://127.0.0.1:9 does not answer." in message and "hunter2" not in message
    for client_command in ("promote", "predict"):
        with pytest.raises(
            UserError, match=r"the tracking store http://127.0.0.1:9 cannot be used: it does not answer"
        ):
            use_store(tracking, client_command)


UPGRADE = '); back up the database, then run: mlflow db upgrade "$MLFLOW_TRACKING_URI"'


def test_outdated_database_is_reported(tracking, tmp_path, monkeypatch):
    with contextlib.closing(sqlite3.connect(tmp_path / "mlflow.db")) as database, database:
        database.execute("UPDATE alembic_version SET version_num = 'f5a4f2784254'")
    (tmp_path / "mlflow.db").rename(tmp_path / "older.db")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/older.db")
    with pytest.raises(UserError) as caught, tracking.start_run("finetune", "x", {}, {}):
        pass
    assert str(caught.value).endswith(UPGRADE)
    message = str(caught.value.__cause__)  # MLflow says the same of a database of a server
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "postgresql://someone:hunter2@host/db")
    from mlflow.exceptions import MlflowException

    from crossfer.tracking import store

    error = store.StoreError(MlflowException(message))
    assert not error.is_down
    assert str(error).startswith(
        "the tracking store postgresql://host/db cannot be used: Detected out-of-date database"
    )
    assert str(error).endswith(UPGRADE)
