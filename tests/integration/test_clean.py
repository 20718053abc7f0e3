"""What is shown is removed, no more: runs that no dvc.lock needs, their models, and what DVC's cache has of them."""

import shutil

import pytest
from repository import runs
from ruamel.yaml import YAML


@pytest.fixture(scope="module")
def used(repository, tmp_path_factory):
    """A repository in which a second finetune was tried and given up, and a third is kept as an experiment."""
    made = repository.copied(tmp_path_factory.mktemp("clean") / "copy", "mlflow.db", "mlruns")
    made.run("dvc", "repro", "--force", "finetune@tiny")
    params = YAML(typ="safe").load((made.folder / "params.yaml").read_text())
    params["tasks"]["tiny"]["finetune"]["seed"] = 5
    made.write_params(params)
    made.run("dvc", "repro", "finetune@tiny")
    made.run("git", "restore", ".")
    made.run("dvc", "checkout")
    made.run("dvc", "exp", "run", "--name", "kept", "-S", "tasks.tiny.finetune.seed=6", "finetune@tiny")
    made.run("git", "restore", ".")
    made.run("dvc", "checkout")
    cut = made.folder / ".crossfer/checkpoints/abc"
    (cut / "0").mkdir(parents=True)
    (cut / "lock").touch()
    (cut / "0/weights").write_bytes(b"0" * 3_000_000)
    (made.folder / ".crossfer/rejected/1-a").mkdir(parents=True)
    (made.folder / ".crossfer/rejected/1-a/rejections.jsonl").touch()
    return made


def models(repository):
    """The models whose files are there; MLflow leaves the folders of others, empty."""
    return {path.parent.parent.name for path in (repository.folder / "mlruns/models").rglob("MLmodel")}


def digest(repository, run_id):
    """The digest of the model that a run wrote, by which DVC's cache has it."""
    return repository.client().get_run(run_id).data.tags["crossfer.output.data/models/tiny"]


def test_it_is_shown_and_then_removed(used):
    made = {run.data.params["seed"]: run.info.run_id for run in runs(used.client(), "finetune")}
    assert len(made) == 3 and len(models(used)) == 3
    said = used.crossfer("clean")
    assert f"run {made['5']} finetune/tiny FINISHED" in said and made["0"] not in said and made["6"] not in said
    assert "1 run without an output in any dvc.lock." in said
    assert "abc: checkpoints of an interrupted training, 3 MB" in said
    assert "rejected/1-a: records that" in said
    model = digest(used, made["5"])
    assert f"{model[:2]}/{model[2:]}" in said and "Nothing was removed" in said
    assert len(runs(used.client())) == 3 and len(models(used)) == 3

    used.crossfer("clean", "--remove")
    assert {run.info.run_id for run in runs(used.client())} == {made["0"], made["6"]}
    assert len(models(used)) == 2
    assert not (used.folder / ".crossfer/checkpoints/abc").exists()
    assert list((used.folder / ".crossfer/rejected").iterdir()) == []
    said = used.crossfer("clean")
    assert "0 runs without an output" in said and "abc" not in said


def test_a_run_that_can_never_end_is_removed(used):
    """Its process was killed, and its journal is gone."""
    script = "import os; from crossfer.tracking.run import start_run\n"
    script += "with start_run('finetune', 'tiny', {}, {}) as run:\n    print(run.id, flush=True)\n    os._exit(9)"
    run_id = used.run("python", "-c", script, status=9).split()[-1]
    said = used.run("python", "-m", "crossfer", "clean", "--remove", status=2)
    assert "error: a run is in progress or was killed; wait for its end, or end killed runs: crossfer sync" in said
    assert "0 runs without an output" in used.run("python", "-m", "crossfer", "clean")
    shutil.rmtree(used.folder / ".crossfer/outbox")
    assert f"run {run_id} finetune/tiny RUNNING" in used.run("python", "-m", "crossfer", "clean", "--remove")
    assert run_id not in {run.info.run_id for run in runs(used.client())}


def test_what_is_kept_is_still_whole(used):
    shutil.rmtree(used.folder / "data/models/tiny")
    used.run("dvc", "checkout")
    used.run("dvc", "exp", "apply", "kept")
    assert "seed: 6" in (used.folder / "params.yaml").read_text()


def test_runs_of_a_server_are_left_alone(used, tmp_path):
    store = f"file://{tmp_path}"
    said = used.crossfer("clean", MLFLOW_TRACKING_URI=store)
    assert f"Runs in {store} stay" in said and "without an output" not in said
