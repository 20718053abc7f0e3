"""Check that `dvc exp run -S` changes one task only.

DVC writes the values of all tasks into their mappings, in the order of the file. If tasks share a mapping of
`defaults`, a change of the last of them therefore changes all, and a change of another one is lost. Mappings of their
own, such as `finetune: {<<: *text-finetune}`, separate them.
"""

import os
import subprocess
import sys
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from ruamel.yaml.nodes import MappingNode, Node

from crossfer.config.yaml_file import (
    MERGE,
    Keys,
    find_children,
    find_shared_blocks,
    parse_yaml,
    read_yaml,
    walk_mappings,
)
from crossfer.errors import UserError

BASELINE = "DVC_EXP_BASELINE_REV"  # the commit that an experiment started from; DVC sets it for stages


def check_own_blocks(path: Path, name: str, others: Collection[str]) -> None:
    """Check that a task shares no block with others.

    Raises:
        UserError: it does; the message lists the lines to add.
    """
    tasks = _find_tasks(read_yaml(path)[1])
    for other in others:
        if blocks := find_shared_blocks(tasks[name], tasks[other]):
            raise UserError(
                f"tasks {other} and {name} share blocks of {path}, so `dvc exp run -S` would change both or neither;"
                f" add to {name}:\n{_join(blocks.values())}"
            )


def check_experiment(path: Path, name: str) -> None:
    """Check in an experiment that `-S` changed no block of a task and another.

    Print a warning if it changed no value, and the changes of this task would be lost.

    Raises:
        UserError: it did; the message lists the lines to add.
    """
    if BASELINE not in os.environ:
        return
    content, root = read_yaml(path)
    tasks = _find_tasks(root)
    shared = {other: find_shared_blocks(tasks[name], tasks[other]) for other in tasks if other != name}
    if not any(shared.values()) or not _is_written_by_dvc(tasks[name]):
        return
    file = _read_baseline(path)
    baseline, _ = parse_yaml(file, f"{path} of the last commit")
    for other, blocks in reversed(shared.items()):
        changed = [
            line for keys, line in blocks.items() if _is_changed(("tasks", name, *keys), root, content, baseline)
        ]
        if changed:
            first, last = (task for task in tasks if task in (name, other))  # -S named the last one
            raise UserError(
                f"`-S` changed tasks {first} and {last}, which share blocks of {path}; add to {last}, and run the"
                f" experiment again:\n{_join(changed)}"
            )
    names = [task for task in tasks if task == name or shared[task]]
    if name != names[-1] and content == baseline and path.read_bytes() != file:
        print(
            f"warning: `-S` changed no value. Changes of task {name} are lost, because {names[-1]} shares its blocks of"
            f" {path}; run `crossfer check {' '.join(names)}` and add the lines that it lists.",
            file=sys.stderr,
        )


def _find_tasks(root: Node | None) -> dict[str, Node]:
    return {name: node for name, (_, node) in find_children(find_children(root)["tasks"][1]).items()}


def _join(lines: Iterable[str]) -> str:
    return "\n".join(f"  {line}" for line in lines)


def _is_written_by_dvc(task: Node) -> bool:
    """Return whether a task states all values that it merges, except mappings.

    `-S` writes them, even those that it does not change.
    """
    own_keys = {key.value for key, _ in task.value if key.tag != MERGE}
    return all(key in own_keys or isinstance(node, MappingNode) for key, (_, node) in find_children(task).items())


def _read_baseline(path: Path) -> bytes:
    """Return a file of the commit that the experiment started from.

    It is empty if git does not have the file.
    """
    command = ["git", "show", f"{os.environ[BASELINE]}:./{path}"]
    return subprocess.run(command, capture_output=True, check=False).stdout


def _is_changed(keys: Keys, root: Node | None, content: Any, baseline: Any) -> bool:
    """Return whether the baseline has another value, or none, for a mapping.

    A task may be missing there: look at all keys that have the mapping.
    """
    mappings = dict(walk_mappings(root))
    value = _find_value(content, keys)
    same = [each for each, mapping in mappings.items() if mapping is mappings[keys]]
    older_values = [older for each in same if (older := _find_value(baseline, each)) is not None]
    return not older_values or any(older != value for older in older_values)


def _find_value(content: Any, keys: Keys) -> Any:
    """Return the value of some keys; None if it is missing."""
    for key in keys:
        content = content.get(key) if isinstance(content, dict) else None
    return content
