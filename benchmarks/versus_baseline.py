"""Compare finetune with the baseline recipe in time: in turn, on the same rows, backbone and machine.

Everything runs in a folder of its own, on links to the workspace's data, so the workspace and its runs stay as they
are.

Reads:  data/clean/<task>, data/tokens/<task>, params.yaml
Writes: data/measurements/<task>-versus_baseline.json: every run; and .md: their medians
Run:    python -m benchmarks.versus_baseline <task>
"""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Annotated, Any

import typer

from benchmarks import estimate, measure
from crossfer.artifacts import io, paths
from crossfer.artifacts.paths import TaskPaths
from crossfer.config.params import load_text_task
from crossfer.entrypoint import print_progress, run_stage
from crossfer.reporting import markdown
from crossfer.reporting.formatting import accuracy_with_interval
from crossfer.tracking import queries

LINKED = ("params.yaml", "stages", "crossfer", "benchmarks", "data/raw", "data/clean", "data/tokens")
PARTS = {"frozen": "frozen layers, run once", "training": "training above them"}


def main(task_name: str, runs: Annotated[int, typer.Option(min=1, help="How often each is run, in turn.")] = 3) -> None:
    """Compare finetune with the baseline recipe in time."""
    task_paths = TaskPaths(task_name)
    task, compute = load_text_task(task_name)
    paths.require_path(task_paths.clean)
    paths.require_path(task_paths.raw)  # evaluate needs it, after hours
    work = estimate.operations(task_name, task)
    measured = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        measure.link(folder, LINKED)
        for number in range(1, runs + 1):
            best = estimate.peak(compute.threads)
            measured.append({"peak": best, "baseline": _baseline(folder, task_name), **_finetune(folder, task_name)})
            took = f"finetune {measured[-1]['stage']:.0f} s, baseline {measured[-1]['baseline']:.0f} s"
            print_progress("versus_baseline", task_name, f"run {number} of {runs}: {took}")
        for stage in ("adapt", "evaluate"):
            measure.run(f"stages.{stage}", task_name, folder=folder)
        scores = {
            "finetune": io.read_json(folder / task_paths.reports / paths.METRICS_FILE),
            "baseline": io.read_json(folder / paths.benchmark_path(task_name, "baseline", "json")),
        }
    page = f"{table(measured, work)}\n{accuracies(scores)}"
    io.write_json(paths.benchmark_path(task_name, "versus_baseline", "json"), {"operations": work, "runs": measured})
    paths.benchmark_path(task_name, "versus_baseline", "md").write_text(page, encoding="utf-8")
    print(page)


def table(runs: Sequence[Mapping[str, float]], work: Mapping[str, float]) -> str:
    """Return the medians as Markdown: seconds, share of the stage, rate and share of the machine's peak."""
    medians = {name: median(run[name] for run in runs) for name in runs[0]}
    rows = []
    for part, title in PARTS.items():
        seconds, rate = medians[part], work[part] / medians[part]
        cells = [f"{seconds:.1f}", f"{seconds / medians['stage']:.0%}", f"{rate / 1e9:.0f}"]
        rows.append([title, *cells, f"{rate / medians['peak']:.0%}"])
    rest = median(run["stage"] - run["frozen"] - run["training"] for run in runs)
    ratio = median(run["stage"] / run["baseline"] for run in runs)
    rows += [
        ["start, loading, writing, records", f"{rest:.1f}", f"{rest / medians['stage']:.0%}", "", ""],
        ["**finetune, the whole stage**", f"**{medians['stage']:.1f}**", "100 %", "", ""],
        ["baseline recipe, training only", f"{medians['baseline']:.1f}", "", "", ""],
    ]
    return (
        f"{markdown.table(['step', 'seconds', 'share', 'GFLOP/s', 'of the peak'], rows)}\n\n"
        f"Medians of {len(runs)} runs in turn; the machine's peak is {medians['peak'] / 1e9:.0f} GFLOP/s."
        f" Finetune takes {ratio:.3f} of the baseline recipe's time, 1/{1 / ratio:.1f}.\n"
    )


def accuracies(scores: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the in-domain and zero-shot accuracy of each recipe as Markdown, with intervals."""
    rows = []
    for recipe, found in scores.items():
        source = next(iter(found["domains"].values()))
        rows.append(
            [recipe, *(accuracy_with_interval(part) if part else "" for part in (source, found.get("zero_shot")))]
        )
    return markdown.table(["recipe", "in-domain accuracy", "zero-shot accuracy, mean"], rows) + "\n"


def _baseline(folder: Path, task: str) -> float:
    """Return the seconds that the baseline recipe trains; loading and scoring do not count."""
    measure.run("benchmarks.baseline", task, folder=folder)
    return float(io.read_json(folder / paths.benchmark_path(task, "baseline", "json"))["train_seconds"])


def _finetune(folder: Path, task: str) -> dict[str, float]:
    """Return the seconds of the stage finetune from start to end, and of its parts."""
    seconds = measure.run("stages.finetune", task, folder=folder).seconds
    recorded = queries.newest_metrics(measure.store(folder), "finetune", task)
    return {"stage": seconds, "frozen": recorded["frozen_seconds"], "training": recorded["training_seconds"]}


if __name__ == "__main__":
    run_stage(main)
