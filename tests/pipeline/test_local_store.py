"""The repository's own store: causes of failure, paths, first runs and moves."""

import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys

import pytest
from repository import ENVIRONMENT, ROOT
from tracked_runs import run_killed_process, undelivered

from crossfer.errors import UserError


@contextlib.contextmanager
def database(folder):
    with contextlib.closing(sqlite3.connect(folder / "mlflow.db")) as connection, connection:
        yield connection


def refusal(tracking):
    """Return why a run cannot start."""
    with pytest.raises(UserError) as caught, tracking.start_run("finetune", "x", {}, {}):
        pass
    message = str(caught.value)
    assert "move" not in message or "another program" in message  # no advice that loses the history
    return message.removeprefix("the tracking store mlflow.db cannot be used: ")


def test_locked_database(tracking, tmp_path, monkeypatch):
    from crossfer.tracking import database as local_database

    monkeypatch.setattr(local_database, "MAX_WAIT", 0.1)
    with database(tmp_path) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        assert refusal(tracking) == "another process has locked it; wait until that process ends, or end it."
    with tracking.start_run("finetune", "x", {}, {}):
        pass


def test_a_stopped_process_with_the_lock_is_named(tracking, monkeypatch):
    from crossfer.tracking import database as local_database

    monkeypatch.setattr(local_database, "MAX_PREPARATION", 0.1)
    script = "from crossfer.tracking import database\nwith database.lock(): print('locked', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    ) as process:
        assert process.stdout.readline() == b"locked\n"
        process.send_signal(signal.SIGSTOP)
        assert refusal(tracking) == f"process {process.pid} (-c) prepares mlflow.db; wait until it ends, or end it."
        process.kill()
    with tracking.start_run("finetune", "x", {}, {}):
        pass


def test_file_that_is_not_a_database(tracking, tmp_path):
    (tmp_path / "mlflow.db").write_text("not a database " * 100)
    assert refusal(tracking) == "it is not an SQLite database, or it is damaged; keep the file and restore a backup."


def test_damaged_database(tracking, tmp_path):
    file = tmp_path / "mlflow.db"
    content = bytearray(file.read_bytes())
    content[100:4096] = b"x" * 3996  # the first page, except the header
    file.write_bytes(content)
    assert refusal(tracking).startswith("it is damaged; keep the file and restore a backup, or what sqlite3's .recover")


def test_folder_instead_of_a_database(tracking, tmp_path):
    (tmp_path / "mlflow.db").unlink()
    (tmp_path / "mlflow.db").mkdir()
    assert refusal(tracking).startswith("it cannot be opened; check that it is a file")


def test_database_of_another_program(tracking, tmp_path):
    (tmp_path / "mlflow.db").unlink()
    with database(tmp_path) as connection:
        connection.execute("CREATE TABLE invoices (id)")
    assert "mlflow.db is the database of another program (invoices)" in refusal(tracking)
    with database(tmp_path) as connection:
        assert connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (1,)  # nothing was added


def test_database_of_an_older_mlflow(tracking, tmp_path):
    with database(tmp_path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'f5a4f2784254'")
    message = refusal(tracking)
    assert message.startswith("Detected out-of-date database schema (found version f5a4f2784254, but expected ")
    assert message.endswith(f"; back up the database, then run: mlflow db upgrade sqlite:///{tmp_path}/mlflow.db")


def test_database_of_a_newer_mlflow(tracking, tmp_path):
    with database(tmp_path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'abcdefabcdef'")
    assert refusal(tracking).endswith("; install the newer MLflow that wrote it.")


def test_unfinished_database_of_another_mlflow(tracking, tmp_path):
    (tmp_path / "mlflow.db").unlink()
    with database(tmp_path) as connection:
        connection.execute("CREATE TABLE alembic_version AS SELECT '1' AS version_num")
    assert refusal(tracking).startswith("Can't locate revision identified by '1'")


def log_file(tracking, folder):
    """Log a run with a file; return the run's id."""
    (folder / "report.csv").write_text("a\n1\n")
    with tracking.start_run("finetune", "x", {}, {}) as run:
        run.log_files([folder / "report.csv"])
    return run.id


def assert_has_file(run_id, tmp_path):
    """Assert that MLflow finds the run and its file in the current folder's store."""
    import mlflow

    from crossfer.tracking import store

    with store.access():
        path = mlflow.artifacts.download_artifacts(f"runs:/{run_id}/report.csv", dst_path=str(tmp_path / "download"))
    with open(path, encoding="utf-8") as file:  # noqa: PTH123 - MLflow returns a str
        assert file.read() == "a\n1\n"


@pytest.mark.parametrize("name", ["my%20folder", "what?", "a#b", "100%", "名 前"])
def test_path_with_special_characters(tracking, tmp_path, monkeypatch, empty_store, name):
    folder = tmp_path / name / "repository"
    folder.mkdir(parents=True)
    shutil.copy(empty_store, folder / "mlflow.db")
    monkeypatch.chdir(folder)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    assert_has_file(log_file(tracking, folder), tmp_path)
    assert {path.name for path in folder.iterdir()} == {".crossfer", "mlflow.db", "mlruns", "report.csv"}
    assert {path.name for path in tmp_path.iterdir()} - {"mlflow.db"} == {name, "download"}


FIRST_RUN = """
import sys
from crossfer.tracking.run import start_run
sys.stdin.read()
with start_run("finetune", sys.argv[1], {}, {}) as run:
    run.log_metrics(0, {"loss": 1.0})
"""


def start_first_run(folder, task):
    environment = {**ENVIRONMENT, "PYTHONPATH": str(ROOT)}
    pipes = {"stdin": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen([sys.executable, "-c", FIRST_RUN, task], cwd=folder, env=environment, **pipes)


def test_two_first_runs_at_the_same_time(tmp_path):
    """In a folder with special characters, and after a creation that was killed."""
    folder = tmp_path / "my%20folder?"
    folder.mkdir()
    (folder / "mlflow.db-new").write_text("unfinished")
    processes = [start_first_run(folder, task) for task in ("a", "b")]
    for process in processes:
        process.stdin.close()  # both have imported MLflow, or will soon
    errors = [process.stderr.read() for process in processes]
    assert [process.wait() for process in processes] == [0, 0], errors
    for process in processes:
        process.stderr.close()
    with database(folder) as connection:
        query = "SELECT value FROM tags WHERE key = 'crossfer.task' ORDER BY value"
        assert connection.execute(query).fetchall() == [("a",), ("b",)]
    assert sorted(path.name for path in folder.iterdir()) == [".crossfer", "mlflow.db"]
    assert list(tmp_path.iterdir()) == [folder]


@pytest.fixture
def moved(tracking, tmp_path, monkeypatch):
    """A folder to which a repository with a run was renamed, and the run's id."""
    old, new = tmp_path / "old", tmp_path / "new name"
    old.mkdir()
    shutil.move("mlflow.db", old)
    monkeypatch.chdir(old)
    run_id = log_file(tracking, old)
    killed_id = run_killed_process(old, "evaluate")
    old.rename(new)
    monkeypatch.chdir(new)
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    return new, run_id, killed_id


def test_history_survives_a_move_of_the_repository(moved, tracking, tmp_path, capfd):
    folder, run_id, killed_id = moved
    assert_has_file(run_id, tmp_path)
    assert f"The repository was moved: mlflow.db now names {folder}/mlruns, not " in capfd.readouterr().err
    new_id = log_file(tracking, folder)
    assert_has_file(new_id, tmp_path)
    assert capfd.readouterr().err == ""
    assert undelivered(folder) == []  # the records of the killed process arrived
    with database(folder) as connection:
        locations = connection.execute("SELECT artifact_location FROM experiments WHERE name = 'crossfer'")
        assert locations.fetchall() == [((folder / "mlruns").as_uri(),)]
        assert {run for (run,) in connection.execute("SELECT run_uuid FROM runs")} == {run_id, killed_id, new_id}


def test_database_moved_without_the_files_of_its_runs(moved, tracking, tmp_path, monkeypatch):
    folder, run_id, _ = moved
    assert_has_file(run_id, tmp_path)
    alone = tmp_path / "alone"
    alone.mkdir()
    shutil.move(folder / "mlflow.db", alone)
    monkeypatch.chdir(alone)
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    message = rf"moved without the files of its runs, which are in {folder}/mlruns; move that folder to {alone}/mlruns"
    with pytest.raises(UserError, match=message), tracking.start_run("finetune", "x", {}, {}):
        pass
    shutil.move(folder / "mlruns", alone)
    assert_has_file(run_id, tmp_path)
