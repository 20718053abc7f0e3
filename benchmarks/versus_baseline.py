"""Time the stage finetune beside the stock recipe: in turn, on the same rows, the same backbone, the same machine.

Not a stage: no output of the pipeline depends on seconds. The stages run in a folder of their own, on links to the
workspace's data, so that the workspace and its runs stay as they are.

Reads:  data/clean/<task>, data/tokens/<task>, params.yaml
Writes: data/bench/<task>.json: every run, and data/bench/<task>.md: their medians
Run:    python -m benchmarks.versus_baseline <task>
"""

import statistics
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks import estimate, sandbox
from crossfer.artifacts import io, paths
from crossfer.config.params import load_text_task
from crossfer.entrypoint import run_stage, say
from crossfer.reporting.formatting import score
from crossfer.tracking import queries

LINKED = ("params.yaml", "stages", "data/raw", "data/clean", "data/tokens")


def main(task_name: str, runs: Annotated[int, typer.Option(min=1, help="How often each is run, in turn.")] = 3) -> None:
    """Time finetune beside the stock recipe, in turn."""
    task, compute = load_text_task(task_name)
    paths.require(paths.clean(task_name))
    paths.require(paths.raw(task_name))  # evaluate needs it, after hours
    work = estimate.operations(task_name, task)
    measured = []
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        sandbox.link(place, LINKED)
        for number in range(runs):
            one = {
                "peak": estimate.peak(compute.threads),
                "stock": _stock(place, task_name),
                **_finetune(place, task_name),
            }
            measured.append(one)
            say(
                "bench",
                task_name,
                f"run {number + 1} of {runs}: finetune {one['stage']:.0f} s, stock {one['stock']:.0f} s",
            )
        sandbox.run(place, "adapt", task_name)
        sandbox.run(place, "evaluate", task_name)
        scores = {
            "finetune": io.read_json(place / paths.reports(task_name) / paths.METRICS),
            "stock": io.read_json(place / paths.baseline_run(task_name)),
        }
    folder = paths.comparison_with_baseline(task_name).parent
    folder.mkdir(parents=True, exist_ok=True)
    io.write_json(paths.comparison_with_baseline(task_name), {"operations": work, "runs": measured})
    page = table(measured, work) + "\n" + accuracies(scores)
    paths.comparison_with_baseline(task_name).with_suffix(".md").write_text(page, encoding="utf-8")
    print(page)


def table(runs: Sequence[Mapping[str, float]], work: Mapping[str, float]) -> str:
    """The medians as a Markdown table: seconds, share of the stage, rate, share of the peak, and the stock's ratio."""
    median = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
    ratio = statistics.median(run["stage"] / run["stock"] for run in runs)
    steps = {"frozen": "frozen layers, run once", "training": "training above them"}
    lines = ["| step | seconds | share | GFLOP/s | of the peak |", "|---|---|---|---|---|"]
    for step, title in steps.items():
        rate = work[step] / median[step]
        share = median[step] / median["stage"]
        lines.append(f"| {title} | {median[step]:.1f} | {share:.0%} | {rate / 1e9:.0f} | {rate / median['peak']:.0%} |")
    rest = statistics.median(run["stage"] - run["frozen"] - run["training"] for run in runs)
    lines += [
        f"| start, loading, writing, records | {rest:.1f} | {rest / median['stage']:.0%} | | |",
        f"| **finetune, the whole stage** | **{median['stage']:.1f}** | 100 % | | |",
        f"| stock recipe, its training alone | {median['stock']:.1f} | | | |",
        "",
        f"Medians of {len(runs)} runs in turn; the machine's peak is {median['peak'] / 1e9:.0f} GFLOP/s. Finetune takes"
        f" {ratio:.3f} of the stock recipe's time, 1/{1 / ratio:.1f}.",
    ]
    return "\n".join(lines) + "\n"


def accuracies(scores: Mapping[str, Mapping[str, Any]]) -> str:
    """The source's accuracy and the zero-shot mean of each recipe as a Markdown table, with intervals."""
    lines = ["| recipe | the source's language | zero-shot, mean |", "|---|---|---|"]
    for recipe, found in scores.items():
        source = next(iter(found["domains"].values()))
        cells = [score(part) if part else "" for part in (source, found.get("zero_shot"))]
        lines.append(f"| {recipe} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _stock(place: Path, task: str) -> float:
    """Seconds that the stock recipe trains; loading and scoring are not counted."""
    sandbox.run(place, "stock", task)
    return float(io.read_json(place / paths.baseline_run(task))["train_seconds"])


def _finetune(place: Path, task: str) -> dict[str, float]:
    """Seconds of the stage finetune from start to end, and of its parts."""
    seconds, _ = sandbox.run(place, "finetune", task)
    recorded = queries.newest_metrics(sandbox.store(place), "finetune", task)
    return {"stage": seconds, "frozen": recorded["frozen_seconds"], "training": recorded["training_seconds"]}


if __name__ == "__main__":
    run_stage(main)
