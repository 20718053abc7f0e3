"""The error that users can fix, and the message for Ctrl-C. Imports nothing heavy."""

import reprlib
import sys
from types import TracebackType

INTERRUPTED = "error: Interrupted. Finished outputs are intact; run the command again to resume."

MAX_VALUE_LENGTH = 80  # characters of a value in a message


class UserError(Exception):
    """A mistake that the user can fix, such as a wrong parameter or a missing file.

    The message says what is wrong, where, and how to fix it. `crossfer.entrypoint` prints it and exits with status 2.
    """


def shorten(value: object) -> str:
    """Return the `repr` of a value for a message, shortened if it is long."""
    shortener = reprlib.Repr()
    shortener.maxstring = shortener.maxlong = shortener.maxother = MAX_VALUE_LENGTH
    return shortener.repr(value)


def print_uncaught_exception(
    error_type: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """Print one line for Ctrl-C, else a traceback; a `sys.excepthook`."""
    if issubclass(error_type, KeyboardInterrupt):
        print(INTERRUPTED, file=sys.stderr)
    else:
        sys.__excepthook__(error_type, error, trace)
