"""The stage stress: what it measures of a real model, what it writes, what it records."""

import numpy as np
import pandas as pd
import pytest
from repository import LANGUAGES, runs

from crossfer.artifacts import io, paths
from crossfer.artifacts.paths import CONTENT, ID, LABEL, SPLIT, TEST, TaskPaths
from crossfer.protocols import load_modality, load_robustness
from crossfer.robustness import scores
from crossfer.robustness.perturbed import CLEAN, SEVERITIES, PerturbedScorer, draw_rows
from crossfer.robustness.scores import ALL_DOMAINS, MEAN, select_row

PERTURBATIONS = load_robustness("text").PERTURBATIONS
REPORTS = ["stress.json", "stress.csv", "robustness.md", "robustness.png", "reliability.png"]


def answers(right):
    """Return results as of `PerturbedScorer`, from {(domain, perturbation, severity, cleaned): [correct, ...]}."""
    return pd.DataFrame(
        [
            {
                ID: f"item {number}",
                "domain": domain,
                "perturbation": perturbation,
                "severity": severity,
                "cleaned": cleaned,
                "correct": one,
            }
            for (domain, perturbation, severity, cleaned), values in right.items()
            for number, one in enumerate(values)
        ]
    )


@pytest.fixture
def measured():
    """Two domains of four rows; typos change one row of en, or two without the cleaner."""
    found = {}
    for domain, good in (("en", [1, 1, 1, 1]), ("zh", [1, 1, 0, 0])):
        found[domain, CLEAN, CLEAN, True] = good
        for severity in SEVERITIES:
            found[domain, "typos", severity, True] = [0, 1, 1, 1] if domain == "en" else good
            found[domain, "typos", severity, False] = [0, 0, 1, 1] if domain == "en" else good
    table = answers({name: [bool(one) for one in values] for name, values in found.items()})
    return scores.accuracy_table(table, ["typos"], 500, 0)


def test_accuracy_and_what_was_lost(measured):
    light = select_row(measured, "en", "typos", "light")
    assert (light["n"], light["accuracy"], light["accuracy_drop"]) == (4, 0.75, 0.25)
    assert light["accuracy_drop_low"] == 0 and 0.25 < light["accuracy_drop_high"] <= 1
    assert select_row(measured, "en", "typos", "light", cleaned=False)["accuracy_drop"] == 0.5
    unharmed = select_row(measured, "zh", "typos", "heavy")
    assert (unharmed["accuracy_drop"], unharmed["accuracy_drop_low"], unharmed["accuracy_drop_high"]) == (0, 0, 0)


def test_all_domains_are_their_mean(measured):
    assert select_row(measured, ALL_DOMAINS, CLEAN, CLEAN)["accuracy"] == 0.75
    every = select_row(measured, ALL_DOMAINS, MEAN, "medium")
    assert (every["n"], every["accuracy"], every["accuracy_drop"]) == (8, 0.625, 0.125)


def test_the_same_items_are_drawn_in_all_domains(repository):
    tables = [paths.table_path(repository.folder / TaskPaths("tiny").tokens, language) for language in LANGUAGES]
    first, second = (draw_rows(table, 7) for table in tables)
    assert first[ID].tolist() == second[ID].tolist() and len(first) == 7
    assert set(draw_rows(tables[0], 3)[ID]) < set(first[ID])
    tests = io.read_table(tables[0])
    assert set(first[ID]) <= set(tests[tests[SPLIT] == TEST][ID])
    assert len(draw_rows(tables[0], 10_000)) == (tests[SPLIT] == TEST).sum()


def test_an_input_is_asked_once_and_what_the_cleaner_refuses_is_wrong(repository):
    modality, folder = load_modality("text"), repository.folder / TaskPaths("tiny").model
    asked = []

    def logits(inputs, what):
        asked.append(len({one.tobytes() for one in inputs}) == len(inputs))
        return np.tile([1.0, 0.0], (len(inputs), 1))

    class Stress:
        PERTURBATIONS = {  # noqa: RUF012
            "nothing": (lambda content, amount, generator: content, (0, 0, 0)),
            "all gone": (lambda content, amount, generator: "\u200b", (0, 0, 0)),
        }

    trials = PerturbedScorer(
        modality,
        Stress,
        modality.load_cleaner(folder),
        modality.load_encoder(folder),
        logits,
        lambda inputs: {},
        "ab",
        0,
    )
    rows = pd.DataFrame({ID: ["1", "2"], CONTENT: ["one text", "another"], LABEL: ["a", "b"]})
    found = trials.score_domain(rows, "en")

    def right(perturbation, cleaned):
        return found.loc[(found["perturbation"] == perturbation) & (found["cleaned"] == cleaned), "correct"].tolist()

    assert asked == [True]
    assert right(CLEAN, True) == [True, False]
    assert right("nothing", True) == right("nothing", False) == [True, False] * 3
    assert not any(right("all gone", True))


def test_what_the_stage_writes_agrees_with_itself(repository):
    folder = repository.folder / "data/reports/tiny"
    assert all((folder / name).stat().st_size for name in REPORTS)
    table, summary = pd.read_csv(folder / "stress.csv"), io.read_json(folder / "stress.json")
    assert set(table["domain"]) == {"en", *LANGUAGES, ALL_DOMAINS}
    assert set(table["perturbation"]) == {CLEAN, MEAN, *PERTURBATIONS}
    assert (table["accuracy_low"] <= table["accuracy"]).all() and (table["accuracy"] <= table["accuracy_high"]).all()
    assert len(table) == 4 * (1 + 6 * (len(PERTURBATIONS) + 1))
    for severity in SEVERITIES:
        rows = table[(table["domain"] == ALL_DOMAINS) & (table["severity"] == severity) & table["cleaned"]]
        mean = rows[rows["perturbation"] == MEAN].iloc[0]
        assert mean["accuracy"] == pytest.approx(rows[rows["perturbation"] != MEAN]["accuracy"].mean(), abs=1e-5)
        assert summary[severity]["accuracy_drop"] == mean["accuracy_drop"]
        assert mean["accuracy_drop"] == pytest.approx(summary["clean"]["accuracy"] - mean["accuracy"], abs=1e-5)
    page = (folder / "robustness.md").read_text(encoding="utf-8")
    assert (
        all(f"| {perturbation} |" in page for perturbation in PERTURBATIONS)
        and "](robustness.png)" in page
        and "](reliability.png)" in page
    )


def test_rows_as_they_are_have_the_guesses_of_evaluate(repository):
    """Of texts that the model sees whole."""
    folder = repository.folder / "data/reports/tiny"
    table = pd.read_csv(folder / "stress.csv")
    guesses = repository.predictions().set_index(["domain", ID])
    for language in LANGUAGES:
        ids = draw_rows(paths.table_path(repository.folder / TaskPaths("tiny").tokens, language), 4)[ID]
        rows = guesses.loc[[(language, one) for one in ids]]
        clean = table[(table["domain"] == language) & (table["perturbation"] == CLEAN)].iloc[0]
        assert clean["n"] == 4
        assert abs(clean["accuracy"] - (rows["label"] == rows["prediction"]).mean()) <= 0.25  # a word may be cut in two


def test_the_run_has_the_figures_and_the_pictures(repository):
    client = repository.client()
    (run,), (finetune,) = runs(client, "stress"), runs(client, "finetune")
    summary = io.read_json(repository.folder / "data/reports/tiny/stress.json")
    assert run.data.metrics["light.accuracy_drop"] == pytest.approx(summary["light"]["accuracy_drop"])
    assert run.data.metrics["temperature"] == pytest.approx(summary["temperature"])
    assert run.data.tags["mlflow.parentRunId"] == finetune.info.run_id
    assert run.data.params["rows_per_domain"] == "4"
    assert {item.path for item in client.list_artifacts(run.info.run_id)} == set(REPORTS)
