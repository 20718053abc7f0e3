"""Errors that users can fix end with a message and a status, without traceback."""

import errno
import importlib
import os
import re
import sys
from pathlib import Path

import pytest
import typer
from transformers.utils import logging
from typer.testing import CliRunner

from crossfer.entrypoint import StageCommand, handle_errors
from crossfer.errors import INTERRUPTED, UserError, print_uncaught_exception


def exit_status(error: BaseException, *, verbose: bool = False) -> int:
    """Return the exit status when a command raises this error."""
    with pytest.raises(SystemExit) as end, handle_errors(verbose):
        raise error
    return int(end.value.code)


@pytest.mark.parametrize(("main", "example"), [(lambda task_name: None, "stages.x news"), (lambda: None, "stages.x")])
def test_the_help_of_a_stage_ends_with_an_example(main, example):
    app = typer.Typer(rich_markup_mode=None)
    app.command(cls=StageCommand)(main)
    output = CliRunner().invoke(app, ["--help"], prog_name="python -m stages.x").output
    assert output.endswith(f"\n  Example: python -m {example}\n")


def test_a_benchmark_with_a_numeric_option_runs(monkeypatch):
    monkeypatch.delenv("RANK", raising=False)
    app = typer.Typer(rich_markup_mode=None)

    def main(task_name: str, rows: int = 7) -> None:
        print(task_name, rows)

    app.command(cls=StageCommand)(main)
    result = CliRunner().invoke(app, ["news"], catch_exceptions=False)
    assert result.output == "news 7\n"


def test_a_user_error_exits_with_status_2(capsys):
    assert exit_status(UserError("no such task.")) == 2
    assert capsys.readouterr().err == "error: no such task.\n"


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
            "No space left on device. Free some space and run the command again.",
        ),
        (
            OSError(errno.EACCES, os.strerror(errno.EACCES), "data/raw"),
            "data/raw: Permission denied. Give this user access and run the command again.",
        ),
        (
            PermissionError(errno.EPERM, os.strerror(errno.EPERM)),
            "Operation not permitted. Give this user access and run the command again.",
        ),
    ],
)
def test_a_full_disk_or_denied_permission_exits_with_status_1(capsys, error, message):
    """The message names the file if the system does."""
    assert exit_status(error) == 1
    assert capsys.readouterr().err == f"error: {message}\n"


def test_an_impossible_path_exits_with_status_2(capsys):
    with pytest.raises(SystemExit) as caught, handle_errors(verbose=False):
        Path("x" * 300).stat()
    assert caught.value.code == 2
    assert re.fullmatch(
        r"error: 'x{20,}\.\.\.x{20,}': File name too long\. Correct the path\.\n", capsys.readouterr().err
    )


def test_other_system_errors_are_raised():
    with pytest.raises(ConnectionResetError), handle_errors(verbose=False):
        raise ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET))


def test_ctrl_c_exits_with_status_130(capsys):
    assert exit_status(KeyboardInterrupt()) == 130
    assert capsys.readouterr().err == f"{INTERRUPTED}\n"


def test_verbose_shows_the_cause(capsys):
    try:
        raise UserError("the table cannot be read.") from ValueError("line 7")
    except UserError as error:
        error_with_cause = error
    assert exit_status(error_with_cause) == 2
    assert "line 7" not in capsys.readouterr().err
    assert exit_status(error_with_cause, verbose=True) == 2
    lines = capsys.readouterr().err.splitlines()
    assert lines[-2:] == ["ValueError: line 7", "error: the table cannot be read."]


def test_verbose_shows_where_an_error_without_a_cause_was_raised(capsys):
    assert exit_status(UserError("no such task."), verbose=True) == 2
    output = capsys.readouterr().err
    assert "test_entrypoint.py" in output and output.endswith("error: no such task.\n")


@pytest.fixture
def transformers_at_info():
    """Set the verbosity of transformers, imported before the stage runs."""
    before = logging.get_verbosity()
    logging.set_verbosity_info()
    yield
    logging.set_verbosity(before)


@pytest.mark.parametrize(("verbosity", "level"), [("info", logging.INFO), (None, logging.ERROR)])
def test_the_user_sets_the_verbosity_of_transformers(monkeypatch, transformers_at_info, verbosity, level):
    monkeypatch.setenv("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    monkeypatch.setenv("TRANSFORMERS_VERBOSITY", verbosity or "")
    if verbosity is None:
        monkeypatch.delenv("TRANSFORMERS_VERBOSITY")
    with handle_errors(verbose=False):
        assert os.environ["TRANSFORMERS_VERBOSITY"] == (verbosity or "error")
    assert logging.get_verbosity() == level


@pytest.mark.parametrize(("program", "is_set"), [("-m", True), ("/usr/bin/pytest", False)])
def test_only_running_a_stage_sets_the_excepthook(monkeypatch, program, is_set):
    """Code that imports the package keeps its own hook."""
    monkeypatch.setattr(sys, "excepthook", sys.__excepthook__)
    monkeypatch.setattr(sys, "argv", [program])
    importlib.reload(importlib.import_module("stages"))
    assert (sys.excepthook is print_uncaught_exception) == is_set


def test_the_excepthook_prints_tracebacks_except_for_ctrl_c(capsys):
    print_uncaught_exception(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert capsys.readouterr().err == f"{INTERRUPTED}\n"
    print_uncaught_exception(ValueError, ValueError("x"), None)
    assert capsys.readouterr().err == "ValueError: x\n"
