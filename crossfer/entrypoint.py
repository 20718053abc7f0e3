"""How every stage is run: `python -m stages.<stage> <task>`, and `python -m stages.compare` for all tasks."""

import errno
import functools
import os
import sys
from collections.abc import Callable
from typing import Any

import typer

from crossfer.errors import INTERRUPTED, UserError

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  # a full disk, quota, or limit of a file's size
CLOSED = (errno.EROFS, errno.EACCES, errno.EPERM)
STOPPED = 130  # by Ctrl-C, as shells say it


def run_stage(main: Callable[..., None]) -> None:
    """Run a stage's `main(task)` with the task named on the command line, or the `main()` of a stage of all tasks.

    A `UserError` ends the process with its sentence on standard error and status 2, as a wrong command line does; a
    full disk, or a folder that may not be written to, with a sentence and status 1; Ctrl-C with one and 130.
    """
    _quieten()
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
    app.command()(_interruptible(main))
    try:
        app()
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    except OSError as error:
        why = os.strerror(error.errno or 0)
        if error.errno in FULL:
            said = f"nothing more can be written ({why}); make room, and run it again."
        elif error.errno in CLOSED:
            said = f"{error.filename} cannot be read or written ({why}); let this user do so, and run it again."
        else:
            raise
        print(f"error: {said}", file=sys.stderr)
        raise SystemExit(1) from None


def _interruptible(main: Callable[..., None]) -> Callable[..., None]:
    """The same function, with a sentence on Ctrl-C."""

    @functools.wraps(main)
    def interruptible(*arguments: Any, **options: Any) -> None:
        try:
            main(*arguments, **options)
        except KeyboardInterrupt:
            print(INTERRUPTED, file=sys.stderr)
            raise SystemExit(STOPPED) from None

    return interruptible


def _quieten() -> None:
    """Keep transformers from reporting what a user cannot act on, whether a stage has imported it already or will."""
    os.environ["TRANSFORMERS_VERBOSITY"] = "error"
    if not sys.stderr.isatty():
        os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"
    if "transformers" in sys.modules:  # too late for the environment
        from transformers.utils import logging

        logging.set_verbosity_error()
        if not sys.stderr.isatty():
            logging.disable_progress_bar()


def say(stage: str, task: str, what: str) -> None:
    """Print one line of progress: which stage, which task, what was done."""
    print(f"{stage} {task}: {what}", flush=True)
