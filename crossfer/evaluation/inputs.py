"""Read the inputs of the stage evaluate."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from crossfer.artifacts import digests, io, paths
from crossfer.artifacts.paths import TaskPaths


@dataclass(frozen=True)
class Inputs:
    """The inputs of evaluate for one task; the source is the first domain."""

    languages: dict[str, str | None]  # by domain; None for images
    tables: dict[str, Path]  # by domain
    truncated: dict[str, float]  # fraction of the texts by domain
    training: dict[str, Any]
    history: pd.DataFrame
    adapted: dict[str, Any]
    manifest: dict[str, Any]
    quality: dict[str, Any]
    digests: dict[str, str]  # by path
    table_digests: dict[str, str]  # by domain


def read_inputs(task_paths: TaskPaths) -> Inputs:
    """Read a task's inputs and hash each file once.

    Raises:
        UserError: the model does not exist.
    """
    model, tokens = paths.require_path(task_paths.model), task_paths.tokens
    manifest, quality = task_paths.raw / paths.MANIFEST_FILE, task_paths.clean / paths.QUALITY_FILE
    languages = {domain.name: domain.language for domain in io.read_domains(tokens)}
    tables = {domain: paths.table_path(tokens, domain) for domain in languages}
    files = digests.file_digests(tokens)
    hashes = {path.as_posix(): digests.digest(path) for path in (model, task_paths.adapted, manifest, quality)}
    return Inputs(
        languages=languages,
        tables=tables,
        truncated=io.read_json(tokens / paths.TRUNCATED_FILE),
        training=io.read_json(model / paths.TRAINING_FILE),
        history=pd.read_csv(model / paths.HISTORY_FILE),
        adapted=io.read_json(task_paths.adapted / paths.ADAPTED_FILE),
        manifest=io.read_json(manifest),
        quality=io.read_json(quality),
        digests={**hashes, tokens.as_posix(): digests.folder_digest(files)},
        table_digests={domain: files[table.name] for domain, table in tables.items()},
    )
