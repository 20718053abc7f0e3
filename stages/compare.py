"""Compare all tasks: transfer, costs, and which differences are significant.

Reads:  data/reports/<task>/metrics.json and data/predictions/<task>.parquet of every task, data/ablation/<task>.json
        if it exists (`crossfer ablation <task>` writes it)
Writes: data/summary/summary.json, summary.md and summary.html. Logged to MLflow.
Run:    python -m stages.compare
"""

from crossfer.artifacts import digests
from crossfer.comparison import measures, report
from crossfer.config.params import load_params
from crossfer.entrypoint import print_progress, run_stage
from crossfer.tracking.run import start_run

RESAMPLES, SEED = 10_000, 0  # enough resamples for a small p-value after its correction


def main() -> None:
    """Compare all tasks."""
    tasks = load_params().tasks
    inputs = {path.as_posix(): digests.digest(path) for name in tasks for path in report.input_paths(name)}
    with start_run("compare", None, inputs, {"resamples": RESAMPLES, "seed": SEED}) as run:
        summaries = {name: report.read_and_summarize(name, task, RESAMPLES, SEED) for name, task in tasks.items()}
        written_paths = report.write_reports({"tasks": summaries, "measures": measures.measure_rows(summaries)})
        run.log_metrics(0, measures.mlflow_metrics(summaries))
        run.log_files(written_paths)
        run.log_outputs(*written_paths)
    for line in measures.progress_lines(summaries):
        print_progress("compare", "all tasks", line)


if __name__ == "__main__":
    run_stage(main)
