"""A Python program in a fork of the fork server.

It has its own folder, environment, files and exit status.
"""

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
    """Run the program in the fork and end the process as Python does."""
    os.setsid()
    for descriptor, file in enumerate(files):
        os.dup2(file, descriptor)
        os.close(file)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    os.environ.pop("DVC_STAGE", None)  # its parent is the server, which kills it if its client is killed
    sys.executable = str(Path(__file__).with_name("programs") / "python")  # its child processes are forks, too
    sys.modules["__main__"] = types.ModuleType("__main__")
    sys.path[:2] = [""]  # replaces the folder of this file
    sys.path[1:1] = filter(None, request["environment"].get("PYTHONPATH", "").split(os.pathsep))
    status = run_arguments(request["arguments"])
    with contextlib.suppress(Exception):
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
    os._exit(status)


def run_arguments(arguments: list[str]) -> int:
    """Run `-m module ...` or `-c code ...`; return the exit status."""
    import runpy

    option, target, *arguments_left = arguments
    try:
        if option == "-m":
            sys.argv = ["-m", *arguments_left]
            sys.path[0] = os.getcwd()  # noqa: PTH109 - as Python does
            runpy._run_module_as_main(target)  # type: ignore[attr-defined]
        else:
            sys.argv = ["-c", *arguments_left]
            exec(compile(target, "<string>", "exec"), sys.modules["__main__"].__dict__)
    except SystemExit as error:
        if error.code is None or isinstance(error.code, int):
            return (error.code or 0) & 0xFF
        print(error.code, file=sys.stderr)
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
