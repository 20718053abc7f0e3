"""Train variants of a task as DVC experiments: from a classical baseline to a fine-tuned network, with fewer labels.

Experiments run one after the other and change nothing in the workspace.

Reads:  params.yaml; the experiments' reports and predictions, and their runs in MLflow
Writes: data/ablation/<task>.json, one row per experiment and one per baseline. It is written after each experiment, so
        that an interrupted ablation resumes. In MLflow all runs are below the run `ablation/<task>`.
"""

import shlex
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from ruamel.yaml import YAML

from crossfer.artifacts import digests, io, paths
from crossfer.artifacts.paths import ID, TaskPaths
from crossfer.commands import dvc_experiments
from crossfer.comparison.ablation_recipe import differences, recipe
from crossfer.config.params import load_task
from crossfer.entrypoint import print_progress
from crossfer.errors import UserError
from crossfer.tracking import queries
from crossfer.tracking.run import start_run

# Each variant's changes of the task's `finetune`. A head alone needs a higher rate and more epochs than one on layers
# that move with it (docs/log.md). evaluate fits the baseline on the training rows of BASELINE_FROM.
VARIANTS: dict[str, dict[str, str]] = {
    "partial": {},
    "head": {"freeze": "backbone", "head_learning_rate": "0.03", "epochs": "30", "min_steps": "500"},
    "full": {"freeze": "none"},
    "random": {"freeze": "none", "weights": "random"},
}
BASELINE_FROM, BASELINE = "partial", "baseline"
TRAIN_FRACTIONS = (1.0, 0.1, 0.01)
SEEDS = (0, 1, 2)
LONG = 400.0  # seconds of CPU time: of a variant that takes more, only the first seed is trained

Row = dict[str, Any]


@dataclass(frozen=True)
class Experiment:
    """One DVC experiment: a variant, trained on a share of the source's rows with one seed."""

    task: str
    variant: str
    train_fraction: float
    seed: int
    changes: Mapping[str, str]  # of the task's finetune
    settings: Sequence[str]  # of all experiments

    @property
    def name(self) -> str:
        """The experiment's name in DVC."""
        return f"ablation-{self.task}-{self.variant}-{100 * self.train_fraction:g}-{self.seed}"

    @property
    def command(self) -> list[str]:
        """The command that runs it."""
        changed = {**self.changes, "train_fraction": self.train_fraction, "seed": self.seed}
        parameters = [f"tasks.{self.task}.finetune.{name}={value}" for name, value in changed.items()]
        return dvc_experiments.command(self.name, f"evaluate@{self.task}", [*self.settings, *parameters])


def run(
    task: str,
    settings: Sequence[str],
    variants: Mapping[str, Mapping[str, str]] = VARIANTS,
    train_fractions: Sequence[float] = TRAIN_FRACTIONS,
    seeds: Sequence[int] = SEEDS,
) -> None:
    """Run one experiment per variant, train_fraction and seed, except those that data/ablation has already.

    Args:
        task: its name.
        settings: `key.key=value` of params.yaml, for all experiments.
        variants: changes of `finetune`, by name.
        train_fractions: of the source's training rows.
        seeds: of the training, and of the choice of rows.

    Raises:
        UserError: the task does not exist, files differ from the last commit, other settings or parameters were used
            before, or an experiment failed.
    """
    used = recipe(task, load_task(task)[0], settings)
    dvc_experiments.head_commit()
    path = TaskPaths(task).ablation
    ablation = _begun(path, settings, used)
    rows: list[Row] = ablation["rows"]
    group = digests.strings_digest([*settings, str(used)])
    with start_run("ablation", task, {}, {"settings": " ".join(settings), **used}, group=group) as parent:
        if parent.id is None:
            raise UserError("the ablation reads results from the tracking store, which is down; start it first.")
        for train_fraction in train_fractions:
            for variant, changes in variants.items():
                for seed in seeds:
                    row = next((row for row in rows if _place(row) == (variant, train_fraction, seed)), None)
                    if row is None:
                        row, *baseline = _measured(
                            parent.id, Experiment(task, variant, train_fraction, seed, changes, settings)
                        )
                        rows += [row, *baseline]
                        io.write_json(path, ablation)
                    scores = ", ".join(f"{name} {domain['accuracy']:.1%}" for name, domain in row["scores"].items())
                    print_progress(
                        "ablation", task, f"{variant}, {train_fraction:.0%} of the rows, seed {seed}: {scores}"
                    )
                    if seed == seeds[0] and row["cpu_seconds"] > LONG:
                        break
        parent.log_files([path])


def _place(row: Row) -> tuple[str, float, int]:
    """Return the variant, train_fraction and seed of a row."""
    return row["variant"], row["train_fraction"], row["seed"]


def _begun(path: Path, settings: Sequence[str], used: Mapping[str, Any]) -> dict[str, Any]:
    """Return the ablation as far as it ran before.

    Raises:
        UserError: it ran with other settings or parameters.
    """
    if not path.exists():
        return {"settings": list(settings), "parameters": dict(used), "rows": []}
    ablation: dict[str, Any] = io.read_json(path)
    if ablation["settings"] != list(settings):
        raise UserError(
            f"{path} was made with the settings {ablation['settings']}, now they are {list(settings)}. Use the same"
            " settings, or remove the file."
        )
    if differ := differences(ablation["parameters"], used):
        raise UserError(
            f"{path} was made with other parameters: {', '.join(differ)}. Restore params.yaml, or remove the file."
        )
    return ablation


def _measured(parent: str, experiment: Experiment) -> list[Row]:
    """Run an experiment; return its row, and the baseline's row if the baseline is taken from it.

    Raises:
        UserError: it failed.
    """
    name, task = experiment.name, experiment.task
    print_progress("ablation", task, f"experiment {name}")
    commit = dvc_experiments.run(name, experiment.command)
    with tempfile.TemporaryDirectory() as scratch:
        metrics = io.read_json(dvc_experiments.copy_output(name, TaskPaths(task).reports / paths.METRICS, scratch))
        predictions = io.read_table(dvc_experiments.copy_output(name, TaskPaths(task).predictions, scratch))
        lock = YAML(typ="safe").load(dvc_experiments.copy_output(name, Path("dvc.lock"), scratch))
    (digest,) = (out["md5"] for out in lock["stages"][f"finetune@{task}"]["outs"])
    place = f"{task}/{experiment.variant}/{experiment.train_fraction:g}/{experiment.seed}"
    logged = queries.set_parent(parent, digest, place)
    predictions = predictions.sort_values(ID)
    ids = predictions.groupby("domain", sort=False)[ID]
    cost = metrics["cost"]
    row = {
        "variant": experiment.variant,
        "train_fraction": experiment.train_fraction,
        "seed": experiment.seed,
        "experiment": name,
        "commit": commit,
        "command": shlex.join(experiment.command),
        "training_rows": cost["training_rows"],
        "test_ids_digest": {str(domain): digests.strings_digest(of_domain) for domain, of_domain in ids},
        "cpu_seconds": round(logged["cpu_seconds"], 1),
        "seconds": round(logged["seconds"], 1),
        **{size: cost[size] for size in ("parameters", "trained_parameters", "model_bytes")},
        "scores": metrics["domains"],
        "correct": _correct(predictions, "prediction"),
    }
    if experiment.variant != BASELINE_FROM:
        return [row]
    baseline = row | {
        "variant": BASELINE,
        "cpu_seconds": round(logged["baseline_cpu_seconds"], 1),
        **dict.fromkeys(("parameters", "trained_parameters"), cost["baseline_parameters"]),
        "model_bytes": cost["baseline_bytes"],
        "scores": metrics["baseline"],
        "correct": _correct(predictions, "baseline"),
    }
    return [row, baseline]


def _correct(predictions: pd.DataFrame, column: str) -> dict[str, str]:
    """Return by domain whether each test row's prediction is correct, 1 or 0, in the order of the ids."""
    marks = (predictions[column] == predictions["label"]).map({True: "1", False: "0"})
    return {str(domain): "".join(of_domain) for domain, of_domain in marks.groupby(predictions["domain"], sort=False)}
