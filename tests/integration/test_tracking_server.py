"""Each record arrives once, even if the tracking server or a stage is killed.

MLflow's server runs on PostgreSQL; both are killed and restarted while a run is recorded.
"""

import json
import os
import subprocess
import sys
import time

import pytest
from mlflow import MlflowClient
from repository import ROOT
from servers import MLflow, Postgres, postgres_programs
from tracked_runs import STEPS, assert_recorded_once, record_run, run_killed_process, tracking_on_server, undelivered

from crossfer.artifacts import digests


@pytest.fixture(scope="module")
def postgres(tmp_path_factory):
    programs = postgres_programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    server = Postgres(programs, tmp_path_factory.mktemp("postgres"))
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="module")
def server(postgres, tmp_path_factory):
    mlflow_server = MLflow(postgres.address, tmp_path_factory.mktemp("mlflow"))
    mlflow_server.start()
    yield mlflow_server
    mlflow_server.kill()


@pytest.fixture
def tracking(server, tmp_path, monkeypatch):
    """Yield crossfer.tracking.run on the server, in an empty folder."""
    yield from tracking_on_server(server.address, tmp_path, monkeypatch)


def run_sync():
    command = [sys.executable, "-m", "crossfer", "sync"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


@pytest.mark.parametrize("victim_name", ["server", "postgres"])
def test_restart_of_a_server_loses_no_record(victim_name, request, server, tracking, tmp_path):
    victim = request.getfixturevalue(victim_name)

    def before_step(step):
        if step == STEPS // 4:
            victim.kill()
        if step == STEPS // 2:
            assert undelivered(tmp_path)
            victim.start()
            time.sleep(1)

    with tracking.start_run("finetune", "x", {}, {"a": {"b": 1}}) as run:
        record_run(run, range(STEPS), tmp_path, before_step)
    if undelivered(tmp_path):  # the last try may have been too soon after the start
        assert run_sync().returncode == 0
    assert undelivered(tmp_path) == []
    client, stored_run = assert_recorded_once(run.id, server)
    assert [entry.dataset.name for entry in stored_run.inputs.dataset_inputs] == ["x/en/train"]
    assert [item.path for item in client.list_artifacts(run.id)] == ["report.csv"]
    assert stored_run.data.tags[f"crossfer.output.{tmp_path}/report.csv"] == digests.digest(tmp_path / "report.csv")


def test_sync_delivers_a_run_once(server, tracking, tmp_path, capfd):
    with tracking.start_run("finetune", "x", {"in": "1"}, {"a": {"b": 1}}) as run:
        server.kill()
        record_run(run, range(STEPS), tmp_path)
    (folder,) = undelivered(tmp_path)
    assert f"wait in {folder}; fix this error, then run `crossfer sync` or any stage to " in capfd.readouterr().err
    failure = run_sync()
    assert (failure.returncode, failure.stdout) == (2, "")
    assert failure.stderr.startswith(f"error: the tracking store {server.address} cannot be used: it does not answer")
    assert undelivered(tmp_path) == [folder]
    server.start()
    for delivered in ("1 run", "0 runs"):
        process = run_sync()
        assert (process.returncode, process.stderr) == (0, "")
        assert process.stdout == f"Delivered the records of {delivered} to {server.address}.\n"
    assert_recorded_once(run.id, server)


@pytest.mark.filterwarnings("ignore:Operation with range")  # a warning of MLflow
def test_second_delivery_adds_no_record(server, tracking, tmp_path):
    """Deliver all records twice, as after a crash of the server before its answers."""
    from crossfer.tracking import delivery, models
    from crossfer.tracking.outbox import Journal

    model = tmp_path / "model"
    model.mkdir()
    (model / "model.safetensors").write_bytes(b"weights")
    with tracking.start_run("finetune", "x", {"in": "2"}, {"a": {"b": 1}}) as run:
        record_run(run, range(STEPS), tmp_path)
        run.log_model("x", "d2", models.ServedModel(model, models.ONNX, ("ftfy",), "the bank"))
        journal = Journal(run._journal.folder, run._journal._lock)  # as the next process opens it
        delivery.deliver(journal)
        assert journal.run_id == run.id
    client, stored_run = assert_recorded_once(run.id, server)
    assert len(stored_run.inputs.dataset_inputs) == 1
    assert len(stored_run.outputs.model_outputs) == 1
    assert len(client.search_logged_models([stored_run.info.experiment_id], f"source_run_id = '{run.id}'")) == 1


@pytest.mark.filterwarnings("ignore:Operation with range")  # a warning of MLflow
def test_next_stage_delivers_runs_parent_first(server, tracking, tmp_path, capfd):
    """Two stages run without a server; the next one delivers both, parent first."""
    from crossfer.tracking import models

    model = tmp_path / "model"
    model.mkdir()
    (model / "model.safetensors").write_bytes(b"weights")
    server.kill()
    with tracking.start_run("finetune", "x", {"in": "7"}, {"a": {"b": 1}}) as finetune:
        record_run(finetune, range(STEPS), tmp_path)
        finetune.tag_model("d7")
        finetune.log_model("x", "d7", models.ServedModel(model, models.ONNX, ("ftfy",), "the bank"))
    assert f"warning: the tracking store {server.address} does not answer." in capfd.readouterr().err
    with tracking.start_run("evaluate", "x", {"in": "8"}, {"a": {"b": 1}}, model_digest="d7") as evaluate:
        evaluate.log_metrics(0, {"accuracy": 0.5}, "d7")
        server.start()
        time.sleep(1)
    if undelivered(tmp_path):  # the last try may have been too soon after the start
        with tracking.start_run("compare", None, {}, {}):
            pass
    assert undelivered(tmp_path) == []
    client = MlflowClient(server.address)
    experiment = client.get_experiment_by_name("crossfer").experiment_id
    (parent,) = client.search_runs([experiment], "tags.`crossfer.input.in` = '7'")
    (child,) = client.search_runs([experiment], "tags.`crossfer.input.in` = '8'")
    assert_recorded_once(parent.info.run_id, server)
    assert child.data.tags["mlflow.parentRunId"] == parent.info.run_id
    (output,) = parent.outputs.model_outputs
    (metric,) = client.get_logged_model(output.model_id).metrics
    assert (metric.key, metric.value) == ("accuracy", 0.5)


def test_run_of_a_killed_process_ends_as_killed(server, tracking, tmp_path):
    run_id = run_killed_process(tmp_path, "finetune")
    with tracking.start_run("evaluate", "x", {}, {}):
        pass
    assert undelivered(tmp_path) == []
    assert_recorded_once(run_id, server, steps=3, status="KILLED")


def test_rerun_of_a_killed_process_resumes_its_run(server, tracking, tmp_path):
    run_id = run_killed_process(tmp_path, "compress")
    with tracking.start_run("compress", "x", {"in": "3"}, {"a": {"b": 1}}) as run:
        assert run.id == run_id
        record_run(run, range(STEPS), tmp_path)  # logs the first three steps again
    _, stored_run = assert_recorded_once(run_id, server)
    assert stored_run.data.tags["crossfer.resumed"] == "true"


def test_open_journal_is_not_delivered(server, tracking, tmp_path):
    from crossfer.tracking import delivery

    with tracking.start_run("finetune", "x", {}, {}) as run:
        run.log_metrics(0, {"loss": 1})
        assert delivery.deliver_abandoned() == 0
        assert len(undelivered(tmp_path)) == 1
    assert undelivered(tmp_path) == []


def test_records_of_another_store_wait(server, tracking, tmp_path, monkeypatch):
    import mlflow

    with tracking.start_run("finetune", "x", {"in": "4"}, {"a": {"b": 1}}) as run:
        server.kill()
        record_run(run, range(3), tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    with tracking.start_run("finetune", "x", {"in": "4"}, {}) as local:
        pass
    assert local.id != run.id and len(undelivered(tmp_path)) == 1
    mlflow.set_tracking_uri(server.address)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server.address)
    server.start()
    with tracking.start_run("evaluate", "x", {}, {}):
        pass
    assert undelivered(tmp_path) == []
    assert_recorded_once(run.id, server, steps=3)


def test_rejected_records_are_set_aside(server, tracking, tmp_path, capfd):
    """A parameter cannot change. The rest of the run is sent, and later stages work."""
    with tracking.start_run("finetune", "x", {"in": "5"}, {"a": 1}) as run:
        run._record("parameters", values={"a": "2"})
        run.log_metrics(0, {"loss": 1})
    assert undelivered(tmp_path) == []
    (file,) = (tmp_path / ".crossfer/rejected").glob("*/rejections.jsonl")
    output = capfd.readouterr().err
    assert output.count("warning") == 1
    assert f"rejects records of run finetune/x; see the reasons in {file}." in output
    (record,) = map(json.loads, file.read_text().splitlines())
    assert (record["type"], record["content"]) == ("parameters", {"values": {"a": "2"}})
    assert record["reason"].startswith("INVALID_PARAMETER_VALUE")
    stored_run = MlflowClient(server.address).get_run(run.id)
    assert (stored_run.data.metrics, stored_run.data.params) == ({"loss": 1}, {"a": "1"})
    assert stored_run.info.status == "FINISHED"
    with tracking.start_run("evaluate", "x", {}, {}):
        pass
    assert undelivered(tmp_path) == []
    assert capfd.readouterr().err == ""


def test_outbox_contains_no_password(tracking, tmp_path, monkeypatch, server):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server.address.replace("http://", "http://me:hidden@"))
    with tracking.start_run("finetune", "x", {"in": "6"}, {}):
        (folder,) = undelivered(tmp_path)
        assert "hidden" not in (folder / "journal.jsonl").read_text()
