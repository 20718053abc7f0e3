"""The command line shows help, version and errors without heavy imports."""

import re
import subprocess
import sys

import pytest
from repository import ROOT
from typer.testing import CliRunner

from crossfer.commands.cli import app

COMMANDS = {"add", "check", "predict", "promote", "trace", "verify", "sync", "clean", "ablation", "scrubber"}
HEAVY = {"mlflow", "numpy", "onnxruntime", "pandas", "torch", "transformers"}


def crossfer(*arguments: str, status: int = 0) -> str:
    """Run `crossfer` in this process, check its exit status and return its output."""
    result = CliRunner().invoke(app, arguments, prog_name="crossfer")
    assert result.exit_code == status, result.output
    return result.output


def test_help_names_every_command():
    output = crossfer("--help").partition("Commands:")[2]
    assert set(re.findall(r"^  (\w+)  ", output, re.M)) == COMMANDS
    assert "..." not in output  # no description is cut


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_help_of_a_command_has_an_example(command):
    (example,) = re.findall(r"Example: (crossfer .*)", crossfer(command, "--help"))
    assert example.split()[1] == command


def test_help_imports_no_heavy_package():
    """A new process is needed, since this one has imported them."""
    code = "import sys\nfrom crossfer.commands.cli import app\napp(['predict', '--help'], standalone_mode=False)\n"
    code += f"print(sorted({HEAVY} & set(sys.modules)))"
    process = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert process.stdout.splitlines()[-1] == "[]"


def test_version():
    assert re.fullmatch(r"crossfer \d+\.\d+\.\d+\n", crossfer("--version"))


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(shell):
    """A shell sets these variables when a user presses Tab."""
    environment = {"_CROSSFER_COMPLETE": f"complete_{shell}", "_TYPER_COMPLETE_ARGS": "crossfer pr"}
    environment |= {"COMP_WORDS": "crossfer pr", "COMP_CWORD": "1", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    result = CliRunner().invoke(app, [], prog_name="crossfer", env=environment)
    assert {"predict", "promote"} <= set(re.findall(r"[a-z]+", result.output))


def test_params_of_the_repository_are_valid(monkeypatch):
    monkeypatch.chdir(ROOT)
    assert crossfer("check") == "params.yaml is valid: 2 tasks (news, digits).\n"


@pytest.mark.parametrize(
    "command",
    [["check", "none"], ["predict", "none", "x"], ["promote", "none"], ["ablation", "none"], ["scrubber", "none"]],
)
def test_an_unknown_task_is_an_error(monkeypatch, command):
    monkeypatch.chdir(ROOT)
    assert "error: " in crossfer(*command, status=2)


def test_scrubber_refuses_a_task_of_images(monkeypatch):
    monkeypatch.chdir(ROOT)
    output = crossfer("scrubber", "digits", status=2)
    assert output == "error: task digits has modality vision; choose a task of texts for this command.\n"


@pytest.mark.parametrize("command", [["trace", "x"], ["clean"], ["verify"]])
def test_a_folder_without_a_pipeline_is_an_error(monkeypatch, tmp_path, command):
    monkeypatch.chdir(tmp_path)
    assert crossfer(*command, status=2).startswith("error: dvc.lock does not exist; ")


def test_verbose_shows_the_cause(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text("a: [")
    short, long = crossfer("check", status=2), crossfer("--verbose", "check", status=2)
    assert long.endswith(short) and "ParserError" in long and "ParserError" not in short


@pytest.mark.parametrize("arguments", [["predict", "news"], ["nothing"], ["clean", "--all"], ["verify", "x"]])
def test_a_wrong_command_line_shows_the_usage(arguments):
    assert "Usage: crossfer" in crossfer(*arguments, status=2)


def test_an_error_in_a_real_process(tmp_path):
    command = [sys.executable, "-m", "crossfer", "check"]
    environment = {"PYTHONPATH": str(ROOT)}
    process = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (process.returncode, process.stdout) == (2, "")
    assert process.stderr.startswith("error: params.yaml does not exist; ")
