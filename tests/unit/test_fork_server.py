"""Programs in the fork server behave like real processes."""

import signal
import subprocess
import time

import pytest
from repository import ENVIRONMENT, fork_variables

from crossfer.config import cpu

IS_FORK = "import sys; print('mlflow' in sys.modules)"


def run(*command: str, **options: object) -> subprocess.CompletedProcess:
    environment = {**ENVIRONMENT, **fork_variables(), **options.pop("environment", {})}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, **options)


def start_process(code: str) -> subprocess.Popen:
    """Start a program and wait for its first line."""
    environment = {**ENVIRONMENT, **fork_variables(), "PYTHONUNBUFFERED": "1"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = subprocess.Popen(["python", "-c", code], env=environment, text=True, start_new_session=True, **pipes)
    assert process.stdout.readline() == "begun\n"
    return process


def test_fork_has_the_folder_and_input_of_its_client(tmp_path):
    code = f"{IS_FORK}; from pathlib import Path; print(Path.cwd(), sys.argv, sys.stdin.read())"
    process = run("python", "-c", code, "a", cwd=tmp_path, input="b")
    assert process.stdout == f"True\n{tmp_path} ['-c', 'a'] b\n"
    assert (process.returncode, process.stderr) == (0, "")


def test_fork_imports_modules_of_its_folder(tmp_path):
    (tmp_path / "crossfer").mkdir()
    (tmp_path / "crossfer/__main__.py").write_text(f"{IS_FORK}; print(__file__, __name__, sys.argv)")
    file = tmp_path / "crossfer/__main__.py"
    assert run("python", "-m", "crossfer", "x", cwd=tmp_path).stdout == f"True\n{file} __main__ ['{file}', 'x']\n"


@pytest.mark.parametrize(
    ("code", "status", "message"),
    [
        ("raise SystemExit(7)", 7, ""),
        ("raise SystemExit('a message')", 1, "a message\n"),
        ("import sys; sys.exit()", 0, ""),
        ("1 / 0", 1, "ZeroDivisionError"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL, ""),
        ("import atexit, sys; atexit.register(lambda: print('last', file=sys.stderr))", 0, "last\n"),
    ],
)
def test_fork_ends_as_a_process_does(code, status, message):
    process = run("python", "-c", code)
    assert process.returncode == status
    assert message in process.stderr


def test_import_time_variable_starts_a_real_process():
    code = f"{IS_FORK}; import os; print(os.environ['LC_ALL'])"
    assert run("python", "-c", code, environment={"LC_ALL": "C"}).stdout == "False\nC\n"
    assert run("python", "-c", IS_FORK, environment={"MLFLOW_TRACKING_URI": "x"}).stdout == "True\n"


def test_fork_uses_the_requested_cpu_instructions():
    code = f"{IS_FORK}; import torch; torch.ones(9).exp(); print(torch.backends.cpu.get_cpu_capability())"
    for instructions in {"default", "avx2"} & {"default", *cpu.cpu_model().split()}:
        process = run("python", "-c", code, environment={"ATEN_CPU_CAPABILITY": instructions})
        assert process.stdout == f"True\n{instructions.upper()}\n"


def test_variable_that_crossfer_sets_keeps_the_fork():
    assert run("python", "-c", IS_FORK, environment={"MLFLOW_LOGGING_LEVEL": "ERROR"}).stdout == "True\n"
    assert run("python", "-c", IS_FORK, environment={"MLFLOW_LOGGING_LEVEL": "INFO"}).stdout == "False\n"


def test_program_without_a_server_is_a_real_process():
    assert run("python", "-c", IS_FORK, environment={"CROSSFER_FORK_SERVER": "/nowhere"}).stdout == "False\n"


def test_fork_receives_signals():
    code = "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: sys.exit('ended')); print('begun')"
    process = start_process(f"{code}; time.sleep(60)")
    process.send_signal(signal.SIGTERM)
    assert process.communicate() == ("", "ended\n")
    assert process.returncode == 1


def test_kill_ends_child_processes():
    """The output pipe closes when the last child process ends."""
    process = start_process(
        "import subprocess; print('begun'); subprocess.run(['python', '-c', 'import time; time.sleep(60)'])"
    )
    start = time.monotonic()
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert time.monotonic() - start < 50
