"""The ablation under a real DVC and MLflow: two variants on a tiny model."""

from pathlib import Path

import pandas as pd
import pytest
from repository import Repository

from crossfer.artifacts import io
from crossfer.artifacts.paths import TaskPaths
from crossfer.commands.ablation import BASELINE_VARIANT, VARIANTS
from crossfer.comparison.ablation import matches_test_rows, summarize_ablation

SETTING = "tasks.tiny.finetune.batch_size=16"
SCRIPT = "from crossfer.commands.ablation import run; run('tiny', [{setting!r}], {variants}, [1.0, 0.5], [{seeds}])"


def run_ablation(repository: Repository, variants: str, seeds: str = "0", setting: str = SETTING) -> str:
    return repository.run("python", "-c", SCRIPT.format(setting=setting, variants=variants, seeds=seeds))


@pytest.fixture(scope="module")
def ablated(repository, tmp_path_factory):
    copy = repository.copy_to(tmp_path_factory.mktemp("ablation") / "copy", "mlflow.db", "mlruns")
    run_ablation(copy, "{'partial': {}}")
    run_ablation(copy, "{'partial': {}, 'head': {'freeze': 'backbone'}}")
    return copy


@pytest.fixture(scope="module")
def rows(ablated):
    return io.read_json(ablated.folder / TaskPaths("tiny").ablation)["rows"]


def test_ablation_has_a_row_per_experiment_and_baseline(rows):
    assert [(row["variant"], row["train_fraction"]) for row in rows] == [
        ("partial", 1.0),
        ("baseline", 1.0),
        ("partial", 0.5),
        ("baseline", 0.5),
        ("head", 1.0),
        ("head", 0.5),
    ]
    assert len({row["experiment"] for row in rows}) == 4
    assert BASELINE_VARIANT in VARIANTS


def test_rows_have_costs_and_scores(ablated, rows):
    rows_by_variant = {(row["variant"], row["train_fraction"]): row for row in rows}
    head = rows_by_variant["head", 1.0]
    assert head["trained_parameters"] < rows_by_variant["partial", 1.0]["trained_parameters"] < head["parameters"]
    assert rows_by_variant["partial", 0.5]["training_rows"] < rows_by_variant["partial", 1.0]["training_rows"]
    assert head["commit"] == ablated.run("git", "rev-parse", "HEAD").strip()
    assert SETTING in head["command"]
    assert all(row["cpu_seconds"] > 0 for row in rows if row["variant"] != "baseline")
    for row in rows:
        for domain, correct in row["correct"].items():
            assert correct.count("1") / len(correct) == pytest.approx(row["scores"][domain]["accuracy"], abs=1e-6)


def test_correct_flags_are_those_of_the_experiment(ablated, rows, tmp_path):
    (row,) = [row for row in rows if (row["variant"], row["train_fraction"]) == ("head", 0.5)]
    path = tmp_path / "predictions.parquet"
    ablated.run("dvc", "get", ".", "data/predictions/tiny.parquet", "--rev", row["experiment"], "--out", str(path))
    for domain, domain_rows in pd.read_parquet(path).sort_values("id").groupby("domain"):
        correct = (domain_rows["label"] == domain_rows["prediction"]).astype(int).astype(str)
        assert row["correct"][domain] == "".join(correct)


def test_compare_summarizes_the_ablation(ablated, rows):
    predictions = pd.read_parquet(ablated.folder / TaskPaths("tiny").predictions)
    ids = {domain: sorted(domain_rows["id"]) for domain, domain_rows in predictions.groupby("domain")}
    ablation = io.read_json(ablated.folder / TaskPaths("tiny").ablation)
    assert matches_test_rows(ablation, {domain: ids[domain] for domain in rows[0]["test_ids_digest"]})
    summary = summarize_ablation(ablation, ids, {"in_domain": ["en"], "zero_shot": ["zh", "sw"]}, 100, 0)
    assert summary["transfer_variant"] == "partial"


def test_ablation_leaves_the_workspace_unchanged(ablated):
    assert ablated.run("git", "status", "--porcelain").split() == ["??", "data/ablation/tiny.json"]


def test_runs_have_one_parent(ablated):
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{ablated.folder}/mlflow.db")
    experiment = client.get_experiment_by_name("crossfer").experiment_id
    ablation_runs = client.search_runs([experiment], "attributes.run_name = 'ablation/tiny'")
    assert [run.info.status for run in ablation_runs] == ["FINISHED"]
    child_runs = client.search_runs([experiment], "tags.`crossfer.ablation` LIKE 'tiny/%'")
    assert {run.data.tags["crossfer.ablation"] for run in child_runs} == {
        f"tiny/{variant}/{fraction}/0" for variant in ("partial", "head") for fraction in ("1", "0.5")
    }
    assert {run.data.tags["mlflow.parentRunId"] for run in child_runs} == {run.info.run_id for run in ablation_runs}


def test_ablation_skips_finished_experiments(ablated, rows):
    output = run_ablation(ablated, "{'partial': {}, 'head': {'freeze': 'backbone'}}")
    assert "experiment ablation-" not in output
    assert output.count("ablation tiny: ") == 4
    assert io.read_json(ablated.folder / TaskPaths("tiny").ablation)["rows"] == rows


def test_ablation_reports_user_mistakes(ablated):
    def error_of(*arguments: str) -> str:
        return ablated.crossfer("ablation", *arguments, status=2)

    assert "task 'none' is not in params.yaml" in error_of("none")
    assert "has the settings" in error_of("tiny", "--set", "compute.threads=2")
    ablation = ablated.folder / TaskPaths("tiny").ablation
    text = ablation.read_text()
    ablation.write_text(text.replace('"finetune.epochs": 2', '"finetune.epochs": 7'))
    output = error_of("tiny", "--set", SETTING)
    ablation.write_text(text)
    assert "has other parameters: finetune.epochs (7, now 2); restore params.yaml" in output
    params = Path(ablated.folder / "params.yaml")
    before = params.read_text()
    params.write_text(before + "\n# changed\n")
    output = error_of("tiny", "--set", SETTING)
    params.write_text(before)
    assert (
        output == "error: files differ from the last commit, which identifies the code of an ablation; commit them.\n"
    )
