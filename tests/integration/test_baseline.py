"""The baseline recipe, that finetune is measured against: on the task's rows, and as the quickstart has it."""

import pandas as pd
from repository import LANGUAGES

from crossfer.artifacts import io, paths
from crossfer.reporting.formatting import accuracy_with_interval


def test_it_trains_and_scores_on_the_rows_of_the_pipeline(tokenized):
    said = tokenized.run("python", "-m", "benchmarks.baseline", "tiny")
    found = io.read_json(tokenized.folder / paths.benchmark_path("tiny", "baseline", "json"))
    source = pd.read_parquet(tokenized.folder / "data/clean/tiny/en.parquet")
    assert found["train_rows"] == (source["split"] == "train").sum()
    assert found["threads"] == 1
    assert found["train_seconds"] > 0
    assert list(found["domains"]) == ["en", *LANGUAGES]
    assert {name: scores["n"] for name, scores in found["domains"].items()} == {"en": 12, "zh": 60, "sw": 60}
    for scores in [*found["domains"].values(), found["zero_shot"]]:
        assert scores["accuracy_low"] <= scores["accuracy"] <= scores["accuracy_high"]
    assert f"en: accuracy {accuracy_with_interval(found['domains']['en'])}" in said
    assert f"zero-shot, mean: {accuracy_with_interval(found['zero_shot'])}" in said
    del found["train_seconds"]
    tokenized.run("python", "-m", "benchmarks.baseline", "tiny")
    again = io.read_json(tokenized.folder / paths.benchmark_path("tiny", "baseline", "json"))
    assert found.items() <= again.items()
