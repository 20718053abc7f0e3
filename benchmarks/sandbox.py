"""Stages run in a folder of their own, on links to the workspace, so that it and its runs stay as they are."""

import os
from collections.abc import Iterable
from pathlib import Path

from benchmarks import measure


def link(place: Path, names: Iterable[str]) -> None:
    """Link files and folders of the workspace into the folder, each where it lies there."""
    for name in names:
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).symlink_to(Path(name).resolve())


def store(place: Path) -> str:
    """Address of the tracking store of the folder."""
    return f"sqlite:///{place / 'mlflow.db'}"


def run(place: Path, stage: str, task: str) -> tuple[float, float]:
    """Run a stage in the folder.

    Returns:
        Seconds of wall time, and bytes of its memory at the peak.

    Raises:
        UserError: it failed.
    """
    environment = {**os.environ, "MLFLOW_TRACKING_URI": store(place)}
    return measure.module(f"stages.{stage}", [task], f"{stage} of task {task}", place, environment)
