"""How time and memory grow: computed from real runs."""

import json
from pathlib import Path

import pytest

from benchmarks import measure, scaling
from benchmarks.measure import Cost
from crossfer.config.params import load_text_task
from crossfer.errors import UserError


def test_linear_time_has_exponent_one_and_square_time_two():
    def costs(power):
        return {10 * factor: {"ingest": Cost(5 + 2 * factor**power, 1e8 + 1000 * factor)} for factor in (1, 10, 100)}

    linear, square = (scaling.table_rows(costs(power)) for power in (1, 2))
    assert linear[0] == ["ingest", "7.0 s, 100 MB", "25.0 s, 100 MB", "205.0 s, 100 MB", "1.00", "100"]
    assert linear[1][:2] == ["all four", "7.0 s, 100 MB"]
    assert float(square[0][4]) > 1.9


def test_grown_texts_are_all_different_and_the_same_each_time():
    once = list(scaling.shuffle_words(["one two three four five", "six seven"], ["a", "b"], 50, 60))
    assert once == list(scaling.shuffle_words(["one two three four five", "six seven"], ["a", "b"], 50, 60))
    assert len({text for text, _ in once}) == 50
    assert {label for _, label in once} == {"a", "b"}
    assert all(len(text.split()) == 60 for text, _ in once)


def test_a_stage_is_run_on_the_grown_target_alone(tokenized, tmp_path_factory, monkeypatch):
    monkeypatch.chdir(tokenized.folder)
    place = tmp_path_factory.mktemp("growth")
    (place / "data").mkdir()
    for name in ("stages", "crossfer", "benchmarks", "data/probe"):
        (place / name).symlink_to(tokenized.folder / name)
    task, _ = load_text_task("tiny")
    scaling.write_params(place, "tiny", task)
    with pytest.raises(UserError, match="stages.ingest tiny failed: error: target.jsonl"):
        measure.run("stages.ingest", "tiny", folder=place)
    (place / scaling.TARGET).write_text(json.dumps({"text": "one two", "label": "tech"}) + "\n")
    seconds, memory = measure.run("stages.ingest", "tiny", folder=place)
    assert seconds > 0
    assert 1e7 < memory < 1e10
    assert {path.name for path in Path(place / "data/raw/tiny").glob("*.parquet")} == {"en.parquet", "target.parquet"}
