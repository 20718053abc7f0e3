"""The user's own tables: which rows are read, and which are left out and counted."""

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


def read_dataset(path, columns=None, labels=None, where=None, **options):
    columns = COLUMNS | (columns or {})
    path = path if isinstance(path, dict) else str(path)
    return SOURCES["table"](path=path, columns=columns, labels=labels or {}, where=where or {}, **options)


def rows(*arguments, **options):
    return read_all_rows(read_dataset(*arguments, **options))


def write(folder, content, name="a.csv"):
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
    path = write(tmp_path, FORMATS[name], name)
    result = rows(path, {"text": ["head", "text"], "id": "id"})
    assert result.to_dict("list") == {
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
        write(tmp_path, f"{HEADER}{text},a\n", name)
    assert list(rows(tmp_path / "b-*.csv")["content"]) == ["one", "two"]
    result = rows({"train": f"{tmp_path}/b-*.csv", "test": f"{tmp_path}/c.csv"})
    assert list(result["split"]) == ["train", "train", "test"]
    assert result["id"].is_unique


def test_labels_are_renamed_or_left_out_and_where_selects_rows(tmp_path):
    path = write(tmp_path, "text,label,language\n1,technology,sw\n2,religion,sw\n3,tech,ha\n4,,sw\n5,tech,sw\n")
    result = read_dataset(path, labels={"technology": "tech", "religion": None, "": None}, where={"language": "sw"})
    (chunk,) = result.chunks
    assert list(chunk["label"]) == ["tech", "tech"]
    assert list(chunk["content"]) == ["1", "5"]
    assert result.notes == {"left_out_by_label": 2, "left_out_by_where": 1}
    assert result.origin == "tables a.csv"


def test_two_keys_of_one_label_are_refused(tmp_path):
    path = write(tmp_path, "text,label\n1,1\n")
    with pytest.raises(UserError, match=r"labels names '1' and '1.0', which are one label; remove one\."):
        read_dataset(path, labels={"1": "spam", "1.0": None})


def test_a_label_cannot_be_renamed_to_an_empty_text(tmp_path):
    path = write(tmp_path, "text,label\n1,spam\n")
    with pytest.raises(UserError, match="line 2, has the label 'spam', which labels renames to an empty text; change"):
        list(read_dataset(path, labels={"spam": ""}).chunks)


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
def test_unusual_but_valid_csv(tmp_path, content):
    result = rows(write(tmp_path, content))
    assert result[["content", "label"]].to_numpy().tolist() == [["one", "a"], ["two", "b"]]


def test_text_that_pandas_would_convert_stays_text(tmp_path):
    """Pandas would read these as missing values or numbers."""
    result = rows(write(tmp_path, f"{HEADER}NA,null\nnan,01\n\x00,None\n"))
    assert result[["content", "label"]].to_numpy().tolist() == [["NA", "null"], ["nan", "01"], ["\x00", "None"]]


def test_equal_labels_of_several_json_types_are_one_label(tmp_path):
    records = ("1", '"1"', "1.0", '" 1 "', "true", '"true"')
    content = "".join(f'{{"text": "one", "label": {label}}}\n' for label in records)
    assert list(rows(write(tmp_path, content, "a.jsonl"))["label"]) == ["1"] * 4 + ["true"] * 2


def test_a_name_with_brackets_is_a_file_and_a_broken_link_is_refused(tmp_path):
    assert len(rows(write(tmp_path, f"{HEADER}one,a\n", "a[b].csv"))) == 1
    (tmp_path / "c.csv").symlink_to("nowhere")
    with pytest.raises(UserError, match=r"c.csv is a link that leads out of .*, or nowhere"):
        rows(tmp_path / "*.csv")


def test_only_the_columns_in_use_are_decoded(tmp_path):
    broken = pa.table({"text": ["one"], "label": ["a"], "more": pa.array([b"\xff"]).cast(pa.string(), safe=False)})
    pq.write_table(broken, tmp_path / "a.parquet")
    assert len(rows(tmp_path / "a.parquet")) == 1
    with pytest.raises(UserError, match=r"a.parquet is not Parquet, or damaged"):
        rows(tmp_path / "a.parquet", {"text": ["more"]})


def test_ids_that_are_row_numbers_are_marked(tmp_path):
    path = write(tmp_path, "id,text,label\nx,one,a\n")
    assert read_dataset(path).ids_are_row_numbers
    assert not read_dataset(path, {"id": "id"}).ids_are_row_numbers


def test_the_group_of_a_row_is_read_in_every_chunk(tmp_path):
    """Also in chunks without any group: a Parquet file has one schema."""
    path = write(tmp_path, "text,label,thread\n" + "one,a,\n" * 1001 + "two,b,t1\n")
    chunks = list(read_dataset(path, {"group": "thread"}).chunks)
    assert [set(chunk["group"]) for chunk in chunks] == [{""}, {"", "t1"}]
    with pytest.raises(UserError, match="a.csv has no column 'topic'"):
        rows(path, {"group": "topic"})


def test_a_missing_id_is_an_error(tmp_path):
    with pytest.raises(UserError, match="a.csv, line 2, has no id in column 'id'; add one, or remove columns.id"):
        rows(write(tmp_path, "id,text,label\n,one,a\n"), {"id": "id"})


def test_a_long_table_is_read_in_chunks(tmp_path):
    path = write(tmp_path, HEADER + "".join(f"text {n},a\n" for n in range(2500)))
    assert [len(chunk) for chunk in read_dataset(path).chunks] == [1000, 1000, 500]
