"""Noise augmentation adds perturbed copies of training rows, reproducibly."""

import numpy as np
import pandas as pd
import pytest
from repository import LANGUAGES

from crossfer.artifacts import io, paths
from crossfer.artifacts.paths import CONTENT, ID, INPUT, LABEL, TaskPaths
from crossfer.protocols import load_modality
from crossfer.training.noise_augmentation import add_noisy_copies


@pytest.fixture
def rows(repository):
    table = paths.table_path(repository.folder / TaskPaths("tiny").tokens, LANGUAGES[0])
    return io.read_table(table, [ID, CONTENT, LABEL, INPUT]).head(10)


@pytest.fixture
def encoder(repository):
    return repository.folder / TaskPaths("tiny").tokens / paths.ENCODER_FOLDER


def test_zero_noise_adds_no_copies(rows, encoder):
    assert add_noisy_copies(rows, "text", encoder, 0.0, 0) is rows


def test_copies_follow_the_training_rows(rows, encoder):
    augmented = add_noisy_copies(rows, "text", encoder, 0.2, 0)
    assert len(augmented) == 20
    assert augmented[[ID, LABEL]].iloc[10:].reset_index(drop=True).equals(rows[[ID, LABEL]].reset_index(drop=True))
    assert all(map(np.array_equal, augmented[INPUT].iloc[:10], rows[INPUT]))
    different = [
        not np.array_equal(one, other) for one, other in zip(augmented[INPUT].iloc[10:], rows[INPUT], strict=True)
    ]
    assert sum(different) >= 8


def test_noise_depends_only_on_seed_and_row(rows, encoder):
    augmented, augmented_tail = (
        add_noisy_copies(subset, "text", encoder, 0.2, 3)[INPUT] for subset in (rows, rows.tail(3))
    )
    assert all(map(np.array_equal, augmented.tail(3), augmented_tail.tail(3)))
    other = add_noisy_copies(rows, "text", encoder, 0.2, 4)[INPUT]
    assert not all(map(np.array_equal, augmented.tail(10), other.tail(10)))


def test_copies_are_truncated_to_the_maximum_length(rows, encoder):
    augmented = add_noisy_copies(rows, "text", encoder, 0.2, 0)
    max_length = load_modality("text").load_encoder(encoder).tokenizer.truncation["max_length"]
    assert augmented[INPUT].map(len).max() <= max_length


def test_finetune_trains_on_noisy_copies(repository, tmp_path):
    """training.json counts the rows without their copies.

    train_fraction and the ablation count them like that.
    """
    copy = repository.copy_to(tmp_path / "noisy", "mlruns", "mlflow.db")
    copy.set_params("finetune", noise_fraction=0.1)
    training = io.read_json(copy.folder / "data/models/tiny/training.json")
    steps = pd.read_csv(copy.folder / "data/models/tiny/history.csv")["step"].max()
    copy.stage("finetune")
    noisy_training = io.read_json(copy.folder / "data/models/tiny/training.json")
    assert noisy_training["rows"] == training["rows"]
    assert pd.read_csv(copy.folder / "data/models/tiny/history.csv")["step"].max() == pytest.approx(2 * steps, abs=2)
