"""No record is lost, and none is there twice, whenever the tracking server or a stage is killed.

MLflow's own server runs here on a real PostgreSQL; both are killed and started again while a run is recorded.
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
from tracked_runs import STEPS, all_there, killed, on_server, recorded, waiting

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
    made = MLflow(postgres.address, tmp_path_factory.mktemp("mlflow"))
    made.start()
    yield made
    made.kill()


@pytest.fixture
def tracking(server, tmp_path, monkeypatch):
    """The door to MLflow, on the server, in a folder of its own; a server that is away is asked again soon."""
    yield from on_server(server.address, tmp_path, monkeypatch)


@pytest.mark.parametrize("which", ["server", "postgres"])
def test_killed_and_started_again_in_the_middle(which, request, server, tracking, tmp_path):
    victim = request.getfixturevalue(which)

    def at(step):
        if step == STEPS // 4:
            victim.kill()
        if step == STEPS // 2:
            assert waiting(tmp_path)
            victim.start()
            time.sleep(1)

    with tracking.start_run("finetune", "x", {}, {"a": {"b": 1}}) as run:
        recorded(run, range(STEPS), tmp_path, at)
    if waiting(tmp_path):  # the last try may have been too soon after the start
        subprocess.run(
            [sys.executable, "-m", "crossfer", "sync"],
            check=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
    assert waiting(tmp_path) == []
    client, found = all_there(run.id, server)
    assert [entry.dataset.name for entry in found.inputs.dataset_inputs] == ["x/en/train"]
    assert [item.path for item in client.list_artifacts(run.id)] == ["report.csv"]
    assert found.data.tags[f"crossfer.output.{tmp_path}/report.csv"] == digests.digest(tmp_path / "report.csv")


def test_away_to_the_end_and_delivered_by_hand_once(server, tracking, tmp_path, capfd):
    with tracking.start_run("finetune", "x", {"in": "1"}, {"a": {"b": 1}}) as run:
        server.kill()
        recorded(run, range(STEPS), tmp_path)
    (folder,) = waiting(tmp_path)
    assert f"wait in {folder} until the next stage or `crossfer sync` delivers them: " in capfd.readouterr().err
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    sync = [sys.executable, "-m", "crossfer", "sync"]
    failed = subprocess.run(sync, capture_output=True, text=True, env=environment, check=False)
    assert (failed.returncode, failed.stdout) == (2, "")
    assert failed.stderr.startswith(f"error: the tracking store {server.address} cannot be used: it does not answer")
    assert waiting(tmp_path) == [folder]
    server.start()
    for delivered in ("1 run", "0 runs"):
        done = subprocess.run(sync, capture_output=True, text=True, env=environment, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout == f"Delivered the records of {delivered} to {server.address}.\n"
    all_there(run.id, server)


@pytest.mark.filterwarnings("ignore:Operation with range")  # MLflow's own, of the example
def test_sent_twice_is_there_once(server, tracking, tmp_path):
    """What was under way when the server went away is sent again: here all of it is, the run's start included."""
    from crossfer.tracking import delivery, models
    from crossfer.tracking.outbox import Journal

    model = tmp_path / "model"
    model.mkdir()
    (model / "model.safetensors").write_bytes(b"weights")
    with tracking.start_run("finetune", "x", {"in": "2"}, {"a": {"b": 1}}) as run:
        recorded(run, range(STEPS), tmp_path)
        run.log_model("x", "d2", models.ServedModel(model, models.ONNX, ("ftfy",), "the bank"))
        again = Journal(run._journal.folder, run._journal._lock)  # as the next process finds it
        delivery.deliver(again)
        assert again.run_id == run.id
    client, found = all_there(run.id, server)
    assert len(found.inputs.dataset_inputs) == 1
    assert len(found.outputs.model_outputs) == 1
    assert len(client.search_logged_models([found.info.experiment_id], f"source_run_id = '{run.id}'")) == 1


@pytest.mark.filterwarnings("ignore:Operation with range")  # MLflow's own, of the example
def test_down_from_start_to_end(server, tracking, tmp_path, capfd):
    """Two stages run without a server; when it is back, the next one delivers both, parent first."""
    from crossfer.tracking import models

    model = tmp_path / "model"
    model.mkdir()
    (model / "model.safetensors").write_bytes(b"weights")
    server.kill()
    with tracking.start_run("finetune", "x", {"in": "7"}, {"a": {"b": 1}}) as finetune:
        recorded(finetune, range(STEPS), tmp_path)
        finetune.tag_model("d7")
        finetune.log_model("x", "d7", models.ServedModel(model, models.ONNX, ("ftfy",), "the bank"))
    assert f"warning: the tracking store {server.address} does not answer." in capfd.readouterr().err
    with tracking.start_run("evaluate", "x", {"in": "8"}, {"a": {"b": 1}}, model_digest="d7") as evaluate:
        evaluate.log_metrics(0, {"accuracy": 0.5}, "d7")
        server.start()
        time.sleep(1)
    if waiting(tmp_path):  # the last try may have been too soon after the start
        with tracking.start_run("compare", None, {}, {}):
            pass
    assert waiting(tmp_path) == []
    client = MlflowClient(server.address)
    experiment = client.get_experiment_by_name("crossfer").experiment_id
    (parent,) = client.search_runs([experiment], "tags.`crossfer.input.in` = '7'")
    (child,) = client.search_runs([experiment], "tags.`crossfer.input.in` = '8'")
    all_there(parent.info.run_id, server)
    assert child.data.tags["mlflow.parentRunId"] == parent.info.run_id
    (output,) = parent.outputs.model_outputs
    (metric,) = client.get_logged_model(output.model_id).metrics
    assert (metric.key, metric.value) == ("accuracy", 0.5)


def test_a_killed_process_leaves_a_run_that_ends_as_killed(server, tracking, tmp_path):
    run_id = killed(tmp_path, "finetune")
    with tracking.start_run("evaluate", "x", {}, {}):
        pass
    assert waiting(tmp_path) == []
    all_there(run_id, server, steps=3, status="KILLED")


def test_a_killed_process_is_gone_on_with_in_its_run(server, tracking, tmp_path):
    run_id = killed(tmp_path, "compress")
    with tracking.start_run("compress", "x", {"in": "3"}, {"a": {"b": 1}}) as run:
        assert run.id == run_id
        recorded(run, range(STEPS), tmp_path)  # the first three again
    _, found = all_there(run_id, server)
    assert found.data.tags["crossfer.resumed"] == "true"


def test_a_journal_that_is_being_written_is_left_alone(server, tracking, tmp_path):
    from crossfer.tracking import delivery

    with tracking.start_run("finetune", "x", {}, {}) as run:
        run.log_metrics(0, {"loss": 1})
        assert delivery.deliver_abandoned() == 0
        assert len(waiting(tmp_path)) == 1
    assert waiting(tmp_path) == []


def test_records_of_another_store_wait(server, tracking, tmp_path, monkeypatch):
    import mlflow

    with tracking.start_run("finetune", "x", {"in": "4"}, {"a": {"b": 1}}) as run:
        server.kill()
        recorded(run, range(3), tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    with tracking.start_run("finetune", "x", {"in": "4"}, {}) as local:
        pass
    assert local.id != run.id and len(waiting(tmp_path)) == 1
    mlflow.set_tracking_uri(server.address)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server.address)
    server.start()
    with tracking.start_run("evaluate", "x", {}, {}):
        pass
    assert waiting(tmp_path) == []
    all_there(run.id, server, steps=3)


def test_records_that_the_store_rejects_are_set_aside(server, tracking, tmp_path, capfd):
    """A parameter cannot change. The rest of the run is sent, and later stages work."""
    with tracking.start_run("finetune", "x", {"in": "5"}, {"a": 1}) as run:
        run._record("parameters", values={"a": "2"})
        run.log_metrics(0, {"loss": 1})
    assert waiting(tmp_path) == []
    (file,) = (tmp_path / ".crossfer/rejected").glob("*/rejections.jsonl")
    said = capfd.readouterr().err
    assert said.count("warning") == 1
    assert f"rejects records of run finetune/x, listed in {file}." in said
    (record,) = map(json.loads, file.read_text().splitlines())
    assert (record["kind"], record["content"]) == ("parameters", {"values": {"a": "2"}})
    assert record["reason"].startswith("INVALID_PARAMETER_VALUE")
    found = MlflowClient(server.address).get_run(run.id)
    assert (found.info.status, found.data.metrics, found.data.params) == ("FINISHED", {"loss": 1}, {"a": "1"})
    with tracking.start_run("evaluate", "x", {}, {}):
        pass
    assert waiting(tmp_path) == []
    assert capfd.readouterr().err == ""


def test_no_password_is_in_the_outbox(tracking, tmp_path, monkeypatch, server):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server.address.replace("http://", "http://me:hidden@"))
    with tracking.start_run("finetune", "x", {"in": "6"}, {}):
        (folder,) = waiting(tmp_path)
        assert "hidden" not in (folder / "journal.jsonl").read_text()
