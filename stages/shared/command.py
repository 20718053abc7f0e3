"""How every stage is run: `python -m stages.<stage> <task>`."""

import os
import sys
from collections.abc import Callable

import typer

from stages.shared.errors import UserError


def run_stage(main: Callable[[str], None]) -> None:
    """Run a stage's `main(task)` with the task named on the command line.

    A `UserError` ends the process with its sentence on standard error and status 2, as a wrong command line does.
    """
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    if not sys.stderr.isatty():
        os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
    app.command()(main)
    try:
        app()
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(2) from None


def say(stage: str, task: str, what: str) -> None:
    """Print one line of progress: which stage, which task, what was done."""
    print(f"{stage} {task}: {what}", flush=True)
