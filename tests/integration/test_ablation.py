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
CLIMB = "from crossfer.commands.ablation import run; run('tiny', [{setting!r}], {variants}, [1.0, 0.5], [{seeds}])"


def climb(repository: Repository, variants: str, seeds: str = "0", setting: str = SETTING) -> str:
    return repository.run("python", "-c", CLIMB.format(setting=setting, variants=variants, seeds=seeds))


@pytest.fixture(scope="module")
def climbed(repository, tmp_path_factory):
    made = repository.copied(tmp_path_factory.mktemp("ablation") / "copy", "mlflow.db", "mlruns")
    climb(made, "{'partial': {}}")
    climb(made, "{'partial': {}, 'head': {'freeze': 'backbone'}}")
    return made


@pytest.fixture(scope="module")
def rows(climbed):
    return io.read_json(climbed.folder / TaskPaths("tiny").ablation)["rows"]


def test_a_row_an_experiment_and_one_for_the_floor_beside(rows):
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


def test_what_a_row_holds(climbed, rows):
    by = {(row["variant"], row["train_fraction"]): row for row in rows}
    head = by["head", 1.0]
    assert head["trained_parameters"] < by["partial", 1.0]["trained_parameters"] < head["parameters"]
    assert by["partial", 0.5]["training_rows"] < by["partial", 1.0]["training_rows"]
    assert head["commit"] == climbed.run("git", "rev-parse", "HEAD").strip()
    assert SETTING in head["command"]
    assert all(row["cpu_seconds"] > 0 for row in rows if row["variant"] != "baseline")
    for row in rows:
        for domain, marks in row["correct"].items():
            assert marks.count("1") / len(marks) == pytest.approx(row["scores"][domain]["accuracy"], abs=1e-6)


def test_the_marks_are_those_of_the_experiment(climbed, rows, tmp_path):
    (row,) = [row for row in rows if (row["variant"], row["train_fraction"]) == ("head", 0.5)]
    path = tmp_path / "predictions.parquet"
    climbed.run("dvc", "get", ".", "data/predictions/tiny.parquet", "--rev", row["experiment"], "--out", str(path))
    for domain, of_domain in pd.read_parquet(path).sort_values("id").groupby("domain"):
        right = (of_domain["label"] == of_domain["prediction"]).astype(int).astype(str)
        assert row["correct"][domain] == "".join(right)


def test_compare_reads_it(climbed, rows):
    predictions = pd.read_parquet(climbed.folder / TaskPaths("tiny").predictions)
    ids = {domain: sorted(of_domain["id"]) for domain, of_domain in predictions.groupby("domain")}
    ladder = io.read_json(climbed.folder / TaskPaths("tiny").ablation)
    assert matches_test_rows(ladder, {domain: ids[domain] for domain in rows[0]["test_ids_digest"]})
    found = summarize_ablation(ladder, ids, {"in_domain": ["en"], "zero_shot": ["zh", "sw"]}, 100, 0)
    assert found["transfer_variant"] == "partial"


def test_it_changes_nothing_in_the_workspace(climbed):
    assert climbed.run("git", "status", "--porcelain").split() == ["??", "data/ablation/tiny.json"]


def test_the_runs_are_one_group(climbed):
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{climbed.folder}/mlflow.db")
    experiment = client.get_experiment_by_name("crossfer").experiment_id
    ladders = client.search_runs([experiment], "attributes.run_name = 'ablation/tiny'")
    assert [run.info.status for run in ladders] == ["FINISHED"]
    placed = client.search_runs([experiment], "tags.`crossfer.ablation` LIKE 'tiny/%'")
    assert {run.data.tags["crossfer.ablation"] for run in placed} == {
        f"tiny/{variant}/{share}/0" for variant in ("partial", "head") for share in ("1", "0.5")
    }
    assert {run.data.tags["mlflow.parentRunId"] for run in placed} == {run.info.run_id for run in ladders}


def test_it_goes_on_where_it_stopped(climbed, rows):
    said = climb(climbed, "{'partial': {}, 'head': {'freeze': 'backbone'}}")
    assert "experiment ablation-" not in said
    assert said.count("ablation tiny: ") == 4
    assert io.read_json(climbed.folder / TaskPaths("tiny").ablation)["rows"] == rows


def test_mistakes(climbed):
    def refused(*arguments: str) -> str:
        return climbed.crossfer("ablation", *arguments, status=2)

    assert "task 'none' is not in params.yaml" in refused("none")
    assert "has the settings" in refused("tiny", "--set", "compute.threads=2")
    ladder = climbed.folder / TaskPaths("tiny").ablation
    kept = ladder.read_text()
    ladder.write_text(kept.replace('"finetune.epochs": 2', '"finetune.epochs": 7'))
    said = refused("tiny", "--set", SETTING)
    ladder.write_text(kept)
    assert "has other parameters: finetune.epochs (7, now 2); restore params.yaml" in said
    params = Path(climbed.folder / "params.yaml")
    before = params.read_text()
    params.write_text(before + "\n# changed\n")
    said = refused("tiny", "--set", SETTING)
    params.write_text(before)
    assert said == "error: files differ from the last commit, which identifies the code of an ablation; commit them.\n"
