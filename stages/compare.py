"""Lay all tasks beside each other: how much each transfers, what that costs, and what can be told apart.

Reads:  data/reports/<task>/metrics.json and data/predictions/<task>.parquet of every task, data/ladder/<task>.json
        where there is one (python -m stages.ladder <task> makes it)
Writes: data/reports/summary.json, summary.md and summary.html. Logged to MLflow.
Run:    python -m stages.compare
"""

from pathlib import Path
from typing import Any

from stages.comparison import measures, page, sentences, side_by_side
from stages.comparison.task_figures import task_figures
from stages.shared import artifacts, hashing, layout
from stages.shared.command import run_stage, say
from stages.shared.params import Task, load_params
from stages.shared.recipe import recipe
from stages.shared.tracking import tracked

RESAMPLES, SEED = 10_000, 0  # many, so that a p-value may still be small after its correction


def main() -> None:
    """Lay all tasks beside each other."""
    tasks = load_params().tasks
    read = [path for name in tasks for path in _inputs(name)]
    digests = {path.as_posix(): hashing.digest(path) for path in read}
    with tracked("compare", None, digests, {"resamples": RESAMPLES, "seed": SEED}) as run:
        figures: dict[str, dict[str, Any]] = {}
        for name, task in tasks.items():
            figures[name] = {"modality": task.modality, **_figures(name, task)}
            figures[name]["sentences"] = sentences.about(name, figures[name])
        said = side_by_side.answer(figures)
        comparison = {"sentences": said, "rows": side_by_side.rows(figures)}
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
    scored = [layout.reports(task) / layout.METRICS, layout.predictions(task)]
    ladder = layout.ladder(task)
    return [*map(layout.existing, scored), *([ladder] if ladder.exists() else [])]


def _figures(name: str, task: Task) -> dict[str, Any]:
    """The figures of one task, from its files."""
    report = artifacts.read_json(layout.reports(name) / layout.METRICS)
    predictions, path = artifacts.read_table(layout.predictions(name)), layout.ladder(name)
    ladder = artifacts.read_json(path) if path.exists() else None
    now = recipe(name, task, ladder["settings"]) if ladder else {}
    return task_figures(report, predictions, ladder, now, RESAMPLES, SEED)


def _write(summary: dict[str, Any]) -> list[Path]:
    """Write the summary for programs, for GitHub and for people; return the paths."""
    json, md, html = written = [layout.summary(suffix) for suffix in ("json", "md", "html")]
    artifacts.write_json(json, summary)
    md.write_text(page.markdown(summary), encoding="utf-8")
    html.write_text(page.html(summary), encoding="utf-8")
    return written


if __name__ == "__main__":
    run_stage(main)
