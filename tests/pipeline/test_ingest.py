"""The stage ingest: rows, manifest, and the previous rows after an error."""

import resource
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pandas as pd
import pytest
from repository import ROOT
from ruamel.yaml import YAML

from crossfer.artifacts import io, paths
from crossfer.artifacts.paths import TaskPaths
from crossfer.errors import UserError
from crossfer.sources.registry import SOURCES
from stages import ingest

COLUMNS = {"text": "text", "label": "label", "id": "id"}


def table_source(domain: str, path: str, **options: object) -> dict:
    return {"domain": domain, "provider": "table", "path": path, "columns": COLUMNS, **options}


@pytest.fixture
def task_folder(tmp_path, monkeypatch):
    """The folder of a task with two tables."""
    monkeypatch.chdir(tmp_path)
    params = YAML(typ="safe").load((ROOT / "tests/support/params.yaml").read_text(encoding="utf-8"))
    task = params["tasks"]["news"] | {"files": "mine", "source": table_source("en", "mine/en.csv")}
    task["targets"] = [table_source("sw", "mine/sw.csv", labels={"c": None})]
    YAML().dump({**params, "tasks": {"own": task}}, tmp_path / "params.yaml")
    (tmp_path / "mine").mkdir()
    write_table("en", [("1", "one", "a"), ("2", "two", "b")])
    write_table("sw", [("1", "moja", "a"), ("2", "mbili", "c")])
    return tmp_path


def write_table(domain: str, rows: list[tuple[str, str, str]]) -> None:
    pd.DataFrame(rows, columns=["id", "text", "label"]).to_csv(f"mine/{domain}.csv", index=False)


def raw_files() -> dict[str, bytes]:
    return {path.as_posix(): path.read_bytes() for path in Path("data/raw").rglob("*") if path.is_file()}


def test_ingest_writes_rows_and_manifest(task_folder):
    ingest.main("own")
    rows = io.read_table(paths.table_path(TaskPaths("own").raw, "en"))
    assert rows.to_dict("list") == {"id": ["1", "2"], "content": ["one", "two"], "label": ["a", "b"]}
    manifest = io.read_json(TaskPaths("own").raw / paths.MANIFEST_FILE)
    assert manifest["sw"] == {
        "language": "sw",
        "provider": "table",
        "origin": "tables sw.csv",
        "licence": "not stated",
        "sha256": manifest["sw"]["sha256"],
        "rows": 1,
        "labels": {"a": 1},
        "formats": ["separated by commas"],
        "notes": {"left_out_by_label": 1},
    }
    assert manifest["en"]["notes"] == {}
    files = raw_files()
    ingest.main("own")
    assert raw_files() == files


def test_ingest_reports_the_format_of_a_table(task_folder, capsys):
    (task_folder / "mine/sw.csv").write_text('sep=;\nid;text;label\n1;"moja\n2";a\n2;mbili;c\n', encoding="utf-8")
    ingest.main("own")
    details = "separated by semicolons, 1 skipped before the header; 1 cell with line breaks, 1 row left out by labels"
    assert f"ingest own: sw: 1 rows from table ({details})\n" in capsys.readouterr().out
    manifest = io.read_json(TaskPaths("own").raw / paths.MANIFEST_FILE)
    assert manifest["sw"]["notes"] == {"cells_with_line_breaks": 1, "left_out_by_label": 1}


@pytest.mark.parametrize(
    ("domain", "rows", "message"),
    [
        (
            "sw",
            [("1", "moja", "a"), ("1", "mbili", "b")],
            "domain sw has the id '1' twice; make ids unique, or remove columns.id.",
        ),
        (
            "sw",
            [("2", "mbili", "c")],
            "domain sw of provider table has no rows (1 row left out by labels); correct its data.",
        ),
        ("sw", [("2", "mbili", "")], "mine/sw.csv, line 2, has no label in column 'label'"),
    ],
)
def test_ingest_keeps_the_previous_rows_after_an_error(task_folder, domain, rows, message):
    ingest.main("own")
    before = raw_files()
    write_table(domain, rows)
    with pytest.raises(UserError) as caught:
        ingest.main("own")
    assert message in str(caught.value)
    assert raw_files() == before


def test_ingest_lists_the_errors_of_all_domains(task_folder):
    write_table("en", [("1", "one", ""), ("2", "two", "b")])
    write_table("sw", [("1", "moja", "")])
    with pytest.raises(UserError, match=r"2 errors:\n  mine/en.csv, line 2, has no .*\n  mine/sw.csv, line 2, has no "):
        ingest.main("own")


def test_ingest_keeps_the_previous_rows_if_the_disk_is_full(task_folder):
    """Simulate a full disk by a limit on the size of a file."""
    ingest.main("own")
    before = raw_files()
    write_table("sw", [(str(n), f"{n} {hash(str(n))} moja mbili tatu", "a") for n in range(20_000)])
    process = subprocess.run(
        [sys.executable, "-m", "stages.ingest", "own"],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)),
        env={"PATH": "", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.stderr == "error: File too large. Free some space and run the command again.\n"
    assert process.returncode == 1
    assert raw_files() == before


def test_memory_does_not_grow_with_a_table(task_folder):
    def peak(rows: int) -> int:
        path = Path("mine/long.csv")
        with path.open("w") as file:
            file.write("id,text,label\n")
            file.writelines(f"{n},{'word ' * 200},a\n" for n in range(rows))
        tracemalloc.start()
        columns = {"text": ["text"], "label": "label", "id": "id"}
        dataset = SOURCES["table"](path=str(path), columns=columns, labels={}, where={})
        io.write_chunks(Path("long.parquet"), dataset.chunks)
        _, peak_bytes = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return peak_bytes

    assert peak(20_000) < 1.2 * peak(2_000)
