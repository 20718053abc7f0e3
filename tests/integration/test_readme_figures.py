"""The numbers in the README are those of the committed reports."""

import json
import re
import subprocess

import pytest
from repository import ROOT

from crossfer.reporting.formatting import accuracy_with_interval, percent


def committed(name: str) -> str:
    """Return the content of a file in HEAD.

    A user's own runs may have changed the file in the working tree.
    """
    return subprocess.run(["git", "show", f"HEAD:{name}"], cwd=ROOT, capture_output=True, text=True, check=True).stdout


def expected_cells() -> list[str]:
    """Return accuracy and baseline of source and zero-shot targets, by task."""
    cells = []
    for task in ("news", "digits"):
        report = json.loads(committed(f"data/reports/{task}/metrics.json"))
        source, zero_shot = report["source"], report["zero_shot"]
        cells += [accuracy_with_interval(report["domains"][source]), percent(report["baseline"][source]["accuracy"])]
        cells += [accuracy_with_interval(zero_shot), percent(zero_shot["baseline_accuracy"])]
    return cells


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md"])
def test_percentages_are_those_of_the_committed_reports(page):
    """The README quotes no other percentage, except the 95 % of intervals."""
    text = committed(page).replace("（", " (").replace("）", ")").replace(" 至 ", " to ")
    quoted = re.findall(r"[\d.]+ %(?: \([\d.]+ to [\d.]+\))?", text)
    assert [value for value in quoted if value != "95 %"] == expected_cells()


@pytest.mark.parametrize(("task", "words"), [("news", "other languages"), ("digits", "other styles")])
def test_the_number_of_targets_is_that_of_the_committed_reports(task, words):
    zero_shot = json.loads(committed(f"data/reports/{task}/metrics.json"))["zero_shot"]
    assert f"`{task}`: {zero_shot['domains']} {words} (zero-shot)" in committed("README.md")


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md"])
def test_times_are_quoted_in_one_table(page):
    times = [line for line in committed(page).splitlines() if re.search(r"\d+ ?(min|s|h|分钟|秒|小时)\b", line)]
    assert len(times) == 2 and all(line.startswith("|") for line in times)
