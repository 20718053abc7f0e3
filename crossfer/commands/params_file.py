"""Append a task to params.yaml without changing anything else in the file."""

import io
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.nodes import CollectionNode, MappingNode, Node

from crossfer.config.params import Params, load_params
from crossfer.errors import UserError

MAX_LINE = 120
MAX_PART = 100  # characters that stay in one line
TASKS = "tasks"


def format_block(
    name: str,
    modality: str,
    block: Mapping[str, Any],
    options: Mapping[str, Mapping[str, Any]],
    comment: Iterable[str] = (),
) -> str:
    """Return a task as lines of YAML, indented by two.

    Args:
        name: of the task.
        modality: whose default options the task merges.
        block: its other keys.
        options: that differ from the defaults, by block.
        comment: lines before the options, which say why.
    """
    lines = [f"  {name}:", f"    <<: *{modality}"]
    for key, value in block.items():
        lines += _format_entry(f"    {key}: ", value)
    lines += [f"    # {line}" for line in comment]
    for key, values in options.items():
        lines.append(f"    {key}: {{<<: *{modality}-{key}, {_format_flow(values).removeprefix('{')}")
    return "\n".join(lines) + "\n"


def check_anchors(path: Path, modality: str, options: Iterable[str]) -> None:
    """Raise a `UserError` if params.yaml lacks a default block of a modality."""
    anchors = {getattr(event, "anchor", None) for event in YAML(pure=True).parse(path.read_text(encoding="utf-8"))}
    if missing := [name for name in (modality, *(f"{modality}-{key}" for key in options)) if name not in anchors]:
        raise UserError(
            f"{path} has no block with the anchor &{missing[0]}, from which tasks take their options; restore it from"
            " git."
        )


def append_block(path: Path, name: str, block: str) -> tuple[bytes, Params]:
    """Return the bytes of params.yaml with a task added, and its parameters.

    Raises:
        UserError: the file has another form, or the task would have mistakes.
    """
    content = path.read_bytes().decode("utf-8")
    line_end = "\r\n" if "\r\n" in content else "\n"
    lines = content.splitlines(keepends=True)
    number, indent = _end_of_tasks(path, content, lines)
    before = "".join(lines[:number])
    before += "" if before.endswith(("\n", "\r")) else line_end
    indented = "".join(f"{' ' * (indent - 2)}{line}{line_end}" for line in block.splitlines())
    extended = f"{before}{line_end}{indented}{''.join(lines[number:])}"
    yaml = YAML(typ="safe", pure=True)
    expected, result = yaml.load(content), yaml.load(extended)
    if {**result, TASKS: {key: task for key, task in result[TASKS].items() if key != name}} != expected:
        raise UserError(f"{path} cannot be extended safely; add this block to its tasks yourself:\n{block}")
    encoded = extended.encode("utf-8")
    return encoded, _check(path, name, encoded)


def replace_bytes(path: Path, content: bytes) -> None:
    """Replace a file at once, with its permissions; a link stays a link."""
    target = path.resolve()
    temporary = target.with_name(f".{target.name}.new")
    temporary.write_bytes(content)
    shutil.copymode(target, temporary)
    os.replace(temporary, target)  # noqa: PTH105 - not to follow links


def _check(path: Path, name: str, content: bytes) -> Params:
    """Return the parameters of a new params.yaml, or raise a `UserError`."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, path.name)
        copy.write_bytes(content)
        try:
            return load_params(copy)
        except UserError as error:
            _, _, mistakes = str(error).partition("\n")
            mistakes = re.sub(r"^( *)line \d+: ", r"\1", mistakes, flags=re.MULTILINE)  # of the temporary copy
            raise UserError(
                f"task {name} would have mistakes; correct the command ({path} stays unchanged):\n{mistakes}"
            ) from error


def _end_of_tasks(path: Path, content: str, lines: list[str]) -> tuple[int, int]:
    """Return the line after the last task, and the column of the tasks' names."""
    root = YAML(pure=True).compose(content)
    (tasks,) = [value for key, value in root.value if key.value == TASKS]
    if not isinstance(tasks, MappingNode) or tasks.flow_style:
        raise UserError(f"{path} has its tasks in braces; write each on its own lines.")
    end = max(
        mark.line if mark.column == 0 else mark.line + 1 for mark in (node.end_mark for node in _find_leaves(tasks))
    )
    indent = tasks.value[0][0].start_mark.column
    while end < len(lines) and lines[end].startswith(" " * indent) and lines[end].lstrip().startswith("#"):
        end += 1
    return end, indent


def _find_leaves(node: Node) -> Iterator[Node]:
    """Yield the scalars and the collections in braces below a node."""
    if isinstance(node, CollectionNode) and not node.flow_style:
        for child in node.value:
            for part in child if isinstance(child, tuple) else [child]:
                yield from _find_leaves(part)
    else:
        yield node


def _format_entry(prefix: str, value: Any) -> Iterator[str]:
    """Yield the lines of a key or list item: mappings in braces, wrapped after commas."""
    indent = " " * (len(prefix) - len(prefix.lstrip()) + 2)
    if isinstance(value, list):
        yield prefix.rstrip()
        for item in value:
            yield from _format_entry(f"{indent}- ", item)
        return
    line = prefix
    for part in _split_flow(value):
        if line != prefix and len(line) + len(part.rstrip()) > MAX_LINE:
            yield line.rstrip()
            line = f"{indent}  " if prefix.lstrip().startswith("-") else indent
        line += part
    yield line.rstrip()


def _split_flow(value: Any) -> list[str]:
    """Return YAML in braces as parts that may stand on lines of their own."""
    if not isinstance(value, Mapping) or len(_format_flow(value)) <= MAX_PART:
        return [_format_flow(value)]
    parts: list[str] = []
    for key, item in value.items():
        first, *others = _split_flow(item)
        parts += [f"{_format_flow(key)}: {first}", *others]
        parts[-1] += ", "
    return ["{" + parts[0], *parts[1:-1], parts[-1].removesuffix(", ") + "}"]


def _format_flow(value: Any) -> str:
    """Return a value as YAML in one line."""
    yaml = YAML(pure=True)
    yaml.default_flow_style, yaml.width, yaml.allow_unicode = True, 1_000_000, True
    stream = io.StringIO()
    yaml.dump({"value": value}, stream)
    return stream.getvalue().strip().removeprefix("{value: ").removesuffix("}")
