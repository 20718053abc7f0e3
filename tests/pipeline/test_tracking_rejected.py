"""Records and files that a tracking store rejects do not block the others."""

import json
import os
import resource
import shutil
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from tracking_store import client

from crossfer.errors import UserError


def undelivered(folder):
    return sorted(path.name for path in (folder / ".crossfer/outbox").glob("[!.]*"))


def read_rejections(folder):
    """Return the records of one run that the store has rejected."""
    (file,) = (folder / ".crossfer/rejected").glob("*/rejections.jsonl")
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_rejected_record_does_not_block_its_run(tracking, tmp_path, capfd):
    (tmp_path / "report.csv").write_text("a\n1\n")
    with tracking.start_run("finetune", "x", {}, {"a": 1}) as run:
        run._record("parameters", values={"a": "2"})  # a parameter cannot change
        run._record("wrote", digests={})  # a record of another version
        run.log_metrics(0, {"loss": 1})
        run.log_files([tmp_path / "report.csv"])
        run.log_outputs(tmp_path / "report.csv")
    stored_run = client(tmp_path).get_run(run.id)
    assert stored_run.info.status == "FINISHED" and stored_run.info.end_time is not None
    assert (stored_run.data.params, stored_run.data.metrics) == ({"a": "1"}, {"loss": 1})
    assert f"crossfer.output.{tmp_path}/report.csv" in stored_run.data.tags
    assert [item.path for item in client(tmp_path).list_artifacts(run.id)] == ["report.csv"]
    parameter_record, unknown_record = read_rejections(tmp_path)
    assert (parameter_record["type"], parameter_record["content"]) == ("parameters", {"values": {"a": "2"}})
    assert parameter_record["reason"].startswith("INVALID_PARAMETER_VALUE: ")
    assert (unknown_record["type"], unknown_record["reason"]) == ("wrote", "This version knows no record of that type.")
    output = capfd.readouterr().err
    assert output.count("warning") == 1 and "rejects records of run finetune/x; see the reasons in " in output
    assert undelivered(tmp_path) == []
    with tracking.start_run("evaluate", "x", {}, {}):
        pass
    assert capfd.readouterr().err == ""


@pytest.fixture
def upload_status(tracking, tmp_path, monkeypatch):
    """A list whose only item is the status with which the store's file server answers."""
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


def log_run_with_file(tracking, folder):
    """Record a run with a file."""
    import mlflow

    (folder / "report.csv").write_text("a\n1\n")
    with tracking.start_run("finetune", "x", {}, {}) as run:
        run.log_files([folder / "report.csv"])
        run.log_metrics(0, {"loss": 1})
    return mlflow.MlflowClient(os.environ["MLFLOW_TRACKING_URI"]).get_run(run.id)


def test_file_too_large_for_the_store_is_set_aside(upload_status, tracking, tmp_path):
    upload_status.append(413)
    stored_run = log_run_with_file(tracking, tmp_path)
    assert (stored_run.info.status, stored_run.data.metrics) == ("FINISHED", {"loss": 1})
    (record,) = read_rejections(tmp_path)
    assert (record["type"], record["reason"]) == ("file", "HTTP status 413")
    (copy,) = (tmp_path / ".crossfer/rejected").glob(f"*/{record['content']['path']}")
    assert copy.read_text() == "a\n1\n"
    assert undelivered(tmp_path) == []


def test_temporarily_rejected_file_does_not_block_later_runs(upload_status, tracking, tmp_path, capfd):
    import mlflow

    from crossfer.tracking import delivery

    upload_status.append(403)
    stored_run = log_run_with_file(tracking, tmp_path)
    blocked = undelivered(tmp_path)
    assert stored_run.info.status == "RUNNING" and len(blocked) == 1
    with tracking.start_run("evaluate", "x", {}, {}) as run:
        pass
    output = capfd.readouterr().err
    assert "records of run finetune/x wait in" in output and "hunter2" not in output
    store = mlflow.MlflowClient(os.environ["MLFLOW_TRACKING_URI"])
    assert store.get_run(run.id).info.status == "FINISHED"
    assert undelivered(tmp_path) == blocked
    upload_status[:] = [500]  # now it is down
    with pytest.raises(UserError):
        delivery.deliver_abandoned()
    upload_status[:] = [200]
    assert delivery.deliver_abandoned() == 1
    stored_run = store.get_run(stored_run.info.run_id)
    assert (stored_run.info.status, stored_run.data.metrics) == ("FINISHED", {"loss": 1})
    assert undelivered(tmp_path) == [] and not (tmp_path / ".crossfer/rejected").exists()


def test_journal_without_its_file_is_delivered(upload_status, tracking, tmp_path):
    from crossfer.tracking import delivery

    upload_status.append(500)
    log_run_with_file(tracking, tmp_path)
    (name,) = undelivered(tmp_path)
    shutil.rmtree(tmp_path / ".crossfer/outbox" / name / "files")
    assert delivery.deliver_abandoned() == 1
    (record,) = read_rejections(tmp_path)
    assert record["reason"] == "Its file is missing."


def test_full_disk_is_not_reported_as_a_store_error(tracking, tmp_path, capfd):
    file, limits = tmp_path / "large", resource.getrlimit(resource.RLIMIT_FSIZE)
    file.touch()
    os.truncate(file, 20_000_000)
    try:
        with pytest.raises(OSError, match="File too large"), tracking.start_run("finetune", "x", {}, {}) as run:
            path = run._journal.add_file(file)
            resource.setrlimit(resource.RLIMIT_FSIZE, (10_000_000, limits[1]))  # simulates a full disk
            run._record("file", path=path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "warning" not in capfd.readouterr().err
    assert len(undelivered(tmp_path)) == 1
