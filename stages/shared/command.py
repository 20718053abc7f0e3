"""How every stage is run: `python -m stages.<stage> <task>`, and `python -m stages.compare` for all tasks."""

import errno
import os
import sys
from collections.abc import Callable

import typer

from stages.shared.errors import UserError

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  # a full disk, quota, or limit of a file's size


def run_stage(main: Callable[..., None]) -> None:
    """Run a stage's `main(task)` with the task named on the command line, or the `main()` of a stage of all tasks.

    A `UserError` ends the process with its sentence on standard error and status 2, as a wrong command line does; a
    full disk with a sentence and status 1.
    """
    _quieten()
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
    app.command()(main)
    try:
        app()
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    except OSError as error:
        if error.errno not in FULL:
            raise
        why = os.strerror(error.errno)
        print(f"error: nothing more can be written ({why}); make room, and run it again.", file=sys.stderr)
        raise SystemExit(1) from None


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
