"""Check the option --fallback of several commands."""

from crossfer.errors import UserError, shorten


def check_fallback(fallback: str) -> None:
    """Raise a `UserError` if --fallback names no text encoding."""
    from crossfer.config.fields import check_encoding  # predictions without --fallback do not need it

    try:
        check_encoding(fallback)
    except ValueError as error:
        raise UserError(f"--fallback {shorten(fallback)} is no text encoding; name one, such as cp1252.") from error
