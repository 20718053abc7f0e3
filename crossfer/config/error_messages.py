"""What is wrong with params.yaml, in sentences: pydantic's account of a mistake, put into words by the schema."""

import difflib
from collections.abc import Sequence
from itertools import compress
from typing import Any

from pydantic_core import ErrorDetails

RENAMED = {
    "kind": ("language",),
    "min_size": ("min_characters", "min_ink_pixels"),
    "max_dropped": ("max_drop_fraction",),
    "validation": ("validation_fraction",),
    "test": ("test_fraction",),
    "frame": ("framing",),
    "rows": ("train_fraction", "rows_per_domain"),
    "warmup": ("warmup_ratio",),
    "average": ("averaged_seeds",),
    "noise": ("noise_fraction", "gaussian_noise"),
    "label_weights": ("class_weights",),
    "turn": ("rotation",),
    "shift": ("translation",),
    "warp": ("elastic",),
    "stroke": ("stroke_width",),
    "coarse": ("low_resolution_fraction",),
    "coarsest": ("min_resolution",),
    "bootstrap": ("bootstrap_samples",),
    "calibration": ("calibration_rows",),
    "tolerance": ("max_disagreement",),
    "layers": ("student_layers",),
    "unlabelled": ("unlabelled_texts",),
}
"""Former names of keys, with the present ones; a block has at most one of them."""


def describe_all(details: Sequence[ErrorDetails], schema: dict[str, Any], name_rule: str) -> list[str]:
    """Return a sentence for each mistake; a key with its former name counts as one mistake, not as a missing key too.

    Args:
        details: pydantic's account of the mistakes.
        schema: see `describe`.
        name_rule: see `describe`.
    """
    keys = {detail["loc"] for detail in details if detail["type"] == "extra_forbidden"}
    present = {(*path, new) for *path, old in keys for new in RENAMED.get(str(old), ())}
    is_reported = (
        detail["type"] != "default_factory_not_called" and (detail["type"] != "missing" or detail["loc"] not in present)
        for detail in details
    )
    return [describe(detail, schema, name_rule) for detail in compress(details, is_reported)]


def describe(detail: ErrorDetails, schema: dict[str, Any], name_rule: str) -> str:
    """One mistake in a sentence: the key, what was found, what is allowed.

    Args:
        detail: pydantic's account of it.
        schema: the JSON schema of the whole file; its descriptions complete "found 7, allowed is ...".
        name_rule: what the free keys of a mapping must be.
    """
    keys, place = [], schema
    for step in detail["loc"]:
        parent = _resolved(place, schema)
        if "discriminator" in parent and step in parent["discriminator"]["mapping"]:
            place = {"$ref": parent["discriminator"]["mapping"][step]}
        elif step == "[key]":
            place = {"description": name_rule}
        else:
            keys.append(str(step))
            place = parent.get("properties", {}).get(step) or parent.get("items") or _values(parent)
    where = ".".join(keys) or "the file"
    described = (place.get("description") or _choices(place)) if keys else None
    allowed = described or f"a mapping with the keys {', '.join(_keys(_resolved(place, schema)))}"
    chosen_by = _resolved(place, schema).get("discriminator", {})
    key, choices = chosen_by.get("propertyName"), " or ".join(chosen_by.get("mapping", {}))
    match detail["type"]:
        case "extra_forbidden":
            known = _keys(parent)
            if new := set(RENAMED.get(keys[-1], ())) & set(known):
                return f"{where}: renamed to {new.pop()}."
            near = difflib.get_close_matches(keys[-1], known, n=1)
            hint = f"did you mean {near[0]}? " if near else ""
            return f"{where}: unknown key; {hint}allowed here: {', '.join(known)}."
        case "missing":
            return f"{where}: missing; allowed is {allowed}."
        case "value_error":
            return f"{where}: {detail['ctx']['error']}."
        case "union_tag_not_found":
            return f"{where}.{key}: missing; allowed is {choices}."
        case "union_tag_invalid":
            return f"{where}.{key}: found {detail['input'][key]!r}, allowed is {choices}."
        case _:
            return f"{where}: found {detail['input']!r}, allowed is {allowed}."


def _resolved(place: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """Follow a JSON schema's `$ref` to the definition that it names."""
    while "$ref" in place:
        place = schema["$defs"][place["$ref"].rsplit("/", 1)[1]]
    return place


def _keys(place: dict[str, Any]) -> list[str]:
    """The keys that a JSON schema's mapping allows."""
    return list(place.get("properties", {}))


def _choices(place: dict[str, Any]) -> str:
    """Name the values that a JSON schema lists: "a", "a or b", "a, b or c"; empty if it lists none."""
    values = place.get("enum", [place["const"]] if "const" in place else [])
    return " or ".join(filter(None, [", ".join(values[:-1]), *values[-1:]]))


def _values(place: dict[str, Any]) -> dict[str, Any]:
    """The schema of the values of a mapping with free keys."""
    return next(iter(place.get("patternProperties", {}).values()), {})
