"""Errors that a user can fix end the process with a sentence and a status; others stay tracebacks."""

import errno
import os

import pytest

from crossfer.entrypoint import errors_as_sentences
from crossfer.errors import UserError


def ended(error: BaseException, *, verbose: bool = False) -> int:
    """The status by which the process ends when a command raises this error."""
    with pytest.raises(SystemExit) as end, errors_as_sentences(verbose):
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
    with pytest.raises(ConnectionResetError), errors_as_sentences(verbose=False):
        raise ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET))


def test_ctrl_c(capsys):
    assert ended(KeyboardInterrupt()) == 130
    assert "nterrupted" in capsys.readouterr().err


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
