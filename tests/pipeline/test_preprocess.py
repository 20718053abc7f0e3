"""preprocess accounts for every row and fails if it drops too many."""

import shutil
from pathlib import Path

import pandas as pd
import pytest
from repository import ROOT, tiny_params

from crossfer.artifacts import io, paths
from crossfer.artifacts.paths import TaskPaths
from crossfer.errors import UserError
from stages import preprocess


def test_preprocess_fails_if_too_many_rows_are_dropped(empty_repository):
    params = tiny_params(Path("unused"))
    params["tasks"]["tiny"]["preprocess"]["min_characters"] = 46
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


def test_email_addresses_as_ids_are_replaced(empty_repository):
    """Ids of all rows, also of dropped ones; parallel items stay parallel."""
    folder, params = empty_repository.folder / "data", tiny_params(Path("unused"))
    params["tasks"]["tiny"]["preprocess"]["scrub"] = "all"
    empty_repository.write_params(params)
    empty_repository.stage("ingest")
    for domain in ("en", "zh", "sw"):
        table = folder / f"raw/tiny/{domain}.parquet"
        rows = pd.read_parquet(table)
        rows["id"] = [f"reader{number}@example.com" for number in range(len(rows) - 1)] + ["item-1"]
        rows.loc[0, "content"] = ""  # dropped as empty
        io.write_table(table, rows)
    empty_repository.stage("preprocess")
    clean = {domain: pd.read_parquet(folder / f"clean/tiny/{domain}.parquet") for domain in ("en", "zh", "sw")}
    quality = io.read_json(folder / "clean/tiny/quality.json")
    assert "@" not in str(quality)
    assert [len(account["dropped"]["empty"]) for account in quality.values()] == [1, 1, 1]
    assert {account["changed"]["scrubbed_id"] for account in quality.values()} == {59}
    ids = set(clean["zh"]["id"])
    assert len(ids) == 59 and "item-1" in ids and "@" not in "".join(ids)
    assert ids == set(clean["sw"]["id"]) == set(clean["en"]["id"])


def test_unreadable_images_of_all_domains_are_listed_at_once(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copy(ROOT / "params.yaml", tmp_path)
    raw = TaskPaths("digits").raw
    raw.mkdir(parents=True)
    io.write_domains(raw, [io.Domain(name, None, name == "mnist") for name in ("mnist", "uci")])
    for name in ("mnist", "uci"):
        rows = {"id": ["1", "2"], "content": [b"", b"no image"], "label": ["0", "1"]}
        io.write_table(paths.table_path(raw, name), pd.DataFrame(rows))
    with pytest.raises(UserError, match=r"^4 errors:\n  row 1 of domain uci: (.*\n)*  row 2 of domain mnist: "):
        preprocess.main("digits")
