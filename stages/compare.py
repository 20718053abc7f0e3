"""Lay all tasks beside each other: how much each transfers, what that costs, and what can be told apart.

Reads:  data/reports/<task>/metrics.json and data/predictions/<task>.parquet of every task, data/ablation/<task>.json
        where there is one (python -m crossfer.commands.ablation <task> makes it)
Writes: data/summary/summary.json, summary.md and summary.html. Logged to MLflow.
Run:    python -m stages.compare
"""

from pathlib import Path
from typing import Any

from crossfer.artifacts import digests as hashing
from crossfer.artifacts import io, paths
from crossfer.comparison import across_tasks, measures, page, sentences
from crossfer.comparison.ablation_recipe import recipe
from crossfer.comparison.task_summary import task_figures
from crossfer.config.params import Task, load_params
from crossfer.entrypoint import run_stage, say
from crossfer.tracking.run import start_run

RESAMPLES, SEED = 10_000, 0  # many, so that a p-value may still be small after its correction


def main() -> None:
    """Lay all tasks beside each other."""
    tasks = load_params().tasks
    read = [path for name in tasks for path in _inputs(name)]
    digests = {path.as_posix(): hashing.digest(path) for path in read}
    with start_run("compare", None, digests, {"resamples": RESAMPLES, "seed": SEED}) as run:
        figures: dict[str, dict[str, Any]] = {}
        for name, task in tasks.items():
            figures[name] = {"modality": task.modality, **_figures(name, task)}
            figures[name]["sentences"] = sentences.about(name, figures[name])
        said = across_tasks.answer(figures)
        comparison = {"sentences": said, "rows": across_tasks.rows(figures)}
        written = _write({"tasks": figures, "comparison": comparison})
        run.metrics(0, measures.numbers(figures))
        run.files(written)
        run.wrote(*written)
    for sentence in said:
        say("compare", "all tasks", sentence)


def _inputs(task: str) -> list[Path]:
    """A task's scores, its predictions, and its ladder if it has one.

    Raises:
        UserError: the scores or the predictions are not there.
    """
    scored = [paths.reports(task) / paths.METRICS, paths.predictions(task)]
    ladder = paths.ablation(task)
    return [*map(paths.require, scored), *([ladder] if ladder.exists() else [])]


def _figures(name: str, task: Task) -> dict[str, Any]:
    """The figures of one task, from its files."""
    report = io.read_json(paths.reports(name) / paths.METRICS)
    predictions, path = io.read_table(paths.predictions(name)), paths.ablation(name)
    ladder = io.read_json(path) if path.exists() else None
    now = recipe(name, task, ladder["settings"]) if ladder else {}
    return task_figures(report, predictions, ladder, now, RESAMPLES, SEED)


def _write(summary: dict[str, Any]) -> list[Path]:
    """Write the summary for programs, for GitHub and for people; return the paths."""
    json, md, html = written = [paths.summary(suffix) for suffix in ("json", "md", "html")]
    io.write_json(json, summary)  # makes the folder
    md.write_text(page.markdown(summary), encoding="utf-8")
    html.write_text(page.html(summary), encoding="utf-8")
    return written


if __name__ == "__main__":
    run_stage(main)
