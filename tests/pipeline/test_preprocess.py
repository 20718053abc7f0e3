"""preprocess accounts for every row and fails if it drops too many."""

from pathlib import Path

import pandas as pd
from repository import ROOT, tiny_params

from crossfer.artifacts import io


def test_preprocess_fails_if_too_many_rows_are_dropped(empty_repository):
    params = tiny_params(Path("unused"))
    params["tasks"]["tiny"]["preprocess"]["min_characters"] = 60
    empty_repository.write_params(params)
    empty_repository.stage("ingest")
    output = empty_repository.stage("preprocess", status=2)
    assert output.splitlines()[-1].startswith("error: domain zh of task tiny loses ")
    assert output.endswith("the limit of 10.0 %; correct the data, or raise preprocess.max_drop_fraction.\n")
    assert "Traceback" not in output


def test_quality_accounts_for_every_row(repository):
    folder = repository.folder / "data/clean/tiny"
    quality = io.read_json(folder / "quality.json")
    assert set(quality) == {"en", "zh", "sw"}
    for domain, account in quality.items():
        rows = pd.read_parquet(folder / f"{domain}.parquet")
        assert account["rows_in"] == len(rows) + sum(map(len, account["dropped"].values()))
        assert account["splits"] == rows["split"].value_counts().to_dict()
    assert quality["en"]["splits"] == {"train": 42, "test": 12, "validation": 6}
    assert quality["zh"]["splits"] == {"test": 60}
    probe = pd.read_csv(ROOT / "data/probe/zh.csv")
    assert set(pd.read_parquet(folder / "zh.parquet")["content"]) == set(probe["text"])
