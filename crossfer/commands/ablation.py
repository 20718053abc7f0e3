"""Climb the ladder: what each step from a classical floor to a fine-tuned network is worth, with ever fewer labels.

Not a stage: it runs the stages as DVC experiments, which change nothing in the workspace, one after the other.

Reads:  params.yaml; the experiments' reports and predictions, and their runs in MLflow
Writes: data/ablation/<task>.json, a row an experiment, after each of them, so that a ladder that was cut short goes on
        where it stopped. The runs lie in MLflow below one run, `ladder/<task>`.
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
from crossfer.artifacts.paths import ID
from crossfer.commands import dvc_experiments
from crossfer.comparison.ablation_recipe import differences, recipe
from crossfer.config.params import load_task
from crossfer.entrypoint import say
from crossfer.errors import UserError
from crossfer.tracking import queries
from crossfer.tracking.run import start_run

# What is changed of the task's `finetune`. A head alone needs a higher rate and more epochs than one on layers that
# move with it (docs/log.md has the figures). The floor is fitted by evaluate, on the rows of the model beside it.
RUNGS: dict[str, dict[str, str]] = {
    "part": {},
    "head": {"freeze": "backbone", "head_learning_rate": "0.03", "epochs": "30", "min_steps": "500"},
    "all": {"freeze": "none"},
    "random": {"freeze": "none", "weights": "random"},
}
FLOOR_BESIDE, FLOOR = "part", "floor"
SHARES = (1.0, 0.1, 0.01)
SEEDS = (0, 1, 2)
SHORT = 400.0  # seconds of CPU time that the first seed may take for the others to be run

Row = dict[str, Any]


@dataclass(frozen=True)
class Experiment:
    """A place on the ladder, and the DVC experiment that measures it."""

    task: str
    rung: str
    share: float
    seed: int
    changes: Mapping[str, str]  # of the task's finetune
    settings: Sequence[str]  # for all experiments

    @property
    def name(self) -> str:
        """The experiment's name in DVC."""
        return f"ladder-{self.task}-{self.rung}-{100 * self.share:g}-{self.seed}"

    @property
    def command(self) -> list[str]:
        """What runs it."""
        changed = {**self.changes, "rows": self.share, "seed": self.seed}
        parameters = [f"tasks.{self.task}.finetune.{name}={value}" for name, value in changed.items()]
        return dvc_experiments.command(self.name, f"evaluate@{self.task}", [*self.settings, *parameters])

    def among(self, rows: Sequence[Row]) -> list[Row]:
        """The rows that it left when it was run before."""
        return [row for row in rows if row["experiment"] == self.name]


def run(task: str, settings: Sequence[str]) -> None:
    """Climb the ladder: what each step from a classical floor to a fine-tuned network is worth."""
    climb(task, settings, RUNGS, SHARES, SEEDS)


def climb(
    task: str,
    settings: Sequence[str],
    rungs: Mapping[str, Mapping[str, str]],
    shares: Sequence[float],
    seeds: Sequence[int],
) -> None:
    """Run an experiment for each rung, share of the labels, and seed; one seed where training takes long.

    Args:
        task: its name.
        settings: `key.key=value` of params.yaml, for all experiments.
        rungs: of each, what is changed of `finetune`.
        shares: of the source's training rows.
        seeds: of the training, and of which rows belong to a share.

    Raises:
        UserError: there is no such task, files differ from the last commit, other settings or parameters were used
            before, or an experiment failed.
    """
    used = recipe(task, load_task(task)[0], settings)
    dvc_experiments.committed()
    ladder = _begun(paths.ablation(task), settings, used)
    group = digests.items_digest([*settings, str(used)])
    with start_run("ladder", task, {}, {"settings": " ".join(settings), **used}, group=group) as run:
        if run.id is None:
            raise UserError("the ablation reads its results from the tracking store, which is down; start it first.")
        for share in shares:
            for rung, changes in rungs.items():
                for seed in seeds:
                    experiment = Experiment(task, rung, share, seed, changes, settings)
                    rows = experiment.among(ladder["rows"])
                    if not rows:
                        rows = _measured(run.id, experiment)
                        ladder["rows"] += rows
                        io.write_json(paths.ablation(task), ladder)
                    say("ladder", task, f"{rung}, {share:.0%} of the rows, seed {seed}: {_scores(rows[0])}")
                    if seed == seeds[0] and rows[0]["cpu_seconds"] > SHORT:
                        break
        run.files([paths.ablation(task)])


def _begun(path: Path, settings: Sequence[str], used: Mapping[str, Any]) -> dict[str, Any]:
    """The ladder as far as it was climbed before.

    Raises:
        UserError: it was climbed with other settings or parameters.
    """
    if not path.exists():
        return {"settings": list(settings), "parameters": dict(used), "rows": []}
    ladder: dict[str, Any] = io.read_json(path)
    if ladder["settings"] != list(settings):
        raise UserError(
            f"{path} was made with the settings {ladder['settings']}, now they are {list(settings)}; use the same, or"
            " remove the file."
        )
    if differ := differences(ladder["parameters"], used):
        raise UserError(
            f"{path} was made with other parameters: {', '.join(differ)}; set params.yaml as it was, or remove the"
            " file."
        )
    return ladder


def _measured(parent: str, experiment: Experiment) -> list[Row]:
    """Run an experiment; its row, and the floor's if it is the one that the floor is taken from.

    Raises:
        UserError: it failed.
    """
    name, task = experiment.name, experiment.task
    say("ladder", task, f"experiment {name}")
    commit = dvc_experiments.run(name, experiment.command)
    with tempfile.TemporaryDirectory() as scratch:
        metrics = io.read_json(dvc_experiments.left_by(name, paths.reports(task) / paths.METRICS, scratch))
        guesses = io.read_table(dvc_experiments.left_by(name, paths.predictions(task), scratch)).sort_values(ID)
        lock = YAML(typ="safe").load(
            dvc_experiments.left_by(name, Path("dvc.lock"), scratch).read_text(encoding="utf-8")
        )
    (digest,) = (out["md5"] for out in lock["stages"][f"finetune@{task}"]["outs"])
    logged = queries.set_parent(parent, digest, f"{task}/{experiment.rung}/{experiment.share:g}/{experiment.seed}")
    ids = guesses.groupby("domain", sort=False)[ID]
    cost = metrics["cost"]
    row = {
        "rung": experiment.rung,
        "share": experiment.share,
        "seed": experiment.seed,
        "experiment": name,
        "commit": commit,
        "command": shlex.join(experiment.command),
        "training_rows": cost["training_rows"],
        "items": {str(domain): digests.items_digest(of_domain) for domain, of_domain in ids},
        "cpu_seconds": round(logged["cpu_seconds"], 1),
        "seconds": round(logged["seconds"], 1),
        **{size: cost[size] for size in ("weights", "trained_weights", "bytes")},
        "scores": metrics["domains"],
        "right": _right(guesses, "guess"),
    }
    if experiment.rung != FLOOR_BESIDE:
        return [row]
    floor = row | {
        "rung": FLOOR,
        "cpu_seconds": round(logged["floor_cpu_seconds"], 1),
        **dict.fromkeys(("weights", "trained_weights"), cost["floor_weights"]),
        "bytes": cost["floor_bytes"],
        "scores": metrics["floor"],
        "right": _right(guesses, "floor"),
    }
    return [row, floor]


def _right(guesses: pd.DataFrame, column: str) -> dict[str, str]:
    """Of each domain, whether each test row's guess is right, 1 or 0, in the order of the ids."""
    marks = (guesses[column] == guesses["truth"]).map({True: "1", False: "0"})
    return {str(domain): "".join(of_domain) for domain, of_domain in marks.groupby(guesses["domain"], sort=False)}


def _scores(row: Row) -> str:
    """An experiment's accuracies, for a terminal."""
    return ", ".join(f"{domain} {scores['accuracy']:.1%}" for domain, scores in row["scores"].items())
