"""Ctrl-C, a folder that may not be written to, a second `dvc repro`: a sentence each, and nothing is lost."""

import os
import signal
import subprocess
import sys

from repository import ROOT
from ruamel.yaml import YAML

from crossfer.artifacts import digests
from crossfer.errors import INTERRUPTED


def heed_ctrl_c() -> None:
    """Undo what a shell does to commands in the background: they ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_interrupted(repository, tmp_path):
    """The last good model stays, and the run is said to be killed."""
    made = repository.copied(tmp_path / "copy", "mlflow.db", "mlruns")
    params = YAML(typ="safe").load((made.folder / "params.yaml").read_text())
    params["tasks"]["tiny"]["finetune"]["epochs"] = 2000  # minutes
    made.write_params(params)
    model = made.folder / "data/models/tiny"
    before = digests.digest(model)
    process = made.started(sys.executable, "-m", "stages.finetune", "tiny", preexec_fn=heed_ctrl_c)
    assert "validation accuracy" in process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, said = process.communicate()
    assert process.returncode == 130
    assert said == f"{INTERRUPTED}\n"
    assert digests.digest(model) == before
    client = made.client()
    (run,) = client.search_runs([client.get_experiment_by_name("crossfer").experiment_id])
    assert run.info.status == "KILLED"


def test_interrupted_while_packages_are_loaded():
    """Which takes seconds; Python's own account of its imports says when."""
    command = [sys.executable, "-X", "importtime", "-m", "stages.finetune", "tiny"]
    options = {"stderr": subprocess.PIPE, "text": True, "cwd": ROOT, "preexec_fn": heed_ctrl_c}
    with subprocess.Popen(command, **options) as process:
        assert any(line.endswith("| stages\n") for line in process.stderr)
        process.send_signal(signal.SIGINT)
        said = [line for line in process.stderr if not line.startswith("import time:")]
    assert said == [f"{INTERRUPTED}\n"]
    assert process.returncode == -signal.SIGINT


def test_a_folder_that_may_not_be_written_to():
    """A file of the kernel's that nobody may write to, not even root."""
    script = "from pathlib import Path; from crossfer.entrypoint import run_stage\n"
    script += "def main() -> None: Path('/sys/kernel/uevent_seqnum').write_text('x')\nrun_stage(main)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("error: /sys/kernel/uevent_seqnum: Permission denied. ")
    assert "Give this user access and run the command again" in done.stderr


def test_a_second_repro_at_the_same_time(repository, tmp_path):
    made = repository.copied(tmp_path / "copy", "mlflow.db", "mlruns")
    before = made.lock()
    again = ["dvc", "repro", "--force", "--single-item", "finetune@tiny"]
    first = made.started(*again, stderr=subprocess.STDOUT)
    assert any("validation accuracy" in line for line in first.stdout)  # its model is still to be written and logged
    os.kill(first.pid, signal.SIGSTOP)  # until the second has met it
    try:
        second = made.started(*again)
        _, said = second.communicate()
    finally:
        os.kill(first.pid, signal.SIGCONT)
    first.communicate()
    assert first.returncode == 0
    assert second.returncode != 0
    assert "Traceback" not in said and "is busy" in said
    assert made.lock() == before
