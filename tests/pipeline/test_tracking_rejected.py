"""Records and files that a tracking store rejects are set aside, and the rest is delivered."""

import json
import os
import resource
import shutil
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from tracking_store import client

from crossfer.errors import UserError


def waiting(folder):
    return sorted(path.name for path in (folder / ".crossfer/outbox").glob("[!.]*"))


def rejected(folder):
    """The records that a store has rejected, of one run."""
    (file,) = (folder / ".crossfer/rejected").glob("*/rejections.jsonl")
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_a_rejected_record_does_not_lose_the_rest_of_its_run(tracking, tmp_path, capfd):
    (tmp_path / "report.csv").write_text("a\n1\n")
    with tracking.start_run("finetune", "x", {}, {"a": 1}) as run:
        run._record("parameters", values={"a": "2"})  # a parameter cannot change
        run._record("wrote", digests={})  # of another version
        run.log_metrics(0, {"loss": 1})
        run.log_files([tmp_path / "report.csv"])
        run.log_outputs(tmp_path / "report.csv")
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
    assert said.count("warning") == 1 and "rejects records of run finetune/x, listed in " in said
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
        run.log_files([folder / "report.csv"])
        run.log_metrics(0, {"loss": 1})
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
    assert "records of run finetune/x wait in" in said and "hunter2" not in said
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
