"""The door to MLflow, on a store of its own: what pipelines do not show."""

import contextlib
import json
import os
import resource
import shutil
import sqlite3
import threading
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from crossfer.errors import UserError


@pytest.fixture
def tracking(tmp_path, monkeypatch, empty_store):
    import mlflow

    from crossfer.tracking import run as tracking

    monkeypatch.chdir(tmp_path)
    shutil.copy(empty_store, "mlflow.db")
    for name in ("MLFLOW_TRACKING_URI", "DVC_ROOT", "DVC_EXP_NAME"):
        monkeypatch.delenv(name, raising=False)
    yield tracking
    mlflow.set_tracking_uri(None)


def client(folder):
    from mlflow import MlflowClient

    return MlflowClient(f"sqlite:///{folder}/mlflow.db")


def test_a_block_that_raises_is_a_failed_run(tracking, tmp_path):
    with pytest.raises(ZeroDivisionError), tracking.start_run("finetune", "x", {}, {}) as run:
        raise ZeroDivisionError
    assert client(tmp_path).get_run(run.id).info.status == "FAILED"


def test_a_model_that_no_run_wrote_has_no_parent(tracking, tmp_path):
    with tracking.start_run("evaluate", "x", {}, {}, model_digest="0" * 32) as run:
        run.metrics(0, {"loss": 1}, "0" * 32)
    assert "mlflow.parentRunId" not in client(tmp_path).get_run(run.id).data.tags


def test_the_newest_writer_of_a_model_is_the_parent(tracking, tmp_path):
    ids = []
    for _ in range(2):
        with tracking.start_run("finetune", "x", {}, {}) as run:
            run.tag_model("abc.dir")
            ids.append(run.id)
    with tracking.start_run("evaluate", "x", {"data/models/x": "abc.dir"}, {}, model_digest="abc.dir") as run:
        pass
    tags = client(tmp_path).get_run(run.id).data.tags
    assert tags["mlflow.parentRunId"] == ids[-1]
    assert tags["crossfer.input.data/models/x"] == "abc.dir"
    assert (tags["crossfer.git_commit"], tags["crossfer.git_dirty"]) == ("none", "unknown")  # no repository


def test_a_stage_of_all_tasks_has_no_task(tracking, tmp_path):
    with tracking.start_run("compare", None, {"a": "b"}, {}) as run:
        pass
    found = client(tmp_path).get_run(run.id)
    assert found.info.run_name == "compare"
    assert "crossfer.task" not in found.data.tags
    assert found.data.tags["crossfer.input.a"] == "b"


def test_a_group_is_gone_on_with(tracking, tmp_path):
    ids = []
    for group in ("a", "b", "a"):
        with tracking.start_run("ladder", "x", {}, {"settings": group}, group=group) as ladder:
            ids.append(ladder.id)
    assert ids[0] == ids[2] != ids[1]
    assert client(tmp_path).get_run(ids[0]).info.status == "FINISHED"


def test_a_models_cost_is_that_of_its_runs(tracking, tmp_path):
    from crossfer.tracking import queries

    unknown = pytest.raises(UserError, match=r"no runs that wrote and scored model abc.dir \(x/probe/1/0\)")
    with tracking.start_run("ladder", "x", {}, {}) as ladder, unknown:
        queries.set_parent(ladder.id, "abc.dir", "x/probe/1/0")
    with tracking.start_run("finetune", "x", {}, {}) as finetune:
        finetune.tag_model("abc.dir")
        finetune.metrics(3, {"cpu_seconds": 7.0, "loss": 1.0})
        finetune.metrics(4, {"loss": 0.5})
    with tracking.start_run("evaluate", "x", {}, {}, model_digest="abc.dir") as evaluate:
        evaluate.metrics(0, {"floor_cpu_seconds": 0.25})
    with tracking.start_run("ladder", "x", {}, {}) as ladder:
        cost = queries.set_parent(ladder.id, "abc.dir", "x/probe/1/0")
    assert (cost["cpu_seconds"], cost["loss"], cost["floor_cpu_seconds"]) == (7, 0.5, 0.25)
    assert cost["seconds"] >= 0
    tags = client(tmp_path).get_run(finetune.id).data.tags
    assert tags["crossfer.ladder"] == "x/probe/1/0"
    assert tags["mlflow.parentRunId"] == ladder.id


def test_an_inherited_run_id_is_not_used_and_not_lost(tracking, monkeypatch):
    monkeypatch.setenv("MLFLOW_RUN_ID", "f" * 32)
    with tracking.start_run("finetune", "x", {}, {}) as run:
        assert run.id != "f" * 32
    assert os.environ["MLFLOW_RUN_ID"] == "f" * 32


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
    said = r"mlflow.db keeps its files in file://.*/mlruns, but this repository's are in file"
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

    assert str(caught.value).startswith(f"the tracking store {store.mask(address)} cannot be used: ")
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


UPGRADE = 'is out of date. Take a backup of the database, then run: mlflow db upgrade "$MLFLOW_TRACKING_URI"'


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


def test_a_folder_that_cannot_be_written_is_not_taken_for_the_store(tracking, tmp_path):
    (tmp_path / ".crossfer").touch()
    with pytest.raises(NotADirectoryError), tracking.start_run("finetune", "x", {}, {}):
        pass


def test_experiments_in_a_copy_record_in_the_repository(tracking, tmp_path, monkeypatch):
    """`dvc exp run --temp` runs the stages in a folder that is thrown away; DVC_ROOT names the repository."""
    (tmp_path / "copy").mkdir()
    monkeypatch.chdir(tmp_path / "copy")
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    with tracking.start_run("finetune", "x", {}, {}) as run:
        pass
    assert client(tmp_path).get_run(run.id).info.artifact_uri.startswith((tmp_path / "mlruns").as_uri())
    assert list((tmp_path / "copy").iterdir()) == []


def test_nested_parameters_have_dotted_names(tracking, tmp_path):
    with tracking.start_run("finetune", "x", {}, {"a": {"b": {"c": 1}}, "d": 2}) as run:
        pass
    assert client(tmp_path).get_run(run.id).data.params == {"a.b.c": "1", "d": "2"}


def test_weights_are_linked_and_the_rest_is_copied(tracking, tmp_path):
    from crossfer.tracking import models

    folder, copy = tmp_path / "model", tmp_path / "copy"
    for place in (folder, copy):
        place.mkdir()
        (place / "model.safetensors").write_bytes(b"weights")
        (place / "config.json").write_text("{}")
    models.hardlink([folder / "model.safetensors"], copy)
    assert (copy / "model.safetensors").stat().st_ino == (folder / "model.safetensors").stat().st_ino
    assert (copy / "config.json").stat().st_ino != (folder / "config.json").stat().st_ino
    assert sorted(path.name for path in copy.iterdir()) == ["config.json", "model.safetensors"]


def test_where_a_link_cannot_be_made_the_copy_stays(tracking, tmp_path, monkeypatch):
    from crossfer.tracking import models

    def refuse(*_):
        raise OSError("other file system")

    folder, copy = tmp_path / "model", tmp_path / "copy"
    for place in (folder, copy):
        place.mkdir()
        (place / "model.safetensors").write_bytes(b"weights")
    monkeypatch.setattr(os, "link", refuse)
    models.hardlink([folder / "model.safetensors"], copy)
    assert (copy / "model.safetensors").read_bytes() == b"weights"


def waiting(folder):
    return sorted(path.name for path in (folder / ".crossfer/outbox").glob("[!.]*"))


def rejected(folder):
    """The records that a store has rejected, of one run."""
    (file,) = (folder / ".crossfer/rejected").glob("*.jsonl")
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_a_rejected_record_does_not_lose_the_rest_of_its_run(tracking, tmp_path, capfd):
    (tmp_path / "report.csv").write_text("a\n1\n")
    with tracking.start_run("finetune", "x", {}, {"a": 1}) as run:
        run._record("parameters", values={"a": "2"})  # a parameter cannot change
        run._record("wrote", digests={})  # of another version
        run.metrics(0, {"loss": 1})
        run.files([tmp_path / "report.csv"])
        run.wrote(tmp_path / "report.csv")
    found = client(tmp_path).get_run(run.id)
    assert found.info.status == "FINISHED" and found.info.end_time is not None
    assert (found.data.params, found.data.metrics) == ({"a": "1"}, {"loss": 1})
    assert f"crossfer.output.{tmp_path}/report.csv" in found.data.tags
    assert [item.path for item in client(tmp_path).list_artifacts(run.id)] == ["report.csv"]
    changed, unknown = rejected(tmp_path)
    assert (changed["kind"], changed["content"]) == ("parameters", {"values": {"a": "2"}})
    assert changed["reason"].startswith("INVALID_PARAMETER_VALUE: ")
    assert (unknown["kind"], unknown["reason"]) == ("wrote", "This version knows no record of that kind.")
    said = capfd.readouterr().err
    assert said.count("warning") == 1 and "rejects 2 records of run finetune/x. They were moved to " in said
    assert waiting(tmp_path) == []
    with tracking.start_run("evaluate", "x", {}, {}):
        pass
    assert capfd.readouterr().err == ""


@pytest.fixture
def uploads(tracking, tmp_path, monkeypatch):
    """A store whose files go to a server, which answers with the status of the list's only item."""
    import mlflow

    status = []

    class Uploads(BaseHTTPRequestHandler):
        def do_PUT(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status[0])
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Uploads)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    address = f"sqlite:///{tmp_path}/other.db"
    (tmp_path / "mlflow.db").rename(tmp_path / "other.db")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    files = f"http://me:hunter2@127.0.0.1:{server.server_port}/api/2.0/mlflow-artifacts/artifacts/1"
    mlflow.MlflowClient(address).create_experiment("crossfer", files)
    yield status
    server.shutdown()
    thread.join()
    server.server_close()


def uploaded(tracking, folder):
    """Record a run with a file."""
    import mlflow

    (folder / "report.csv").write_text("a\n1\n")
    with tracking.start_run("finetune", "x", {}, {}) as run:
        run.files([folder / "report.csv"])
        run.metrics(0, {"loss": 1})
    return mlflow.MlflowClient(os.environ["MLFLOW_TRACKING_URI"]).get_run(run.id)


def test_a_file_that_is_too_large_for_the_store_is_kept(uploads, tracking, tmp_path):
    uploads.append(413)
    found = uploaded(tracking, tmp_path)
    assert (found.info.status, found.data.metrics) == ("FINISHED", {"loss": 1})
    (record,) = rejected(tmp_path)
    assert (record["kind"], record["reason"]) == ("file", "HTTP status 413")
    (copy,) = (tmp_path / ".crossfer/rejected").glob(f"*/{record['content']['path']}")
    assert copy.read_text() == "a\n1\n"
    assert waiting(tmp_path) == []


def test_a_file_that_is_rejected_for_now_does_not_block_later_runs(uploads, tracking, tmp_path, capfd):
    import mlflow

    from crossfer.tracking import delivery

    uploads.append(403)
    found = uploaded(tracking, tmp_path)
    blocked = waiting(tmp_path)
    assert found.info.status == "RUNNING" and len(blocked) == 1
    with tracking.start_run("evaluate", "x", {}, {}) as run:
        pass
    said = capfd.readouterr().err
    assert "the records of run finetune/x wait in" in said and "hunter2" not in said
    store = mlflow.MlflowClient(os.environ["MLFLOW_TRACKING_URI"])
    assert store.get_run(run.id).info.status == "FINISHED"
    assert waiting(tmp_path) == blocked
    uploads[:] = [500]  # now it is down
    with pytest.raises(UserError):
        delivery.deliver_abandoned()
    uploads[:] = [200]
    assert delivery.deliver_abandoned() == 1
    found = store.get_run(found.info.run_id)
    assert (found.info.status, found.data.metrics) == ("FINISHED", {"loss": 1})
    assert waiting(tmp_path) == [] and not (tmp_path / ".crossfer/rejected").exists()


def test_a_journal_whose_file_is_gone_is_delivered_without_it(uploads, tracking, tmp_path):
    from crossfer.tracking import delivery

    uploads.append(500)
    uploaded(tracking, tmp_path)
    (name,) = waiting(tmp_path)
    shutil.rmtree(tmp_path / ".crossfer/outbox" / name / "files")
    assert delivery.deliver_abandoned() == 1
    (record,) = rejected(tmp_path)
    assert record["reason"] == "Its file is missing."


def test_a_full_disk_is_not_taken_for_the_store(tracking, tmp_path, capfd):
    file, limits = tmp_path / "large", resource.getrlimit(resource.RLIMIT_FSIZE)
    file.touch()
    os.truncate(file, 20_000_000)
    try:
        with pytest.raises(OSError, match="File too large"), tracking.start_run("finetune", "x", {}, {}) as run:
            path = run._journal.add_file(file)
            resource.setrlimit(resource.RLIMIT_FSIZE, (10_000_000, limits[1]))  # as on a disk that is full then
            run._record("file", path=path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "warning" not in capfd.readouterr().err
    assert len(waiting(tmp_path)) == 1
