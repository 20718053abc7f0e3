"""Compare the time of finetune with that of the quickstart recipe.

Everything runs in a folder of its own with links to the workspace's data, so the workspace and its runs stay unchanged.

Reads:  data/clean/<task>, data/tokens/<task>, params.yaml
Writes: data/measurements/<task>-versus_quickstart.json: every run; and .md: their medians
Run:    python -m benchmarks.versus_quickstart <task>
"""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Annotated

import typer

from benchmarks import estimate, measure
from crossfer.artifacts import io, paths
from crossfer.artifacts.paths import TaskPaths
from crossfer.config.params import load_text_task
from crossfer.entrypoint import print_progress, run_stage
from crossfer.reporting.formatting import accuracy_with_interval, whole_percent
from crossfer.tracking import queries

LINKED_PATHS = ("params.yaml", "stages", "crossfer", "benchmarks", "data/raw", "data/clean", "data/tokens")
HEADER = ("step", "seconds", "fraction of the stage", "GFLOP/s", "fraction of the peak")


def main(task_name: str, runs: Annotated[int, typer.Option(min=1, help="How often each is run, in turn.")] = 3) -> None:
    """Compare finetune with the quickstart recipe in time."""
    task_paths = TaskPaths(task_name)
    task, compute = load_text_task(task_name)
    for path in (task_paths.clean, task_paths.raw):  # evaluate needs raw, after hours
        paths.require_path(path)
    operations = estimate.count_operations(task_name, task)
    seconds = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        measure.link_files(folder, LINKED_PATHS)
        for number in range(1, runs + 1):
            peak_rate = estimate.measure_peak_rate(compute.threads)
            seconds.append(
                {
                    "peak": peak_rate,
                    "quickstart_recipe": _quickstart_recipe(folder, task_name),
                    **_finetune(folder, task_name),
                }
            )
            message = "run {} of {}: finetune {stage:.0f} s, quickstart recipe {quickstart_recipe:.0f} s"
            print_progress("versus_quickstart", task_name, message.format(number, runs, **seconds[-1]))
        for stage in ("adapt", "evaluate"):
            measure.run_module(f"stages.{stage}", task_name, folder=folder)
        reports = {
            "finetune": folder / task_paths.reports / paths.METRICS_FILE,
            "quickstart recipe": folder / paths.benchmark_path(task_name, "quickstart_recipe", "json"),
        }
        accuracies = [accuracy_line(recipe, io.read_json(path)) for recipe, path in reports.items()]
    io.write_json(
        paths.benchmark_path(task_name, "versus_quickstart", "json"), {"operations": operations, "runs": seconds}
    )
    note = "\n".join([ratio_line(seconds), *accuracies])
    measure.write_table(task_name, "versus_quickstart", HEADER, table_rows(seconds, operations), note)


def table_rows(runs: Sequence[Mapping[str, float]], operations: Mapping[str, float]) -> list[list[str]]:
    """Return medians: seconds, fraction of the stage, rate, fraction of the peak."""
    medians = {name: median(run[name] for run in runs) for name in runs[0]}
    rows = []
    for part, title in estimate.PARTS.items():
        rate = operations[part] / medians[part]
        fraction, peak_fraction = medians[part] / medians["stage"], rate / medians["peak"]
        cells = [whole_percent(fraction), f"{rate / 1e9:.0f}", whole_percent(peak_fraction)]
        rows.append([title, f"{medians[part]:.1f}", *cells])
    other_seconds = median(run["stage"] - run["frozen"] - run["training"] for run in runs)
    return [
        *rows,
        [
            "start, loading, writing, records",
            f"{other_seconds:.1f}",
            whole_percent(other_seconds / medians["stage"]),
            "",
            "",
        ],
        ["**stage finetune**", f"**{medians['stage']:.1f}**", "100 %", "", ""],
        ["quickstart recipe, training only", f"{medians['quickstart_recipe']:.1f}", "", "", ""],
    ]


def ratio_line(runs: Sequence[Mapping[str, float]]) -> str:
    """Return the machine's peak and the ratio of the two times, in one line."""
    peak, ratio = median(run["peak"] for run in runs), median(run["stage"] / run["quickstart_recipe"] for run in runs)
    return (
        f"Medians of {len(runs)} runs, in turn. Peak of the machine: {peak / 1e9:.0f} GFLOP/s. Finetune takes"
        f" {ratio:.3f} of the quickstart recipe's time (1/{1 / ratio:.1f}).\n"
    )


def accuracy_line(recipe: str, scores: Mapping[str, Mapping[str, Mapping[str, float]]]) -> str:
    """Return a recipe's in-domain and zero-shot accuracy as a list item."""
    in_domain = accuracy_with_interval(next(iter(scores["domains"].values())))
    zero_shot = accuracy_with_interval(scores["zero_shot"]) if scores.get("zero_shot") else "none"
    return f"- {recipe}: in-domain accuracy {in_domain}, mean zero-shot accuracy {zero_shot}"


def _quickstart_recipe(folder: Path, task: str) -> float:
    """Return the seconds that the quickstart recipe trains, without loading."""
    measure.run_module("benchmarks.quickstart_recipe", task, folder=folder)
    return float(io.read_json(folder / paths.benchmark_path(task, "quickstart_recipe", "json"))["train_seconds"])


def _finetune(folder: Path, task: str) -> dict[str, float]:
    """Return the seconds of the stage finetune and of its parts."""
    seconds = measure.run_module("stages.finetune", task, folder=folder).seconds
    metrics = queries.newest_metrics(measure.tracking_uri(folder), "finetune", task)
    return {"stage": seconds, "frozen": metrics["frozen_seconds"], "training": metrics["training_seconds"]}


if __name__ == "__main__":
    run_stage(main)
