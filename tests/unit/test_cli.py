"""The command line: help, version, completion, refusals; and that it does not wait for heavy packages."""

import re
import subprocess
import sys

import pytest
from repository import ROOT
from typer.testing import CliRunner

from crossfer.commands.cli import app

COMMANDS = {"check", "predict", "promote", "trace", "verify", "sync", "clean", "ablation", "scrubber"}
HEAVY = {"mlflow", "numpy", "onnxruntime", "pandas", "torch", "transformers"}


def crossfer(*arguments: str, status: int = 0) -> str:
    """What `crossfer` prints, in this process, if it ends with this status."""
    done = CliRunner().invoke(app, arguments, prog_name="crossfer")
    assert done.exit_code == status, done.output
    return done.output


def test_help_names_every_command():
    said = crossfer("--help").partition("Commands:")[2]
    assert set(re.findall(r"^  (\w+)  ", said, re.M)) == COMMANDS
    assert "..." not in said  # no description is cut


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_help_of_a_command_has_an_example(command):
    (example,) = re.findall(r"Example: (crossfer .*)", crossfer(command, "--help"))
    assert example.split()[1] == command


def test_help_and_a_wrong_command_line_import_nothing_heavy():
    """In a process of its own, since this one has imported everything."""
    code = "import sys\nfrom crossfer.commands.cli import app\napp(['predict', '--help'], standalone_mode=False)\n"
    code += f"print(sorted({HEAVY} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_version():
    assert re.fullmatch(r"crossfer \d+\.\d+\.\d+\n", crossfer("--version"))


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(shell):
    """What the shell asks for when a user presses Tab."""
    environment = {"_CROSSFER_COMPLETE": f"complete_{shell}", "_TYPER_COMPLETE_ARGS": "crossfer pr"}
    environment |= {"COMP_WORDS": "crossfer pr", "COMP_CWORD": "1", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    done = CliRunner().invoke(app, [], prog_name="crossfer", env=environment)
    assert {"predict", "promote"} <= set(re.findall(r"[a-z]+", done.output))


def test_params_of_the_repository_are_good(monkeypatch):
    monkeypatch.chdir(ROOT)
    assert crossfer("check") == "params.yaml is valid: 2 tasks (news, digits).\n"


@pytest.mark.parametrize(
    "command", [["predict", "none", "x"], ["promote", "none"], ["ablation", "none"], ["scrubber", "none"]]
)
def test_a_task_that_is_not_there(monkeypatch, command):
    monkeypatch.chdir(ROOT)
    assert "error: " in crossfer(*command, status=2)


def test_scrubber_refuses_a_task_of_images(monkeypatch):
    monkeypatch.chdir(ROOT)
    said = crossfer("scrubber", "digits", status=2)
    assert said == "error: task digits is of vision, this is made for texts alone; name a task of texts.\n"


@pytest.mark.parametrize("command", [["trace", "x"], ["clean"], ["verify"]])
def test_a_folder_without_a_pipeline(monkeypatch, tmp_path, command):
    monkeypatch.chdir(tmp_path)
    assert crossfer(*command, status=2).startswith("error: dvc.lock does not exist. ")


def test_verbose_shows_the_cause(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text("a: [")
    short, long = crossfer("check", status=2), crossfer("--verbose", "check", status=2)
    assert long.endswith(short) and "ParserError" in long and "ParserError" not in short


@pytest.mark.parametrize("arguments", [["predict", "news"], ["nothing"], ["clean", "--all"], ["verify", "x"]])
def test_a_wrong_command_line(arguments):
    assert "Usage: crossfer" in crossfer(*arguments, status=2)


def test_a_mistake_in_a_real_process(tmp_path):
    command = [sys.executable, "-m", "crossfer", "check"]
    environment = {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: params.yaml is not there; ")
