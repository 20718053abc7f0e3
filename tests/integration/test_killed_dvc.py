"""A stage ends when DVC is killed, and two processes never write the same output."""

import os
import signal
import subprocess
import sys
import textwrap
import time

import psutil
import pytest
from repository import ENVIRONMENT, ROOT

MAX_SECONDS = 30
STAGE = """
    '''A stage that waits until a file exists, and then writes a parameter.'''
    import time
    from pathlib import Path

    from crossfer.artifacts import io
    from crossfer.entrypoint import run_stage

    def main(task_name: str) -> None:
        content = Path("params.yaml").read_text()
        print("started", flush=True)
        while not Path("go").exists():
            time.sleep(0.05)
        with io.replace_folder(Path("data/models", task_name)) as folder:
            (folder / "params").write_text(content)

    if __name__ == "__main__":
        run_stage(main)
"""
PIPELINE = """
    stages:
      write:
        foreach: [tiny]
        do:
          cmd: python -m write '${item}'
          params: [seed]
          outs: [data/models/tiny]
"""
# A shell that stays between DVC and the stage. Others replace themselves by the last command.
STAYING_SHELL = """#!/bin/sh
    /bin/sh "$@"
    exit $?
"""


class Pipeline:
    """A DVC repository with one stage, run by real processes."""

    def __init__(self, folder):
        self.folder, self.processes = folder, []
        self.environment = {**ENVIRONMENT, "PYTHONPATH": str(ROOT), "SHELL": "/bin/sh"}
        for name, content in (("write.py", STAGE), ("dvc.yaml", PIPELINE), ("staying-shell", STAYING_SHELL)):
            (folder / name).write_text(textwrap.dedent(content))
        (folder / "staying-shell").chmod(0o755)
        self.set_seed(1)
        for command in (["git", "init", "--quiet"], ["dvc", "init", "--quiet"]):
            subprocess.run(command, cwd=folder, env=self.environment, check=True)

    def set_seed(self, seed):
        (self.folder / "params.yaml").write_text(f"seed: {seed}\n")

    def start(self, *command, **environment):
        """Start a command and wait until its stage has started."""
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "start_new_session": True}
        process = subprocess.Popen(command, cwd=self.folder, env={**self.environment, **environment}, **pipes)
        self.processes.append(process)
        assert any(line == "started\n" for line in process.stdout)
        return process

    def run(self, *command, status=0):
        process = subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False
        )
        assert process.returncode == status, process.stdout + process.stderr
        return process.stderr


@pytest.fixture
def pipeline(tmp_path):
    pipeline = Pipeline(tmp_path)
    yield pipeline
    (tmp_path / "go").touch()  # ends a stage that a failed test left
    for process in pipeline.processes:
        process.communicate()


@pytest.mark.parametrize("shell", ["/bin/sh", "/bin/bash", "staying-shell"])
def test_stage_ends_with_dvc(pipeline, shell):
    """`dvc repro` with another seed writes its output, and nothing replaces it."""
    shell = str(pipeline.folder / shell)  # an absolute path stays as it is
    dvc = pipeline.start("dvc", "repro", SHELL=shell)
    descendants = psutil.Process(dvc.pid).children(recursive=True)
    stage = next(process for process in descendants if "write" in process.cmdline())
    dvc.kill()
    dvc.wait()
    assert psutil.wait_procs([stage], timeout=MAX_SECONDS)[1] == []
    pipeline.set_seed(2)
    (pipeline.folder / "go").touch()
    pipeline.run("dvc", "repro")
    assert (pipeline.folder / "data/models/tiny/params").read_text() == "seed: 2\n"


def test_stage_does_not_begin_after_the_end_of_dvc(pipeline):
    """Its parent then is the first process of the system, or a substitute."""
    orphan = 'sleep 0.5; exec env DVC_STAGE=write@tiny "$0" -m write tiny > output 2>&1'
    command = ["sh", "-c", f"({orphan}) &", sys.executable]
    subprocess.run(command, cwd=pipeline.folder, env=pipeline.environment, start_new_session=True, check=True)
    output, deadline = pipeline.folder / "output", time.monotonic() + MAX_SECONDS
    while not (output.exists() and output.read_text().endswith("\n")):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert output.read_text() == "error: the DVC that started this stage has ended; run `dvc repro` again.\n"


def test_stage_without_dvc_outlives_its_parent(pipeline):
    """As after `nohup python -m stages.finetune news &`."""
    shell = pipeline.start("sh", "-c", '"$0" -m write tiny; true', sys.executable)
    (stage,) = psutil.Process(shell.pid).children()
    shell.kill()
    shell.wait()
    (pipeline.folder / "go").touch()
    assert psutil.wait_procs([stage], timeout=MAX_SECONDS)[1] == []
    assert (pipeline.folder / "data/models/tiny/params").exists()


def test_second_process_names_the_first(pipeline):
    first = pipeline.start(sys.executable, "-m", "write", "tiny")
    output = pipeline.run(sys.executable, "-m", "write", "tiny", status=2)
    assert output == (
        f"error: process {first.pid} (python -m write tiny) writes the outputs of write@tiny; wait until it ends, or"
        " end it.\n"
    )
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    (pipeline.folder / "go").touch()
    pipeline.run(sys.executable, "-m", "write", "tiny")
