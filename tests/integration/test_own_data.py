"""A user's own data through the whole pipeline, by params.yaml alone: a folder with splits, and tables."""

import json

import pandas as pd
import pytest
from mlflow import MlflowClient
from repository import ROOT, Repository, tiny_params

LABELS = {"business": "money", "entertainment": None}
SHOTS = 4


def own_params(backbone) -> dict:
    params = tiny_params(backbone)
    columns = {"text": ["headline", "text"], "label": "topic", "id": "id"}
    table = {"provider": "table", "path": "mine/tables/*.tsv", "columns": columns, "labels": LABELS}
    task = params["tasks"]["tiny"]
    task["files"] = "mine"
    task["source"] = {"domain": "en", "provider": "folder", "path": "mine/english", "fallback": "cp1252"}
    task["targets"] = [{"domain": code, "where": {"language": code}, **table} for code in ("sw", "zh")]
    task["targets"][0]["shots"] = SHOTS
    return params


def write_data(folder) -> None:
    """The probe as a user might have it: English in a file each, the other languages in two tables."""
    english = pd.read_csv(ROOT / "data/probe/en.csv").query("topic != 'entertainment'")
    for number, row in enumerate(english.itertuples()):
        split = "dev" if number % 6 == 0 else "test" if number % 6 == 1 else "train"
        path = folder / "mine/english" / split / LABELS.get(row.topic, row.topic) / f"{row.id}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(row.text, encoding="utf-8")
    (folder / "mine/tables").mkdir()
    others = pd.concat([pd.read_csv(ROOT / f"data/probe/{code}.csv") for code in ("sw", "zh")])
    others["headline"] = others["text"].str[:10]
    others.loc[(others["language"] == "sw") & (others["topic"] == "tech"), "topic"] = "science"
    for half in (0, 1):
        others[half::2].to_csv(folder / f"mine/tables/{half}.tsv", sep="\t", index=False)


@pytest.fixture(scope="module")
def made(tmp_path_factory, tiny_backbone):
    repository = Repository(tmp_path_factory.mktemp("own"), tiny_backbone, own_params)
    write_data(repository.folder)
    repository.commit("data")
    repository.run("dvc", "repro", "evaluate@tiny")
    return repository


def read(repository, path):
    return json.loads((repository.folder / path).read_text(encoding="utf-8"))


def test_every_row_is_accounted_for(made):
    manifest, quality = read(made, "data/raw/tiny/manifest.json"), read(made, "data/clean/tiny/quality.json")
    rows = len(pd.read_csv(ROOT / "data/probe/sw.csv"))
    notes = manifest["sw"]["notes"]
    assert manifest["sw"]["rows"] + sum(notes.values()) == 2 * rows
    assert notes["left_out_by_where"] == rows
    for domain, account in quality.items():
        assert account["rows_in"] == manifest[domain]["rows"]
        assert account["rows_out"] + sum(map(len, account["dropped"].values())) == account["rows_in"]
    assert set(quality["en"]["splits"]) == {"train", "validation", "test"}


def test_labels_are_those_of_the_source_and_an_unseen_one_is_never_right(made):
    report = read(made, "data/reports/tiny/metrics.json")
    assert report["labels"] == ["money", "politics", "sports", "tech"]
    assert report["domains"]["zh"]["unknown_labels"] == 0
    guesses = pd.read_parquet(made.folder / "data/predictions/tiny.parquet").query("domain == 'sw'")
    unseen = guesses[guesses["label"] == "science"]
    assert report["domains"]["sw"]["unknown_labels"] == len(unseen) > 0
    assert not (unseen["prediction"] == unseen["label"]).any()
    assert report["domains"]["sw"]["n"] == len(guesses)


def test_official_splits_are_what_is_trained_and_tested_on(made):
    training = set(read(made, "data/models/tiny/training.json")["rows"])
    assert training == {
        path.relative_to(made.folder / "mine/english").as_posix()
        for path in made.folder.glob("mine/english/train/*/*.txt")
    }
    guesses = pd.read_parquet(made.folder / "data/predictions/tiny.parquet").query("domain == 'en'")
    assert guesses["id"].str.startswith("test/").all()


def test_shots_are_a_second_result_beside_zero_shot(made):
    report = read(made, "data/reports/tiny/metrics.json")
    adapted = read(made, "data/adapted/tiny/adapted.json")
    assert set(adapted) == set(report["few_shot"]) == {"sw"}
    few = report["few_shot"]["sw"]
    assert (few["shots"], few["rows"], few["n"]) == (SHOTS, 4 * SHOTS, report["domains"]["sw"]["n"])
    assert adapted["sw"]["labels"] == [*report["labels"], "science"]
    assert few["unknown_labels"] == 0
    guesses = pd.read_parquet(made.folder / "data/predictions/tiny.parquet").set_index("id")
    swahili = guesses[guesses["domain"] == "sw"]
    assert not set(adapted["sw"]["rows"]) & set(swahili.index)
    right = swahili["few_shot"] == swahili["label"]
    assert few["accuracy"] == pytest.approx(right.mean(), abs=1e-6)
    gain = few["accuracy"] - report["domains"]["sw"]["accuracy"]
    assert few["gain"] == pytest.approx(gain, abs=2e-6)
    assert few["gain_low"] <= few["gain"] <= few["gain_high"]
    assert guesses.loc[guesses["domain"] != "sw", "few_shot"].isna().all()
    kept = (made.folder / "data/adapted/tiny/sw.safetensors").stat().st_size
    assert kept < (made.folder / "data/models/tiny/model.safetensors").stat().st_size / 2


def test_each_target_with_shots_has_a_run_below_the_one_that_trained_the_model(made):
    store = MlflowClient(f"sqlite:///{made.folder / 'mlflow.db'}")
    found = store.search_runs([store.get_experiment_by_name("crossfer").experiment_id])
    runs = {run.info.run_name: run for run in found}
    adapt, finetune = runs["adapt/tiny"], runs["finetune/tiny"]
    assert adapt.data.tags["mlflow.parentRunId"] == finetune.info.run_id
    assert (adapt.data.params["domain"], adapt.data.params["shots"]) == ("sw", str(SHOTS))
    assert adapt.data.metrics["loss"] > 0
    few = read(made, "data/reports/tiny/metrics.json")["few_shot"]["sw"]
    assert runs["evaluate/tiny"].data.metrics["few_shot_accuracy/sw"] == few["accuracy"]


def test_a_bad_table_ends_repro_with_its_sentence_and_the_last_good_rows_stay(made):
    raw = made.folder / "data/raw/tiny"
    before = {path.name: path.read_bytes() for path in raw.iterdir()}
    table = made.folder / "mine/tables/1.tsv"
    good = table.read_text(encoding="utf-8")
    table.write_text(good + "too\tfew\n", encoding="utf-8")
    said = made.run("dvc", "repro", "ingest@tiny", status=255)
    assert f"error: mine/tables/1.tsv, line {len(good.splitlines()) + 1}, has 2 fields, the header has 5" in said
    assert "Traceback" not in said
    assert {path.name: path.read_bytes() for path in raw.iterdir()} == before
    table.write_text(good, encoding="utf-8")
    assert "didn't change, skipping" in made.run("dvc", "repro", "ingest@tiny")
