"""Climb the ladder: what each step from a classical floor to a fine-tuned network is worth, with ever fewer labels.

Not a stage: it runs the stages as DVC experiments, which change nothing in the workspace, one after the other.

Reads:  params.yaml; the experiments' reports and predictions, and their runs in MLflow
Writes: data/ladder/<task>.json, a row an experiment, after each of them, so that a ladder that was cut short goes on
        where it stopped. The runs lie in MLflow below one run, `ladder/<task>`.
Run:    python -m stages.ladder <task> [--set tasks.<task>.tokenize.max_length=64 ...]
"""

import shlex
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer
from ruamel.yaml import YAML

from stages.shared import artifacts
from stages.shared.artifacts import ID
from stages.shared.command import run_stage, say
from stages.shared.errors import UserError
from stages.shared.params import load_task
from stages.shared.tracking import Run, tracked

# What is changed of the task's `finetune`. A head alone learns next to nothing at the rate of one on layers that move
# with it (docs/log.md has the figures). The floor is fitted by evaluate, on the rows of the model beside it.
RUNGS: dict[str, dict[str, str]] = {
    "part": {},
    "head": {"freeze": "backbone", "head_learning_rate": "0.01"},
    "all": {"freeze": "none"},
    "random": {"freeze": "none", "weights": "random"},
}
FLOOR_BESIDE, FLOOR = "part", "floor"
SHARES = (1.0, 0.1, 0.01)
SEEDS = (0, 1, 2)
SHORT = 60.0  # seconds that training may take for the further seeds to be run

Rows = list[dict[str, Any]]


def main(
    task: str,
    settings: Annotated[
        list[str],
        typer.Option("--set", "-S", help="Change a parameter in all experiments: key.key=value."),
    ] = [],  # noqa: B006 - typer copies it
) -> None:
    """Climb the ladder: what each step from a classical floor to a fine-tuned network is worth."""
    load_task(task)
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
        UserError: files differ from the last commit, other settings were used before, or an experiment failed.
    """
    if _output("git", "status", "--porcelain", "--untracked-files=no", "--", ".", ":!data/ladder"):
        raise UserError("files differ from the last commit, which the ladder's rows name; commit them first.")
    path = artifacts.ladder(task)
    found: dict[str, Any] = artifacts.read_json(path) if path.exists() else {"settings": list(settings), "rows": []}
    if found["settings"] != list(settings):
        raise UserError(
            f"{path} was made with the settings {found['settings']}, now they are {list(settings)}; use the same, or"
            " remove the file."
        )
    with tracked("ladder", task, {}) as run:
        run.parameters({"settings": " ".join(settings), "shares": list(shares), "seeds": list(seeds)})
        for share in shares:
            for rung, changes in rungs.items():
                for seed in seeds:
                    changed = {**changes, "rows": share, "seed": seed}
                    wanted = [*settings, *(f"tasks.{task}.finetune.{name}={value}" for name, value in changed.items())]
                    rows = _kept(found["rows"], rung, share, seed)
                    if not rows:
                        rows = list(_measured(run, task, rung, share, seed, wanted))
                        found["rows"] += rows
                        path.parent.mkdir(parents=True, exist_ok=True)
                        artifacts.write_json(path, found)
                    line = f"{rung}, {share:.0%} of the rows, seed {seed}: {_scores(rows[0])}"
                    say("ladder", task, line)
                    if rows[0]["seconds"] > SHORT:
                        break
        run.files([path])


def _kept(rows: Rows, rung: str, share: float, seed: int) -> Rows:
    """The rows of an experiment that was run before."""
    return [row for row in rows if (row["rung"], row["share"], row["seed"]) == (rung, share, seed)]


def _measured(
    run: Run, task: str, rung: str, share: float, seed: int, settings: Sequence[str]
) -> Iterator[dict[str, Any]]:
    """Run one experiment and yield its row, and the floor's if it is the one that the floor is taken from."""
    name = f"ladder-{task}-{rung}-{100 * share:g}-{seed}"
    say("ladder", task, f"experiment {name}")
    command = ["dvc", "exp", "run", "--temp", "--name", name, *(f"--set-param={one}" for one in settings)]
    subprocess.run(["dvc", "exp", "remove", "--quiet", name], capture_output=True, check=False)
    done = subprocess.run(
        [*command, f"evaluate@{task}"], env=run.environment_of_children(), capture_output=True, text=True, check=False
    )
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-12:]
        raise UserError(f"experiment {name} failed:\n" + "\n".join(last))
    with tempfile.TemporaryDirectory() as scratch:
        metrics = artifacts.read_json(_of_experiment(name, artifacts.reports(task) / artifacts.METRICS, scratch))
        guesses = pd.read_parquet(_of_experiment(name, artifacts.predictions(task), scratch)).sort_values(ID)
        lock = YAML(typ="safe").load(_of_experiment(name, Path("dvc.lock"), scratch).read_text(encoding="utf-8"))
    (digest,) = (out["md5"] for out in lock["stages"][f"finetune@{task}"]["outs"])
    cost = run.adopt(digest, f"{task}/{rung}/{share:g}/{seed}")
    row = {"rung": rung, "share": share, "seed": seed, "experiment": name}
    row |= {"commit": _output("git", "rev-parse", "HEAD"), "command": shlex.join([*command, f"evaluate@{task}"])}
    row |= {"training_rows": metrics["cost"]["training_rows"]}
    sizes = {size: metrics["cost"][size] for size in ("weights", "trained_weights", "bytes")}
    ids = guesses.groupby("domain", sort=False)[ID]
    row |= {"items": {str(domain): artifacts.items_digest(of_domain) for domain, of_domain in ids}}
    yield row | {
        "cpu_seconds": round(cost["cpu_seconds"], 1),
        "seconds": round(cost["seconds"], 1),
        **sizes,
        "scores": metrics["domains"],
        "right": _right(guesses, "guess"),
    }
    if rung == FLOOR_BESIDE:
        weights, size = metrics["cost"]["floor_weights"], metrics["cost"]["floor_bytes"]
        yield row | {
            "rung": FLOOR,
            "cpu_seconds": round(cost["floor_cpu_seconds"], 1),
            "seconds": round(cost["seconds"], 1),
            **{"weights": weights, "trained_weights": weights, "bytes": size},
            "scores": metrics["floor"],
            "right": _right(guesses, "floor"),
        }


def _of_experiment(name: str, path: Path, scratch: str) -> Path:
    """A copy, in the folder `scratch`, of a file as an experiment left it."""
    copy = Path(scratch) / path.name
    subprocess.run(["dvc", "get", "--quiet", ".", str(path), "--rev", name, "--out", str(copy)], check=True)
    return copy


def _right(guesses: pd.DataFrame, column: str) -> dict[str, str]:
    """Of each domain, whether each test row's guess is right, 1 or 0, in the order of the ids."""
    marks = (guesses[column] == guesses["truth"]).map({True: "1", False: "0"})
    return {str(domain): "".join(of_domain) for domain, of_domain in marks.groupby(guesses["domain"], sort=False)}


def _scores(row: Mapping[str, Any]) -> str:
    """An experiment's accuracies, for a terminal."""
    return ", ".join(f"{domain} {scores['accuracy']:.1%}" for domain, scores in row["scores"].items())


def _output(*command: str) -> str:
    """What a command prints."""
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    run_stage(main)
