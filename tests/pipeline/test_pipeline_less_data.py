"""The stages on a share of the training rows, from random weights."""

import shutil

import pandas as pd
import pytest
from pipeline_outputs import assert_baseline_agrees, read_report
from repository import STAGES, tiny_params

from crossfer.artifacts import io


@pytest.fixture(scope="module")
def small(repository, never_run, tmp_path_factory, tiny_backbone):
    """The tiny task trained again on a fifth of the rows, from random weights, all of them."""
    made = never_run.copied(tmp_path_factory.mktemp("small"))
    for name in ("raw", "clean", "tokens"):
        shutil.copytree(repository.folder / "data" / name, made.folder / "data" / name)
    params = tiny_params(tiny_backbone)
    params["tasks"]["tiny"]["finetune"] |= {
        "train_fraction": 0.2,
        "weights": "random",
        "freeze": "none",
        "min_steps": 9,
    }
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
    assert read_report(small)["cost"]["training_rows"] == 10


def test_a_share_of_the_rows_is_seen_more_often(small):
    """Two batches an epoch: nine steps need three times two epochs, scored twice all the same."""
    history = pd.read_csv(small.folder / "data/models/tiny/history.csv")
    assert history["step"].max() == 12
    assert history.dropna(subset="validation_accuracy")["step"].tolist() == [6, 12]


def test_the_floor_is_fitted_on_the_same_share(repository, small):
    assert_baseline_agrees(small)
    assert list(small.predictions()["baseline"]) != list(repository.predictions()["baseline"])


def test_random_weights_owe_nothing_to_the_backbone(repository, small, tiny_backbone):
    from safetensors.torch import load_file

    backbone = load_file(tiny_backbone / "model.safetensors")
    name = "encoder.layer.0.output.dense.weight"
    models = {made: load_file(made.folder / "data/models/tiny/model.safetensors") for made in (repository, small)}
    assert models[repository][f"bert.{name}"].equal(backbone[name])  # frozen
    assert (models[small][f"bert.{name}"] - backbone[name]).abs().mean() > 0.01
    training = io.read_json(small.folder / "data/models/tiny/training.json")
    assert training["trained_parameters"] == training["parameters"]


# --- of pictures
