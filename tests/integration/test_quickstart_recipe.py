"""benchmarks.quickstart_recipe: the quickstart recipe on a task's rows."""

import pandas as pd
from repository import LANGUAGES

from crossfer.artifacts import io, paths
from crossfer.reporting.formatting import accuracy_with_interval


def test_quickstart_recipe_uses_the_rows_of_the_pipeline(tokenized):
    output = tokenized.run("python", "-m", "benchmarks.quickstart_recipe", "tiny")
    report = io.read_json(tokenized.folder / paths.benchmark_path("tiny", "quickstart_recipe", "json"))
    source = pd.read_parquet(tokenized.folder / "data/clean/tiny/en.parquet")
    assert report["train_rows"] == (source["split"] == "train").sum()
    assert report["threads"] == 1
    assert report["train_seconds"] > 0
    assert list(report["domains"]) == ["en", *LANGUAGES]
    assert {name: scores["n"] for name, scores in report["domains"].items()} == {"en": 12, "zh": 60, "sw": 60}
    for scores in [*report["domains"].values(), report["zero_shot"]]:
        assert scores["accuracy_low"] <= scores["accuracy"] <= scores["accuracy_high"]
    assert f"en: accuracy {accuracy_with_interval(report['domains']['en'])}" in output
    assert f"zero-shot, mean: {accuracy_with_interval(report['zero_shot'])}" in output
    del report["train_seconds"]
    tokenized.run("python", "-m", "benchmarks.quickstart_recipe", "tiny")
    repeated = io.read_json(tokenized.folder / paths.benchmark_path("tiny", "quickstart_recipe", "json"))
    assert report.items() <= repeated.items()
