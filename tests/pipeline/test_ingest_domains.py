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

    def write(target_rows, source_rows=GOODS + SERVICE, source_options=None, **options):
        task = params["tasks"]["news"] | {"files": "mine"}
        task["source"], task["targets"] = _table("en", **(source_options or {})), [_table("sw", **options)]
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
    assert "sw: 6 rows are items of other domains too" in capsys.readouterr().out


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
