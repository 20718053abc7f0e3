"""Check that `dvc exp run -S` changes one task only."""

import os
from pathlib import Path

from crossfer.config.yaml_file import find_children, find_shared_blocks, read_yaml
from crossfer.errors import UserError

VARIABLE = "DVC_EXP_NAME"  # DVC sets it for the stages of an experiment


def check_own_blocks(path: Path, name: str) -> None:
    """Check in an experiment that a task shares no block with another.

    ruamel merges mappings by reference, and `-S` writes into the mapping: if two tasks have the same one, it changes
    both or, for the task that comes first, neither.

    Raises:
        UserError: the task shares blocks; the message lists those to add.
    """
    if VARIABLE not in os.environ:
        return
    tasks = find_children(find_children(read_yaml(path)[1])["tasks"][1])
    for other in sorted(tasks.keys() - {name}):
        if blocks := find_shared_blocks(tasks[name][1], tasks[other][1]):
            lines = "\n".join(f"  {block}" for block in blocks)
            raise UserError(
                f"tasks {name} and {other} share blocks of {path}, so `dvc exp run -S` would change both or none; add"
                f" to {name}:\n{lines}"
            )
