"""Draft the block of a new task for params.yaml."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

from crossfer.artifacts.paths import TaskPaths
from crossfer.commands import params_file
from crossfer.config.fields import PLACEHOLDER
from crossfer.config.params import PARAMS, Task
from crossfer.errors import UserError
from crossfer.inspection.domain_blocks import DomainBlock

HUB_FILES = "requirements.lock"  # `files` of a task that reads no file of the repository


@dataclass(frozen=True)
class TaskDraft:
    """A new task: its lines, params.yaml with them, and its parameters."""

    lines: str
    content: bytes
    task: Task


def draft_task(
    name: str,
    modality: str,
    blocks: Sequence[DomainBlock],
    options: Mapping[str, Mapping[str, Any]],
    comment: Iterable[str] = (),
) -> TaskDraft:
    """Return a task with the domains of `blocks`, the source first.

    Args:
        name: of the task.
        modality: text or vision.
        blocks: its domains.
        options: that differ from the defaults, by block.
        comment: lines that say why they differ.

    Raises:
        UserError: params.yaml has another form, or the task would have mistakes.
    """
    params_file.check_anchors(PARAMS, modality, options)
    source, *targets = (block.keys for block in blocks)
    keys = {"files": _common_folder(name, blocks), "source": source, "targets": targets}
    lines = params_file.format_block(name, modality, keys, options, comment)
    content, params = params_file.append_block(PARAMS, name, lines)
    return TaskDraft(lines, content, params.tasks[name])


def _watched_folders(block: DomainBlock) -> Iterator[Path]:
    """Yield the folder of each path of a domain, up to placeholders and wildcards."""
    path = block.keys.get("path", {})
    for each in path.values() if isinstance(path, dict) else [path]:
        is_folder = block.keys["provider"] == "folder" and not re.search(PLACEHOLDER, each)
        if is_folder or Path(each).is_file():
            yield Path(each) if is_folder else Path(each).parent
        else:
            yield Path(*takewhile(lambda part: not set(part) & set("*?[{"), Path(each).parts[:-1]))


def _common_folder(task: str, blocks: Sequence[DomainBlock]) -> str:
    """Return the smallest folder, for DVC to watch, of all that domains may read.

    Raises:
        UserError: it also holds outputs of the pipeline.
    """
    folders = [folder for block in blocks for folder in _watched_folders(block)]
    if not folders:
        return HUB_FILES
    folder = Path(os.path.commonpath(folders))
    outputs = [path for path in vars(TaskPaths(task)).values() if isinstance(path, Path)]
    if any(path.is_relative_to(folder) or folder.is_relative_to(path.parent) for path in outputs):
        raise UserError(
            f"the smallest folder with all files is {'the repository' if folder == Path() else folder}, where the"
            " pipeline writes its outputs; move the files into a folder of their own, such as data/mine."
        )
    return folder.as_posix()
