"""Reports of synthetic predictions have known numbers and reproducible bytes."""

import hashlib

import numpy as np
import pandas as pd
import pytest

from crossfer.artifacts import io
from crossfer.evaluation import report
from crossfer.reporting.accuracy import accuracy_table

LANGUAGES = {"en": "en", "en-probe": "en", "zh": "zh", "sw": "sw"}
LABELS = ["business", "sports"]


@pytest.fixture
def predictions():
    generator = np.random.default_rng(0)
    by_domain = {}
    for domain, accuracy in zip(LANGUAGES, (1.0, 0.9, 0.8, 0.5), strict=True):
        labels = np.array(LABELS * 20)
        wrong = generator.random(40) > accuracy
        predicted = np.where(wrong, labels[::-1], labels)
        prefix = "article" if domain == "en" else "brief"
        by_domain[domain] = pd.DataFrame(
            {
                "id": [f"{prefix}-{n}" for n in range(40)],
                "domain": domain,
                "label": labels,
                "prediction": predicted,
                "probabilities": [{name: 0.9 if name == one else 0.1 for name in LABELS} for one in predicted],
                "baseline": labels if domain == "en" else "business",
            }
        )
    return by_domain


@pytest.fixture
def scores(predictions):
    return report.compute_scores(predictions, LANGUAGES, "en", LABELS, resamples=200, seed=0)


@pytest.fixture
def history():
    return pd.DataFrame(
        {
            "step": [5, 10, 10, 15, 20, 20],
            "epoch": [0.5, 1, 1, 1.5, 2, 2],
            "loss": [0.7, 0.5, None, 0.3, 0.2, None],
            "learning_rate": [1e-4, 1e-4, None, 5e-5, 0, None],
            "validation_loss": [None, None, 0.4, None, None, 0.3],
            "validation_accuracy": [None, None, 0.8, None, None, 0.9],
        }
    )


def test_scores(scores, predictions):
    assert scores["domains"]["en"]["accuracy"] == 1.0
    assert scores["domains"]["en"]["loss"] == pytest.approx(-np.log(0.9), abs=1e-6)
    others = [(predictions[name]["label"] == predictions[name]["prediction"]).mean() for name in ("zh", "sw")]
    assert scores["zero_shot"]["accuracy"] == pytest.approx(np.mean(others))
    assert scores["zero_shot"]["reference"] == "en-probe"
    assert scores["zero_shot"]["baseline_accuracy"] == 0.5
    assert (scores["baseline"]["en"]["accuracy"], scores["baseline"]["zh"]["accuracy"]) == (1.0, 0.5)


def test_unknown_labels_count_as_errors(predictions):
    predictions["zh"].loc[0, "label"] = "weather"
    scores = report.compute_scores(predictions, LANGUAGES, "en", LABELS, 200, 0)
    assert scores["labels"] == LABELS
    assert scores["domains"]["zh"]["unknown_labels"] == 1
    assert scores["domains"]["en"]["unknown_labels"] == 0
    assert scores["domains"]["zh"]["accuracy"] < 1
    line = next(line for line in report.progress_lines(scores) if line.startswith("zh: "))
    assert line.endswith("; 1 of 40 rows have labels that the model does not know")


def test_macro_f1_ignores_labels_that_a_target_lacks(predictions):
    business = predictions["zh"]["label"] == "business"
    predictions["zh"] = predictions["zh"][business].reset_index(drop=True)
    scores = report.compute_scores(predictions, LANGUAGES, "en", LABELS, 200, 0)["domains"]["zh"]
    accuracy = (predictions["zh"]["prediction"] == "business").mean()
    assert (scores["n"], scores["unknown_labels"], scores["accuracy"]) == (20, 0, pytest.approx(accuracy))
    assert scores["macro_f1"] == pytest.approx(2 * accuracy / (1 + accuracy), abs=1e-6)  # precision 1


def test_few_shot_scores_use_the_rows_of_zero_shot(predictions, history, tmp_path):
    better = predictions["sw"].assign(
        prediction=predictions["sw"]["label"], probabilities=[{"business": 0.5, "sports": 0.5}] * 40
    )
    few = {"sw": report.FewShot(4, 8, LABELS, better.drop(columns="baseline"))}
    scores = report.compute_scores(predictions, LANGUAGES, "en", LABELS, 200, 0, few)
    zero = scores["domains"]["sw"]["accuracy"]
    assert scores["domains"] == report.compute_scores(predictions, LANGUAGES, "en", LABELS, 200, 0)["domains"]
    few_shot = scores["few_shot"]["sw"]
    assert (few_shot["shots"], few_shot["rows"], few_shot["accuracy"]) == (4, 8, 1.0)
    assert few_shot["loss"] == pytest.approx(np.log(2), abs=1e-6)
    assert few_shot["gain"] == pytest.approx(1 - zero)
    assert 0 < few_shot["gain_low"] <= few_shot["gain"] <= few_shot["gain_high"]
    assert report.mlflow_metrics(scores)["few_shot_accuracy/sw"] == 1.0
    assert any(line.startswith("sw, 4 shots: accuracy 100.0 % (") for line in report.progress_lines(scores))
    report.write_reports(tmp_path, "news", scores, predictions, history)
    table = pd.read_csv(tmp_path / "accuracy.csv").set_index("domain")
    assert table.loc["sw", "few_shot"] == 1.0
    assert table["few_shot"].notna().sum() == 1


def test_a_task_without_targets_has_no_zero_shot(predictions):
    assert "zero_shot" not in report.compute_scores({"en": predictions["en"]}, LANGUAGES, "en", LABELS, 200, 0)


def test_mlflow_metrics(scores):
    numbers = report.mlflow_metrics(scores)
    assert numbers["accuracy/en"] == 1.0
    assert numbers["baseline_accuracy/zh"] == 0.5
    assert numbers["zero_shot/accuracy"] == scores["zero_shot"]["accuracy"]
    assert all(isinstance(value, int | float) for value in numbers.values())


def test_mlflow_metrics_include_costs(scores):
    numbers = report.mlflow_metrics({**scores, "cost": {"parameters": 7, "baseline_bytes": 80}})
    assert (numbers["cost/parameters"], numbers["cost/baseline_bytes"]) == (7, 80)


def test_progress_lines(scores):
    lines = list(report.progress_lines(scores))
    assert lines[0] == "en: accuracy 100.0 % (100.0 to 100.0), baseline 100.0 %"
    assert lines[-1].startswith("zero-shot, mean of 2 domains: ")
    assert lines[-1].endswith(" pp (on 40 paired items)")


def test_the_mean_of_one_target_is_named_in_the_singular(predictions):
    two_domains = {domain: predictions[domain] for domain in ("en", "sw")}
    scores = report.compute_scores(two_domains, LANGUAGES, "en", LABELS, 200, 0)
    assert list(report.progress_lines(scores))[-1].startswith("zero-shot, mean of 1 domain: ")


def test_the_gap_of_unrelated_domains_has_no_paired_items(predictions):
    for domain, rows in predictions.items():
        rows["id"] = f"{domain}-" + rows["id"]
    scores = report.compute_scores(predictions, LANGUAGES, "en", LABELS, 200, 0)
    assert "gap_n" not in scores["zero_shot"]
    assert list(report.progress_lines(scores))[-1].endswith(" pp (no paired items)")


def test_accuracy_table_is_sorted_by_role_and_accuracy(scores):
    table = accuracy_table(scores)
    assert list(table["domain"])[:2] == ["en", "en-probe"]
    assert list(table["role"]) == ["source", "same language", "zero-shot", "zero-shot"]
    assert table["accuracy"].iloc[2] >= table["accuracy"].iloc[3]


def test_files(tmp_path, scores, predictions, history):
    def write(name):
        paths = report.write_reports(tmp_path / name, "news", scores, predictions, history)
        return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}

    first = write("one")
    assert set(first) == {
        "metrics.json",
        "accuracy.csv",
        "classes.csv",
        "predictions.csv",
        "learning_curve.csv",
        "accuracy.png",
        "confusion.png",
        "learning_curve.png",
    }
    assert write("two") == first
    (tmp_path / "one/compress.json").write_text("{}")
    link = tmp_path / "cached"
    link.hardlink_to(tmp_path / "one/predictions.csv")
    link.chmod(0o444)
    before = link.read_bytes()
    assert write("one") == first
    assert (tmp_path / "one/compress.json").exists()
    assert link.read_bytes() == before
    assert link.stat().st_ino != (tmp_path / "one/predictions.csv").stat().st_ino
    assert io.read_json(tmp_path / "one/metrics.json") == scores
    classes = pd.read_csv(tmp_path / "one/classes.csv")
    assert list(classes.columns) == ["domain", "label", "n", "precision", "recall", "f1"]
    assert len(classes) == 8
    for name in ("accuracy.png", "confusion.png", "learning_curve.png"):
        content = (tmp_path / "one" / name).read_bytes()
        assert content.startswith(b"\x89PNG")
        assert b"matplotlib" not in content.lower()


def test_a_task_without_targets_has_charts(tmp_path, predictions, history):
    scores = report.compute_scores({"en": predictions["en"]}, LANGUAGES, "en", LABELS, 200, 0)
    assert len(report.write_reports(tmp_path / "one", "news", scores, {"en": predictions["en"]}, history)) == 8
