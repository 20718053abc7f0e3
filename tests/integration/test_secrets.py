"""No password, token or key reaches the terminal, MLflow, the outbox or a file of DVC's."""

import subprocess
from pathlib import Path

import pytest
from servers import MLflow, free_port

from crossfer.tracking import store

SECRET = "hunter2"  # in each of these, so that one search finds any of them
ENVIRONMENT = {
    "MLFLOW_TRACKING_USERNAME": "someone",
    "MLFLOW_TRACKING_PASSWORD": f"{SECRET}-of-mlflow",
    "HF_TOKEN": f"hf_{SECRET}",
    "AWS_ACCESS_KEY_ID": f"AKIA{SECRET}",
    "AWS_SECRET_ACCESS_KEY": f"{SECRET}-of-aws",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
}
ADDRESSES = {
    "http://someone:hunter2@127.0.0.1:9": "http://127.0.0.1:9",
    "http://hunter2@host/path": "http://host/path",
    "http://someone:hunter2/#?@host:5000/a/b?token=hunter2#hunter2": "http://host:5000/a/b",
    "postgresql://someone:p@hunter2@host/db?password=hunter2": "postgresql://host/db",
    "://someone:hunter2@host": "://host",
    "http://[someone:hunter2@host": "http://host",
    "someone:hunter2@host": "host",
    "git@host:path/a.git": "git@host:path/a.git",
    "sqlite:////a/b.db": "sqlite:////a/b.db",
    "mlruns": "mlruns",
}


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_is_shown_without_its_secrets(address):
    assert store.mask_secrets(address) == ADDRESSES[address]
    assert SECRET not in store.mask_secrets(address)


def holding(*folders: Path) -> list[Path]:
    """The files that hold the secret."""
    done = subprocess.run(["grep", "-rlaF", SECRET, *map(str, folders)], capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    return [Path(line) for line in done.stdout.splitlines()]


def test_the_search_finds_it(tmp_path):
    (tmp_path / "a").write_bytes(b"\0\xff" + SECRET.encode())
    assert holding(tmp_path) == [tmp_path / "a"]


def with_remote(repository):
    """A repository whose git remote has a password, as robots have it."""
    repository.run("git", "remote", "add", "origin", f"https://robot:{SECRET}@host.invalid/a.git")
    return repository


def of_its_own(repository) -> list[Path]:
    """Files that hold the secret, but for git's own, which was told it."""
    return [path for path in holding(repository.folder) if ".git" not in path.parts]


def test_a_server_that_is_down(tokenized):
    """A stage does its work, and its records wait."""
    made = with_remote(tokenized)
    address = f"http://someone:{SECRET}@127.0.0.1:9"
    said = made.run("python", "-m", "stages.finetune", "tiny", MLFLOW_TRACKING_URI=address, **ENVIRONMENT)
    assert "warning: the tracking store http://127.0.0.1:9 does not answer." in said and "wait in" in said
    said += made.run(
        "python", "-m", "crossfer", "promote", "tiny", status=2, MLFLOW_TRACKING_URI=address, **ENVIRONMENT
    )
    assert SECRET not in said
    assert len(list((made.folder / ".crossfer/outbox").glob("*/journal.jsonl"))) == 1
    assert of_its_own(made) == []


def test_a_store_of_its_own(tokenized):
    made = with_remote(tokenized)
    assert SECRET not in made.run("dvc", "repro", "--single-item", "finetune@tiny", **ENVIRONMENT)
    assert of_its_own(made) == []
    (run,) = made.client().search_runs(["1"])
    assert run.data.tags["mlflow.source.git.repoURL"] == "https://host.invalid/a.git"
    assert run.info.status == "FINISHED"


GOES_AWAY = """
import os, signal, sys
from pathlib import Path
from crossfer.tracking import run as tracking
with tracking.start_run("finetune", "tiny", {}, {"a": 1}) as run:
    os.killpg(int(sys.argv[1]), signal.SIGKILL)  # with its workers
    run.log_metrics(0, {"loss": 1.0})
    run.log_files([Path("params.yaml")])
"""


@pytest.mark.timeout(900)
def test_a_server_that_is_up_and_then_away(tokenized, tmp_path_factory):
    made, served = with_remote(tokenized), tmp_path_factory.mktemp("served")
    server = MLflow(f"sqlite:///{served}/server.db", served)
    server.start()
    try:
        address = f"http://someone:{SECRET}@127.0.0.1:{server.port}"
        said = made.run("python", "-m", "stages.finetune", "tiny", MLFLOW_TRACKING_URI=address, **ENVIRONMENT)
        script = ("python", "-c", GOES_AWAY, str(server.process.pid))
        said += made.run(*script, MLFLOW_TRACKING_URI=address, **ENVIRONMENT)
    finally:
        server.kill()
    assert "wait in" in said and SECRET not in said
    waiting = [path for path in (made.folder / ".crossfer/outbox").iterdir() if not path.name.startswith(".")]
    assert f'"http://127.0.0.1:{server.port}"' in (waiting[0] / "journal.jsonl").read_text()
    assert of_its_own(made) == []
    assert holding(served) == []


def test_sync_with_a_server_that_is_away(empty_repository):
    made = empty_repository
    address = f"http://someone:{SECRET}@127.0.0.1:{free_port()}"
    said = made.crossfer("sync", status=2, MLFLOW_TRACKING_URI=address, **ENVIRONMENT)
    assert said.startswith("error: the tracking store http://127.0.0.1:") and SECRET not in said
