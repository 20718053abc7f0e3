"""The error that users can fix, and the message for Ctrl-C. Imports nothing heavy."""

import reprlib
import sys
from collections.abc import Iterable
from types import TracebackType

INTERRUPTED = "error: Interrupted. Finished outputs are intact; run the command again to resume."

MAX_VALUE_LENGTH = 80  # characters of a value in a message
MAX_LINE_LENGTH = 1000  # characters of a line of a message
MAX_LISTED_ERRORS = 20  # in one message
MAX_LISTED_NAMES = 5


class UserError(Exception):
    """A mistake that the user can fix, such as a wrong parameter or a missing file.

    The message says what is wrong, where, and how to fix it. `crossfer.entrypoint` prints it and exits with status 2.
    Long lines are shortened: a value in the message may have megabytes.
    """

    def __init__(self, message: str) -> None:
        super().__init__("\n".join(_shorten_line(line) for line in message.split("\n")))


class ErrorList:
    """Collects errors, so that one message lists all of them.

    Attributes:
        errors: the first MAX_LISTED_ERRORS.
        count: of all.
    """

    def __init__(self) -> None:
        self.errors: list[UserError] = []
        self.count = 0

    def add(self, error: UserError) -> None:
        """Add an error, or all of another list."""
        errors, count = [error], 1
        if isinstance(error, ListedError):
            errors, count = error.errors.errors, error.errors.count
        self.errors = [*self.errors, *errors][:MAX_LISTED_ERRORS]
        self.count += count

    def check(self) -> None:
        """Raise the only error, or one that lists all; nothing without errors."""
        if self.count == 1:
            raise self.errors[0]
        if self.errors:
            raise ListedError(self) from self.errors[0]


class ListedError(UserError):
    """The errors of an `ErrorList`."""

    def __init__(self, errors: ErrorList) -> None:
        self.errors = errors
        lines = [f"{errors.count:,} errors:", *(f"  {error}" for error in errors.errors)]
        more = errors.count - len(errors.errors)
        super().__init__("\n".join([*lines, f"  and {more:,} more."] if more else lines))


def shorten(value: object) -> str:
    """Return the `repr` of a value for a message, shortened if it is long."""
    shortener = reprlib.Repr()
    shortener.maxstring = shortener.maxlong = shortener.maxother = MAX_VALUE_LENGTH
    return shortener.repr(value)


def list_names(names: Iterable[str]) -> str:
    """Return the first names for a message, as `a, b, 3 more`."""
    all_names = list(names)
    first_names, others = all_names[:MAX_LISTED_NAMES], len(all_names) - MAX_LISTED_NAMES
    return ", ".join([*first_names, f"{others:,} more"] if others > 0 else first_names)


def _shorten_line(line: str) -> str:
    """Return a line without its middle if it is long: the fix is at its end."""
    half = MAX_LINE_LENGTH // 2
    return line if len(line) <= MAX_LINE_LENGTH else f"{line[:half]} ... {line[-half:]}"


def print_uncaught_exception(
    error_type: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """Print one line for Ctrl-C, else a traceback; a `sys.excepthook`."""
    if issubclass(error_type, KeyboardInterrupt):
        print(INTERRUPTED, file=sys.stderr)
    else:
        sys.__excepthook__(error_type, error, trace)
