"""Errors that a user can fix end the process with a sentence and a status; others stay tracebacks."""

import errno
import importlib
import os
import sys

import pytest
from transformers.utils import logging

from crossfer.entrypoint import handle_errors
from crossfer.errors import INTERRUPTED, UserError, print_uncaught_exception


def ended(error: BaseException, *, verbose: bool = False) -> int:
    """The status by which the process ends when a command raises this error."""
    with pytest.raises(SystemExit) as end, handle_errors(verbose):
        raise error
    return int(end.value.code)


def test_a_mistake_of_the_user(capsys):
    assert ended(UserError("no such task.")) == 2
    assert capsys.readouterr().err == "error: no such task.\n"


@pytest.mark.parametrize(
    ("error", "said"),
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
def test_the_disk_is_full_or_closed(capsys, error, said):
    """The system does not always name a file, and then the sentence names none."""
    assert ended(error) == 1
    assert capsys.readouterr().err == f"error: {said}\n"


def test_another_error_of_the_system_is_no_mistake_of_the_user():
    with pytest.raises(ConnectionResetError), handle_errors(verbose=False):
        raise ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET))


def test_ctrl_c(capsys):
    assert ended(KeyboardInterrupt()) == 130
    assert capsys.readouterr().err == f"{INTERRUPTED}\n"


def test_verbose_shows_the_cause(capsys):
    try:
        raise UserError("the table cannot be read.") from ValueError("line 7")
    except UserError as error:
        caused = error
    assert ended(caused) == 2
    assert "line 7" not in capsys.readouterr().err
    assert ended(caused, verbose=True) == 2
    said = capsys.readouterr().err.splitlines()
    assert said[-2:] == ["ValueError: line 7", "error: the table cannot be read."]


def test_verbose_shows_where_an_error_without_a_cause_was_raised(capsys):
    assert ended(UserError("no such task."), verbose=True) == 2
    said = capsys.readouterr().err
    assert "test_entrypoint.py" in said and said.endswith("error: no such task.\n")


@pytest.fixture
def transformers_at_info():
    """Transformers as a user has set it, imported before the stage runs."""
    before = logging.get_verbosity()
    logging.set_verbosity_info()
    yield
    logging.set_verbosity(before)


@pytest.mark.parametrize(("chosen", "level"), [("info", logging.INFO), (None, logging.ERROR)])
def test_the_verbosity_of_transformers_is_the_users(monkeypatch, transformers_at_info, chosen, level):
    monkeypatch.setenv("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    monkeypatch.setenv("TRANSFORMERS_VERBOSITY", chosen or "")
    if chosen is None:
        monkeypatch.delenv("TRANSFORMERS_VERBOSITY")
    with handle_errors(verbose=False):
        assert os.environ["TRANSFORMERS_VERBOSITY"] == (chosen or "error")
    assert logging.get_verbosity() == level


@pytest.mark.parametrize(("program", "changed"), [("-m", True), ("/usr/bin/pytest", False)])
def test_only_a_stage_that_is_run_changes_what_python_does_with_exceptions(monkeypatch, program, changed):
    """Code that imports the package keeps its own hook."""
    monkeypatch.setattr(sys, "excepthook", sys.__excepthook__)
    monkeypatch.setattr(sys, "argv", [program])
    importlib.reload(importlib.import_module("stages"))
    assert (sys.excepthook is print_uncaught_exception) == changed


def test_the_hook_prints_a_traceback_of_what_is_not_ctrl_c(capsys):
    print_uncaught_exception(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert capsys.readouterr().err == f"{INTERRUPTED}\n"
    print_uncaught_exception(ValueError, ValueError("x"), None)
    assert capsys.readouterr().err == "ValueError: x\n"
