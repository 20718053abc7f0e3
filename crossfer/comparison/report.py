"""Files that compare reads and writes."""

from pathlib import Path
from typing import Any

from crossfer.artifacts import io, paths
from crossfer.artifacts.paths import TaskPaths
from crossfer.comparison import page
from crossfer.comparison.ablation_recipe import recipe
from crossfer.comparison.task_summary import task_figures
from crossfer.config.params import Task


def inputs(task: str) -> list[Path]:
    """Return a task's scores, its predictions, and its ablation if it has one.

    Raises:
        UserError: the scores or the predictions do not exist.
    """
    task_paths = TaskPaths(task)
    scored = [task_paths.reports / paths.METRICS, task_paths.predictions]
    ablation = task_paths.ablation
    return [*map(paths.require, scored), *([ablation] if ablation.exists() else [])]


def figures(name: str, task: Task, resamples: int, seed: int) -> dict[str, Any]:
    """Return what summary.json holds of one task, from its files."""
    task_paths = TaskPaths(name)
    scores = io.read_json(task_paths.reports / paths.METRICS)
    predictions, path = io.read_table(task_paths.predictions), task_paths.ablation
    ablation = io.read_json(path) if path.exists() else None
    now = recipe(name, task, ablation["settings"]) if ablation else {}
    return {"modality": task.modality, **task_figures(scores, predictions, ablation, now, resamples, seed)}


def write(summary: dict[str, Any]) -> list[Path]:
    """Write the summary for programs, for GitHub and for people; return the paths."""
    json, md, html = written = [paths.summary(suffix) for suffix in ("json", "md", "html")]
    io.write_json(json, summary)  # makes the folder
    md.write_text(page.markdown(summary), encoding="utf-8")
    html.write_text(page.html(summary), encoding="utf-8")
    return written
