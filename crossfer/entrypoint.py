"""Run a stage or a command, and end it with a sentence where its user can fix what went wrong."""

import errno
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from crossfer.errors import INTERRUPTED, UserError

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  # the disk or quota is full, or a file would be too large
CLOSED = (errno.EROFS, errno.EACCES, errno.EPERM)
STOPPED = 130  # the status by which shells report Ctrl-C


def run_stage(main: Callable[..., None]) -> None:
    """Run a stage: `main(task)` with the task named on the command line, or `main()` of a stage of all tasks."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
    app.command(cls=StageCommand)(main)
    app()


class StageCommand(TyperCommand):
    """`python -m stages.<stage>`."""

    def invoke(self, ctx: Any) -> Any:
        """Run the stage."""
        with handle_errors(verbose=False):
            return super().invoke(ctx)


class CommandGroup(TyperGroup):
    """`crossfer`, with the global option --verbose."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was named."""
        with handle_errors(ctx.params["verbose"]):
            return super().invoke(ctx)


@contextmanager
def handle_errors(verbose: bool) -> Iterator[None]:
    """End the process with a sentence on standard error where the block fails in a way that its user can fix.

    The status is 2 for a `UserError`, as for a wrong command line; 1 for a full disk, or a file that may not be read or
    written; 130 for Ctrl-C.

    Args:
        verbose: print the traceback of the error's cause first, or where the error was raised if it has none.
    """
    _quieten()
    try:
        yield
    except UserError as error:
        _end(f"error: {error}", 2, error if verbose else None)
    except OSError as error:
        if error.errno in FULL:
            fix = "Free some space"
        elif error.errno in CLOSED:
            fix = "Give this user access"
        else:
            raise
        _end(f"error: {_described(error)}. {fix} and run the command again.", 1, error if verbose else None)
    except KeyboardInterrupt:
        _end(INTERRUPTED, STOPPED, None)


def _described(error: OSError) -> str:
    """Return the system's words for an error, and the file if it is named; libraries put their own text there."""
    reason = os.strerror(error.errno or 0)
    return f"{error.filename}: {reason}" if error.filename else reason


def _end(sentence: str, status: int, shown: Exception | None) -> None:
    """End the process with a sentence, after the traceback of the error's cause if it is to be shown."""
    if shown and shown.__cause__:
        traceback.print_exception(shown.__cause__)
    elif shown:
        traceback.print_tb(shown.__traceback__)
    print(sentence, file=sys.stderr)
    raise SystemExit(status) from None


def _quieten() -> None:
    """Show only errors of transformers, unless the user asks for more; no progress bars outside a terminal."""
    chosen = "TRANSFORMERS_VERBOSITY" in os.environ
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    if not sys.stderr.isatty():
        os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    if "transformers" in sys.modules:  # imported by the stage already: it has read its environment
        from transformers.utils import logging

        if not chosen:
            logging.set_verbosity_error()
        if not sys.stderr.isatty():
            logging.disable_progress_bar()


def print_progress(stage: str, task: str, what: str) -> None:
    """Print one line of progress: which stage, which task, what was done."""
    print(f"{stage} {task}: {what}", flush=True)
