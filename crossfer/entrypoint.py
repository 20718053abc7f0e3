"""Run a stage or command, and print errors that the user can fix."""

import errno
import inspect
import os
import select
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from crossfer.artifacts.locks import lock_outputs
from crossfer.errors import INTERRUPTED, UserError, shorten

DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  # disk, quota or file size limit
PERMISSION_DENIED = (errno.EROFS, errno.EACCES, errno.EPERM)
NOT_A_PATH = (errno.ENAMETOOLONG, errno.ELOOP)
INTERRUPT_STATUS = 130  # as shells report Ctrl-C


def run_stage(main: Callable[..., None]) -> None:
    """Run `main(task)`, or `main()`, with the arguments of the command line."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
    app.command(cls=StageCommand)(main)
    app()


class StageCommand(TyperCommand):
    """`python -m stages.<stage>`."""

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Write an example at the end of the help."""
        task = " news" if any(parameter.param_type_name == "argument" for parameter in self.params) else ""
        formatter.write(f"\n  Example: {ctx.command_path}{task}\n")

    def invoke(self, ctx: Any) -> Any:
        """Run the stage unless another process runs it. End with DVC."""
        stage = Path(inspect.getfile(inspect.unwrap(ctx.command.callback))).stem
        is_first_process = os.environ.get("RANK", "0") == "0"  # of those that a launcher started
        with handle_errors(verbose=False):
            end_with_dvc()
            with lock_outputs("@".join(map(str, [stage, *ctx.params.values()]))) if is_first_process else nullcontext():
                return super().invoke(ctx)


class CommandGroup(TyperGroup):
    """`crossfer`, with the global option --verbose."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        with handle_errors(ctx.params["verbose"]):
            return super().invoke(ctx)


@contextmanager
def handle_errors(verbose: bool) -> Iterator[None]:
    """Exit with a message if the block raises an error that the user can fix.

    The status is 2 for a `UserError` or an impossible path, 1 for a full disk or a denied permission, 130 for Ctrl-C.

    Args:
        verbose: first print the traceback of the error's cause, or of the error if it has no cause.
    """
    _quiet_transformers()
    try:
        yield
    except UserError as error:
        _exit(f"error: {error}", 2, error if verbose else None)
    except OSError as error:
        if error.errno in DISK_FULL:
            fix = "Free some space"
        elif error.errno in PERMISSION_DENIED:
            fix = "Give this user access"
        elif error.errno in NOT_A_PATH:
            reason = f"{shorten(error.filename)}: {os.strerror(error.errno)}"
            _exit(f"error: {reason}. Correct the path.", 2, error if verbose else None)
        else:
            raise
        reason = os.strerror(error.errno)  # libraries put other texts into the error
        problem = f"{error.filename}: {reason}" if error.filename else reason
        _exit(f"error: {problem}. {fix} and run the command again.", 1, error if verbose else None)
    except KeyboardInterrupt:
        _exit(INTERRUPTED, INTERRUPT_STATUS, None)


def end_with_dvc() -> None:
    """Kill this process when DVC ends, if DVC started it.

    Otherwise, after a kill of DVC alone, the stage would later replace the outputs of the next `dvc repro`. DVC starts
    a stage through the user's shell. Some shells stay between them, so that DVC is not the stage's parent.

    Raises:
        UserError: DVC has ended already.
    """
    if "DVC_STAGE" not in os.environ or not hasattr(os, "pidfd_open"):  # only Linux has it
        return
    dvc = _find_dvc()
    if dvc == 0:
        return
    try:
        descriptor = os.pidfd_open(dvc) if dvc else None
    except ProcessLookupError:
        descriptor = None
    except OSError:  # an old kernel, or a container that forbids it
        return
    if descriptor is None or _find_dvc() != dvc:  # the system may have given the id to a new process
        raise UserError("the DVC that started this stage has ended; run `dvc repro` again.")
    threading.Thread(target=_end_after, args=[descriptor], daemon=True).start()


def _end_after(descriptor: int) -> None:
    """Kill this process when the process of a file descriptor ends."""
    other_process = select.poll()
    other_process.register(descriptor, select.POLLIN)
    other_process.poll()
    os.kill(os.getpid(), signal.SIGKILL)


def _find_dvc() -> int | None:
    """Return DVC's process id: 0 outside of this container, None if it has ended.

    DVC sets DVC_STAGE for the shells between it and this process. After its end, they or this process are children of
    the system's first process, or of one that stands in for it, in another session.
    """
    variable = f"DVC_STAGE={os.environ['DVC_STAGE']}".encode()
    pid = os.getppid()
    try:
        while pid and variable in _read_process_file(pid, "environ").split(b"\0"):
            pid = int(_read_process_file(pid, "stat").rpartition(b")")[2].split()[1])
        return pid if pid == 0 or os.getsid(pid) == os.getsid(0) else None
    except ProcessLookupError:
        return None


def _read_process_file(pid: int, name: str) -> bytes:
    """Return a file of a process in /proc; empty if it belongs to another user."""
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except PermissionError:
        return b""
    except FileNotFoundError as error:
        raise ProcessLookupError from error


def _exit(message: str, status: int, error: Exception | None) -> None:
    """Print the traceback of an error's cause if given, and a message; exit."""
    if error and error.__cause__:
        traceback.print_exception(error.__cause__)
    elif error:
        traceback.print_tb(error.__traceback__)
    print(message, file=sys.stderr)
    raise SystemExit(status) from None


def _quiet_transformers() -> None:
    """Hide warnings of transformers, and progress bars outside a terminal."""
    user_set_verbosity = "TRANSFORMERS_VERBOSITY" in os.environ
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    if not sys.stderr.isatty():
        os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    if "transformers" in sys.modules:  # it was imported before these variables were set
        from transformers.utils import logging

        if not user_set_verbosity:
            logging.set_verbosity_error()
        if not sys.stderr.isatty():
            logging.disable_progress_bar()


def print_progress(stage: str, task: str, message: str) -> None:
    """Print one line of progress."""
    print(f"{stage} {task}: {message}", flush=True)
