"""The numbers in the README are those of the committed reports: at most ten."""

import csv
import json
import re
import subprocess

import pytest
from repository import ROOT
from ruamel.yaml import YAML

from crossfer.reporting.formatting import accuracy_with_interval, percent

TASKS = ("news", "digits")


def committed(name: str) -> str:
    """Return the content of a file in HEAD.

    A user's own runs may have changed the file in the working tree.
    """
    return subprocess.run(["git", "show", f"HEAD:{name}"], cwd=ROOT, capture_output=True, text=True, check=True).stdout


def report(task: str) -> dict:
    """Return the committed metrics.json of a task."""
    return json.loads(committed(f"data/reports/{task}/metrics.json"))


def expected_cells() -> list[str]:
    """Return the accuracies of source, targets and baseline, by task."""
    cells = []
    for task in TASKS:
        scores = report(task)
        zero_shot = scores["zero_shot"]
        cells += [accuracy_with_interval(scores["domains"][scores["source"]]), accuracy_with_interval(zero_shot)]
        cells.append(percent(zero_shot["baseline_accuracy"]))
    news = report("news")
    return [*cells, percent(news["baseline"][news["source"]]["accuracy"])]


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md"])
def test_percentages_are_those_of_the_committed_reports(page):
    """The README quotes no other percentage, except the 95 % of intervals."""
    text = committed(page).replace("（", " (").replace("）", ")").replace(" 至 ", " to ")
    quoted = re.findall(r"[\d.]+ %(?: \([\d.]+ to [\d.]+\))?", text)
    assert [value for value in quoted if value != "95 %"] == expected_cells()


@pytest.mark.parametrize(("task", "words"), [("news", "other languages"), ("digits", "other styles")])
def test_the_number_of_targets_is_that_of_the_committed_reports(task, words):
    zero_shot = report(task)["zero_shot"]
    (row,) = [line for line in committed("README.md").splitlines() if line.startswith(f"| `{task}` | ")]
    assert f"| {zero_shot['domains']} {words}: " in row


def test_costs_of_the_first_run_are_those_that_were_measured():
    """goals.csv, dvc.lock, metrics.json and the Makefile have the same figures."""
    goals = {row["measure"]: row["measured"] for row in csv.DictReader(committed("benchmarks/goals.csv").splitlines())}
    minutes, seconds = re.findall(r"\d+", goals["`dvc repro` of both tasks in a fresh clone: time"])
    memory = goals["peak memory of any stage"].removesuffix(" (compress)")
    stages = YAML(typ="safe").load(committed("dvc.lock"))["stages"].values()
    outputs = sum(out["size"] for stage in stages for out in stage["outs"]) / 1e9
    weights = sum(report(task)["cost"]["model_bytes"] for task in TASKS) / 1e9
    (installation,) = re.finditer(r"about (\d+) minutes plus the download, (\d+) GB on disk", committed("Makefile"))
    total_minutes = round(int(installation[1]) + int(minutes) + int(seconds) / 60)
    total_disk = round(int(installation[2]) + outputs + weights)
    row = f"| `make repro` | {total_minutes} min, plus the download of packages | {total_disk} GB | {memory} |"
    assert f"{row}\n" in committed("README.md")
    assert f"{outputs:.1f} GB, and {weights:.1f} GB in `~/.cache/crossfer`" in committed("docs/operations.md")


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md"])
def test_at_most_ten_measured_numbers_are_quoted(page):
    """Accuracies, times and sizes; an interval belongs to its accuracy."""
    text = committed(page).replace("95 %", "")
    numbers = re.findall(r"\d (?:%|[GM]B|s|min|h|秒|分钟|小时)(?![a-z])", text)
    assert len(numbers) <= 10


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md"])
def test_times_are_quoted_in_one_table(page):
    times = [line for line in committed(page).splitlines() if re.search(r"\d+ ?(min|s|h|分钟|秒|小时)\b", line)]
    assert len(times) == 1 and times[0].startswith("|")
