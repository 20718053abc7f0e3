"""promote: the alias `champion` points to the best of comparable models."""

import json
import tempfile

import pytest
from repository import Repository
from servers import MLflow

from crossfer.artifacts import paths
from crossfer.artifacts.paths import TaskPaths


def test_promote_sets_the_champion_once(repository):
    """Promoting twice registers one version; predict loads it by its alias."""
    output = repository.crossfer("promote", "tiny")
    assert "version 1 of crossfer-tiny is the champion; source accuracy " in output
    assert "version 1 of crossfer-tiny" in repository.crossfer("promote", "tiny")
    command = ("predict", "tiny", "The bank raised its rate.")
    by_alias, by_default = (
        repository.crossfer(*command, *options) for options in (("--model", "models:/crossfer-tiny@champion"), ())
    )
    assert json.loads(by_alias) == json.loads(by_default)


def test_champion_survives_a_move_of_the_repository(repository, tmp_path):
    copy = repository.copy_to(tmp_path / "before")
    copy.crossfer("promote", "tiny")
    copy.folder.rename(tmp_path / "after the move")
    moved = Repository.at(tmp_path / "after the move")
    command = ("predict", "tiny", "The bank raised its rate.", "--model", "models:/crossfer-tiny@champion")
    assert "The repository was moved: mlflow.db now names " in moved.crossfer(*command)
    assert json.loads(moved.crossfer(*command))["label"]


def test_promote_needs_a_compress_run(empty_repository):
    output = empty_repository.crossfer("promote", "tiny", status=2)
    assert output == "error: task tiny has no finished compress run in the tracking store; run `dvc repro`.\n"


@pytest.mark.filterwarnings("ignore:Operation with range is deprecated")  # of MLflow, in pandas
def test_promote_replaces_the_champion_by_a_better_model(repository, tmp_path, monkeypatch):
    """Compare compress runs with the same tokens only, in a new store."""
    import mlflow

    from crossfer.tracking import models, registry
    from crossfer.tracking import run as tracking

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    folder, tokens = repository.folder / TaskPaths("tiny").onnx, "data/tokens/tiny"
    champions = []
    try:
        for score, tokens_digest in ((0.5, "a"), (0.7, "a"), (0.6, "a"), (0.9, "b"), (0.7, "a")):
            with tracking.start_run("compress", "tiny", {tokens: tokens_digest}, {}) as run:
                run.log_metrics(0, {"score": score})
                run.log_model("tiny-onnx", "d", models.ServedModel(folder, models.ONNX, ("ftfy",), "the bank"))
            name, version, best_score = registry.promote("tiny", "score")
            alias = mlflow.MlflowClient().get_model_version_by_alias(name, registry.CHAMPION)
            assert str(alias.version) == version
            champions.append((int(version), best_score))
    finally:
        mlflow.set_tracking_uri(None)
    assert champions == [
        (1, 0.5),
        (2, 0.7),
        (2, 0.7),
        (3, 0.9),
        (4, 0.7),
    ]


@pytest.mark.filterwarnings("ignore:Operation with range is deprecated")  # of MLflow, in pandas
def test_download_model_leaves_no_files(tmp_path, monkeypatch):
    import mlflow

    from crossfer.tracking import models, registry
    from crossfer.tracking import run as tracking

    server = MLflow(f"sqlite:///{tmp_path}/server.db", tmp_path)
    server.start()
    try:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", server.address)
        mlflow.set_tracking_uri(server.address)
        monkeypatch.chdir(tmp_path)
        (tmp_path / "onnx").mkdir()
        (tmp_path / "onnx" / paths.CLASSIFIER_FILE).write_text("{}")
        with tracking.start_run("compress", "x", {}, {}) as run:
            run.log_model("x-onnx", "d", models.ServedModel(tmp_path / "onnx", models.ONNX, ("ftfy",), "the bank"))
        (tmp_path / "scratch").mkdir()
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "scratch"))
        with registry.download_model(f"runs:/{run.id}/x-onnx") as folder:
            assert (folder / paths.CLASSIFIER_FILE).read_text() == "{}"
        assert list((tmp_path / "scratch").iterdir()) == []
    finally:
        mlflow.set_tracking_uri(None)
        server.kill()
