"""Train variants of a task as DVC experiments, each with fewer and fewer labels.

The variants range from a classical baseline to a fully fine-tuned network. Experiments run one after the other and do
not change the workspace.

Reads:  params.yaml, the reports and predictions of the experiments, their runs in MLflow
Writes: data/ablation/<task>.json: one row per experiment and per baseline. The file is written after each experiment,
        so that an interrupted ablation resumes. In MLflow all runs are below the run `ablation/<task>`.
"""

import shlex
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from crossfer.artifacts import digests, io, paths
from crossfer.artifacts.paths import ID, TaskPaths
from crossfer.commands import dvc_experiments, dvc_lock
from crossfer.comparison.ablation_parameters import deciding_parameters, parameter_differences
from crossfer.config.experiments import check_own_blocks
from crossfer.config.params import PARAMS, load_params, load_task
from crossfer.entrypoint import print_progress
from crossfer.errors import UserError
from crossfer.reporting.formatting import percent, whole_percent
from crossfer.tracking import queries
from crossfer.tracking.run import start_run

# Changes of each variant to the task's `finetune`. A head on frozen layers needs a higher learning rate and more epochs
# (docs/log.md). The baseline is the one that evaluate fits in the experiment of BASELINE_VARIANT.
VARIANTS: dict[str, dict[str, str]] = {
    "partial": {},
    "head": {"freeze": "backbone", "head_learning_rate": "0.03", "epochs": "30", "min_steps": "500"},
    "full": {"freeze": "none"},
    "random": {"freeze": "none", "weights": "random"},
}
BASELINE_VARIANT, BASELINE = "partial", "baseline"
TRAIN_FRACTIONS = (1.0, 0.1, 0.01)
SEEDS = (0, 1, 2)
MAX_CPU_SECONDS = 400.0  # a variant that takes longer is trained with the first seed only

Row = dict[str, Any]


@dataclass(frozen=True)
class Experiment:
    """A DVC experiment: a variant trained on a fraction of the rows with one seed."""

    task: str
    variant: str
    train_fraction: float
    seed: int  # of the training and of the choice of rows
    changes: Mapping[str, str]  # of the variant to the task's `finetune`
    settings: Sequence[str]  # `key.key=value` changes of all experiments

    @property
    def name(self) -> str:
        """Name of the experiment in DVC."""
        return f"ablation-{self.task}-{self.variant}-{100 * self.train_fraction:g}-{self.seed}"

    @property
    def command(self) -> list[str]:
        """Command that runs the experiment."""
        changes = {**self.changes, "train_fraction": self.train_fraction, "seed": self.seed}
        parameters = [f"tasks.{self.task}.finetune.{name}={value}" for name, value in changes.items()]
        return dvc_experiments.experiment_command(self.name, f"evaluate@{self.task}", [*self.settings, *parameters])


def run(
    task: str,
    settings: Sequence[str],
    variants: Mapping[str, Mapping[str, str]] = VARIANTS,
    train_fractions: Sequence[float] = TRAIN_FRACTIONS,
    seeds: Sequence[int] = SEEDS,
) -> None:
    """Run the experiments that data/ablation does not have.

    Args:
        task: name of the task.
        settings: `key.key=value` changes of params.yaml in all experiments.
        variants: changes of each variant to the task's `finetune`.
        train_fractions: fractions of the training rows.
        seeds: seeds of the training and of the choice of rows.
    """
    parameters = deciding_parameters(task, load_task(task)[0], settings)
    check_own_blocks(PARAMS, task, [other for other in load_params().tasks if other != task])
    dvc_experiments.head_commit()
    path = TaskPaths(task).ablation
    ablation = _load_ablation(path, settings, parameters)
    rows: list[Row] = ablation["rows"]
    finished_rows = {(row["variant"], row["train_fraction"], row["seed"]): row for row in rows}
    group = digests.strings_digest([*settings, str(parameters)])
    with start_run("ablation", task, {}, {"settings": " ".join(settings), **parameters}, group=group) as parent:
        if parent.id is None:
            raise UserError(
                "the ablation reads results from the tracking store, which does not answer; start the store."
            )
        for train_fraction in train_fractions:
            for variant, changes in variants.items():
                for seed in seeds:
                    row = finished_rows.get((variant, train_fraction, seed))
                    if row is None:
                        experiment = Experiment(task, variant, train_fraction, seed, changes, settings)
                        row, *baseline = _run_experiment(parent.id, experiment)
                        rows += [row, *baseline]
                        io.write_json(path, ablation)
                    scores = ", ".join(
                        f"{name} {percent(domain['accuracy'])}" for name, domain in row["scores"].items()
                    )
                    line = f"{variant}, {whole_percent(train_fraction)} of the rows, seed {seed}: accuracy {scores}"
                    print_progress("ablation", task, line)
                    if seed == seeds[0] and row["cpu_seconds"] > MAX_CPU_SECONDS:
                        break
        parent.log_files([path])


def _load_ablation(path: Path, settings: Sequence[str], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the ablation in a file, or a new one."""
    if not path.exists():
        return {"settings": list(settings), "parameters": dict(parameters), "rows": []}
    ablation: dict[str, Any] = io.read_json(path)
    if ablation["settings"] != list(settings):
        raise UserError(
            f"{path} has the settings {', '.join(ablation['settings']) or 'none'}, not {', '.join(settings) or 'none'};"
            " use its settings, or remove the file."
        )
    if changes := parameter_differences(ablation["parameters"], parameters):
        raise UserError(f"{path} has other parameters: {', '.join(changes)}; restore params.yaml, or remove the file.")
    return ablation


def _run_experiment(parent: str, experiment: Experiment) -> list[Row]:
    """Run an experiment; return its row, and for BASELINE_VARIANT the baseline's."""
    name, task = experiment.name, TaskPaths(experiment.task)
    print_progress("ablation", task.task, f"running experiment {name}")
    commit = dvc_experiments.run_experiment(name, experiment.command)
    with tempfile.TemporaryDirectory() as scratch:
        metrics = io.read_json(dvc_experiments.copy_output(name, task.reports / paths.METRICS_FILE, scratch))
        predictions = io.read_table(dvc_experiments.copy_output(name, task.predictions, scratch)).sort_values(ID)
        stages = dvc_lock.read_stages(dvc_experiments.copy_output(name, dvc_lock.LOCK_FILE, scratch))
    (digest,) = next(stage.outputs.values() for stage in stages if stage.name == f"finetune@{task.task}")
    place = f"{task.task}/{experiment.variant}/{experiment.train_fraction:g}/{experiment.seed}"
    run_metrics = queries.set_parent(parent, digest, place)
    cost, ids = metrics["cost"], predictions.groupby("domain", sort=False)[ID]
    row = {
        "variant": experiment.variant,
        "train_fraction": experiment.train_fraction,
        "seed": experiment.seed,
        "experiment": name,
        "commit": commit,
        "command": shlex.join(experiment.command),
        "training_rows": cost["training_rows"],
        "test_ids_digest": {str(domain): digests.strings_digest(values) for domain, values in ids},
        "cpu_seconds": round(run_metrics["cpu_seconds"], 1),
        "seconds": round(run_metrics["seconds"], 1),
        **{size: cost[size] for size in ("parameters", "trained_parameters", "model_bytes")},
        "scores": metrics["domains"],
        "correct": _correct_marks(predictions, "prediction"),
    }
    if experiment.variant != BASELINE_VARIANT:
        return [row]
    baseline = row | {
        "variant": BASELINE,
        "cpu_seconds": round(run_metrics["baseline_cpu_seconds"], 1),
        **dict.fromkeys(("parameters", "trained_parameters"), cost["baseline_parameters"]),
        "model_bytes": cost["baseline_bytes"],
        "scores": metrics["baseline"],
        "correct": _correct_marks(predictions, "baseline"),
    }
    return [row, baseline]


def _correct_marks(predictions: pd.DataFrame, column: str) -> dict[str, str]:
    """Return by domain a string with 1 per correct prediction, else 0."""
    marks = (predictions[column] == predictions["label"]).map({True: "1", False: "0"})
    return {str(domain): "".join(values) for domain, values in marks.groupby(predictions["domain"], sort=False)}
