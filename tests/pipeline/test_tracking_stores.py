"""A tracking store that is away, moved, out of date or no store: each is named, without its secrets."""

import contextlib
import sqlite3
import traceback

import pytest
from tracking_store import client

from crossfer.errors import UserError


def test_a_deleted_experiment_is_named(tracking, tmp_path):
    with tracking.start_run("finetune", "x", {}, {}):
        pass
    experiment = client(tmp_path).get_experiment_by_name("crossfer")
    client(tmp_path).delete_experiment(experiment.experiment_id)
    said = "experiment crossfer is deleted .* mlflow experiments restore --experiment-id"
    with pytest.raises(UserError, match=said), tracking.start_run("finetune", "x", {}, {}):
        pass


def test_a_store_that_was_moved_is_named(tracking, tmp_path, monkeypatch):
    with tracking.start_run("finetune", "x", {}, {}):
        pass
    moved = tmp_path / "moved"
    moved.mkdir()
    (tmp_path / "mlflow.db").rename(moved / "mlflow.db")
    monkeypatch.chdir(moved)
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    said = r"mlflow.db was moved: its files are in file://.*/mlruns, not in file"
    with pytest.raises(UserError, match=said), tracking.start_run("finetune", "x", {}, {}):
        pass


UNUSABLE = [
    "http://[someone:hunter2@host",
    "http://someone:hunter2@host:port",
    "mysql://someone:hunter2@host/db",
    "carrier-pigeon://someone:hunter2@loft",
    "sqlite:////proc/none/hunter2.db?hunter2",
]
AWAY = "http://someone:hunter2@127.0.0.1:9"


@pytest.mark.parametrize("address", UNUSABLE)
@pytest.mark.parametrize("use", ["a stage", "promote", "predict"])
def test_a_store_that_cannot_be_used_is_named_without_its_secrets(tracking, monkeypatch, use, address):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    with pytest.raises(UserError) as caught:
        use_store(tracking, use)
    from crossfer.tracking import store

    assert str(caught.value).startswith(f"the tracking store {store.mask_secrets(address)} cannot be used: ")
    said = "".join(traceback.format_exception(caught.value))  # what --verbose shows
    assert "someone" not in said and "?hunter2" not in said


def use_store(tracking, use):
    """Ask the store for something before any work."""
    from crossfer.commands import predict
    from crossfer.tracking import registry

    if use == "promote":
        registry.promote("x", "score")
    elif use == "predict":
        predict.run("x", ["a text"], model="models:/crossfer-x@champion")
    else:
        with tracking.start_run("finetune", "x", {}, {}):
            raise AssertionError("it began")


def test_a_server_that_is_away_does_not_stop_a_stage(tracking, monkeypatch, capfd):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", AWAY)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with tracking.start_run("finetune", "x", {}, {}):
        pass
    said = capfd.readouterr().err
    assert "warning: the tracking store http://127.0.0.1:9 does not answer." in said and "hunter2" not in said
    for use in ("promote", "predict"):
        with pytest.raises(
            UserError, match=r"the tracking store http://127.0.0.1:9 cannot be used: it does not answer"
        ):
            use_store(tracking, use)


def test_a_store_that_is_no_database(tracking, tmp_path):
    (tmp_path / "mlflow.db").write_text("not a database " * 100)
    said = r"the tracking store mlflow.db cannot be used: .*file is not a database.* mlflow db upgrade sqlite:///"
    with pytest.raises(UserError, match=said) as raised, tracking.start_run("finetune", "x", {}, {}):
        pass
    assert raised.value.__cause__ is not None


def test_a_store_of_an_older_mlflow_is_to_be_upgraded(tracking, tmp_path, monkeypatch):
    with tracking.start_run("finetune", "x", {}, {}):
        pass
    other = tmp_path / "other"
    other.mkdir()
    (tmp_path / "mlflow.db").rename(other / "mlflow.db")
    with contextlib.closing(sqlite3.connect(other / "mlflow.db")) as database, database:
        database.execute("UPDATE alembic_version SET version_num = 'f5a4f2784254'")
    monkeypatch.chdir(other)
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    said = f"out-of-date database schema.* mlflow db upgrade sqlite:///{other}/mlflow.db"
    with pytest.raises(UserError, match=said), tracking.start_run("finetune", "x", {}, {}):
        pass


UPGRADE = 'is out of date; back up the database, then run: mlflow db upgrade "$MLFLOW_TRACKING_URI"'


def test_a_database_of_an_older_mlflow_is_to_be_upgraded(tracking, tmp_path, monkeypatch):
    with contextlib.closing(sqlite3.connect(tmp_path / "mlflow.db")) as database, database:
        database.execute("UPDATE alembic_version SET version_num = 'f5a4f2784254'")
    (tmp_path / "mlflow.db").rename(tmp_path / "older.db")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/older.db")
    with pytest.raises(UserError) as caught, tracking.start_run("finetune", "x", {}, {}):
        pass
    assert str(caught.value).endswith(UPGRADE)
    said = str(caught.value.__cause__)  # MLflow says the same of a database of a server
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "postgresql://someone:hunter2@host/db")
    from mlflow.exceptions import MlflowException

    from crossfer.tracking import store

    error = store.StoreError(MlflowException(said))
    assert not error.is_down
    assert str(error) == f"the tracking store postgresql://host/db cannot be used: its database schema {UPGRADE}"


def test_a_store_that_mlflow_cannot_upgrade(tracking, tmp_path):
    (tmp_path / "mlflow.db").unlink()
    with contextlib.closing(sqlite3.connect(tmp_path / "mlflow.db")) as database, database:
        database.execute("CREATE TABLE alembic_version AS SELECT '1' AS version_num")
    said = "mlflow.db cannot be used: Can't locate revision"
    with pytest.raises(UserError, match=said), tracking.start_run("finetune", "x", {}, {}):
        pass
