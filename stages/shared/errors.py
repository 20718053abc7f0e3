"""The one error that is shown to a user as a sentence instead of a traceback."""


class UserError(Exception):
    """Something that the user can mend: bad parameters, missing files, an input of the wrong shape.

    The message is one sentence: what was found, where, what is allowed, how to mend it.
    `stages.shared.command` prints it and ends the process with status 2.
    """
