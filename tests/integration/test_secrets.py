"""No password, token or key reaches the terminal, MLflow, the outbox or DVC."""

import subprocess
from pathlib import Path

import pytest
from servers import MLflow, free_port

from crossfer.tracking import store

SECRET = "hunter2"  # part of every secret, so that one search finds any of them
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
def test_mask_secrets_removes_user_and_password(address):
    assert store.mask_secrets(address) == ADDRESSES[address]
    assert SECRET not in store.mask_secrets(address)


def find_secret(*folders: Path) -> list[Path]:
    """Return the files that contain the secret."""
    process = subprocess.run(["grep", "-rlaF", SECRET, *map(str, folders)], capture_output=True, text=True, check=False)
    assert process.returncode in (0, 1), process.stderr
    return [Path(line) for line in process.stdout.splitlines()]


def test_find_secret_finds_binary_files(tmp_path):
    (tmp_path / "a").write_bytes(b"\0\xff" + SECRET.encode())
    assert find_secret(tmp_path) == [tmp_path / "a"]


def add_remote(repository):
    """Add a git remote whose address has a password; return the repository."""
    repository.run("git", "remote", "add", "origin", f"https://robot:{SECRET}@host.invalid/a.git")
    return repository


def find_secret_outside_git(repository) -> list[Path]:
    """Return the files that contain the secret, without those of git, which needs it."""
    return [path for path in find_secret(repository.folder) if ".git" not in path.parts]


def test_no_secret_leaks_if_the_server_is_down(tokenized):
    """A stage succeeds, and its records wait in the outbox."""
    repository = add_remote(tokenized)
    address = f"http://someone:{SECRET}@127.0.0.1:9"
    output = repository.run("python", "-m", "stages.finetune", "tiny", MLFLOW_TRACKING_URI=address, **ENVIRONMENT)
    assert "warning: the tracking store http://127.0.0.1:9 does not answer." in output and "wait in" in output
    output += repository.run(
        "python", "-m", "crossfer", "promote", "tiny", status=2, MLFLOW_TRACKING_URI=address, **ENVIRONMENT
    )
    assert SECRET not in output
    assert len(list((repository.folder / ".crossfer/outbox").glob("*/journal.jsonl"))) == 1
    assert find_secret_outside_git(repository) == []


def test_no_secret_leaks_into_a_local_store(tokenized):
    repository = add_remote(tokenized)
    assert SECRET not in repository.run("dvc", "repro", "--single-item", "finetune@tiny", **ENVIRONMENT)
    assert find_secret_outside_git(repository) == []
    (run,) = repository.client().search_runs(["1"])
    assert run.data.tags["mlflow.source.git.repoURL"] == "https://host.invalid/a.git"
    assert run.info.status == "FINISHED"


KILL_SERVER_SCRIPT = """
import os, signal, sys
from pathlib import Path
from crossfer.tracking import run as tracking
with tracking.start_run("finetune", "tiny", {}, {"a": 1}) as run:
    os.killpg(int(sys.argv[1]), signal.SIGKILL)  # with its workers
    run.log_metrics(0, {"loss": 1.0})
    run.log_files([Path("params.yaml")])
"""


@pytest.mark.timeout(900)
def test_no_secret_leaks_if_the_server_is_killed(tokenized, tmp_path_factory):
    repository, server_folder = add_remote(tokenized), tmp_path_factory.mktemp("served")
    server = MLflow(f"sqlite:///{server_folder}/server.db", server_folder)
    server.start()
    try:
        address = f"http://someone:{SECRET}@127.0.0.1:{server.port}"
        output = repository.run("python", "-m", "stages.finetune", "tiny", MLFLOW_TRACKING_URI=address, **ENVIRONMENT)
        script = ("python", "-c", KILL_SERVER_SCRIPT, str(server.process.pid))
        output += repository.run(*script, MLFLOW_TRACKING_URI=address, **ENVIRONMENT)
    finally:
        server.kill()
    assert "wait in" in output and SECRET not in output
    folders = [path for path in (repository.folder / ".crossfer/outbox").iterdir() if not path.name.startswith(".")]
    assert f'"http://127.0.0.1:{server.port}"' in (folders[0] / "journal.jsonl").read_text()
    assert find_secret_outside_git(repository) == []
    assert find_secret(server_folder) == []


def test_sync_masks_the_address_of_an_unreachable_server(empty_repository):
    repository = empty_repository
    address = f"http://someone:{SECRET}@127.0.0.1:{free_port()}"
    output = repository.crossfer("sync", status=2, MLFLOW_TRACKING_URI=address, **ENVIRONMENT)
    assert output.startswith("error: the tracking store http://127.0.0.1:") and SECRET not in output
