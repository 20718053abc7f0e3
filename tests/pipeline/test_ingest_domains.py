"""The stage ingest compares the domains of a task: their ids and labels."""

import pandas as pd
import pytest
from repository import ROOT
from ruamel.yaml import YAML

from crossfer.artifacts import io, paths
from crossfer.artifacts.paths import TaskPaths
from crossfer.errors import UserError
from stages import ingest

GOODS = [(str(number), f"bright rug number {number}", "goods") for number in range(4)]
SERVICE = [(str(number), f"odd refund number {number}", "service") for number in range(4, 8)]


@pytest.fixture
def write_task(tmp_path, monkeypatch):
    """Return a function that writes a task with the source en and the target sw."""
    monkeypatch.chdir(tmp_path)
    params = YAML(typ="safe").load((ROOT / "tests/support/params.yaml").read_text(encoding="utf-8"))
    (tmp_path / "mine").mkdir()

    def write(target_rows, source_rows=GOODS + SERVICE, source_options=None, replace_source=False, **options):
        task = params["tasks"]["news"] | {"files": "mine"}
        source = {"domain": "en"} if replace_source else _table("en")
        task["source"], task["targets"] = {**source, **(source_options or {})}, [_table("sw", **options)]
        YAML().dump({**params, "tasks": {"own": task}}, tmp_path / "params.yaml")
        for domain, rows in (("en", source_rows), ("sw", target_rows)):
            pd.DataFrame(rows, columns=["id", "text", "label"]).to_csv(f"mine/{domain}.csv", index=False)

    return write


def _table(domain, **options):
    columns = {"text": "text", "label": "label", "id": "id"}
    return {"domain": domain, "provider": "table", "path": f"mine/{domain}.csv", "columns": columns, **options}


def raw_rows(domain):
    return io.read_table(paths.table_path(TaskPaths("own").raw, domain))


def test_tables_that_share_counters_are_not_parallel(write_task):
    write_task([(row_id, f"sw {text}", "goods") for row_id, text, _ in GOODS + SERVICE])
    ingest.main("own")
    assert list(raw_rows("en")["id"]) == list("01234567")
    assert list(raw_rows("sw")["id"]) == [f"sw-{number}" for number in range(8)]


def test_parallel_targets_keep_the_ids_of_the_source(write_task, capsys):
    write_task([(row_id, f"sw {text}", label) for row_id, text, label in (GOODS + SERVICE)[2:]], parallel=True)
    ingest.main("own")
    assert list(raw_rows("sw")["id"]) == list("234567")
    assert "rows whose items are in several domains: sw 6 of 6, en 6 of 8" in capsys.readouterr().out


def test_random_splits_of_a_parallel_source_are_mentioned(write_task, tmp_path, capsys):
    note = "en has no official splits, so targets are also tested on items that it trains on"
    rows = [(row_id, f"sw {text}", label) for row_id, text, label in GOODS + SERVICE]
    write_task(rows, parallel=True)
    ingest.main("own")
    assert note in capsys.readouterr().out
    write_task(rows, source_options={"path": {"train": "mine/train.csv", "test": "mine/en.csv"}}, parallel=True)
    (tmp_path / "mine/train.csv").write_text("id,text,label\n90,a red rug,goods\n91,a slow queue,service\n")
    ingest.main("own")
    assert note not in capsys.readouterr().out


def test_parallel_items_with_other_labels_or_ids_are_refused(write_task):
    write_task([("0", "sw odd refund", "service")], parallel=True)
    with pytest.raises(UserError, match="id '0' has the label 'goods' in domain en and 'service' in domain sw"):
        ingest.main("own")
    write_task([("0.5", "sw odd refund", "service")], parallel=True)
    with pytest.raises(UserError, match="domain sw is parallel, but none of its ids, such as '0.5', is in another"):
        ingest.main("own")
    assert not TaskPaths("own").raw.exists()


def test_row_numbers_of_the_source_are_no_shared_ids(write_task):
    source = {"columns": {"text": "text", "label": "label"}}
    write_task([("0", "sw bright rug", "goods")], source_options=source, parallel=True)
    with pytest.raises(UserError, match=r"is in another domain \(no other domain has ids to compare\)"):
        ingest.main("own")


NUMBERS = [(str(number), f"bright rug number {number}", str(number % 2)) for number in range(8)]


def test_whole_numbers_and_floats_are_one_label(write_task):
    write_task([(row_id, f"sw {text}", f"{label}.0") for row_id, text, label in NUMBERS], NUMBERS)
    ingest.main("own")
    assert set(raw_rows("sw")["label"]) == {"0", "1"}


def test_files_of_parallel_folders_have_one_form_of_accents(write_task, tmp_path):
    """A folder from macOS has decomposed names."""
    folders = {"en": "prive\u0301", "sw": "priv\u00e9"}
    for name, label in folders.items():
        for folder in (label, "goods"):
            (tmp_path / "mine" / name / folder).mkdir(parents=True)
            (tmp_path / "mine" / name / folder / "1.txt").write_text(f"{name} {label} {folder}", encoding="utf-8")
    source, target = ({"provider": "folder", "path": f"mine/{name}", "fallback": "none"} for name in folders)
    write_task([], source_options=source, replace_source=True)
    params = YAML(typ="safe").load(tmp_path / "params.yaml")
    params["tasks"]["own"]["targets"] = [{"domain": "sw", "parallel": True, **target}]
    YAML().dump(params, tmp_path / "params.yaml")
    ingest.main("own")
    assert set(raw_rows("en")["id"]) == set(raw_rows("sw")["id"]) == {"goods/1.txt", "priv\u00e9/1.txt"}


def test_a_folder_and_a_table_have_one_form_of_accents(write_task, tmp_path):
    for label in ("e\u0301quipement", "prive\u0301"):
        (tmp_path / "mine/french" / label).mkdir(parents=True)
        (tmp_path / "mine/french" / label / "1.txt").write_text(f"modest kettle of {label}", encoding="utf-8")
    rows = [("1", "sw odd lamp", "\u00e9quipement"), ("2", "sw odd chair", "priv\u00e9")]
    folder = {"provider": "folder", "path": "mine/french", "fallback": "none"}
    write_task(rows, source_options=folder, replace_source=True)
    ingest.main("own")
    assert set(raw_rows("en")["label"]) == set(raw_rows("sw")["label"]) == {"\u00e9quipement", "priv\u00e9"}


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (["bidhaa", "huduma"], "domain sw has no label of the source: it has 'bidhaa', 'huduma', the source en has"),
        (["Goods", "service"], "domain sw has the label 'Goods' and the source en has 'goods', which differ only in"),
        (
            ["goods", "Service", "service"],
            "domain sw has the labels 'Service' and 'service', which differ only in case",
        ),
    ],
)
def test_labels_of_a_target_that_do_not_fit_the_source(write_task, labels, message):
    write_task([(str(number), f"sw text {number}", label) for number, label in enumerate(labels)])
    with pytest.raises(UserError) as caught:
        ingest.main("own")
    assert message in str(caught.value)
    assert not TaskPaths("own").raw.exists()


def test_unknown_labels_of_a_target_are_printed(write_task, capsys):
    write_task([("0", "sw rug", "goods"), ("1", "sw desk", "huduma"), ("2", "sw queue", "huduma")])
    ingest.main("own")
    assert "sw: 3 rows from table" in (output := capsys.readouterr().out)
    assert "labels that the source lacks: 2 rows ('huduma'); `labels: {'huduma': null}` leaves them out" in output


def test_labels_renames_normalized_labels(write_task):
    rows = [("0", "sw rug", "1.0"), ("1", "sw desk", "prive\u0301"), ("2", "sw queue", "other")]
    write_task(rows, labels={"1": "goods", "priv\u00e9": "service", "other": None, "": None})
    ingest.main("own")
    assert list(raw_rows("sw")["label"]) == ["goods", "service"]


def test_a_key_of_labels_without_rows_is_refused(write_task):
    write_task([("0", "sw rug", "goods")], labels={"sprot": None})
    with pytest.raises(
        UserError, match="labels of domain sw renames 'sprot', which no row has; its labels are 'goods'"
    ):
        ingest.main("own")


def test_a_mapping_that_targets_share_needs_a_row_in_one_of_them(write_task):
    shared = {"refunds": "service"}
    source = [*GOODS, *((row_id, text, "refunds") for row_id, text, _ in SERVICE)]
    write_task([("0", "sw rug", "goods")], source, {"labels": shared}, labels=shared)
    ingest.main("own")


def test_where_matches_another_form_of_accents(write_task):
    rows = [("0", "sw rug", "goods"), ("1", "sw privé", "goods")]
    write_task(rows, where={"text": "sw prive\u0301"})
    ingest.main("own")
    assert list(raw_rows("sw")["id"]) == ["sw-1"]
