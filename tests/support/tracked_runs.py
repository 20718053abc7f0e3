"""Record runs on a tracking server and check what the server stored."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest
from mlflow import MlflowClient
from repository import ROOT

STEPS = 200


def tracking_on_server(address: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """Yield crossfer.tracking.run on a server, with short pauses between retries."""
    import mlflow

    from crossfer.tracking import run as tracking

    for name in ("DVC_ROOT", "DVC_EXP_NAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.chdir(folder)
    monkeypatch.setattr(tracking, "MIN_PAUSE", 0.5)
    mlflow.set_tracking_uri(address)
    yield tracking
    mlflow.set_tracking_uri(None)


def undelivered(folder):
    return [path for path in (folder / ".crossfer/outbox").glob("*") if not path.name.startswith(".")]


def assert_recorded_once(run_id, server, steps=STEPS, status="FINISHED"):
    """Assert that the server has each record once; return the client and the run."""
    client = MlflowClient(server.address)
    run = client.get_run(run_id)
    assert run.info.status == status
    values = [(metric.step, metric.value) for metric in client.get_metric_history(run_id, "loss")]
    assert sorted(values) == [(step, step / 7) for step in range(steps)]
    assert run.data.params["a.b"] == "1"
    return client, run


def record_run(run, steps, tmp_path, before_step=lambda step: None):
    """Record a curve, a dataset and a file; call `before_step` before each step."""
    for step in steps:
        before_step(step)
        run.log_metrics(step, {"loss": step / 7})
    rows = pd.DataFrame({"id": ["a", "b"], "label": ["x", "y"]})
    run.log_dataset("x/en/train", rows, tmp_path / "en.parquet", "d1", "training")
    (tmp_path / "report.csv").write_text("a\n1\n")
    run.log_files([tmp_path / "report.csv"])
    run.log_outputs(tmp_path / "report.csv")


def run_killed_process(folder, stage):
    """Start a run, kill its process after three steps and return the id of the run."""
    script = "import os, signal; from crossfer.tracking.run import start_run\n"
    script += f"with start_run({stage!r}, 'x', {{'in': '3'}}, {{'a': {{'b': 1}}}}) as run:\n"
    script += "    for step in range(3): run.log_metrics(step, {'loss': step / 7})\n"
    script += "    print(run.id, flush=True)\n    os.kill(os.getpid(), signal.SIGKILL)"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=environment, check=False
    )
    assert process.returncode == -signal.SIGKILL, process.stderr
    (record,) = undelivered(folder)
    with (record / "journal.jsonl").open("a") as journal:
        journal.write('["metrics", {"step": 3, "ti')  # an incomplete line
    return process.stdout.strip()
