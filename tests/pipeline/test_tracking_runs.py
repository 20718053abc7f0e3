"""The door to MLflow, on a store of its own: what it records of runs that pipelines do not show."""

import os

import pytest
from tracking_store import client

from crossfer.errors import UserError


def test_a_block_that_raises_is_a_failed_run(tracking, tmp_path):
    with pytest.raises(ZeroDivisionError), tracking.start_run("finetune", "x", {}, {}) as run:
        raise ZeroDivisionError
    assert client(tmp_path).get_run(run.id).info.status == "FAILED"


def test_a_model_that_no_run_wrote_has_no_parent(tracking, tmp_path):
    with tracking.start_run("evaluate", "x", {}, {}, model_digest="0" * 32) as run:
        run.log_metrics(0, {"loss": 1}, "0" * 32)
    assert "mlflow.parentRunId" not in client(tmp_path).get_run(run.id).data.tags


def test_the_newest_writer_of_a_model_is_the_parent(tracking, tmp_path):
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


def test_a_stage_of_all_tasks_has_no_task(tracking, tmp_path):
    with tracking.start_run("compare", None, {"a": "b"}, {}) as run:
        pass
    found = client(tmp_path).get_run(run.id)
    assert found.info.run_name == "compare"
    assert "crossfer.task" not in found.data.tags
    assert found.data.tags["crossfer.input.a"] == "b"


def test_a_group_is_gone_on_with(tracking, tmp_path):
    ids = []
    for group in ("a", "b", "a"):
        with tracking.start_run("ladder", "x", {}, {"settings": group}, group=group) as ladder:
            ids.append(ladder.id)
    assert ids[0] == ids[2] != ids[1]
    assert client(tmp_path).get_run(ids[0]).info.status == "FINISHED"


def test_a_models_cost_is_that_of_its_runs(tracking, tmp_path):
    from crossfer.tracking import queries

    unknown = pytest.raises(UserError, match=r"no finetune and evaluate runs of model abc.dir \(x/probe/1/0\)")
    with tracking.start_run("ladder", "x", {}, {}) as ladder, unknown:
        queries.set_parent(ladder.id, "abc.dir", "x/probe/1/0")
    with tracking.start_run("finetune", "x", {}, {}) as finetune:
        finetune.tag_model("abc.dir")
        finetune.log_metrics(3, {"cpu_seconds": 7.0, "loss": 1.0})
        finetune.log_metrics(4, {"loss": 0.5})
    with tracking.start_run("evaluate", "x", {}, {}, model_digest="abc.dir") as evaluate:
        evaluate.log_metrics(0, {"baseline_cpu_seconds": 0.25})
    with tracking.start_run("ladder", "x", {}, {}) as ladder:
        cost = queries.set_parent(ladder.id, "abc.dir", "x/probe/1/0")
    assert (cost["cpu_seconds"], cost["loss"], cost["baseline_cpu_seconds"]) == (7, 0.5, 0.25)
    assert cost["seconds"] >= 0
    tags = client(tmp_path).get_run(finetune.id).data.tags
    assert tags["crossfer.ablation"] == "x/probe/1/0"
    assert tags["mlflow.parentRunId"] == ladder.id


def test_an_inherited_run_id_is_not_used_and_not_lost(tracking, monkeypatch):
    monkeypatch.setenv("MLFLOW_RUN_ID", "f" * 32)
    with tracking.start_run("finetune", "x", {}, {}) as run:
        assert run.id != "f" * 32
    assert os.environ["MLFLOW_RUN_ID"] == "f" * 32


def test_a_folder_that_cannot_be_written_is_not_taken_for_the_store(tracking, tmp_path):
    (tmp_path / ".crossfer").touch()
    with pytest.raises(NotADirectoryError), tracking.start_run("finetune", "x", {}, {}):
        pass


def test_experiments_in_a_copy_record_in_the_repository(tracking, tmp_path, monkeypatch):
    """`dvc exp run --temp` runs the stages in a folder that is thrown away; DVC_ROOT names the repository."""
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


def test_weights_are_linked_and_the_rest_is_copied(tracking, tmp_path):
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


def test_where_a_link_cannot_be_made_the_copy_stays(tracking, tmp_path, monkeypatch):
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
