"""DVC's experiments: alone, in a queue, in a folder that is thrown away; each in the one store, under its name."""

import itertools

import pytest
from repository import runs
from ruamel.yaml import YAML

pytestmark = pytest.mark.timeout(2400)  # many runs in one fixture

SEED, RESAMPLES = "tasks.tiny.finetune.seed", "tasks.tiny.evaluate.bootstrap_samples"


@pytest.fixture(scope="module")
def grid(repository, tmp_path_factory):
    """A repository with one experiment made in the workspace, and a grid of six made in a queue."""
    made = repository.copied(tmp_path_factory.mktemp("grid") / "copy", "mlflow.db", "mlruns")
    made.run("dvc", "exp", "run", "--name", "one", "--set-param", f"{SEED}=9", "evaluate@tiny")
    made.run("git", "restore", ".")
    made.run("dvc", "checkout")
    queued = ["--set-param", f"{SEED}=1,2", "--set-param", f"{RESAMPLES}=100,300,400"]
    made.run("dvc", "exp", "run", "--queue", "--name", "of-six", *queued, "evaluate@tiny")
    made.run("dvc", "exp", "run", "--run-all")
    return made


def test_each_of_a_grid_is_in_the_store_under_its_name(grid):
    made = [run for run in runs(grid.client(), "evaluate") if run.data.tags["crossfer.dvc_experiment"] != "one"]
    names = {run.data.tags["crossfer.dvc_experiment"] for run in made}
    assert len(made) == len(names) == 6 and all(name.startswith("of-six-") for name in names)
    parents = {run.info.run_id: run for run in runs(grid.client(), "finetune")}
    seeds = [parents[run.data.tags["mlflow.parentRunId"]].data.params["seed"] for run in made]
    found = sorted(zip(seeds, (run.data.params["bootstrap_samples"] for run in made), strict=True))
    assert found == sorted(itertools.product("12", ("100", "300", "400")))


def test_no_run_is_made_of_what_was_in_the_cache(grid):
    """Six evaluations of two models: each model was trained once."""
    made = [run.data.params["seed"] for run in runs(grid.client(), "finetune")]
    assert sorted(made) == ["1", "2", "9"]


def test_they_are_shown(grid):
    said = grid.run("dvc", "exp", "show", "--only-changed", "--csv")
    assert all(f"of-six-{number}" in said for number in range(1, 7)) and "one" in said


def test_applied_to_the_workspace_without_a_run(grid):
    before = {run.info.run_id for run in runs(grid.client())}
    grid.run("dvc", "exp", "apply", "of-six-6")
    params = YAML(typ="safe").load((grid.folder / "params.yaml").read_text())["tasks"]["tiny"]
    assert (params["finetune"]["seed"], params["evaluate"]["bootstrap_samples"]) == (2, 400)
    assert grid.run("dvc", "status", "evaluate@tiny").strip() == "Data and pipelines are up to date."
    assert {run.info.run_id for run in runs(grid.client())} == before


def test_nothing_is_left_in_the_copies(grid):
    assert not list((grid.folder / ".dvc/tmp/exps").rglob("mlflow.db"))
