"""The stage adapt trains on the shots of two targets and hashes the model once."""

import numpy as np
import pandas as pd
import pytest
from hashed_paths import run_stage
from repository import tiny_params
from ruamel.yaml import YAML

from crossfer.artifacts import io, paths
from crossfer.artifacts.io import Domain
from crossfer.artifacts.paths import TaskPaths
from crossfer.modalities.text import model as text_model


@pytest.fixture
def tokenized(tiny_backbone, tmp_path, monkeypatch):
    """Write a model of two labels, a source and two targets, one with a new label."""
    monkeypatch.chdir(tmp_path)
    params = tiny_params(tiny_backbone)
    with (tmp_path / "params.yaml").open("w") as file:
        YAML(typ="safe").dump(params, file)
    text_model.build(tiny_backbone, ["a", "b"], "pretrained").save_pretrained(TaskPaths("tiny").model)
    folder = TaskPaths("tiny").tokens
    folder.mkdir(parents=True)
    domains = [Domain("en", "en", True), Domain("de", "de", False, 3), Domain("fr", "fr", False, 2)]
    io.write_domains(folder, domains)
    for domain, labels in (("de", "ab"), ("fr", "abc")):
        rows = [{"id": f"{label}{n}", "label": label, "split": "train"} for label in labels for n in range(4)]
        tokens = [np.array([1, 10 + ord(row["label"]) - ord("a"), 20, 2], np.int32) for row in rows]
        io.write_table(paths.table_path(folder, domain), pd.DataFrame(rows).assign(input=tokens))
    return tmp_path


def test_two_targets(tokenized):
    lines, hashed = run_stage("adapt")
    assert lines[:2] == [
        "adapt tiny: de: 6 rows, 3 to 3 per label; 2 steps of 6 rows (2 epochs)",
        "adapt tiny: fr: 6 rows, 2 to 2 per label; 2 steps of 6 rows (2 epochs)",
    ]
    assert hashed.count(TaskPaths("tiny").model.as_posix()) == 1
    folder = tokenized / TaskPaths("tiny").adapted
    adapted = io.read_json(folder / paths.ADAPTED_FILE)
    assert {name: (entry["shots"], entry["labels"]) for name, entry in adapted.items()} == {
        "de": (3, ["a", "b"]),
        "fr": (2, ["a", "b", "c"]),
    }
    assert {path.name for path in folder.iterdir()} >= {"de.csv", "de.safetensors", "fr.csv", "fr.safetensors"}


def test_shots_that_a_target_does_not_have_are_not_reported(tokenized):
    """The targets have four rows per label."""
    folder = TaskPaths("tiny").tokens
    domains = [Domain("en", "en", True), Domain("de", "de", False, 1000)]
    io.write_domains(folder, domains)
    lines, _ = run_stage("adapt")
    assert lines[0] == "adapt tiny: de: 8 rows, 4 to 4 per label (shots: 1000); 2 steps of 8 rows (2 epochs)"
    adapted = io.read_json(tokenized / TaskPaths("tiny").adapted / paths.ADAPTED_FILE)
    assert adapted["de"]["shots"] == 4
