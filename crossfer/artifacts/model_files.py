"""Check the files of a third-party model before a library reads them.

Weights are not among them: safetensors and ONNX files are memory-mapped, and their own readers check them.
"""

import json
import re
from itertools import accumulate
from pathlib import Path
from typing import Any

from crossfer.errors import UserError

MAX_BYTES = 64_000_000  # of a file; tokenizers of 100 languages and 250,000 tokens have 17 to 40 million
MAX_DEPTH = 64  # levels of nested brackets; configurations and tokenizers have about ten
PATTERNS = ("*.json", "*.txt", "*.model")
STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


def check(folder: Path) -> None:
    """Check the sizes of configuration and tokenizer files, and the depth of JSON.

    Raises:
        UserError: a file is larger than MAX_BYTES, or nested deeper than MAX_DEPTH.
    """
    for file in sorted(file for pattern in PATTERNS for file in folder.glob(pattern) if file.is_file()):
        if (size := file.stat().st_size) > MAX_BYTES:
            raise UserError(f"{file} has {size:,} bytes, more than the limit of {MAX_BYTES:,}; use another model.")
        if file.suffix == ".json" and _nesting_depth(file.read_bytes()) > MAX_DEPTH:
            raise UserError(f"{file} is nested deeper than the limit of {MAX_DEPTH} levels; use another model.")


def _nesting_depth(content: bytes) -> int:
    """Count the levels of nested brackets outside of strings; parse nothing."""
    brackets = STRING.sub(b"", content).translate(None, NOT_BRACKETS)
    return max(accumulate(1 if bracket in b"[{" else -1 for bracket in brackets), default=0)


def read_json_object(file: Path) -> dict[str, Any]:
    """Return the JSON object in a file that `check` accepts.

    Raises:
        UserError: the file has no JSON object.
    """
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:  # not JSON, or not UTF-8
        raise UserError(f"{file} is not JSON ({error}); copy the model again.") from error
    if not isinstance(content, dict):
        raise UserError(f"{file} is not a JSON object; copy the model again.")
    return content
