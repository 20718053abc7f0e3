"""The six stages under a real DVC, on a tiny model: what a user is promised of the outputs."""

import html
import re
import shutil

import numpy as np
import pandas as pd
import pytest
from repository import LANGUAGES, STAGES, Repository, runs, tiny_params

from crossfer.artifacts import digests, io
from crossfer.evaluation import mistakes
from crossfer.protocols import load_modality


def test_every_stage_ran_and_left_what_it_promises(repository):
    assert set(repository.lock()) == {f"{stage}@tiny" for stage in STAGES}
    reports = {path.name for path in (repository.folder / "data/reports/tiny").iterdir()}
    assert reports >= {"metrics.json", "mistakes.html", "accuracy.csv", "classes.csv", "guesses.csv"}
    assert reports >= {"learning_curve.csv", "accuracy.png", "confusion.png", "learning_curve.png"}


def test_metrics_keep_their_contract(repository):
    metrics = io.read_json(repository.folder / "data/reports/tiny/metrics.json")
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
    predictions = repository.guesses()
    assert list(predictions.columns) == ["id", "domain", "truth", "guess", "probabilities", "floor"]
    metrics = io.read_json(repository.folder / "data/reports/tiny/metrics.json")
    for domain, rows in predictions.groupby("domain"):
        assert (rows["truth"] == rows["guess"]).mean() == pytest.approx(
            metrics["domains"][domain]["accuracy"], abs=1e-6
        )
    for row in predictions.itertuples():
        assert sum(row.probabilities.values()) == pytest.approx(1, abs=1e-4)
        assert max(row.probabilities, key=row.probabilities.get) == row.guess


def test_probabilities_are_finite(repository):
    predictions = repository.guesses()
    assert np.isfinite([list(row.values()) for row in predictions["probabilities"]]).all()


def test_training_json_says_what_was_trained_on(repository):
    from safetensors.torch import load_file

    folder = repository.folder / "data/models/tiny"
    training = io.read_json(folder / "training.json")
    assert set(training) == {"weights", "trained_weights", "rows"}
    source = pd.read_parquet(repository.folder / "data/tokens/tiny/en.parquet")
    assert training["rows"] == source[source["split"] == "train"]["id"].tolist()
    sizes = {name: weight.numel() for name, weight in load_file(folder / "model.safetensors").items()}
    assert training["weights"] == sum(sizes.values())
    still = {name: size for name, size in sizes.items() if name.startswith(("bert.embeddings", "bert.encoder.layer.0"))}
    assert training["trained_weights"] == training["weights"] - sum(still.values())


def test_cost_is_that_of_model_and_floor(repository):
    folder = repository.folder / "data/models/tiny"
    training = io.read_json(folder / "training.json")
    cost = io.read_json(repository.folder / "data/reports/tiny/metrics.json")["cost"]
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
    rows = source.loc[io.read_json(repository.folder / "data/models/tiny/training.json")["rows"]]
    return load_modality("text").baseline().fit(rows["content"], rows["label"])


def floor_agrees(repository):
    floor, found = refitted_floor(repository), repository.guesses()
    for domain, rows in found.groupby("domain"):
        contents = pd.read_parquet(repository.folder / f"data/tokens/tiny/{domain}.parquet").set_index("id")["content"]
        assert list(floor.predict(contents[rows["id"]])) == list(rows["floor"])


def test_the_floor_is_fitted_on_the_rows_of_the_model(repository):
    floor_agrees(repository)


def test_mistakes_are_shown_the_surest_first(repository):
    page = (repository.folder / "data/reports/tiny/mistakes.html").read_text(encoding="utf-8")
    found = repository.guesses()
    for part in page.split("<h2>")[1:]:
        domain = part.split("</h2>")[0]
        rows = found[found["domain"] == domain]
        wrong = mistakes.worst(rows).head(mistakes.SHOWN)
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


def test_no_clock_no_run_id_no_path_in_any_output(repository):
    forbidden = [str(repository.folder).encode(), *[run.info.run_id.encode() for run in runs(repository.client())]]
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
    for block in repository.lock().values():
        for entry in [*block["deps"], *block["outs"]]:
            if not entry["path"].startswith("stages"):
                assert digests.digest(repository.folder / entry["path"]) == entry["md5"], entry["path"]


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
    rows = {made: io.read_json(made.folder / "data/models/tiny/training.json")["rows"] for made in (repository, small)}
    assert set(rows[small]) < set(rows[repository])
    assert rows[small] == [identity for identity in rows[repository] if identity in rows[small]]
    topics = pd.Series(rows[small]).str.split("-").str[0].value_counts()
    assert set(topics) == {2} and len(topics) == 5  # a fifth of eight or nine
    assert io.read_json(small.folder / "data/reports/tiny/metrics.json")["cost"]["training_rows"] == 10


def test_a_share_of_the_rows_is_seen_more_often(small):
    """Two batches an epoch: nine steps need three times two epochs, scored twice all the same."""
    history = pd.read_csv(small.folder / "data/models/tiny/history.csv")
    assert history["step"].max() == 12
    assert history.dropna(subset="validation_accuracy")["step"].tolist() == [6, 12]


def test_the_floor_is_fitted_on_the_same_share(repository, small):
    floor_agrees(small)
    assert list(small.guesses()["floor"]) != list(repository.guesses()["floor"])


def test_random_weights_owe_nothing_to_the_backbone(repository, small, tiny_backbone):
    from safetensors.torch import load_file

    backbone = load_file(tiny_backbone / "model.safetensors")
    name = "encoder.layer.0.output.dense.weight"
    models = {made: load_file(made.folder / "data/models/tiny/model.safetensors") for made in (repository, small)}
    assert models[repository][f"bert.{name}"].equal(backbone[name])  # frozen
    assert (models[small][f"bert.{name}"] - backbone[name]).abs().mean() > 0.01
    training = io.read_json(small.folder / "data/models/tiny/training.json")
    assert training["trained_weights"] == training["weights"]
