"""The runs that the pipeline logs, read with MLflow's client."""

import json
from pathlib import Path

import pandas as pd
import pytest
from repository import runs

from crossfer.artifacts import digests, io
from crossfer.config import cpu
from crossfer.tracking import environment


@pytest.fixture(scope="module")
def client(repository):
    return repository.client()


def test_runs_have_names_and_parents(client):
    pipeline_runs = runs(client)
    names = [run.info.run_name for run in pipeline_runs]
    assert names[:2] == ["finetune/tiny", "evaluate/tiny"]
    assert sorted(names[2:]) == ["compress/tiny", "stress/tiny"]
    assert {run.info.status for run in pipeline_runs} == {"FINISHED"}
    finetune, *children = pipeline_runs
    assert {run.data.tags["mlflow.parentRunId"] for run in children} == {finetune.info.run_id}
    assert "mlflow.parentRunId" not in finetune.data.tags


def test_tags_name_the_commit_and_the_inputs(repository, client, tiny_backbone):
    (finetune,), (evaluate,) = runs(client, "finetune"), runs(client, "evaluate")
    first = repository.run("git", "rev-list", "--max-parents=0", "HEAD").strip()
    model = next(out["md5"] for out in repository.lock()["finetune@tiny"]["outs"])
    source = next(d["md5"] for d in repository.lock()["finetune@tiny"]["deps"] if d["path"].endswith("en.parquet"))
    for run in (finetune, evaluate):
        assert run.data.tags["crossfer.git_commit"] == first
        assert run.data.tags["crossfer.git_dirty"] == "false"
        assert run.data.tags["crossfer.task"] == "tiny"
        assert run.data.tags["crossfer.model_digest"] == model
    assert finetune.data.tags["crossfer.input.data/tokens/tiny/en.parquet"] == source
    assert evaluate.data.tags["crossfer.input.data/models/tiny"] == model
    assert finetune.data.tags["crossfer.input.backbone"] == digests.digest(tiny_backbone)


@pytest.mark.parametrize("stage", ["finetune", "evaluate", "stress", "compress"])
def test_tags_name_every_output_digest(repository, client, stage):
    (run,) = runs(client, stage)
    outs = repository.lock()[f"{stage}@tiny"]["outs"]
    prefix = "crossfer.output."
    tagged = {name.removeprefix(prefix): value for name, value in run.data.tags.items() if name.startswith(prefix)}
    assert tagged == {out["path"]: out["md5"] for out in outs}


def test_tags_name_packages_and_processor(client):
    for run in runs(client):
        assert run.data.tags["crossfer.packages"] == environment.packages_digest()
        assert run.data.tags["crossfer.processor"] == cpu.cpu_model()


def test_finetune_logs_parameters_curves_and_datasets(repository, client):
    (run,) = runs(client, "finetune")
    assert run.data.params["learning_rate"] == "0.0002"
    assert run.data.params["freeze"] == "1"
    assert run.data.params["weights"] == "pretrained"
    assert run.data.params["train_fraction"] == "1.0"
    assert run.data.params["backbone.provider"] == "local"
    assert run.data.params["compute.threads"] == "1"
    history = pd.read_csv(repository.folder / "data/models/tiny/history.csv")
    for name in ("loss", "learning_rate", "validation_loss", "validation_accuracy"):
        logged = {metric.step: metric.value for metric in client.get_metric_history(run.info.run_id, name)}
        assert logged == pytest.approx(history.dropna(subset=name).set_index("step")[name].to_dict())
    training = io.read_json(repository.folder / "data/models/tiny/training.json")
    assert all(run.data.metrics[f"{part}_seconds"] > 0 for part in ("cpu", "frozen", "training"))
    assert run.data.metrics["parameters"] == training["parameters"]
    assert run.data.metrics["trained_parameters"] == training["trained_parameters"]
    source = next(d["md5"] for d in repository.lock()["finetune@tiny"]["deps"] if d["path"].endswith("en.parquet"))
    datasets = {entry.dataset.name: entry for entry in run.inputs.dataset_inputs}
    assert set(datasets) == {"tiny/en/train", "tiny/en/validation"}
    assert {entry.dataset.digest for entry in datasets.values()} == {source}
    assert json.loads(datasets["tiny/en/train"].dataset.source)["uri"] == "data/tokens/tiny/en.parquet"
    assert [tag.value for tag in datasets["tiny/en/train"].tags] == ["training"]


def test_evaluate_logs_the_report(repository, client):
    (run,) = runs(client, "evaluate")
    report = io.read_json(repository.folder / "data/reports/tiny/metrics.json")
    for domain, scores in report["domains"].items():
        for name in ("accuracy", "accuracy_low", "accuracy_high", "macro_f1", "loss", "n"):
            assert run.data.metrics[f"{name}/{domain}"] == pytest.approx(scores[name])
        assert run.data.metrics[f"baseline_accuracy/{domain}"] == pytest.approx(report["baseline"][domain]["accuracy"])
    assert run.data.metrics["zero_shot/gap"] == pytest.approx(report["zero_shot"]["gap"])
    assert run.data.params["bootstrap_samples"] == "200"
    files = {item.path for item in client.list_artifacts(run.info.run_id)}
    written = {Path(out["path"]).name for out in repository.lock()["evaluate@tiny"]["outs"]}
    assert files == written
    assert run.data.metrics["cost/parameters"] == report["cost"]["parameters"]
    assert run.data.metrics["baseline_cpu_seconds"] > 0
    assert {entry.dataset.name for entry in run.inputs.dataset_inputs} == {
        "tiny/en/test",
        "tiny/zh/test",
        "tiny/sw/test",
    }


@pytest.fixture
def logged_model(repository, client, monkeypatch):
    import mlflow

    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{repository.folder}/mlflow.db")
    mlflow.set_tracking_uri(f"sqlite:///{repository.folder}/mlflow.db")
    (run,) = runs(client, "finetune")
    (output,) = run.outputs.model_outputs
    yield mlflow.get_logged_model(output.model_id)
    mlflow.set_tracking_uri(None)


def test_logged_model_predicts_from_raw_text(repository, logged_model):
    import mlflow

    served = mlflow.pyfunc.load_model(logged_model.model_uri)
    predictions = repository.predictions()
    texts = pd.read_parquet(repository.folder / "data/raw/tiny/zh.parquet").set_index("id")["content"]
    expected = predictions[predictions["domain"] == "zh"].reset_index(drop=True)
    answers = served.predict(pd.DataFrame({"content": texts[expected["id"]].to_list()}))
    assert list(answers.columns) == ["label", "probability", "probabilities", "error"]
    assert list(answers["label"]) == list(expected["prediction"])
    for answer, probabilities in zip(answers.itertuples(), expected["probabilities"], strict=True):
        assert answer.probabilities == pytest.approx(probabilities, abs=1e-4)
        assert answer.probability == max(answer.probabilities.values())


@pytest.mark.parametrize("content", [None, 7, ["x"], float("nan"), b"x", "", " \u200b "])
def test_logged_model_answers_the_other_rows_of_a_batch(logged_model, content):
    """A row that is no text, or an empty one, gets an error."""
    import mlflow

    model = mlflow.pyfunc.load_model(logged_model.model_uri).unwrap_python_model()
    contents = pd.Series(["the bank", content, "the match"], dtype=object)
    answers = model.predict(None, pd.DataFrame({"content": contents}))
    assert answers["error"].isna().tolist() == [True, False, True]
    assert answers["label"].notna().tolist() == [True, False, True]
    assert answers["error"][1].startswith(("a content has the type", "the content is empty"))
    (alone,) = model.predict(None, pd.DataFrame({"content": ["the bank"]}))["probabilities"]
    assert answers["probabilities"][0] == pytest.approx(alone, abs=1e-5)
    assert answers["probabilities"][1] == {}


def test_logged_model_answers_none_and_no_rows_through_mlflow(logged_model):
    import mlflow

    model = mlflow.pyfunc.load_model(logged_model.model_uri)
    answers = model.predict(pd.DataFrame({"content": [None, "the bank"]}))
    assert "pass str instead" in answers["error"][0] and answers["label"][1]
    assert len(model.predict(pd.DataFrame({"content": pd.Series([], dtype=object)}))) == 0


def test_logged_model_has_signature_example_and_scores(repository, logged_model):
    import mlflow

    info = mlflow.models.get_model_info(logged_model.model_uri)
    assert info.signature.inputs.input_names() == ["content"]
    assert info.signature.outputs.input_names() == ["label", "probability", "probabilities", "error"]
    example = mlflow.pyfunc.load_model(logged_model.model_uri).input_example["content"].iloc[0]
    contents = pd.read_parquet(repository.folder / "data/raw/tiny/en.parquet")["content"]
    assert example in set(contents)
    assert logged_model.tags["crossfer.model_digest"].endswith(".dir")
    scored = {metric.key for metric in logged_model.metrics}
    assert {"accuracy/zh", "zero_shot/accuracy"} <= scored


def test_mlflow_tracking_uri_selects_the_store(tokenized, tmp_path_factory):
    from mlflow import MlflowClient

    store = tmp_path_factory.mktemp("store") / "elsewhere.db"
    environment = {"MLFLOW_TRACKING_URI": f"sqlite:///{store}", "MLFLOW_RUN_ID": "f" * 32}
    for stage in ("finetune", "adapt", "evaluate"):
        tokenized.run("python", "-m", f"stages.{stage}", "tiny", **environment)
    assert not (tokenized.folder / "mlflow.db").exists()
    client = MlflowClient(f"sqlite:///{store}")
    (finetune,), (evaluate,) = runs(client, "finetune"), runs(client, "evaluate")
    assert evaluate.data.tags["mlflow.parentRunId"] == finetune.info.run_id
