"""Ctrl-C, unwritable folders and concurrent runs leave outputs intact."""

import os
import signal
import subprocess
import sys

from repository import ROOT

from crossfer.artifacts import digests
from crossfer.errors import INTERRUPTED


def accept_ctrl_c() -> None:
    """Accept Ctrl-C, which shells make background commands ignore."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_ctrl_c_keeps_the_previous_model(repository, tmp_path):
    """The previous model stays, and the run has the status KILLED."""
    copy = repository.copy_to(tmp_path / "copy", "mlflow.db", "mlruns")
    copy.set_params("finetune", epochs=2000)  # minutes
    model = copy.folder / "data/models/tiny"
    before = digests.digest(model)
    process = copy.start_process(sys.executable, "-m", "stages.finetune", "tiny", preexec_fn=accept_ctrl_c)
    assert any("validation accuracy" in line for line in process.stdout)
    process.send_signal(signal.SIGINT)
    _, output = process.communicate()
    assert process.returncode == 130
    assert output == f"{INTERRUPTED}\n"
    assert digests.digest(model) == before
    client = copy.client()
    (run,) = client.search_runs([client.get_experiment_by_name("crossfer").experiment_id])
    assert run.info.status == "KILLED"


def test_ctrl_c_during_imports_prints_one_line():
    """Send Ctrl-C when Python's list of import times shows that imports have begun."""
    command = [sys.executable, "-X", "importtime", "-m", "stages.finetune", "tiny"]
    options = {"stderr": subprocess.PIPE, "text": True, "cwd": ROOT, "preexec_fn": accept_ctrl_c}
    with subprocess.Popen(command, **options) as process:
        assert any(line.endswith("| stages\n") for line in process.stderr)
        process.send_signal(signal.SIGINT)
        output = [line for line in process.stderr if not line.startswith("import time:")]
    assert output == [f"{INTERRUPTED}\n"]
    assert process.returncode == -signal.SIGINT


def test_unwritable_folder_is_reported():
    """Write to a file of the kernel that not even root may write to."""
    script = "from pathlib import Path; from crossfer.entrypoint import run_stage\n"
    script += "def main() -> None: Path('/sys/kernel/uevent_seqnum').write_text('x')\nrun_stage(main)"
    process = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=False)
    assert process.returncode == 1
    assert process.stderr.startswith("error: /sys/kernel/uevent_seqnum: Permission denied. ")
    assert "Give this user access and run the command again" in process.stderr


def test_concurrent_repro_is_refused(repository, tmp_path):
    copy = repository.copy_to(tmp_path / "copy", "mlflow.db", "mlruns")
    before = copy.lock()
    command = ["dvc", "repro", "--force", "--single-item", "finetune@tiny"]
    first = copy.start_process(*command, stderr=subprocess.STDOUT)
    assert any("validation accuracy" in line for line in first.stdout)  # the model is not yet written
    os.kill(first.pid, signal.SIGSTOP)  # hold the lock until the second command ends
    try:
        second = copy.start_process(*command)
        _, output = second.communicate()
    finally:
        os.kill(first.pid, signal.SIGCONT)
    first.communicate()
    assert first.returncode == 0
    assert second.returncode != 0
    assert "Traceback" not in output and "is busy" in output
    assert copy.lock() == before
