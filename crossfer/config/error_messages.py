"""Turn pydantic's errors into sentences about params.yaml."""

import difflib
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from crossfer.config.fields import TASK_NAME_RULE
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


def describe_mistakes(error: ValidationError, model: type[BaseModel]) -> list[str]:
    """Return one sentence per mistake: the key, the expected and the actual value.

    A key with its former name is one mistake: its new name is not reported as missing.
    """
    details, schema = error.errors(include_url=False), model.model_json_schema()
    unknown_paths = [detail["loc"] for detail in details if detail["type"] == "extra_forbidden"]
    new_paths = {(*path, new_name) for *path, key in unknown_paths for new_name in NEW_NAMES.get(str(key), ())}
    sentences = (
        sentence
        for detail in details
        if detail["type"] != "default_factory_not_called"  # follows from a mistake in another field
        and not (detail["type"] == "missing" and detail["loc"] in new_paths)
        for sentence in _describe(detail, schema)
    )
    return list(dict.fromkeys(sentences))  # a value that fits no type of a union is one mistake


def _describe(detail: ErrorDetails, schema: Schema) -> Iterator[str]:
    keys, block_schema, value_schema = _locate(detail, schema)
    key_path = ".".join(keys) or "the file"
    resolved_schema = _resolve(value_schema, schema)
    choices = _join_choices(value_schema["enum"]) if "enum" in value_schema else value_schema.get("const")
    expected = value_schema.get("description") or choices if keys else None
    expected = expected or f"a mapping with the keys {_join_keys(resolved_schema)}"
    discriminator = resolved_schema.get("discriminator", {})
    tag, tags = f"{key_path}.{discriminator.get('propertyName')}", _join_choices(list(discriminator.get("mapping", {})))
    match detail["type"]:
        case "extra_forbidden":
            yield f"{key_path}: {_unknown_key_message(keys[-1], block_schema)}"
        case "missing":
            yield f"{key_path}: missing; expected {expected}."
        case "value_error" if messages := detail["ctx"]["error"].args:
            yield from (f"{key_path}: {message}." for message in messages)
        case "union_tag_not_found":
            yield f"{tag}: missing; expected {tags}."
        case "union_tag_invalid":
            yield f"{tag}: expected {tags}, got {shorten(detail['input'][discriminator['propertyName']])}."
        case _:
            yield f"{key_path}: expected {expected}, got {shorten(detail['input'])}."


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
