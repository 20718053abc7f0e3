"""The README's figures are those of the committed reports and the committed summary."""

import json
import re
import subprocess

import pytest
from repository import ROOT

from crossfer.comparison.ablation import VARIANTS
from crossfer.reporting.formatting import interval, percent, percentage_points


def committed(name: str) -> str:
    """A file as HEAD has it, whatever the user's own runs have made of it."""
    return subprocess.run(["git", "show", f"HEAD:{name}"], cwd=ROOT, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("task", ["news", "digits"])
def test_the_figures_are_those_of_the_committed_reports(task):
    report = json.loads(committed(f"data/reports/{task}/metrics.json"))
    pattern = r"^\| `([\w-]+)` \| ([\d.]+ %) \| ([\d.]+) to ([\d.]+) \| ([\d.]+ %) \|$"
    found = {domain: shown for domain, *shown in re.findall(pattern, committed("README.md"), re.M)}
    for domain, scores in report["domains"].items():
        low, high = (f"{100 * scores[f'accuracy_{end}']:.1f}" for end in ("low", "high"))
        floor = report["baseline"][domain]["accuracy"]
        assert found[domain] == [f"{100 * scores['accuracy']:.1f} %", low, high, f"{100 * floor:.1f} %"]


def test_the_ladder_is_that_of_the_committed_summary():
    tasks = json.loads(committed("data/summary/summary.json"))["tasks"]
    ladders = [
        {one["variant"]: one for one in tasks[task]["ablation"] if one["train_fraction"] == 1}
        for task in ("news", "digits")
    ]
    for variant, name in VARIANTS.items():
        cells = [
            cell
            for point in ladders
            for cell in (
                ", ".join(percent(point[variant][measure]["accuracy"]) for measure in ("in_domain", "zero_shot")),
                str(point[variant]["seeds"]),
            )
        ]
        assert f"| {' | '.join([name, *cells])} |\n" in committed("README.md")


def test_what_the_text_says_is_what_the_committed_summary_says():
    tasks = json.loads(committed("data/summary/summary.json"))["tasks"]
    text = " ".join(committed("README.md").split())
    for task in tasks.values():
        scores = task["zero_shot"]
        assert f"right {percent(scores['accuracy'])} of the time ({interval(scores)})" in text
        assert f"{percent(scores['baseline_accuracy'])}. The gap to" in text
        assert f"is {percentage_points(scores['gap'])} ({interval(scores, 'gap').replace('−', '-')})" in text
        for measure in ("zero_shot", "in_domain"):
            assert (
                percentage_points(task["gain"][measure]["difference"]).split()[0] in text.split("The two compared.")[1]
            )
