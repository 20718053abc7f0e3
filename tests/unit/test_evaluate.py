"""The stage evaluate hashes each file that it reads once."""

from collections import Counter

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

SPLITS = ("train", "train", "validation", "test", "test")


@pytest.fixture
def adapted(tiny_backbone, tmp_path, monkeypatch):
    """Write all inputs of evaluate: two labels, a source and a target."""
    monkeypatch.chdir(tmp_path)
    params = tiny_params(tiny_backbone)
    with (tmp_path / "params.yaml").open("w") as file:
        YAML(typ="safe").dump(params, file)
    task_paths = TaskPaths("tiny")
    for folder in (task_paths.raw, task_paths.clean, task_paths.tokens, task_paths.adapted):
        folder.mkdir(parents=True)
    rows = [
        {"id": f"{label}{n}", "label": label, "split": split, "content": f"word {label}"}
        for label in "ab"
        for n, split in enumerate(SPLITS)
    ]
    tokens = [np.array([1, 10 + ord(row["label"]) - ord("a"), 20, 2], np.int32) for row in rows]
    io.write_json(task_paths.tokens / paths.TRUNCATED_FILE, {"en": 0.5, "de": 0.0})
    io.write_domains(task_paths.tokens, [Domain("en", "en", True), Domain("de", "de", False)])
    for domain in ("en", "de"):
        io.write_table(paths.table_path(task_paths.tokens, domain), pd.DataFrame(rows).assign(input=tokens))
    text_model.build(tiny_backbone, ["a", "b"], "pretrained").save_pretrained(task_paths.model)
    training = [row["id"] for row in rows if row["split"] == "train"]
    io.write_json(task_paths.model / paths.TRAINING_FILE, {"parameters": 2, "trained_parameters": 1, "rows": training})
    history = {"step": [1], "epoch": [1], "loss": [0.5], "validation_loss": [0.5], "validation_accuracy": [0.5]}
    pd.DataFrame(history).to_csv(task_paths.model / paths.HISTORY_FILE, index=False)
    io.write_json(task_paths.adapted / paths.ADAPTED_FILE, {})
    io.write_json(
        task_paths.raw / paths.MANIFEST_FILE,
        {name: {"provider": "p", "origin": "o", "licence": "l"} for name in ("en", "de")},
    )
    io.write_json(task_paths.clean / paths.QUALITY_FILE, {name: {"changed": {}} for name in ("en", "de")})
    return task_paths


def test_no_file_is_hashed_twice(adapted):
    _, hashed = run_stage("evaluate")
    counts = Counter(hashed)
    tables = {paths.table_path(adapted.tokens, domain).as_posix() for domain in ("en", "de")}
    assert tables | {adapted.model.as_posix()} <= set(counts)
    assert [path for path, count in counts.items() if count > 1] == []
