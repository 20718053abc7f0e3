"""A model's folder that comes from outside: how large and how deeply nested the files may be that are read as a whole.

Weights are none of them: safetensors and ONNX are mapped, and their own readers check them.
"""

import json
import re
from pathlib import Path
from typing import Any

from crossfer.errors import UserError

MAX_BYTES = 64_000_000  # bytes of a file; tokenizers of a hundred languages and 250,000 pieces have 17 to 40 million
MAX_DEPTH = 64  # brackets within brackets; configurations and tokenizers have about ten
READ_WHOLE = ("*.json", "*.txt", "*.model")
NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
OPENED = re.compile(rb"[\[{]{%d}" % (MAX_DEPTH + 1))
STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)


def check(folder: Path) -> None:
    """Check all files of a model's folder that are read as a whole, before any library reads them.

    Raises:
        UserError: one is too large, or JSON that is nested too deeply.
    """
    for file in sorted(file for pattern in READ_WHOLE for file in folder.glob(pattern) if file.is_file()):
        size = file.stat().st_size
        if size > MAX_BYTES:
            raise UserError(f"{file} has {size:,} bytes, allowed are {MAX_BYTES:,}; no model needs more: take another.")
        if file.suffix == ".json" and _is_deep(file.read_bytes()):
            raise UserError(
                f"{file} is nested more than {MAX_DEPTH} deep, or its brackets do not match; no model needs that: take"
                " another."
            )


def read_json_object(file: Path) -> dict[str, Any]:
    """The JSON object in a file that `check` has let pass.

    Raises:
        UserError: it is no JSON object.
    """
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:  # no JSON, or no UTF-8
        raise UserError(f"{file} is no JSON ({error}); copy the model again.") from None
    if not isinstance(found, dict):
        raise UserError(f"{file} is JSON, but no object, which it has to be; copy the model again.")
    return found


def _is_deep(content: bytes) -> bool:
    """Brackets outside of strings are nested deeper than MAX_DEPTH, or do not match. Nothing is parsed for that."""
    brackets = STRING.sub(b"", content).translate(None, NO_BRACKETS)
    for _ in range(MAX_DEPTH):
        if OPENED.search(brackets):
            return True
        brackets = brackets.replace(b"[]", b"").replace(b"{}", b"")
    return bool(brackets)
