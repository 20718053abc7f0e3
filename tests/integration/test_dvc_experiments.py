"""DVC experiments in workspace, queue and temporary folders log to one store."""

import itertools

import pytest
from repository import runs
from ruamel.yaml import YAML

pytestmark = pytest.mark.timeout(2400)  # many runs in one fixture

SEED, RESAMPLES = "tasks.tiny.finetune.seed", "tasks.tiny.evaluate.bootstrap_samples"


@pytest.fixture(scope="module")
def grid(repository, tmp_path_factory):
    """A repository with one experiment run in the workspace and six run in a queue."""
    copy = repository.copy_to(tmp_path_factory.mktemp("grid") / "copy", "mlflow.db", "mlruns")
    copy.run("dvc", "exp", "run", "--name", "one", "--set-param", f"{SEED}=9", "evaluate@tiny")
    copy.run("git", "restore", ".")
    copy.run("dvc", "checkout")
    queued = ["--set-param", f"{SEED}=1,2", "--set-param", f"{RESAMPLES}=100,300,400"]
    copy.run("dvc", "exp", "run", "--queue", "--name", "of-six", *queued, "evaluate@tiny")
    copy.run("dvc", "exp", "run", "--run-all")
    return copy


def test_every_experiment_of_a_grid_has_a_run(grid):
    evaluations = [run for run in runs(grid.client(), "evaluate") if run.data.tags["crossfer.dvc_experiment"] != "one"]
    names = {run.data.tags["crossfer.dvc_experiment"] for run in evaluations}
    assert len(evaluations) == len(names) == 6 and all(name.startswith("of-six-") for name in names)
    parents = {run.info.run_id: run for run in runs(grid.client(), "finetune")}
    seeds = [parents[run.data.tags["mlflow.parentRunId"]].data.params["seed"] for run in evaluations]
    combinations = sorted(zip(seeds, (run.data.params["bootstrap_samples"] for run in evaluations), strict=True))
    assert combinations == sorted(itertools.product("12", ("100", "300", "400")))


def test_cached_stages_log_no_run(grid):
    """Six evaluations of two models: each model was trained once."""
    seeds = [run.data.params["seed"] for run in runs(grid.client(), "finetune")]
    assert sorted(seeds) == ["1", "2", "9"]


def test_exp_show_lists_all_experiments(grid):
    output = grid.run("dvc", "exp", "show", "--only-changed", "--csv")
    assert all(f"of-six-{number}" in output for number in range(1, 7)) and "one" in output


def test_exp_apply_logs_no_run(grid):
    before = {run.info.run_id for run in runs(grid.client())}
    grid.run("dvc", "exp", "apply", "of-six-6")
    params = YAML(typ="safe").load((grid.folder / "params.yaml").read_text())["tasks"]["tiny"]
    assert (params["finetune"]["seed"], params["evaluate"]["bootstrap_samples"]) == (2, 400)
    assert grid.run("dvc", "status", "evaluate@tiny").strip() == "Data and pipelines are up to date."
    assert {run.info.run_id for run in runs(grid.client())} == before


def test_temporary_copies_contain_no_store(grid):
    assert not list((grid.folder / ".dvc/tmp/exps").rglob("mlflow.db"))
