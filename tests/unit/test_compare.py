"""The stage compare on synthetic reports of two tasks, with MLflow."""

import json

import pytest
from repository import ROOT
from ruamel.yaml import YAML
from synthetic_reports import BASELINE, MODEL, scored_task, variant_rows

from crossfer.artifacts import digests, io, paths
from crossfer.artifacts.paths import TaskPaths
from crossfer.comparison.ablation_parameters import deciding_parameters
from crossfer.config.params import load_task
from crossfer.errors import UserError


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The data of two tasks as evaluate writes them; the first has an ablation."""
    import mlflow

    monkeypatch.chdir(tmp_path)
    for name in ("MLFLOW_TRACKING_URI", "DVC_ROOT", "DVC_EXP_NAME"):
        monkeypatch.delenv(name, raising=False)
    params = YAML(typ="safe").load((ROOT / "tests/support/params.yaml").read_text(encoding="utf-8"))
    news = params["tasks"]["news"]
    YAML().dump({**params, "tasks": {"news": news, "mine": news}}, tmp_path / "params.yaml")
    metrics, predictions = scored_task(MODEL, BASELINE)
    for task in ("news", "mine"):
        TaskPaths(task).reports.mkdir(parents=True)
        io.write_json(TaskPaths(task).reports / paths.METRICS_FILE, metrics)
        io.write_table(TaskPaths(task).predictions, predictions)
    TaskPaths("news").ablation.parent.mkdir()
    settings = ["compute.threads=1"]
    used = deciding_parameters("news", load_task("news")[0], settings)
    ablation = {"settings": settings, "parameters": used, "rows": variant_rows("partial", "random")}
    io.write_json(TaskPaths("news").ablation, ablation)
    yield tmp_path
    mlflow.set_tracking_uri(None)


def written():
    return {suffix: paths.summary_path(suffix).read_bytes() for suffix in ("json", "md", "html")}


def test_compare(folder, capsys):
    from mlflow import MlflowClient

    from stages import compare

    compare.main()
    first = written()
    summary = json.loads(first["json"])
    assert list(summary["tasks"]) == ["news", "mine"]
    assert summary["tasks"]["news"]["gain"]["zero_shot"]["difference"] == 0.5
    assert summary["tasks"]["mine"]["ablation_status"] == "none"
    assert f"| **{summary['measures'][0]['measure']}**: " in first["md"].decode()
    assert capsys.readouterr().out.startswith("compare all tasks: Zero-shot accuracy: news 62.5 % (")

    client = MlflowClient(f"sqlite:///{folder}/mlflow.db")
    (run,) = client.search_runs([client.get_experiment_by_name("crossfer").experiment_id])
    assert run.info.run_name == "compare"
    assert run.data.tags["crossfer.stage"] == "compare"
    assert "crossfer.task" not in run.data.tags
    digest = digests.digest(TaskPaths("news").ablation)
    assert run.data.tags["crossfer.input.data/ablation/news.json"] == digest
    assert run.data.metrics["zero_shot_accuracy/mine"] == 0.625
    assert {file.path for file in client.list_artifacts(run.info.run_id)} == {
        "summary.json",
        "summary.md",
        "summary.html",
    }

    compare.main()
    assert written() == first, "the same bytes again"


def test_dvc_watches_all_data_that_compare_reads(folder):
    """The folder has all that compare needs, and dvc.yaml lists all of it."""
    stages = YAML(typ="safe").load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    deps = [entry for entry in stages["compare"]["deps"] if entry.startswith("data/")]
    files = [path.relative_to(folder) for path in (folder / "data").rglob("*") if path.is_file()]
    assert files and not [path for path in files if not any(path.is_relative_to(dep) for dep in deps)]


def test_a_task_that_was_not_evaluated(folder):
    from stages import compare

    TaskPaths("mine").predictions.unlink()
    with pytest.raises(UserError, match="data/predictions/mine.parquet does not exist"):
        compare.main()
    assert not paths.summary_path("json").exists()
