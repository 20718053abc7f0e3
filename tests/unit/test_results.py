"""docs/results.md is up to date and documents every key of the reports."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from repository import ROOT

from benchmarks import goals, results

TASKS = ("news", "digits")
SEVERITIES = ("light", "medium", "heavy")
JSON = ("metrics.json", "stress.json", "compress.json")
TABLES = ("accuracy.csv", "classes.csv", "predictions.csv", "learning_curve.csv", "stress.csv")
OPTIONAL = ("few_shot", "student", "tasks.<task>.ablation_differences")  # no shipped task has them
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


def is_documented(file: str, key: str) -> bool:
    """Return whether the table has a key, directly or as part of another.

    The other is `...*`, or a key of metrics.json in summary.json.
    """
    patterns = [one[:-1] for name, one in DOCUMENTED if name == file and one.endswith("*") and one.count("*") == 1]
    below = any(key.startswith(one) for one in patterns if one != "tasks.<task>.")
    is_metric = file == "summary.json" and ("metrics.json", key.removeprefix("tasks.<task>.")) in DOCUMENTED
    return below or is_metric or (file, key) in DOCUMENTED


def test_every_key_of_the_committed_reports_is_documented():
    assert sorted(key for key in committed_keys() if not is_documented(*key)) == []


def test_every_documented_key_is_in_the_committed_reports():
    committed = committed_keys()
    required = {key for key in DOCUMENTED if not key[1].endswith("*") and not key[1].startswith(OPTIONAL)}
    assert sorted(required - committed) == []


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
