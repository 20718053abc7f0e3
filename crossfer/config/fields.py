"""The base class of blocks of params.yaml, and their common field types.

The description of a field completes the message "expected ..., got 7".
"""

import os
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from crossfer.errors import shorten

NAME_RULE = "a name of at most 64 lower-case letters, digits, '-' and '_' (it is part of file names)"
# `dvc exp run -S tasks.20news.finetune.seed=1` is refused: DVC's syntax has no such key.
TASK_NAME_RULE = "a name of at most 64 lower-case letters, digits, '-' and '_' that begins with a letter"
TaskName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,63}$", description=TASK_NAME_RULE)]
RESERVED_DOMAINS = {"all", "targets"}  # rows of several domains in the reports of stress
NAME = r"^[a-z0-9][a-z0-9_-]{0,63}$"
PLACEHOLDER = r"\{[a-z]+\}"  # of a target pattern
NameOrPattern = Annotated[
    str, Field(pattern=rf"^([a-z0-9]|{PLACEHOLDER})([a-z0-9_-]|{PLACEHOLDER}){{0,63}}$", description=NAME_RULE)
]
Text = Annotated[str, Field(min_length=1, description="a non-empty text")]
SEEDS = 2**32
Seed = Annotated[int, Field(ge=0, lt=SEEDS, description="a whole number from 0 to 4294967295")]
Count = Annotated[int, Field(ge=1, le=1_000_000, description="a whole number from 1 to 1000000")]
Rate = Annotated[float, Field(gt=0, lt=1, description="a number above 0 and below 1")]
Fraction = Annotated[float, Field(ge=0, lt=1, description="a fraction from 0 to below 1")]

MAX_NAME_BYTES, MAX_PATH_CHARACTERS = 255, 1000  # of a file or folder; of a path


def check_path(value: Any) -> Any:
    """Refuse a text that no file system takes; functions of `Path` would raise."""
    if not isinstance(value, str):
        return value
    if "\0" in value:
        raise ValueError(f"the path {shorten(value)} has a null character; remove it")
    longest_name = max(len(os.fsencode(name)) for name in value.split("/"))
    if longest_name > MAX_NAME_BYTES:
        raise ValueError(
            f"the path {shorten(value)} is too long: a name has {longest_name:,} bytes, at most {MAX_NAME_BYTES} are"
            " possible; shorten it"
        )
    if len(value) > MAX_PATH_CHARACTERS:
        raise ValueError(
            f"the path {shorten(value)} is too long: it has {len(value):,} characters, at most"
            f" {MAX_PATH_CHARACTERS:,} are allowed; shorten it"
        )
    return value


PathText = Annotated[
    str,
    BeforeValidator(check_path),
    Field(min_length=1, description=f"a path with names of at most {MAX_NAME_BYTES} bytes"),
]


def check_encoding(value: Any) -> Any:
    """Return `none` or the name of a text encoding, else raise a `ValueError`."""
    try:
        if value != "none":
            "x".encode(value)  # decoding one byte would refuse UTF-16
    except (LookupError, TypeError, ValueError):
        raise ValueError from None
    return value


Fallback = Annotated[
    str,
    BeforeValidator(check_encoding),
    Field(description="none, or the name of a text encoding, such as cp1252"),
]


class Block(BaseModel):
    """A mapping in params.yaml: immutable, without unknown keys or other types."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)
