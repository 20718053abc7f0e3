"""docs/results.md is up to date and documents every key of the reports."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from repository import ROOT
from synthetic_reports import BASELINE, LABELS, MODEL, scored_task, summarized_task, variant_rows

from benchmarks import goals, results
from crossfer.artifacts import io
from crossfer.compression import distillation
from crossfer.config.params import Compute, load_params
from crossfer.evaluation.report import FewShot, compute_scores
from crossfer.modalities.text import model as text_model
from crossfer.protocols import load_modality
from crossfer.reporting.accuracy import accuracy_table

TASKS = ("news", "digits")
SEVERITIES = ("light", "medium", "heavy")
JSON = ("metrics.json", "stress.json", "compress.json")
TABLES = ("accuracy.csv", "classes.csv", "predictions.csv", "learning_curve.csv", "stress.csv")
KEYS = pd.read_csv(results.KEYS, keep_default_na=False)
DOCUMENTED = {
    (row.file, f"{row.key}{end}")
    for row in KEYS.itertuples()
    for end in (("", "_low", "_high") if row.interval else ("",))
}


def report(task: str, name: str) -> Path:
    return ROOT / "data/reports" / task / name


def domains() -> set[str]:
    return {"targets"}.union(*(json.loads(report(task, "metrics.json").read_text())["domains"] for task in TASKS))


def keys(content: Any, path: str = "") -> Iterator[str]:
    """Yield the path of every value, with placeholders for names such as domains."""
    if isinstance(content, list) and any(isinstance(one, dict) for one in content):
        for one in content:
            yield from keys(one, f"{path}[]")
    elif isinstance(content, dict) and content:
        for name, value in content.items():
            step = name
            if path.endswith("variants"):
                step = "<variant>"
            elif name in ("in_domain", "zero_shot") and path.endswith(("ablation[]", "gain")):
                step = "<measure>"
            elif name in SEVERITIES or name in TASKS or name in domains():
                step = "<severity>" if name in SEVERITIES else "<task>" if name in TASKS else "<domain>"
            yield from keys(value, f"{path}.{step}" if path else step)
    else:
        yield path


def committed_keys() -> set[tuple[str, str]]:
    """Return file and key of all values in the committed reports."""
    pairs = {(name, key) for task in TASKS for name in JSON for key in keys(json.loads(report(task, name).read_text()))}
    summary = json.loads((ROOT / "data/summary/summary.json").read_text())
    pairs |= {("summary.json", key) for key in keys(summary)}
    for task in TASKS:
        for name in TABLES:
            with report(task, name).open(encoding="utf-8") as file:
                pairs |= {(name, column) for column in next(csv.reader(file))}
    return pairs


def few_shot_scores() -> dict[str, Any]:
    """Return metrics.json of a task with shots, without the cost."""
    _, predictions = scored_task(MODEL, BASELINE)
    rows = {str(name): table for name, table in predictions.groupby("domain", sort=False)}
    few_shot = {"sw": FewShot(4, 8, LABELS, rows["sw"])}
    return compute_scores(rows, {name: name for name in rows}, "en", LABELS, 200, 0, few_shot)


def distilled_student(backbone: Path, folder: Path) -> dict[str, Any]:
    """Distill a student of one layer, and return its part of compress.json."""
    text_model.build(backbone, LABELS, "pretrained").save_pretrained(folder / "teacher")
    inputs = [np.array([1, number, 2], np.int32) for number in range(10, 14)]
    io.write_table(folder / "en.parquet", pd.DataFrame({"split": "train", "input": inputs}))
    options = load_params().tasks["news"].compress.model_copy(update={"student_layers": 1}).student_options
    rows = distillation.write_student(
        folder / "teacher",
        folder / "student",
        {"en": folder / "en.parquet"},
        load_modality("text"),
        text_model,
        Compute(device="cpu", threads=1, instructions="avx2"),
        0,
        **options,
    )
    return {**options, "rows": rows}


@pytest.fixture(scope="module")
def optional_keys(tiny_backbone, tmp_path_factory):
    """Return file and key of values that no shipped task has.

    They are those of shots, of a student, and of an ablation with other parameters.
    """
    scores = few_shot_scores()
    student = distilled_student(tiny_backbone, tmp_path_factory.mktemp("student"))
    summary = {"tasks": {"news": summarized_task(rows=variant_rows("partial"), epochs=3)}}
    contents = {"metrics.json": scores, "compress.json": {"student": student}, "summary.json": summary}
    columns = {("accuracy.csv", column) for column in accuracy_table(scores)}
    return columns | {(name, key) for name, content in contents.items() for key in keys(content)}


def is_documented(file: str, key: str) -> bool:
    """Return whether the table has a key, directly or as part of another.

    The other is `...*`, or a key of metrics.json in summary.json.
    """
    patterns = [one[:-1] for name, one in DOCUMENTED if name == file and one.endswith("*") and one.count("*") == 1]
    below = any(key.startswith(one) for one in patterns if one != "tasks.<task>.")
    is_metric = file == "summary.json" and ("metrics.json", key.removeprefix("tasks.<task>.")) in DOCUMENTED
    is_empty_list = any(name == file and one.startswith(f"{key}[].") for name, one in DOCUMENTED)
    return below or is_metric or is_empty_list or (file, key) in DOCUMENTED


def test_every_key_of_a_report_is_documented(optional_keys):
    assert sorted(key for key in committed_keys() | optional_keys if not is_documented(*key)) == []


def test_every_documented_key_is_in_a_report(optional_keys):
    required = {key for key in DOCUMENTED if not key[1].endswith("*")}
    assert sorted(required - committed_keys() - optional_keys) == []


def test_keys_have_a_unit_and_a_meaning():
    assert not KEYS.duplicated(["file", "key"]).any()
    assert KEYS["meaning"].all() and KEYS.loc[~KEYS["key"].str.endswith("*"), "unit"].all()


def test_the_page_is_what_the_command_writes(monkeypatch, tmp_path):
    page = tmp_path / "results.md"
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(results, "PAGE", page)
    results.main()
    assert page.read_text(encoding="utf-8") == (ROOT / "docs/results.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", sorted({*pd.read_csv(goals.DOCUMENTED_GOALS)["source"]}))
def test_goals_link_to_pages_that_exist(page):
    assert (ROOT / "docs" / page).exists()
