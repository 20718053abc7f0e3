"""The stage stress: accuracy on perturbed rows, reports and its run."""

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


def make_results(correct):
    """Return results like those of `PerturbedScorer`.

    `correct` has a list for each (domain, perturbation, severity, cleaned).
    """
    return pd.DataFrame(
        [
            {
                ID: f"item {number}",
                "domain": domain,
                "perturbation": perturbation,
                "severity": severity,
                "cleaned": cleaned,
                "correct": value,
            }
            for (domain, perturbation, severity, cleaned), values in correct.items()
            for number, value in enumerate(values)
        ]
    )


@pytest.fixture
def accuracies():
    """Return accuracies of two domains of four rows.

    Typos change one row of `en`, and two rows without the cleaner.
    """
    results = {}
    for domain, values in (("en", [1, 1, 1, 1]), ("zh", [1, 1, 0, 0])):
        results[domain, CLEAN, CLEAN, True] = values
        for severity in SEVERITIES:
            results[domain, "typos", severity, True] = [0, 1, 1, 1] if domain == "en" else values
            results[domain, "typos", severity, False] = [0, 0, 1, 1] if domain == "en" else values
    table = make_results({name: [bool(value) for value in values] for name, values in results.items()})
    return scores.accuracy_table(table, ["typos"], 500, 0)


def test_accuracy_drop_is_relative_to_clean_rows(accuracies):
    light = select_row(accuracies, "en", "typos", "light")
    assert (light["n"], light["accuracy"], light["accuracy_drop"]) == (4, 0.75, 0.25)
    assert light["accuracy_drop_low"] == 0 and 0.25 < light["accuracy_drop_high"] <= 1
    assert select_row(accuracies, "en", "typos", "light", cleaned=False)["accuracy_drop"] == 0.5
    unharmed = select_row(accuracies, "zh", "typos", "heavy")
    assert (unharmed["accuracy_drop"], unharmed["accuracy_drop_low"], unharmed["accuracy_drop_high"]) == (0, 0, 0)


def test_all_domains_are_averaged(accuracies):
    assert select_row(accuracies, ALL_DOMAINS, CLEAN, CLEAN)["accuracy"] == 0.75
    mean = select_row(accuracies, ALL_DOMAINS, MEAN, "medium")
    assert (mean["n"], mean["accuracy"], mean["accuracy_drop"]) == (8, 0.625, 0.125)


def test_draw_rows_takes_the_same_items_in_all_domains(repository):
    tables = [paths.table_path(repository.folder / TaskPaths("tiny").tokens, language) for language in LANGUAGES]
    first, second = (draw_rows(table, 7) for table in tables)
    assert first[ID].tolist() == second[ID].tolist() and len(first) == 7
    assert set(draw_rows(tables[0], 3)[ID]) < set(first[ID])
    tests = io.read_table(tables[0])
    assert set(first[ID]) <= set(tests[tests[SPLIT] == TEST][ID])
    assert len(draw_rows(tables[0], 10_000)) == (tests[SPLIT] == TEST).sum()


def test_scorer_infers_each_input_once(repository):
    modality, folder = load_modality("text"), repository.folder / TaskPaths("tiny").model
    is_unique = []

    def logits(inputs, name):
        is_unique.append(len({value.tobytes() for value in inputs}) == len(inputs))
        return np.tile([1.0, 0.0], (len(inputs), 1))

    class Stress:
        PERTURBATIONS = {  # noqa: RUF012
            "nothing": (lambda content, amount, generator: content, (0, 0, 0)),
            "everything removed": (lambda content, amount, generator: "\u200b", (0, 0, 0)),
        }

    scorer = PerturbedScorer(
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
    results = scorer.score_domain(rows, "en")

    def correct(perturbation, cleaned):
        return results.loc[
            (results["perturbation"] == perturbation) & (results["cleaned"] == cleaned), "correct"
        ].tolist()

    assert is_unique == [True]
    assert correct(CLEAN, True) == [True, False]
    assert correct("nothing", True) == correct("nothing", False) == [True, False] * 3
    assert not any(correct("everything removed", True))


def test_stress_reports_agree(repository):
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


def test_clean_accuracy_agrees_with_evaluate(repository):
    folder = repository.folder / "data/reports/tiny"
    table = pd.read_csv(folder / "stress.csv")
    predictions = repository.predictions().set_index(["domain", ID])
    for language in LANGUAGES:
        ids = draw_rows(paths.table_path(repository.folder / TaskPaths("tiny").tokens, language), 4)[ID]
        rows = predictions.loc[[(language, value) for value in ids]]
        clean = table[(table["domain"] == language) & (table["perturbation"] == CLEAN)].iloc[0]
        assert clean["n"] == 4
        assert abs(clean["accuracy"] - (rows["label"] == rows["prediction"]).mean()) <= 0.25  # one row of four


def test_run_has_metrics_and_plots(repository):
    client = repository.client()
    (run,), (finetune,) = runs(client, "stress"), runs(client, "finetune")
    summary = io.read_json(repository.folder / "data/reports/tiny/stress.json")
    assert run.data.metrics["light.accuracy_drop"] == pytest.approx(summary["light"]["accuracy_drop"])
    assert run.data.metrics["temperature"] == pytest.approx(summary["temperature"])
    assert run.data.tags["mlflow.parentRunId"] == finetune.info.run_id
    assert run.data.params["rows_per_domain"] == "4"
    assert {item.path for item in client.list_artifacts(run.info.run_id)} == set(REPORTS)
