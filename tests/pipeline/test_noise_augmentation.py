"""Noisy copies of training rows: behind the rows themselves, with their labels, and the same whenever they are made."""

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


def test_no_noise_is_no_copies(rows, encoder):
    assert add_noisy_copies(rows, "text", encoder, 0.0, 0) is rows


def test_copies_stand_behind_their_rows(rows, encoder):
    both = add_noisy_copies(rows, "text", encoder, 0.2, 0)
    assert len(both) == 20
    assert both[[ID, LABEL]].iloc[10:].reset_index(drop=True).equals(rows[[ID, LABEL]].reset_index(drop=True))
    assert all(map(np.array_equal, both[INPUT].iloc[:10], rows[INPUT]))
    different = [not np.array_equal(one, other) for one, other in zip(both[INPUT].iloc[10:], rows[INPUT], strict=True)]
    assert sum(different) >= 8


def test_the_same_seed_is_the_same_noise_whatever_rows_are_beside(rows, encoder):
    both, fewer = (add_noisy_copies(some, "text", encoder, 0.2, 3)[INPUT] for some in (rows, rows.tail(3)))
    assert all(map(np.array_equal, both.tail(3), fewer.tail(3)))
    other = add_noisy_copies(rows, "text", encoder, 0.2, 4)[INPUT]
    assert not all(map(np.array_equal, both.tail(10), other.tail(10)))


def test_what_is_noisy_is_what_was_encoded(rows, encoder):
    both = add_noisy_copies(rows, "text", encoder, 0.2, 0)
    longest = load_modality("text").load_encoder(encoder).tokenizer.truncation["max_length"]
    assert both[INPUT].map(len).max() <= longest


def test_finetune_trains_on_copies_too(repository, tmp_path):
    """And says that it was trained on the rows alone, which is what shares and ladders count."""
    made = repository.copied(tmp_path / "noisy", "mlruns", "mlflow.db")
    text = (made.folder / "params.yaml").read_text()
    assert "noise_fraction: 0\n" in text
    (made.folder / "params.yaml").write_text(text.replace("noise_fraction: 0\n", "noise_fraction: 0.1\n"))
    before = io.read_json(made.folder / "data/models/tiny/training.json")
    steps = pd.read_csv(made.folder / "data/models/tiny/history.csv")["step"].max()
    made.stage("finetune")
    after = io.read_json(made.folder / "data/models/tiny/training.json")
    assert after["rows"] == before["rows"]
    assert pd.read_csv(made.folder / "data/models/tiny/history.csv")["step"].max() == pytest.approx(2 * steps, abs=2)
