"""`crossfer clean` removes runs without outputs in dvc.lock, models and cache."""

import shutil

import pytest
from repository import runs


@pytest.fixture(scope="module")
def used_repository(repository, tmp_path_factory):
    """A repository with an obsolete run of finetune and one stored as an experiment."""
    copy = repository.copy_to(tmp_path_factory.mktemp("clean") / "copy", "mlflow.db", "mlruns")
    copy.run("dvc", "repro", "--force", "finetune@tiny")
    copy.set_params("finetune", seed=5)
    copy.run("dvc", "repro", "finetune@tiny")
    copy.run("git", "restore", ".")
    copy.run("dvc", "checkout")
    copy.run("dvc", "exp", "run", "--name", "stored", "-S", "tasks.tiny.finetune.seed=6", "finetune@tiny")
    copy.run("git", "restore", ".")
    copy.run("dvc", "checkout")
    checkpoints = copy.folder / ".crossfer/checkpoints/abc"
    (checkpoints / "0").mkdir(parents=True)
    (checkpoints / "lock").touch()
    (checkpoints / "0/weights").write_bytes(b"0" * 3_000_000)
    (copy.folder / ".crossfer/rejected/1-a").mkdir(parents=True)
    (copy.folder / ".crossfer/rejected/1-a/rejections.jsonl").touch()
    return copy


def stored_models(repository):
    """Return the models with files; MLflow leaves empty folders of the others."""
    return {path.parent.parent.name for path in (repository.folder / "mlruns/models").rglob("MLmodel")}


def model_digest(repository, run_id):
    """Return the digest of the model that a run wrote: its key in DVC's cache."""
    return repository.client().get_run(run_id).data.tags["crossfer.output.data/models/tiny"]


def test_clean_lists_then_removes(used_repository):
    ids = {run.data.params["seed"]: run.info.run_id for run in runs(used_repository.client(), "finetune")}
    assert len(ids) == 3 and len(stored_models(used_repository)) == 3
    output = used_repository.crossfer("clean")
    assert f"run {ids['5']} finetune/tiny FINISHED" in output and ids["0"] not in output and ids["6"] not in output
    assert "1 run without an output in any dvc.lock." in output
    assert "abc: checkpoints of an interrupted training, 3 MB" in output
    assert "rejected/1-a: records that" in output
    model = model_digest(used_repository, ids["5"])
    assert f"{model[:2]}/{model[2:]}" in output and "Nothing was removed" in output
    assert len(runs(used_repository.client())) == 3 and len(stored_models(used_repository)) == 3

    used_repository.crossfer("clean", "--remove")
    assert {run.info.run_id for run in runs(used_repository.client())} == {ids["0"], ids["6"]}
    assert len(stored_models(used_repository)) == 2
    assert not (used_repository.folder / ".crossfer/checkpoints/abc").exists()
    assert list((used_repository.folder / ".crossfer/rejected").iterdir()) == []
    output = used_repository.crossfer("clean")
    assert "0 runs without an output" in output and "abc" not in output


def test_clean_removes_a_run_without_a_journal(used_repository):
    """The process was killed and the journal was deleted, so the run cannot end."""
    script = "import os; from crossfer.tracking.run import start_run\n"
    script += "with start_run('finetune', 'tiny', {}, {}) as run:\n    print(run.id, flush=True)\n    os._exit(9)"
    run_id = used_repository.run("python", "-c", script, status=9).split()[-1]
    output = used_repository.run("python", "-m", "crossfer", "clean", "--remove", status=2)
    assert "error: a run is in progress or was killed; wait for its end, or end killed runs: crossfer sync" in output
    assert "0 runs without an output" in used_repository.run("python", "-m", "crossfer", "clean")
    shutil.rmtree(used_repository.folder / ".crossfer/outbox")
    assert f"run {run_id} finetune/tiny RUNNING" in used_repository.run("python", "-m", "crossfer", "clean", "--remove")
    assert run_id not in {run.info.run_id for run in runs(used_repository.client())}


def test_clean_keeps_experiments_intact(used_repository):
    shutil.rmtree(used_repository.folder / "data/models/tiny")
    used_repository.run("dvc", "checkout")
    used_repository.run("dvc", "exp", "apply", "stored")
    assert "seed: 6" in (used_repository.folder / "params.yaml").read_text()


def test_clean_leaves_runs_of_another_store(used_repository, tmp_path):
    store = f"file://{tmp_path}"
    output = used_repository.crossfer("clean", MLFLOW_TRACKING_URI=store)
    assert f"Runs in {store} stay" in output and "without an output" not in output
