"""A Python program in a fork of the fork server, with its own folder, environment, files and exit status."""

import atexit
import contextlib
import os
import signal
import sys
import threading
import traceback
import types
from pathlib import Path
from typing import Any


def run(request: dict[str, Any], files: list[int]) -> None:
    """Be the program, in the fork, and end as Python does."""
    os.setsid()
    for standard, file in enumerate(files):
        os.dup2(file, standard)
        os.close(file)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.executable = str(Path(__file__).with_name("programs") / "python")  # what it starts, is forked too
    sys.modules["__main__"] = types.ModuleType("__main__")
    sys.path[:2] = [""]  # this file's folder was the first
    sys.path[1:1] = filter(None, request["environment"].get("PYTHONPATH", "").split(os.pathsep))
    status = code_of(request["arguments"])
    with contextlib.suppress(Exception):
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
    os._exit(status)


def code_of(arguments: list[str]) -> int:
    """Run `-m module ...` or `-c code ...`; return the exit status."""
    import runpy

    kind, what, *others = arguments
    try:
        if kind == "-m":
            sys.argv = ["-m", *others]
            sys.path[0] = os.getcwd()  # noqa: PTH109 - as Python has it
            runpy._run_module_as_main(what)  # type: ignore[attr-defined]
        else:
            sys.argv = ["-c", *others]
            exec(compile(what, "<string>", "exec"), sys.modules["__main__"].__dict__)
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return (end.code or 0) & 0xFF
        print(end.code, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        sys.excepthook(*sys.exc_info())
        sys.stdout.flush()
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    except BaseException:
        try:
            sys.excepthook(*sys.exc_info())
        except BaseException:
            traceback.print_exc()
        return 1
    return 0
