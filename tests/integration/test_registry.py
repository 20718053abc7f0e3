"""The champion of a task: the best of comparable models, found by its alias."""

import json
import tempfile

import pytest
from servers import MLflow

from crossfer.artifacts import paths
from crossfer.artifacts.paths import TaskPaths


def test_the_best_model_is_the_champion(repository):
    """Promoted twice, it is one version; predict finds it by its alias."""
    said = repository.crossfer("promote", "tiny")
    assert "version 1 of crossfer-tiny is the champion; source accuracy " in said
    assert "version 1 of crossfer-tiny" in repository.crossfer("promote", "tiny")
    ask = ("predict", "tiny", "The bank raised its rate.")
    named, known = (repository.crossfer(*ask, *more) for more in (("--model", "models:/crossfer-tiny@champion"), ()))
    assert json.loads(named) == json.loads(known)


def test_nothing_to_promote(empty_repository):
    said = empty_repository.crossfer("promote", "tiny", status=2)
    assert said == "error: task tiny has no finished compress run in the tracking store; run `dvc repro`.\n"


@pytest.mark.filterwarnings("ignore:Operation with range is deprecated")  # MLflow's, on pandas
def test_a_better_model_takes_the_place_and_a_worse_one_does_not(repository, tmp_path, monkeypatch):
    """Runs of compress with other scores, in a store of their own; those that read other tokens are not compared."""
    import mlflow

    from crossfer.tracking import models, registry
    from crossfer.tracking import run as tracking

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    folder, tokens = repository.folder / TaskPaths("tiny").onnx, "data/tokens/tiny"
    champions = []
    try:
        for score, read in ((0.5, "a"), (0.7, "a"), (0.6, "a"), (0.9, "b"), (0.7, "a")):
            with tracking.start_run("compress", "tiny", {tokens: read}, {}) as run:
                run.log_metrics(0, {"score": score})
                run.log_model("tiny-onnx", "d", models.ServedModel(folder, models.ONNX, ("ftfy",), "the bank"))
            name, version, found = registry.promote("tiny", "score")
            alias = mlflow.MlflowClient().get_model_version_by_alias(name, registry.CHAMPION)
            assert str(alias.version) == version
            champions.append((int(version), found))
    finally:
        mlflow.set_tracking_uri(None)
    assert champions == [
        (1, 0.5),
        (2, 0.7),
        (2, 0.7),
        (3, 0.9),
        (4, 0.7),
    ]


@pytest.mark.filterwarnings("ignore:Operation with range is deprecated")  # MLflow's, on pandas
def test_a_model_from_a_server_leaves_no_files(tmp_path, monkeypatch):
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
