"""The six stages under a real DVC, twice, on a tiny model: the same hashes, no work where nothing changed, and what a
user is promised of the outputs, of the tracking store and of experiments."""

import html
import json
import re
import shutil
import sys

import numpy as np
import pandas as pd
import pytest
from conftest import LANGUAGES, Repository, tiny_params
from ruamel.yaml import YAML

from stages.modalities import load_modality
from stages.shared import artifacts, mistakes_page

pytestmark = pytest.mark.pipeline
STAGES = ["ingest", "preprocess", "tokenize", "finetune", "adapt", "evaluate"]


def lock(repository: Repository) -> dict:
    """What dvc.lock says of the stages of the task; compare, of all tasks, has tests of its own."""
    stages = YAML(typ="safe").load((repository.folder / "dvc.lock").read_text())["stages"]
    return {name: block for name, block in stages.items() if "@" in name}


@pytest.fixture(scope="module")
def client(repository):
    from mlflow import MlflowClient

    return MlflowClient(f"sqlite:///{repository.folder}/mlflow.db")


def guesses(repository: Repository) -> pd.DataFrame:
    return pd.read_parquet(repository.folder / "data/predictions/tiny.parquet")


def runs(client, stage=None):
    query = "tags.`crossfer.task` = 'tiny'" + (f" and tags.`crossfer.stage` = '{stage}'" if stage else "")
    experiment = client.get_experiment_by_name("crossfer")
    return client.search_runs([experiment.experiment_id], query, order_by=["attributes.start_time ASC"])


# --- outputs


def test_every_stage_ran_and_left_what_it_promises(repository):
    assert set(lock(repository)) == {f"{stage}@tiny" for stage in STAGES}
    reports = {path.name for path in (repository.folder / "data/reports/tiny").iterdir()}
    assert reports >= {"metrics.json", "mistakes.html", "accuracy.csv", "classes.csv", "guesses.csv"}
    assert reports >= {"learning_curve.csv", "accuracy.png", "confusion.png", "learning_curve.png"}


def test_metrics_keep_their_contract(repository):
    metrics = artifacts.read_json(repository.folder / "data/reports/tiny/metrics.json")
    assert metrics["source"] == "en"
    assert metrics["labels"] == ["business", "entertainment", "politics", "sports", "tech"]
    assert list(metrics["domains"]) == ["en", *LANGUAGES]
    for scores in metrics["domains"].values():
        assert set(scores) == {
            "kind",
            "n",
            "loss",
            "accuracy",
            "accuracy_low",
            "accuracy_high",
            "macro_f1",
            "unknown_labels",
        }
        assert 0 <= scores["accuracy_low"] <= scores["accuracy"] <= scores["accuracy_high"] <= 1
    assert set(metrics["zero_shot"]) >= {"accuracy", "macro_f1", "worst", "worst_accuracy", "gap"}
    assert set(metrics["floor"]) == set(metrics["domains"])
    assert metrics["domains"]["zh"]["n"] == 60


def test_predictions_agree_with_metrics(repository):
    predictions = guesses(repository)
    assert list(predictions.columns) == ["id", "domain", "truth", "guess", "probabilities", "floor"]
    metrics = artifacts.read_json(repository.folder / "data/reports/tiny/metrics.json")
    for domain, rows in predictions.groupby("domain"):
        assert (rows["truth"] == rows["guess"]).mean() == pytest.approx(
            metrics["domains"][domain]["accuracy"], abs=1e-6
        )
    for row in predictions.itertuples():
        assert sum(row.probabilities.values()) == pytest.approx(1, abs=1e-4)
        assert max(row.probabilities, key=row.probabilities.get) == row.guess


def test_probabilities_are_finite(repository):
    predictions = guesses(repository)
    assert np.isfinite([list(row.values()) for row in predictions["probabilities"]]).all()


def test_training_json_says_what_was_trained_on(repository):
    from safetensors.torch import load_file

    folder = repository.folder / "data/models/tiny"
    training = artifacts.read_json(folder / "training.json")
    assert set(training) == {"weights", "trained_weights", "rows"}
    source = pd.read_parquet(repository.folder / "data/tokens/tiny/en.parquet")
    assert training["rows"] == source[source["split"] == "train"]["id"].tolist()
    sizes = {name: weight.numel() for name, weight in load_file(folder / "model.safetensors").items()}
    assert training["weights"] == sum(sizes.values())
    still = {name: size for name, size in sizes.items() if name.startswith(("bert.embeddings", "bert.encoder.layer.0"))}
    assert training["trained_weights"] == training["weights"] - sum(still.values())


def test_cost_is_that_of_model_and_floor(repository):
    folder = repository.folder / "data/models/tiny"
    training = artifacts.read_json(folder / "training.json")
    cost = artifacts.read_json(repository.folder / "data/reports/tiny/metrics.json")["cost"]
    floor = refitted_floor(repository)
    assert cost == {
        "training_rows": 42,
        "weights": training["weights"],
        "trained_weights": training["trained_weights"],
        "bytes": (folder / "model.safetensors").stat().st_size,
        "floor_weights": 5 * (len(floor[0].vocabulary_) + 1),
        "floor_bytes": 8 * 5 * (len(floor[0].vocabulary_) + 1),
    }


def refitted_floor(repository):
    """The floor, fitted on the rows that training.json names."""
    source = pd.read_parquet(repository.folder / "data/tokens/tiny/en.parquet").set_index("id")
    rows = source.loc[artifacts.read_json(repository.folder / "data/models/tiny/training.json")["rows"]]
    return load_modality("text").floor().fit(rows["content"], rows["label"])


def floor_agrees(repository):
    floor, found = refitted_floor(repository), guesses(repository)
    for domain, rows in found.groupby("domain"):
        contents = pd.read_parquet(repository.folder / f"data/tokens/tiny/{domain}.parquet").set_index("id")["content"]
        assert list(floor.predict(contents[rows["id"]])) == list(rows["floor"])


def test_the_floor_is_fitted_on_the_rows_of_the_model(repository):
    floor_agrees(repository)


def test_mistakes_are_shown_the_surest_first(repository):
    page = (repository.folder / "data/reports/tiny/mistakes.html").read_text(encoding="utf-8")
    found = guesses(repository)
    for part in page.split("<h2>")[1:]:
        domain = part.split("</h2>")[0]
        rows = found[found["domain"] == domain]
        wrong = mistakes_page.worst(rows).head(mistakes_page.SHOWN)
        assert len(wrong)
        assert re.findall(r"<small>(.*?)</small>", part) == wrong["id"].tolist()
        contents = pd.read_parquet(repository.folder / f"data/clean/tiny/{domain}.parquet").set_index("id")["content"]
        for content in contents[wrong["id"]]:
            assert html.escape(content[:100]) in part
    assert page.count("<h2>") == 3


def test_the_model_is_an_ordinary_one(repository):
    from transformers import pipeline

    folder = repository.folder / "data/models/tiny"
    classify = pipeline("text-classification", str(folder), device="cpu")
    assert classify("query: The bank")[0]["label"] in {"business", "entertainment", "politics", "sports", "tech"}
    assert {path.suffix for path in folder.iterdir()} <= {".json", ".safetensors", ".csv"}


def test_no_clock_no_run_id_no_path_in_any_output(repository, client):
    forbidden = [str(repository.folder).encode(), *[run.info.run_id.encode() for run in runs(client)]]
    for path in (repository.folder / "data").rglob("*"):
        if path.is_file() and "probe" not in path.parts:
            content = path.read_bytes()
            assert not any(word in content for word in forbidden), path


def test_nothing_pickled_anywhere(repository):
    for folder in ("data", "mlruns"):
        for path in (repository.folder / folder).rglob("*"):
            assert path.suffix not in {".pkl", ".pickle", ".pt", ".pth", ".bin", ".joblib"}, path


def test_one_copy_of_the_weights(repository):
    """Workspace, DVC's cache and MLflow's store share one file on disk."""
    weights = list(repository.folder.rglob("*.safetensors"))
    assert len(weights) == 2
    assert len({path.stat().st_ino for path in weights}) == 1
    assert weights[0].stat().st_nlink == 3


def test_digests_are_those_of_dvc_lock(repository):
    for block in lock(repository).values():
        for entry in [*block["deps"], *block["outs"]]:
            if not entry["path"].startswith("stages"):
                assert artifacts.digest(repository.folder / entry["path"]) == entry["md5"], entry["path"]


# --- less to learn from


@pytest.fixture(scope="module")
def small(repository, tmp_path_factory, tiny_backbone):
    """The tiny task trained again on a fifth of the rows, from random weights, all of them."""
    made = Repository(tmp_path_factory.mktemp("small"), tiny_backbone)
    for name in ("raw", "clean", "tokens"):
        shutil.copytree(repository.folder / "data" / name, made.folder / "data" / name)
    params = tiny_params(tiny_backbone)
    params["tasks"]["tiny"]["finetune"] |= {"rows": 0.2, "weights": "random", "freeze": "none", "min_steps": 9}
    made.write_params(params)
    for stage in STAGES[3:]:
        made.stage(stage)
    return made


def test_a_share_of_the_rows_is_trained_on(repository, small):
    rows = {
        made: artifacts.read_json(made.folder / "data/models/tiny/training.json")["rows"]
        for made in (repository, small)
    }
    assert set(rows[small]) < set(rows[repository])
    assert rows[small] == [identity for identity in rows[repository] if identity in rows[small]]
    topics = pd.Series(rows[small]).str.split("-").str[0].value_counts()
    assert set(topics) == {2} and len(topics) == 5  # a fifth of eight or nine
    assert artifacts.read_json(small.folder / "data/reports/tiny/metrics.json")["cost"]["training_rows"] == 10


def test_a_share_of_the_rows_is_seen_more_often(small):
    """Two batches an epoch: nine steps need three times two epochs, scored twice all the same."""
    history = pd.read_csv(small.folder / "data/models/tiny/history.csv")
    assert history["step"].max() == 12
    assert history.dropna(subset="validation_accuracy")["step"].tolist() == [6, 12]


def test_the_floor_is_fitted_on_the_same_share(repository, small):
    floor_agrees(small)
    assert list(guesses(small)["floor"]) != list(guesses(repository)["floor"])


def test_random_weights_owe_nothing_to_the_backbone(repository, small, tiny_backbone):
    from safetensors.torch import load_file

    backbone = load_file(tiny_backbone / "model.safetensors")
    name = "encoder.layer.0.output.dense.weight"
    models = {made: load_file(made.folder / "data/models/tiny/model.safetensors") for made in (repository, small)}
    assert models[repository][f"bert.{name}"].equal(backbone[name])  # frozen
    assert (models[small][f"bert.{name}"] - backbone[name]).abs().mean() > 0.01
    training = artifacts.read_json(small.folder / "data/models/tiny/training.json")
    assert training["trained_weights"] == training["weights"]


# --- the tracking store, read back through MLflow's client


def test_runs_are_named_and_nested(client):
    (finetune,), (evaluate,) = runs(client, "finetune"), runs(client, "evaluate")
    assert len(runs(client)) == 2
    assert (finetune.info.run_name, evaluate.info.run_name) == ("finetune/tiny", "evaluate/tiny")
    assert {finetune.info.status, evaluate.info.status} == {"FINISHED"}
    assert evaluate.data.tags["mlflow.parentRunId"] == finetune.info.run_id
    assert "mlflow.parentRunId" not in finetune.data.tags


def test_tags_lead_to_the_commit_and_to_dvc_lock(repository, client, tiny_backbone):
    (finetune,), (evaluate,) = runs(client, "finetune"), runs(client, "evaluate")
    first = repository.run("git", "rev-list", "--max-parents=0", "HEAD").strip()
    model = next(out["md5"] for out in lock(repository)["finetune@tiny"]["outs"])
    source = next(d["md5"] for d in lock(repository)["finetune@tiny"]["deps"] if d["path"].endswith("en.parquet"))
    for run in (finetune, evaluate):
        assert run.data.tags["crossfer.git_commit"] == first
        assert run.data.tags["crossfer.git_dirty"] == "false"
        assert run.data.tags["crossfer.task"] == "tiny"
        assert run.data.tags["crossfer.model_digest"] == model
    assert finetune.data.tags["crossfer.input.data/tokens/tiny/en.parquet"] == source
    assert evaluate.data.tags["crossfer.input.data/models/tiny"] == model
    assert finetune.data.tags["crossfer.input.backbone"] == artifacts.digest(tiny_backbone)


def test_finetune_logs_parameters_curves_and_datasets(repository, client):
    (run,) = runs(client, "finetune")
    assert run.data.params["learning_rate"] == "0.0002"
    assert run.data.params["freeze"] == "1"
    assert run.data.params["weights"] == "pretrained"
    assert run.data.params["rows"] == "1.0"
    assert run.data.params["backbone.provider"] == "local"
    assert run.data.params["compute.threads"] == "1"
    history = pd.read_csv(repository.folder / "data/models/tiny/history.csv")
    for name in ("loss", "learning_rate", "validation_loss", "validation_accuracy"):
        logged = {metric.step: metric.value for metric in client.get_metric_history(run.info.run_id, name)}
        assert logged == pytest.approx(history.dropna(subset=name).set_index("step")[name].to_dict())
    training = artifacts.read_json(repository.folder / "data/models/tiny/training.json")
    assert all(run.data.metrics[f"{what}_seconds"] > 0 for what in ("cpu", "frozen", "training"))
    assert run.data.metrics["weights"] == training["weights"]
    assert run.data.metrics["trained_weights"] == training["trained_weights"]
    source = next(d["md5"] for d in lock(repository)["finetune@tiny"]["deps"] if d["path"].endswith("en.parquet"))
    datasets = {entry.dataset.name: entry for entry in run.inputs.dataset_inputs}
    assert set(datasets) == {"tiny/en/train", "tiny/en/validation"}
    assert {entry.dataset.digest for entry in datasets.values()} == {source}
    assert json.loads(datasets["tiny/en/train"].dataset.source)["uri"] == "data/tokens/tiny/en.parquet"
    assert [tag.value for tag in datasets["tiny/en/train"].tags] == ["training"]


def test_evaluate_mirrors_the_report(repository, client):
    (run,) = runs(client, "evaluate")
    report = artifacts.read_json(repository.folder / "data/reports/tiny/metrics.json")
    for domain, scores in report["domains"].items():
        for name in ("accuracy", "accuracy_low", "accuracy_high", "macro_f1", "loss", "n"):
            assert run.data.metrics[f"{name}/{domain}"] == pytest.approx(scores[name])
        assert run.data.metrics[f"floor_accuracy/{domain}"] == pytest.approx(report["floor"][domain]["accuracy"])
    assert run.data.metrics["zero_shot/gap"] == pytest.approx(report["zero_shot"]["gap"])
    assert run.data.params["bootstrap"] == "200"
    files = {item.path for item in client.list_artifacts(run.info.run_id)}
    assert files == {"tiny.parquet", *(path.name for path in (repository.folder / "data/reports/tiny").iterdir())}
    assert run.data.metrics["cost/weights"] == report["cost"]["weights"]
    assert run.data.metrics["floor_cpu_seconds"] > 0
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


def test_the_logged_model_takes_raw_text(repository, logged_model):
    import mlflow

    served = mlflow.pyfunc.load_model(logged_model.model_uri)
    predictions = guesses(repository)
    texts = pd.read_parquet(repository.folder / "data/raw/tiny/zh.parquet").set_index("id")["content"]
    expected = predictions[predictions["domain"] == "zh"].reset_index(drop=True)
    answers = served.predict(pd.DataFrame({"content": texts[expected["id"]].to_list()}))
    assert list(answers.columns) == ["label", "probability", "probabilities"]
    assert list(answers["label"]) == list(expected["guess"])
    for answer, wanted in zip(answers.itertuples(), expected["probabilities"], strict=True):
        assert answer.probabilities == pytest.approx(wanted, abs=1e-4)
        assert answer.probability == max(answer.probabilities.values())


def test_the_logged_model_has_signature_example_and_scores(repository, logged_model):
    import mlflow

    info = mlflow.models.get_model_info(logged_model.model_uri)
    assert info.signature.inputs.input_names() == ["content"]
    assert info.signature.outputs.input_names() == ["label", "probability", "probabilities"]
    example = mlflow.pyfunc.load_model(logged_model.model_uri).input_example["content"].iloc[0]
    contents = pd.read_parquet(repository.folder / "data/raw/tiny/en.parquet")["content"]
    assert example in set(contents)
    assert logged_model.tags["crossfer.model_digest"].endswith(".dir")
    scored = {metric.key for metric in logged_model.metrics}
    assert {"accuracy/zh", "zero_shot/accuracy"} <= scored


def test_mlflow_tracking_uri_wins(tokenized, tmp_path_factory):
    from mlflow import MlflowClient

    store = tmp_path_factory.mktemp("store") / "elsewhere.db"
    environment = {"MLFLOW_TRACKING_URI": f"sqlite:///{store}", "MLFLOW_RUN_ID": "f" * 32}
    for stage in STAGES[3:]:
        tokenized.run(sys.executable, "-m", f"stages.{stage}", "tiny", **environment)
    assert not (tokenized.folder / "mlflow.db").exists()
    client = MlflowClient(f"sqlite:///{store}")
    (finetune,), (evaluate,) = runs(client, "finetune"), runs(client, "evaluate")
    assert evaluate.data.tags["mlflow.parentRunId"] == finetune.info.run_id


# --- again, and with changes


def test_a_second_repro_does_nothing(repository, client):
    before = len(runs(client))
    assert "Data and pipelines are up to date" in repository.run("dvc", "repro")
    assert len(runs(client)) == before
    assert repository.run("git", "status", "--porcelain") == ""


@pytest.fixture(scope="module")
def other(tmp_path_factory, tiny_backbone):
    """A second repository elsewhere, reproduced, then forced to do all again: the lock after each."""
    made = Repository(tmp_path_factory.mktemp("another place"), tiny_backbone)
    made.run("dvc", "repro")
    first = lock(made)
    made.run("dvc", "repro", "--force")
    return made, first, lock(made)


def test_the_same_bytes_again_and_elsewhere(repository, other):
    _, first, again = other
    assert first == again
    for stage, block in lock(repository).items():
        assert {out["path"]: out["md5"] for out in block["outs"]} == {
            out["path"]: out["md5"] for out in first[stage]["outs"]
        }


def test_a_forced_run_finds_its_own_parent(other):
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{other[0].folder}/mlflow.db")
    finetunes, evaluates = runs(client, "finetune"), runs(client, "evaluate")
    assert [run.data.tags["mlflow.parentRunId"] for run in evaluates] == [run.info.run_id for run in finetunes]


def test_what_a_change_reruns(other):
    """A parameter of evaluate touches evaluate alone; another domain's name leaves the training alone."""
    repository, *_ = other
    params = YAML(typ="safe").load((repository.folder / "params.yaml").read_text())
    params["tasks"]["tiny"]["evaluate"]["bootstrap"] = 300
    params["tasks"]["tiny"]["targets"].append({"domain": "fr", "kind": "fr", "provider": "news_probe"})
    repository.write_params(params)
    said = repository.run("dvc", "repro")
    assert [stage for stage in STAGES if f"Running stage '{stage}@tiny'" in said] == [
        "ingest",
        "preprocess",
        "tokenize",
        "adapt",
        "evaluate",
    ]
    assert "Stage 'finetune@tiny' didn't change, skipping" in said
