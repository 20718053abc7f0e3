"""Turn pydantic's errors into sentences about params.yaml."""

import difflib
import re
from operator import itemgetter
from typing import Any, NamedTuple

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml.nodes import Node

from crossfer.config.fields import TASK_NAME_RULE
from crossfer.config.yaml_file import find_line
from crossfer.errors import shorten

Schema = dict[str, Any]

NEW_NAMES = {  # by former name; a block has at most one of the new names
    "average": ("averaged_seeds",),
    "bootstrap": ("bootstrap_samples",),
    "calibration": ("calibration_rows",),
    "coarse": ("low_resolution_fraction",),
    "coarsest": ("min_resolution",),
    "frame": ("framing",),
    "kind": ("language",),
    "label_weights": ("class_weights",),
    "layers": ("student_layers",),
    "max_dropped": ("max_drop_fraction",),
    "min_size": ("min_characters", "min_ink_pixels"),
    "noise": ("noise_fraction", "gaussian_noise"),
    "rows": ("train_fraction", "rows_per_domain"),
    "shift": ("translation",),
    "stroke": ("stroke_width",),
    "test": ("test_fraction",),
    "tolerance": ("max_disagreement",),
    "turn": ("rotation",),
    "unlabelled": ("unlabelled_texts",),
    "validation": ("validation_fraction",),
    "warmup": ("warmup_ratio",),
    "warp": ("elastic",),
}


class Mistake(NamedTuple):
    """A sentence about a value.

    A validator can raise several: as the arguments of a `ValueError`.
    """

    keys: tuple[str, ...]  # of the value in params.yaml, below the block of the validator
    sentence: str


def describe_mistakes(error: ValidationError, model: type[BaseModel], root: Node | None) -> list[str]:
    """Return one sentence per mistake, in the order of their lines.

    It names the line, the key, the expected and the actual value. A key with its former name is one mistake: its new
    name is not reported as missing. A mistake in a block that several tasks merge is reported for the first.
    """
    details, schema = error.errors(include_url=False), model.model_json_schema()
    unknown_paths = [detail["loc"] for detail in details if detail["type"] == "extra_forbidden"]
    new_paths = {(*path, new_name) for *path, key in unknown_paths for new_name in NEW_NAMES.get(str(key), ())}
    mistakes: dict[tuple[int, str], str] = {}
    for detail in details:
        if detail["type"] == "default_factory_not_called":  # follows from a mistake in another field
            continue
        if detail["type"] == "missing" and detail["loc"] in new_paths:
            continue
        keys, sentences = _describe(detail, schema)
        for value_keys, sentence in sentences:
            line, text = find_line(root, (*keys, *value_keys)), f"{'.'.join(keys) or 'the file'}{sentence}"
            mistakes.setdefault((line, re.sub(r"^tasks\.[^.:]*", "", text)), f"line {line}: {text}")
    return [mistakes[key] for key in sorted(mistakes, key=itemgetter(0))]


def _describe(detail: ErrorDetails, schema: Schema) -> tuple[list[str], list[Mistake]]:
    """Return the keys of a mistake, and the sentences about it."""
    keys, block_schema, value_schema = _locate(detail, schema)
    resolved_schema = _resolve(value_schema, schema)
    choices = _join_choices(value_schema["enum"]) if "enum" in value_schema else value_schema.get("const")
    expected = value_schema.get("description") or choices if keys else None
    expected = expected or f"a mapping with the keys {_join_keys(resolved_schema)}"
    actual = shorten(detail["input"])
    discriminator = resolved_schema.get("discriminator", {})
    tag, tags = discriminator.get("propertyName"), _join_choices(list(discriminator.get("mapping", {})))
    match detail["type"]:
        case "extra_forbidden":
            sentence = f": {_unknown_key_message(keys[-1], block_schema)}"
        case "missing":
            sentence = f": missing; expected {expected}."
        case "value_error" if messages := detail["ctx"]["error"].args:
            mistakes = [each if isinstance(each, Mistake) else Mistake((), each) for each in messages]
            return keys, [Mistake(each.keys, f": {each.sentence}.") for each in mistakes]
        case "union_tag_not_found":
            sentence = f".{tag}: missing; expected {tags}."
        case "union_tag_invalid":
            return keys, [Mistake((tag,), f".{tag}: expected {tags}, got {shorten(detail['input'][tag])}.")]
        case _:
            sentence = f": expected {expected}, got {actual}."
    return keys, [Mistake((), sentence)]


def _locate(detail: ErrorDetails, schema: Schema) -> tuple[list[str], Schema, Schema]:
    """Return the keys of a mistake, and the schemas of its block and value."""
    keys: list[str] = []
    block_schema = value_schema = schema
    for step in detail["loc"]:
        block_schema = _resolve(value_schema, schema)
        tags = block_schema.get("discriminator", {}).get("mapping", {})
        names = next(iter(block_schema.get("patternProperties", {}).values()), None)  # of tasks
        child = block_schema.get("properties", {}).get(step) or block_schema.get("items") or names
        if step in tags:
            value_schema = {"$ref": tags[step]}
        elif step == "[key]":
            value_schema = {"description": TASK_NAME_RULE}
        elif child or detail["type"] == "extra_forbidden":
            keys.append(str(step))
            value_schema = child or {}
        else:  # a type of a union
            break
    return keys, block_schema, value_schema


def _unknown_key_message(key: str, block: Schema) -> str:
    """Return how to correct a key that its block does not have."""
    known_keys = list(block.get("properties", {}))
    if new_names := [name for name in NEW_NAMES.get(key, ()) if name in known_keys]:
        return f"renamed; use {new_names[0]}."
    if key == "kind" and "domain" in known_keys:
        return "removed for images, which have no language; delete this key."
    similar_keys = difflib.get_close_matches(key, known_keys, n=1, cutoff=0.75)  # noise_fraction is not train_fraction
    hint = f" did you mean {similar_keys[0]}?" if similar_keys else ""
    return f"unknown key;{hint} expected {_join_keys(block)}."


def _resolve(value_schema: Schema, schema: Schema) -> Schema:
    """Follow the `$ref` of a JSON schema to its definition."""
    while "$ref" in value_schema:
        value_schema = schema["$defs"][value_schema["$ref"].rsplit("/", 1)[1]]
    return value_schema


def _join_keys(block: Schema) -> str:
    return ", ".join(block.get("properties", {}))


def _join_choices(values: list[str]) -> str:
    """Return "a", "a or b" or "a, b or c"."""
    return " or ".join(filter(None, [", ".join(values[:-1]), *values[-1:]]))
