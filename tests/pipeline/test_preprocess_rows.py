"""Ingest and preprocess keep the rows of the user's own tables that do not leak."""

import pandas as pd
import pytest
from repository import ROOT
from ruamel.yaml import YAML

from crossfer.artifacts import io, paths
from crossfer.artifacts.paths import TaskPaths
from crossfer.errors import UserError
from stages import ingest, preprocess

NOUNS = {"goods": ("chair", "lamp", "shelf", "rug"), "food": ("bread", "soup", "rice", "tea")}
ADJECTIVES = ("careful", "loud", "bright", "odd", "fine", "tired", "prompt", "heavy")
REPORTS = ("in the report of the week", "on page two of the paper", "at the old market")


def sentences(prefix: str) -> pd.DataFrame:
    """Return 96 sentences of each label, without near-duplicates."""
    rows = [
        (f"{prefix} {noun} {adjective} {noun}, {adjective}: {report}", label)
        for label, nouns in NOUNS.items()
        for noun in nouns
        for adjective in ADJECTIVES
        for report in REPORTS
    ]
    return pd.DataFrame(rows, columns=["text", "label"])


def run(folder, monkeypatch, tables, columns=None, **options):
    """Run both stages; return quality.json and the clean tables.

    The first table is the source.
    """
    monkeypatch.chdir(folder)
    (folder / "mine").mkdir()
    for name, table in tables.items():
        table.to_csv(f"mine/{name}.csv", index=False)
    columns = {"text": "text", "label": "label"} | (columns or {})
    source, *targets = [
        {"domain": name, "provider": "table", "path": f"mine/{name}.csv", "columns": columns} for name in tables
    ]
    params = YAML(typ="safe").load((ROOT / "tests/support/params.yaml").read_text(encoding="utf-8"))
    task = params["tasks"]["news"] | {"files": "mine", "source": source, "targets": targets}
    task["preprocess"] |= options
    YAML().dump({**params, "tasks": {"own": task}}, folder / "params.yaml")
    ingest.main("own")
    preprocess.main("own")
    clean = TaskPaths("own").clean
    return io.read_json(clean / paths.QUALITY_FILE), {
        name: io.read_table(paths.table_path(clean, name)) for name in tables
    }


def test_dialects_keep_the_sentences_that_they_share(tmp_path, monkeypatch):
    dialect = sentences("this")
    tables = {"en": sentences("that"), "arb": dialect, "ars": dialect.assign(extra=1), "zz": dialect}
    quality, clean = run(tmp_path, monkeypatch, tables)
    for name in ("arb", "ars", "zz"):
        assert list(clean[name]["content"]) == list(dialect["text"])
        assert quality[name]["dropped"] == {}


def test_near_duplicates_stay_in_one_split(tmp_path, monkeypatch):
    """Copies of messages with a prefix or another first letter."""
    texts = sentences("that")
    copies = [texts, texts.assign(text="RT " + texts["text"]), texts.assign(text=texts["text"].str.capitalize() + ".")]
    tables = {"en": pd.concat(copies), "sw": sentences("this")}
    quality, clean = run(tmp_path, monkeypatch, tables, near_duplicate_threshold=0.8)
    originals = clean["en"]["content"].str.removeprefix("RT ").str.removesuffix(".").str.lower()
    assert clean["en"]["split"].groupby(originals).nunique().max() == 1
    assert quality["en"]["near_duplicates"] == {"groups": 192, "rows": 576}
    assert quality["en"]["splits"] == clean["en"]["split"].value_counts().to_dict()
    assert 110 <= quality["en"]["splits"]["test"] <= 120
    assert "near_duplicates" not in quality["sw"]


def test_rows_of_a_group_stay_in_one_split(tmp_path, monkeypatch):
    """Groups are numbers with missing values, which pandas writes as 1.0."""
    texts = sentences("that")
    texts["thread"] = [float(number // 4) if number % 48 else None for number in range(len(texts))]
    tables = {"en": texts, "sw": sentences("this").assign(thread=1)}
    _, clean = run(tmp_path, monkeypatch, tables, {"group": "thread"})
    assert list(clean["en"].columns) == ["id", "content", "label", "split"]
    threads = texts["thread"].dropna()
    assert clean["en"]["split"][threads.index].groupby(threads).nunique().max() == 1
    assert set(clean["sw"]["split"]) == {"test"}


def test_a_lost_label_stops_the_stage(tmp_path, monkeypatch, capsys):
    texts = sentences("that")
    texts.loc[texts["label"] == "food", "text"] = texts["text"].str[:4]
    with pytest.raises(UserError) as caught:
        run(tmp_path, monkeypatch, {"en": texts, "sw": sentences("this")}, max_drop_fraction=0.9)
    assert str(caught.value) == (
        "domain en of task own loses every row with label 'food' (too_small: 96); lower preprocess.min_characters"
        " (images: preprocess.min_ink_pixels), or leave such labels out of the data."
    )


def test_all_but_a_few_rows_of_each_label_may_be_dropped(tmp_path, monkeypatch):
    texts = sentences("that")
    is_dropped = texts.groupby("label").cumcount() >= 20
    texts.loc[is_dropped, "text"] = "..."
    quality, _ = run(tmp_path, monkeypatch, {"en": texts, "sw": sentences("this")}, max_drop_fraction=1.0)
    assert quality["en"]["rows_out"] == 40
    assert len(quality["en"]["dropped"]["empty"]) == 152


def test_losses_are_printed(tmp_path, monkeypatch, capsys):
    texts = sentences("that")
    texts.loc[120:, "text"] = texts["text"].str[:4]
    texts = pd.concat([texts, texts.head(2).assign(label="food")], ignore_index=True)
    quality, _ = run(tmp_path, monkeypatch, {"en": texts, "sw": sentences("this")}, max_drop_fraction=0.9)
    printed = capsys.readouterr().out
    assert (
        "preprocess own: en: label 'food' loses 74 of 98 rows (duplicate_with_another_label: 2, too_small: 72)"
        in printed
    )
    assert "another row has the same content and another label: 2, first 'en-0000193' (all: quality.json)\n" in printed
    assert quality["en"]["rows_in"] == quality["en"]["rows_out"] + 74 == 194
