"""The report's files from made-up guesses, and pictures that say the same bytes twice."""

import hashlib

import numpy as np
import pandas as pd
import pytest

from crossfer.artifacts import io
from crossfer.evaluation import report

KINDS = {"en": "en", "en-probe": "en", "zh": "zh", "sw": "sw"}
LABELS = ["business", "sports"]


@pytest.fixture
def guesses():
    generator = np.random.default_rng(0)
    found = {}
    for domain, accuracy in zip(KINDS, (1.0, 0.9, 0.8, 0.5), strict=True):
        truth = np.array(LABELS * 20)
        wrong = generator.random(40) > accuracy
        guess = np.where(wrong, truth[::-1], truth)
        prefix = "article" if domain == "en" else "brief"
        found[domain] = pd.DataFrame(
            {
                "id": [f"{prefix}-{n}" for n in range(40)],
                "domain": domain,
                "label": truth,
                "prediction": guess,
                "probabilities": [{name: 0.9 if name == one else 0.1 for name in LABELS} for one in guess],
                "baseline": truth if domain == "en" else "business",
            }
        )
    return found


@pytest.fixture
def scores(guesses):
    return report.compute(guesses, KINDS, "en", LABELS, resamples=200, seed=0)


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


def test_scores(scores, guesses):
    assert scores["domains"]["en"]["accuracy"] == 1.0
    assert scores["domains"]["en"]["loss"] == pytest.approx(-np.log(0.9), abs=1e-6)
    others = [(guesses[name]["label"] == guesses[name]["prediction"]).mean() for name in ("zh", "sw")]
    assert scores["zero_shot"]["accuracy"] == pytest.approx(np.mean(others))
    assert scores["zero_shot"]["reference"] == "en-probe"
    assert scores["zero_shot"]["baseline_accuracy"] == 0.5
    assert (scores["baseline"]["en"]["accuracy"], scores["baseline"]["zh"]["accuracy"]) == (1.0, 0.5)


def test_labels_that_the_model_never_saw_are_scored_as_wrong(guesses):
    guesses["zh"].loc[0, "label"] = "weather"
    scores = report.compute(guesses, KINDS, "en", LABELS, 200, 0)
    assert scores["labels"] == LABELS
    assert scores["domains"]["zh"]["unknown_labels"] == 1
    assert scores["domains"]["en"]["unknown_labels"] == 0
    assert scores["domains"]["zh"]["accuracy"] < 1


def test_a_label_that_a_target_lacks_takes_no_part_in_its_scores(guesses):
    one = guesses["zh"]["label"] == "business"
    guesses["zh"] = guesses["zh"][one].reset_index(drop=True)
    scores = report.compute(guesses, KINDS, "en", LABELS, 200, 0)["domains"]["zh"]
    right = (guesses["zh"]["prediction"] == "business").mean()
    assert (scores["n"], scores["unknown_labels"], scores["accuracy"]) == (20, 0, pytest.approx(right))
    assert scores["macro_f1"] == pytest.approx(2 * right / (1 + right), abs=1e-6)  # of business alone: all are its rows


def test_shots_stand_beside_zero_shot_on_the_same_rows(guesses, history, tmp_path):
    better = guesses["sw"].assign(
        prediction=guesses["sw"]["label"], probabilities=[{"business": 0.5, "sports": 0.5}] * 40
    )
    few = {"sw": report.FewShot(4, 8, LABELS, better.drop(columns="baseline"))}
    scores = report.compute(guesses, KINDS, "en", LABELS, 200, 0, few)
    zero = scores["domains"]["sw"]["accuracy"]
    assert scores["domains"] == report.compute(guesses, KINDS, "en", LABELS, 200, 0)["domains"]
    found = scores["few_shot"]["sw"]
    assert (found["shots"], found["rows"], found["accuracy"]) == (4, 8, 1.0)
    assert found["loss"] == pytest.approx(np.log(2), abs=1e-6)
    assert found["gain"] == pytest.approx(1 - zero)
    assert 0 < found["gain_low"] <= found["gain"] <= found["gain_high"]
    assert report.flatten(scores)["few_shot_accuracy/sw"] == 1.0
    assert any(line.startswith("sw, 4 shots: accuracy 100.0%") for line in report.lines(scores))
    report.write(tmp_path, "news", scores, guesses, history)
    table = pd.read_csv(tmp_path / "accuracy.csv").set_index("domain")
    assert table.loc["sw", "few_shot"] == 1.0
    assert table["few_shot"].notna().sum() == 1


def test_a_task_without_targets_has_no_zero_shot(guesses):
    assert "zero_shot" not in report.compute({"en": guesses["en"]}, KINDS, "en", LABELS, 200, 0)


def test_numbers_for_mlflow(scores):
    numbers = report.flatten(scores)
    assert numbers["accuracy/en"] == 1.0
    assert numbers["baseline_accuracy/zh"] == 0.5
    assert numbers["zero_shot/accuracy"] == scores["zero_shot"]["accuracy"]
    assert all(isinstance(value, int | float) for value in numbers.values())


def test_costs_are_among_them(scores):
    numbers = report.flatten({**scores, "cost": {"parameters": 7, "baseline_bytes": 80}})
    assert (numbers["cost/parameters"], numbers["cost/baseline_bytes"]) == (7, 80)


def test_summary(scores):
    lines = list(report.lines(scores))
    assert lines[0] == "en: accuracy 100.0% (100.0-100.0), baseline 100.0%"
    assert lines[-1].startswith("zero-shot, mean of 2 domains: ")


def test_accuracy_table_puts_the_source_first_and_then_the_best(scores):
    table = report.accuracy_table(scores)
    assert list(table["domain"])[:2] == ["en", "en-probe"]
    assert list(table["role"]) == ["source", "same kind", "other kind", "other kind"]
    assert table["accuracy"].iloc[2] >= table["accuracy"].iloc[3]


def test_files(tmp_path, scores, guesses, history):
    def write(name):
        paths = report.write(tmp_path / name, "news", scores, guesses, history)
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


def test_one_domain_can_be_drawn(tmp_path, guesses, history):
    scores = report.compute({"en": guesses["en"]}, KINDS, "en", LABELS, 200, 0)
    assert len(report.write(tmp_path / "one", "news", scores, {"en": guesses["en"]}, history)) == 8
