"""start_run on a local store: status, parents, tags and parameters of a run."""

import os

import pytest
from tracking_store import client

from crossfer.errors import UserError


def test_exception_ends_a_run_as_failed(tracking, tmp_path):
    with pytest.raises(ZeroDivisionError), tracking.start_run("finetune", "x", {}, {}) as run:
        raise ZeroDivisionError
    assert client(tmp_path).get_run(run.id).info.status == "FAILED"


def test_run_of_an_unknown_model_has_no_parent(tracking, tmp_path):
    with tracking.start_run("evaluate", "x", {}, {}, model_digest="0" * 32) as run:
        run.log_metrics(0, {"loss": 1}, "0" * 32)
    assert "mlflow.parentRunId" not in client(tmp_path).get_run(run.id).data.tags


def test_parent_is_the_newest_run_that_wrote_the_model(tracking, tmp_path):
    ids = []
    for _ in range(2):
        with tracking.start_run("finetune", "x", {}, {}) as run:
            run.tag_model("abc.dir")
            ids.append(run.id)
    with tracking.start_run("evaluate", "x", {"data/models/x": "abc.dir"}, {}, model_digest="abc.dir") as run:
        pass
    tags = client(tmp_path).get_run(run.id).data.tags
    assert tags["mlflow.parentRunId"] == ids[-1]
    assert tags["crossfer.input.data/models/x"] == "abc.dir"
    assert (tags["crossfer.git_commit"], tags["crossfer.git_dirty"]) == ("none", "unknown")  # no repository


def test_run_without_a_task_has_no_task_tag(tracking, tmp_path):
    with tracking.start_run("compare", None, {"a": "b"}, {}) as run:
        pass
    stored_run = client(tmp_path).get_run(run.id)
    assert stored_run.info.run_name == "compare"
    assert "crossfer.task" not in stored_run.data.tags
    assert stored_run.data.tags["crossfer.input.a"] == "b"


def test_run_of_a_group_is_resumed(tracking, tmp_path):
    ids = []
    for group in ("a", "b", "a"):
        with tracking.start_run("ablation", "x", {}, {"settings": group}, group=group) as parent:
            ids.append(parent.id)
    assert ids[0] == ids[2] != ids[1]
    assert client(tmp_path).get_run(ids[0]).info.status == "FINISHED"


def test_set_parent_returns_the_cost_of_a_model(tracking, tmp_path):
    from crossfer.tracking import queries

    unknown = pytest.raises(UserError, match=r"no finetune and evaluate runs of model abc.dir \(x/probe/1/0\)")
    with tracking.start_run("ablation", "x", {}, {}) as parent, unknown:
        queries.set_parent(parent.id, "abc.dir", "x/probe/1/0")
    with tracking.start_run("finetune", "x", {}, {}) as finetune:
        finetune.tag_model("abc.dir")
        finetune.log_metrics(3, {"cpu_seconds": 7.0, "loss": 1.0})
        finetune.log_metrics(4, {"loss": 0.5})
    with tracking.start_run("evaluate", "x", {}, {}, model_digest="abc.dir") as evaluate:
        evaluate.log_metrics(0, {"baseline_cpu_seconds": 0.25})
    with tracking.start_run("ablation", "x", {}, {}) as parent:
        cost = queries.set_parent(parent.id, "abc.dir", "x/probe/1/0")
    assert (cost["cpu_seconds"], cost["loss"], cost["baseline_cpu_seconds"]) == (7, 0.5, 0.25)
    assert cost["seconds"] >= 0
    tags = client(tmp_path).get_run(finetune.id).data.tags
    assert tags["crossfer.ablation"] == "x/probe/1/0"
    assert tags["mlflow.parentRunId"] == parent.id


def test_inherited_run_id_is_ignored(tracking, monkeypatch):
    monkeypatch.setenv("MLFLOW_RUN_ID", "f" * 32)
    with tracking.start_run("finetune", "x", {}, {}) as run:
        assert run.id != "f" * 32
    assert os.environ["MLFLOW_RUN_ID"] == "f" * 32


def test_unwritable_folder_is_not_reported_as_a_store_error(tracking, tmp_path):
    (tmp_path / ".crossfer").touch()
    with pytest.raises(NotADirectoryError), tracking.start_run("finetune", "x", {}, {}):
        pass


def test_run_in_a_temporary_copy_is_stored_in_the_repository(tracking, tmp_path, monkeypatch):
    """DVC_ROOT names the repository while `dvc exp run --temp` runs elsewhere.

    DVC deletes the folder in which such an experiment runs.
    """
    (tmp_path / "copy").mkdir()
    monkeypatch.chdir(tmp_path / "copy")
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    with tracking.start_run("finetune", "x", {}, {}) as run:
        pass
    assert client(tmp_path).get_run(run.id).info.artifact_uri.startswith((tmp_path / "mlruns").as_uri())
    assert list((tmp_path / "copy").iterdir()) == []


def test_nested_parameters_have_dotted_names(tracking, tmp_path):
    with tracking.start_run("finetune", "x", {}, {"a": {"b": {"c": 1}}, "d": 2}) as run:
        pass
    assert client(tmp_path).get_run(run.id).data.params == {"a.b.c": "1", "d": "2"}


def test_hardlink_links_only_weights(tracking, tmp_path):
    from crossfer.tracking import models

    folder, copy = tmp_path / "model", tmp_path / "copy"
    for place in (folder, copy):
        place.mkdir()
        (place / "model.safetensors").write_bytes(b"weights")
        (place / "config.json").write_text("{}")
    models.hardlink([folder / "model.safetensors"], copy)
    assert (copy / "model.safetensors").stat().st_ino == (folder / "model.safetensors").stat().st_ino
    assert (copy / "config.json").stat().st_ino != (folder / "config.json").stat().st_ino
    assert sorted(path.name for path in copy.iterdir()) == ["config.json", "model.safetensors"]


def test_hardlink_keeps_the_copy_if_linking_fails(tracking, tmp_path, monkeypatch):
    from crossfer.tracking import models

    def refuse(*_):
        raise OSError("other file system")

    folder, copy = tmp_path / "model", tmp_path / "copy"
    for place in (folder, copy):
        place.mkdir()
        (place / "model.safetensors").write_bytes(b"weights")
    monkeypatch.setattr(os, "link", refuse)
    models.hardlink([folder / "model.safetensors"], copy)
    assert (copy / "model.safetensors").read_bytes() == b"weights"
