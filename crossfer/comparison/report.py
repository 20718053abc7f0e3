"""Read the inputs of compare and write its reports."""

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from crossfer.artifacts import io, paths
from crossfer.artifacts.paths import TaskPaths
from crossfer.comparison.ablation_parameters import deciding_parameters
from crossfer.comparison.page import render_html, render_markdown
from crossfer.comparison.task_summary import summarize_task
from crossfer.config.params import Task


def input_paths(task: str) -> list[Path]:
    """Return the paths of a task's scores, predictions, and ablation if it exists.

    Raises:
        UserError: the scores or the predictions do not exist.
    """
    task_paths = TaskPaths(task)
    inputs = [paths.require_path(task_paths.reports / paths.METRICS_FILE), paths.require_path(task_paths.predictions)]
    return [*inputs, *([task_paths.ablation] if task_paths.ablation.exists() else [])]


def read_and_summarize(name: str, task: Task, resamples: int, seed: int) -> dict[str, Any]:
    """Return a task's part of summary.json, from its files."""
    task_paths = TaskPaths(name)
    scores, predictions = io.read_json(task_paths.reports / paths.METRICS_FILE), io.read_table(task_paths.predictions)
    ablation = io.read_json(task_paths.ablation) if task_paths.ablation.exists() else None
    parameters = deciding_parameters(name, task, ablation["settings"]) if ablation else {}
    return {"modality": task.modality, **summarize_task(scores, predictions, ablation, parameters, resamples, seed)}


def write_reports(summary: Mapping[str, Any]) -> list[Path]:
    """Write summary.json, summary.md and summary.html, all or none; return paths."""
    json, markdown, html = outputs = [paths.summary_path(suffix) for suffix in ("json", "md", "html")]
    with ExitStack() as files:
        temporary_paths = {path: files.enter_context(io.replace_file(path)) for path in outputs}
        io.write_json(temporary_paths[json], summary)
        temporary_paths[markdown].write_text(render_markdown(summary), encoding="utf-8")
        temporary_paths[html].write_text(render_html(summary), encoding="utf-8")
    return outputs
