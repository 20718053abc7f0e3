"""The user's own tables: what is read, and what is left out and counted."""

import json

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from repository import read_all_rows

from crossfer.errors import UserError
from crossfer.sources.registry import SOURCES

COLUMNS = {"text": ["text"], "label": "label", "id": None}
HEADER = "text,label\n"


def collected(path, columns=None, labels=None, where=None):
    columns = COLUMNS | (columns or {})
    path = path if isinstance(path, dict) else str(path)
    return SOURCES["table"]("en", path=path, columns=columns, labels=labels or {}, where=where or {})


def rows(*arguments, **options):
    return read_all_rows(collected(*arguments, **options))


def written(folder, content, name="a.csv"):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


FORMATS = {
    "a.csv": 'id,head,text,label\nx,H,"one, ""two""\nlines",a\ny,,three,b\n',
    "a.tsv": 'id\thead\ttext\tlabel\nx\tH\t"one, ""two""\nlines"\ta\ny\t\tthree\tb\n',
    "a.jsonl": "".join(
        json.dumps(record) + "\n"
        for record in (
            {"id": "x", "head": "H", "text": 'one, "two"\nlines', "label": "a", "more": 1},
            {"id": "y", "head": None, "text": "three", "label": "b"},
        )
    ),
}


@pytest.mark.parametrize("name", FORMATS)
def test_formats(tmp_path, name):
    path = written(tmp_path, FORMATS[name], name)
    found = rows(path, {"text": ["head", "text"], "id": "id"})
    assert found.to_dict("list") == {
        "id": ["x", "y"],
        "content": ['H\none, "two"\nlines', "three"],
        "label": ["a", "b"],
    }


def test_parquet(tmp_path):
    pd.DataFrame({"text": ["one", "two"], "label": [1, 2], "n": [0.5, 1.5]}).to_parquet(tmp_path / "a.parquet")
    assert rows(tmp_path / "a.parquet").to_dict("list") == {
        "id": ["0000001", "0000002"],
        "content": ["one", "two"],
        "label": ["1", "2"],
    }


def test_several_files_by_a_pattern_and_official_splits(tmp_path):
    for name, text in (("b-1.csv", "one"), ("b-2.csv", "two"), ("c.csv", "three")):
        written(tmp_path, f"{HEADER}{text},a\n", name)
    assert list(rows(tmp_path / "b-*.csv")["content"]) == ["one", "two"]
    found = rows({"train": f"{tmp_path}/b-*.csv", "test": f"{tmp_path}/c.csv"})
    assert list(found["split"]) == ["train", "train", "test"]
    assert found["id"].is_unique


def test_labels_are_renamed_and_left_out_and_domains_told_apart(tmp_path):
    path = written(tmp_path, "text,label,language\n1,technology,sw\n2,religion,sw\n3,tech,ha\n4,,sw\n5,tech,sw\n")
    found = collected(path, labels={"technology": "tech", "religion": None, "": None}, where={"language": "sw"})
    (piece,) = found.chunks
    assert list(piece["label"]) == ["tech", "tech"]
    assert list(piece["content"]) == ["1", "5"]
    assert found.notes == {"left_out_by_label": 2, "left_out_by_where": 1}
    assert found.origin == "tables a.csv"


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbftext,label\none,a\ntwo,b\n",
        b"text,label\r\none,a\rtwo,b\n",
        b"text,label\n\none,a\n\ntwo,b",
        b'"text","label"\n"one","a"\n"two","b"\n',
    ],
    ids=["byte order mark", "mixed line ends", "empty lines, none at the end", "quotes"],
)
def test_harmless_oddities(tmp_path, content):
    found = rows(written(tmp_path, content))
    assert found[["content", "label"]].to_numpy().tolist() == [["one", "a"], ["two", "b"]]


def test_what_looks_like_nothing_is_text(tmp_path):
    """What pandas would take for missing, or for a number."""
    found = rows(written(tmp_path, f"{HEADER}NA,null\nnan,01\n\x00,None\n"))
    assert found[["content", "label"]].to_numpy().tolist() == [["NA", "null"], ["nan", "01"], ["\x00", "None"]]


def test_one_label_written_in_several_ways_is_one(tmp_path):
    records = ("1", '"1"', "1.0", '" 1 "', "true", '"true"')
    content = "".join(f'{{"text": "one", "label": {label}}}\n' for label in records)
    assert list(rows(written(tmp_path, content, "a.jsonl"))["label"]) == ["1"] * 4 + ["true"] * 2


def test_a_file_is_taken_as_it_is_called_and_a_link_that_leads_nowhere_is_refused(tmp_path):
    assert len(rows(written(tmp_path, f"{HEADER}one,a\n", "a[b].csv"))) == 1
    (tmp_path / "c.csv").symlink_to("nowhere")
    with pytest.raises(UserError, match=r"c.csv is no file, or a link that leads nowhere"):
        rows(tmp_path / "*.csv")


def test_only_the_columns_that_are_read_are_decoded(tmp_path):
    broken = pa.table({"text": ["one"], "label": ["a"], "more": pa.array([b"\xff"]).cast(pa.string(), safe=False)})
    pq.write_table(broken, tmp_path / "a.parquet")
    assert len(rows(tmp_path / "a.parquet")) == 1
    with pytest.raises(UserError, match=r"a.parquet is no Parquet, or broken"):
        rows(tmp_path / "a.parquet", {"text": ["more"]})


def test_numbers_for_ids_are_said_to_be_numbers(tmp_path):
    path = written(tmp_path, "id,text,label\nx,one,a\n")
    assert collected(path).numbered
    assert not collected(path, {"id": "id"}).numbered


def test_no_id(tmp_path):
    with pytest.raises(UserError, match="a.csv, line 2, has no id in column 'id'; add one, or leave columns.id out"):
        rows(written(tmp_path, "id,text,label\n,one,a\n"), {"id": "id"})


def test_a_long_table_comes_in_pieces(tmp_path):
    path = written(tmp_path, HEADER + "".join(f"text {n},a\n" for n in range(2500)))
    assert [len(piece) for piece in collected(path).chunks] == [1000, 1000, 500]
