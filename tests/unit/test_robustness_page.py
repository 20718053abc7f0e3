"""What stress writes of made-up results: stress.json, stress.csv, robustness.md and two charts."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from crossfer.artifacts import io
from crossfer.robustness import confidence, report, scores
from crossfer.robustness.perturbed import CLEAN, SEVERITIES
from crossfer.robustness.results import Results

DOMAIN = "zh|<b>"


@pytest.fixture
def results():
    """Two domains of four rows. Typos cost `en` one row, and two rows without the cleaner. Case costs nothing."""
    rows = []
    for domain in ("en", DOMAIN):
        cases = [(CLEAN, CLEAN, True, 4)]
        for severity in SEVERITIES:
            cases += [("typos", severity, True, 3 if domain == "en" else 4)]
            cases += [("typos", severity, False, 2 if domain == "en" else 4)]
            cases += [("case", severity, cleaned, 4) for cleaned in (True, False)]
        for perturbation, severity, cleaned, correct in cases:
            case = {"domain": domain, "perturbation": perturbation, "severity": severity, "cleaned": cleaned}
            rows += [{**case, "id": f"item {number}", "right": number < correct} for number in range(4)]
    measured = scores.table(pd.DataFrame(rows), ["typos", "case"], 200, 0)
    predictions = pd.DataFrame(
        {
            "domain": ["en"] * 4 + [DOMAIN] * 4,
            "label": ["a", "b"] * 4,
            "prediction": ["a", "b", "a", "a"] * 2,
            "probabilities": [{"a": 0.9, "b": 0.1}] * 8,
        }
    )
    said = confidence.group_predictions(predictions, ["a", "b"], "en")
    outside = pd.DataFrame(
        {"sort": ["recipe"] * 2 + ["noise"], "sure": [0.5, 0.95, 0.0], "refused": [False, False, True]}
    )
    scopes = confidence.out_of_distribution_table(said, "en", outside, 100, 0)
    return Results("news", "text", "en", 4, measured, said, confidence.table(said, 1.5), "data/x.tsv", scopes, 1.5)


def test_the_page(results, tmp_path):
    written = report.write(tmp_path, results)
    assert [path.name for path in written] == [
        "stress.json",
        "stress.csv",
        "robustness.md",
        "robustness.png",
        "reliability.png",
    ]
    page = (tmp_path / "robustness.md").read_text(encoding="utf-8")
    assert "Unperturbed: 100.0 % (100.0 to 100.0). Light perturbations, mean: 93.8 %, lost 6.2 pp (" in page
    assert "| typos | 87.5 %, lost 12.5 pp (" in page and "| case | 100.0 %, lost 0.0 pp (" in page
    uncleaned = page.partition("## Without the cleaner")[2].partition("## By domain")[0]
    assert "| typos | 75.0 %, lost 25.0 pp (" in uncleaned and "case" not in uncleaned
    assert "| zh\\|\\<b\\> | 4 | 100.0 % (100.0 to 100.0) |" in page
    assert "The fitted temperature is 1.50: the model is overconfident on the source." in page
    assert "| en | all of them | 3 | 1 | 33.3 % | " in page and "| en | recipe | 2 | 0 | 50.0 % | " in page
    assert "](robustness.png)" in page and "](reliability.png)" in page and "\n\n\n" not in page
    before = [path.read_bytes() for path in written]
    assert [path.read_bytes() for path in report.write(tmp_path, results)] == before


@pytest.mark.parametrize(
    ("temperature", "expected"),
    [
        (0.99, "0.99: the model is underconfident"),
        (0.998, "1.00: the model is neither over- nor underconfident"),
        (1.004, "1.00: the model is neither over- nor underconfident"),
        (1.01, "1.01: the model is overconfident"),
    ],
)
def test_what_the_temperature_says(results, tmp_path, temperature, expected):
    report.write(tmp_path, replace(results, temperature=temperature))
    page = (tmp_path / "robustness.md").read_text(encoding="utf-8")
    assert f"The fitted temperature is {expected} on the source." in page


def test_without_out_of_distribution_contents(results, tmp_path):
    report.write(tmp_path, replace(results, out_of_distribution="none", scopes=None))
    page = (tmp_path / "robustness.md").read_text(encoding="utf-8")
    section = page.partition("## Out-of-distribution contents\n\n")[2]
    assert section.startswith("Not measured: `stress.out_of_distribution` is `none` in params.yaml.\n\nThe mistakes")
    assert "AUROC" not in page
    assert "out_of_distribution" not in io.read_json(tmp_path / "stress.json")


def test_the_numbers(results, tmp_path):
    report.write(tmp_path, results)
    summary = io.read_json(tmp_path / "stress.json")
    assert summary["clean"]["accuracy"] == 1.0
    assert (summary["light"]["accuracy_drop"], summary["light"]["accuracy_drop_uncleaned"]) == (0.0625, 0.125)
    assert summary["out_of_distribution"].keys() == {"auroc", "auroc_low", "auroc_high"}
    assert summary["calibration"].keys() == {"en"}
    assert np.allclose(pd.read_csv(tmp_path / "stress.csv")["accuracy_drop"], results.measured["accuracy_drop"])
    assert next(report.lines(results)).startswith("light perturbations: accuracy 93.8 % (")
