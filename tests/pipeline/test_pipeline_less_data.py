"""The stages on a fraction of the training rows, with random weights."""

import shutil

import pandas as pd
import pytest
from pipeline_outputs import assert_baseline_agrees, read_report
from repository import STAGES, tiny_params

from crossfer.artifacts import io


@pytest.fixture(scope="module")
def retrained(repository, never_run, tmp_path_factory, tiny_backbone):
    """The tiny task, retrained on a fifth of the rows from random weights."""
    copy = never_run.copy_to(tmp_path_factory.mktemp("retrained"))
    for name in ("raw", "clean", "tokens"):
        shutil.copytree(repository.folder / "data" / name, copy.folder / "data" / name)
    params = tiny_params(tiny_backbone)
    params["tasks"]["tiny"]["finetune"] |= {
        "train_fraction": 0.2,
        "weights": "random",
        "freeze": "none",
        "min_steps": 9,
    }
    copy.write_params(params)
    for stage in STAGES[3:]:
        copy.stage(stage)
    return copy


def test_finetune_draws_a_fraction_per_label(repository, retrained):
    rows = {
        copy: io.read_json(copy.folder / "data/models/tiny/training.json")["rows"] for copy in (repository, retrained)
    }
    assert set(rows[retrained]) < set(rows[repository])
    assert rows[retrained] == [identity for identity in rows[repository] if identity in rows[retrained]]
    topics = pd.Series(rows[retrained]).str.split("-").str[0].value_counts()
    assert set(topics) == {2} and len(topics) == 5  # a fifth of eight or nine
    assert read_report(retrained)["cost"]["training_rows"] == 10


def test_min_steps_adds_epochs(retrained):
    """Nine steps of two per epoch need three times two epochs, validated twice."""
    history = pd.read_csv(retrained.folder / "data/models/tiny/history.csv")
    assert history["step"].max() == 12
    assert history.dropna(subset="validation_accuracy")["step"].tolist() == [6, 12]


def test_baseline_is_fitted_on_the_same_rows(repository, retrained):
    assert_baseline_agrees(retrained)
    assert list(retrained.predictions()["baseline"]) != list(repository.predictions()["baseline"])


def test_random_weights_differ_from_the_backbone(repository, retrained, tiny_backbone):
    from safetensors.torch import load_file

    backbone = load_file(tiny_backbone / "model.safetensors")
    name = "encoder.layer.0.output.dense.weight"
    models = {copy: load_file(copy.folder / "data/models/tiny/model.safetensors") for copy in (repository, retrained)}
    assert models[repository][f"bert.{name}"].equal(backbone[name])  # frozen
    assert (models[retrained][f"bert.{name}"] - backbone[name]).abs().mean() > 0.01
    training = io.read_json(retrained.folder / "data/models/tiny/training.json")
    assert training["trained_parameters"] == training["parameters"]
