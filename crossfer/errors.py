"""The one error that is shown to a user as a sentence instead of a traceback, and the sentence for Ctrl-C."""

import sys
from types import TracebackType

INTERRUPTED = "error: interrupted; nothing that was whole is lost: run it again to go on."


class UserError(Exception):
    """Something that the user can mend: bad parameters, missing files, an input of the wrong shape.

    The message is one sentence: what was found, where, what is allowed, how to mend it.
    `crossfer.entrypoint` prints it and ends the process with status 2.
    """


def end_interrupted(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """What Python does with an exception that nothing caught, but for Ctrl-C, which is a sentence."""
    if issubclass(kind, KeyboardInterrupt):
        print(INTERRUPTED, file=sys.stderr)
    else:
        sys.__excepthook__(kind, error, trace)
