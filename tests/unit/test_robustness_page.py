"""Files that stress writes: stress.json, stress.csv, robustness.md and two charts."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from crossfer.artifacts import io
from crossfer.robustness import confidence, out_of_distribution, report, scores
from crossfer.robustness.perturbed import CLEAN, SEVERITIES
from crossfer.robustness.results import Results

DOMAIN = "zh|<b>"


@pytest.fixture
def results():
    """Two domains of four rows: typos cost `en` one row, capitals cost nothing.

    Without the cleaner, typos cost `en` two rows.
    """
    rows = []
    for domain in ("en", DOMAIN):
        cases = [(CLEAN, CLEAN, True, 4)]
        for severity in SEVERITIES:
            cases += [("typos", severity, True, 3 if domain == "en" else 4)]
            cases += [("typos", severity, False, 2 if domain == "en" else 4)]
            cases += [("capitals", severity, cleaned, 4) for cleaned in (True, False)]
        for perturbation, severity, cleaned, correct in cases:
            case = {"domain": domain, "perturbation": perturbation, "severity": severity, "cleaned": cleaned}
            rows += [{**case, "id": f"item {number}", "correct": number < correct} for number in range(4)]
    table = pd.DataFrame(
        {
            "domain": ["en"] * 4 + [DOMAIN] * 4,
            "label": ["a", "b"] * 4,
            "prediction": ["a", "b", "a", "a"] * 2,
            "probabilities": [{"a": 0.9, "b": 0.1}] * 8,
        }
    )
    predictions = confidence.group_predictions(table, ["a", "b"], "en")
    contents = pd.DataFrame(
        {"category": ["recipe"] * 2 + ["noise"], "confidence": [0.5, 0.95, 0.0], "refused": [False, False, True]}
    )
    return Results(
        task="news",
        modality="text",
        source="en",
        rows_per_domain=4,
        accuracies=scores.accuracy_table(pd.DataFrame(rows), ["typos", "capitals"], 200, 0),
        predictions=predictions,
        temperature=1.5,
        calibration=confidence.calibration_table(predictions, 1.5),
        contents="data/x.tsv",
        detection=out_of_distribution.detection_table(predictions, "en", contents, 100, 0),
    )


def test_page(results, tmp_path):
    written = report.write_reports(tmp_path, results)
    assert [path.name for path in written] == [
        "stress.json",
        "stress.csv",
        "robustness.md",
        "robustness.png",
        "reliability.png",
    ]
    page = (tmp_path / "robustness.md").read_text(encoding="utf-8")
    assert "| typos | 87.5 %, drop 12.5 pp (" in page and "| capitals | 100.0 %, drop 0.0 pp (" in page
    uncleaned = page.partition("## Without the cleaner")[2].partition("## By domain")[0]
    assert "| typos | 75.0 %, drop 25.0 pp (" in uncleaned and "capitals" not in uncleaned
    assert "| zh\\|\\<b\\> | 4 | 100.0 % (100.0 to 100.0) |" in page
    assert "validation rows is 1.50: the model is overconfident there." in page
    assert "Without perturbation, the mean accuracy over domains is 100.0 % (" in page
    assert "\n| mean | 93.8 %, drop 6.2 pp (" in page
    assert "\n| mean of all perturbations | 87.5 %, drop 12.5 pp (" in uncleaned
    by_domain = page.partition("## By domain")[2].partition("## Calibration")[0]
    assert "\n| en | 4 | 100.0 % (" in by_domain and "\n| all |" not in by_domain
    assert "| all | 3 | 1 | 33.3 % | " in page and "| recipe | 2 | 0 | 50.0 % | " in page
    assert "| test rows of | AUROC, all contents |\n| --- | --- |\n| zh\\|\\<b\\> | " in page
    assert "](robustness.png)" in page and "](reliability.png)" in page and "\n\n\n" not in page
    before = [path.read_bytes() for path in written]
    assert [path.read_bytes() for path in report.write_reports(tmp_path, results)] == before


@pytest.mark.parametrize(
    ("temperature", "expected"),
    [
        (0.99, "0.99: the model is underconfident"),
        (0.998, "1.00: the model is neither over- nor underconfident"),
        (1.004, "1.00: the model is neither over- nor underconfident"),
        (1.01, "1.01: the model is overconfident"),
    ],
)
def test_page_explains_the_temperature(results, tmp_path, temperature, expected):
    report.write_reports(tmp_path, replace(results, temperature=temperature))
    assert f" is {expected} there." in (tmp_path / "robustness.md").read_text(encoding="utf-8")


def test_page_without_out_of_distribution_contents(results, tmp_path):
    report.write_reports(tmp_path, replace(results, contents="none", detection=None))
    page = (tmp_path / "robustness.md").read_text(encoding="utf-8")
    section = page.partition("## Out-of-distribution detection\n\n")[2]
    assert section.startswith("Not measured: `stress.out_of_distribution` is `none` in params.yaml.\n\n## Method")
    assert "AUROC" not in page
    assert "out_of_distribution" not in io.read_json(tmp_path / "stress.json")


def test_summary_and_table(results, tmp_path):
    report.write_reports(tmp_path, results)
    summary = io.read_json(tmp_path / "stress.json")
    assert summary["clean"].keys() == {"accuracy", "accuracy_low", "accuracy_high"}
    assert summary["clean"]["accuracy"] == 1.0
    assert (summary["light"]["accuracy_drop"], summary["light"]["accuracy_drop_uncleaned"]) == (0.0625, 0.125)
    assert summary["out_of_distribution"].keys() == {"auroc", "auroc_low", "auroc_high"}
    assert summary["calibration"].keys() == {"en"}
    assert summary["calibration"]["en"].keys() == {"ece", "ece_temperature_scaled"}
    table = pd.read_csv(tmp_path / "stress.csv")
    assert np.allclose(table["accuracy_drop"], results.accuracies["accuracy_drop"])
    assert next(report.progress_lines(results)).startswith("light perturbations: accuracy 93.8 % (")
