"""benchmarks.scaling: exponents, generated texts, and a stage measured on them."""

from pathlib import Path

import pytest

from benchmarks import measure, scaling
from benchmarks.measure import Cost
from crossfer.config.params import load_text_task
from crossfer.errors import UserError


def test_exponents_of_linear_and_quadratic_time():
    def costs(power):
        return {10 * factor: {"ingest": Cost(5 + 2 * factor**power, 1e8 + 1000 * factor)} for factor in (1, 10, 100)}

    linear, square = (scaling.table_rows(costs(power)) for power in (1, 2))
    assert linear[0] == ["ingest", "7.0 s, 100 MB", "25.0 s, 100 MB", "205.0 s, 100 MB", "1.00", "100"]
    assert scaling.table_header([10, 100, 1000]) == [
        "stage",
        *("10 rows", "100 rows", "1,000 rows"),
        "exponent",
        "bytes per further row",
    ]
    assert len(linear[0]) == 6
    assert linear[1][:2] == ["all four", "7.0 s, 100 MB"]
    assert float(square[0][4]) > 1.9


def test_generated_texts_are_unique_and_reproducible():
    rows = list(scaling.shuffle_words(["one two three four five", "six seven"], ["a", "b"], 50, 60))
    assert rows == list(scaling.shuffle_words(["one two three four five", "six seven"], ["a", "b"], 50, 60))
    assert len({text for text, _ in rows}) == 50
    assert {label for _, label in rows} == {"a", "b"}
    assert all(len(text.split()) == 60 for text, _ in rows)


def test_run_module_measures_a_stage(tokenized, tmp_path_factory, monkeypatch):
    monkeypatch.chdir(tokenized.folder)
    folder = tmp_path_factory.mktemp("scaling")
    (folder / "data").mkdir()
    for name in ("stages", "crossfer", "benchmarks"):
        (folder / name).symlink_to(tokenized.folder / name)
    task, _ = load_text_task("tiny")
    scaling.write_params(folder, "tiny", task)
    scaling.write_rows(folder / scaling.SOURCE, [("a goal", "sports"), ("a chip", "tech")])
    with pytest.raises(UserError, match="stages.ingest tiny failed: error: scaling/target.jsonl"):
        measure.run_module("stages.ingest", "tiny", folder=folder)
    scaling.write_rows(folder / scaling.TARGET, [("one two", "tech")])
    seconds, peak_bytes = measure.run_module("stages.ingest", "tiny", folder=folder)
    assert seconds > 0
    assert 1e7 < peak_bytes < 1e10
    assert {path.name for path in Path(folder / "data/raw/tiny").glob("*.parquet")} == {"en.parquet", "target.parquet"}
