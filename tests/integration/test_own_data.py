"""The pipeline runs on a user's own data: a folder with splits, and tables."""

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
    """Write the probe as a user's data: a file per English text, and two tables."""
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
    for offset in (0, 1):
        others[offset::2].to_csv(folder / f"mine/tables/{offset}.tsv", sep="\t", index=False)


@pytest.fixture(scope="module")
def repository(tmp_path_factory, tiny_backbone):
    repository = Repository(tmp_path_factory.mktemp("own"), tiny_backbone, own_params)
    write_data(repository.folder)
    repository.commit("data")
    repository.run("dvc", "repro", "evaluate@tiny")
    return repository


def read_json(repository, path):
    return json.loads((repository.folder / path).read_text(encoding="utf-8"))


def test_manifest_and_quality_account_for_every_row(repository):
    manifest = read_json(repository, "data/raw/tiny/manifest.json")
    quality = read_json(repository, "data/clean/tiny/quality.json")
    rows = len(pd.read_csv(ROOT / "data/probe/sw.csv"))
    notes = manifest["sw"]["notes"]
    assert manifest["sw"]["rows"] + sum(notes.values()) == 2 * rows
    assert notes["left_out_by_where"] == rows
    for domain, account in quality.items():
        assert account["rows_in"] == manifest[domain]["rows"]
        assert account["rows_out"] + sum(map(len, account["dropped"].values())) == account["rows_in"]
    assert set(quality["en"]["splits"]) == {"train", "validation", "test"}


def test_label_absent_from_the_source_is_never_predicted(repository):
    report = read_json(repository, "data/reports/tiny/metrics.json")
    assert report["labels"] == ["money", "politics", "sports", "tech"]
    assert report["domains"]["zh"]["unknown_labels"] == 0
    predictions = pd.read_parquet(repository.folder / "data/predictions/tiny.parquet").query("domain == 'sw'")
    unseen = predictions[predictions["label"] == "science"]
    assert report["domains"]["sw"]["unknown_labels"] == len(unseen) > 0
    assert not (unseen["prediction"] == unseen["label"]).any()
    assert report["domains"]["sw"]["n"] == len(predictions)


def test_folders_define_the_splits(repository):
    training = set(read_json(repository, "data/models/tiny/training.json")["rows"])
    assert training == {
        path.relative_to(repository.folder / "mine/english").as_posix()
        for path in repository.folder.glob("mine/english/train/*/*.txt")
    }
    predictions = pd.read_parquet(repository.folder / "data/predictions/tiny.parquet").query("domain == 'en'")
    assert predictions["id"].str.startswith("test/").all()


def test_few_shot_results_complement_zero_shot(repository):
    report = read_json(repository, "data/reports/tiny/metrics.json")
    adapted = read_json(repository, "data/adapted/tiny/adapted.json")
    assert set(adapted) == set(report["few_shot"]) == {"sw"}
    few_shot = report["few_shot"]["sw"]
    assert (few_shot["shots"], few_shot["rows"], few_shot["n"]) == (SHOTS, 4 * SHOTS, report["domains"]["sw"]["n"])
    assert adapted["sw"]["labels"] == [*report["labels"], "science"]
    assert few_shot["unknown_labels"] == 0
    predictions = pd.read_parquet(repository.folder / "data/predictions/tiny.parquet").set_index("id")
    swahili = predictions[predictions["domain"] == "sw"]
    assert not set(adapted["sw"]["rows"]) & set(swahili.index)
    is_correct = swahili["few_shot"] == swahili["label"]
    assert few_shot["accuracy"] == pytest.approx(is_correct.mean(), abs=1e-6)
    gain = few_shot["accuracy"] - report["domains"]["sw"]["accuracy"]
    assert few_shot["gain"] == pytest.approx(gain, abs=2e-6)
    assert few_shot["gain_low"] <= few_shot["gain"] <= few_shot["gain_high"]
    assert predictions.loc[predictions["domain"] != "sw", "few_shot"].isna().all()
    delta_bytes = (repository.folder / "data/adapted/tiny/sw.safetensors").stat().st_size
    assert delta_bytes < (repository.folder / "data/models/tiny/model.safetensors").stat().st_size / 2


def test_few_shot_target_has_a_child_run_of_finetune(repository):
    store = MlflowClient(f"sqlite:///{repository.folder / 'mlflow.db'}")
    all_runs = store.search_runs([store.get_experiment_by_name("crossfer").experiment_id])
    runs = {run.info.run_name: run for run in all_runs}
    adapt, finetune = runs["adapt/tiny"], runs["finetune/tiny"]
    assert adapt.data.tags["mlflow.parentRunId"] == finetune.info.run_id
    assert (adapt.data.params["domain"], adapt.data.params["shots"]) == ("sw", str(SHOTS))
    assert adapt.data.metrics["loss"] > 0
    few_shot = read_json(repository, "data/reports/tiny/metrics.json")["few_shot"]["sw"]
    assert runs["evaluate/tiny"].data.metrics["few_shot_accuracy/sw"] == few_shot["accuracy"]


def test_invalid_table_keeps_the_previous_rows(repository):
    raw = repository.folder / "data/raw/tiny"
    before = {path.name: path.read_bytes() for path in raw.iterdir()}
    table = repository.folder / "mine/tables/1.tsv"
    valid = table.read_text(encoding="utf-8")
    table.write_text(valid + "too\tfew\n", encoding="utf-8")
    output = repository.run("dvc", "repro", "ingest@tiny", status=255)
    assert f"  mine/tables/1.tsv, line {len(valid.splitlines()) + 1}, has 2 fields, the header has 5" in output
    assert "Traceback" not in output
    assert {path.name: path.read_bytes() for path in raw.iterdir()} == before
    table.write_text(valid, encoding="utf-8")
    assert "didn't change, skipping" in repository.run("dvc", "repro", "ingest@tiny")
