"""The user's own tables: what is read, what is left out and counted, and what is said of a wrong one."""

import json

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from repository import whole

from crossfer.artifacts import text_lines
from crossfer.errors import UserError
from crossfer.sources.registry import SOURCES

COLUMNS = {"text": ["text"], "label": "label", "id": None}
HEADER = "text,label\n"


def collected(path, columns=None, labels=None, where=None):
    columns = COLUMNS | (columns or {})
    path = path if isinstance(path, dict) else str(path)
    return SOURCES["table"]("en", path=path, columns=columns, labels=labels or {}, where=where or {})


def rows(*arguments, **options):
    return whole(collected(*arguments, **options))


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


MISTAKES = {
    "empty": ("", "a.csv is empty."),
    "no rows": (HEADER, "a.csv has no rows."),
    "ragged": (f"{HEADER}one,a\ntwo,b,c\n", "a.csv, line 3, has 3 fields, its header has 2; put a text with ','"),
    "short": (f"{HEADER}one\n", "a.csv, line 2, has 1 fields, its header has 2"),
    "open quote": (f'{HEADER}one,a\n"two,b\nthree,c\n', "a.csv, in the row that begins in line 3, breaks off"),
    "stray quote": (f'{HEADER}"one" more,a\n', "a.csv, in the row that begins in line 2, breaks off"),
    "no UTF-8": (b"text,label\none,a\ncaf\xe9,b\n", "a.csv, line 3, is not UTF-8 (byte 0xe9); save the file as UTF-8."),
    "UTF-16": ("text,label\n".encode("utf-16"), "a.csv, line 1, is not UTF-8 (UTF-16)"),
    "no label": (f"{HEADER}one,a\ntwo,\n", "a.csv, line 3, has no label in column 'label', found ''; add one"),
    "no column": ("words,label\none,a\n", "a.csv has no column 'text'; its columns are: words, label."),
    "column twice": ("text,label,label\none,a,b\n", "a.csv has 2 columns 'label'; give each its own name."),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_in_csv(tmp_path, name):
    content, said = MISTAKES[name]
    with pytest.raises(UserError) as caught:
        rows(written(tmp_path, content))
    assert said in str(caught.value)


JSON_MISTAKES = {
    "number": ('{"text": 7, "label": "a"}', "a.jsonl, line 1, has 7 in column 'text', where a text should be."),
    "no number": ('{"text": "one", "label": NaN}', "a.jsonl, line 1, has no label in column 'label', found nan"),
    "null": ('{"text": "one", "label": null}', "has no label in column 'label', found None"),
    "no JSON": ('{"text": "one", "label": "a"}\n{"text"\n', "a.jsonl, line 2, is no JSON"),
    "too deep": ("[" * 100_000, "a.jsonl, line 1, is no JSON"),
    "half a character": (
        '{"text": "\\ud800", "label": "a"}',
        "has half a character in column 'text', of UTF-16",
    ),
    "a list": (
        json.dumps({"text": ["x"] * 1000, "label": "a"}),
        "has ['x', 'x', 'x', 'x', 'x', 'x', ...] in",
    ),
    "half a label": ('{"text": "one", "label": "\\ud800"}', "has half a character in column 'label', of UTF-16"),
    "a long number": ('{"text": "one", "label": ' + "1" * 5000 + "}", "a.jsonl, line 1, is no JSON"),
    "a label of several": (
        '{"text": "one", "label": ["a", "b"]}',
        "has ['a', 'b'] in column 'label', where a text or a",
    ),
    "a key twice": ('{"text": "one", "text": "two", "label": "a"}', "is no JSON: key 'text' stands in it twice."),
    "no object": ("[1, 2]\n", "a.jsonl, line 1, is no JSON object."),
    "no column": ('{"text": "one"}\n', "a.jsonl, line 1, has no column 'label'; its columns are: text."),
}


@pytest.mark.parametrize("name", JSON_MISTAKES)
def test_mistakes_in_jsonl(tmp_path, name):
    content, said = JSON_MISTAKES[name]
    with pytest.raises(UserError) as caught:
        rows(written(tmp_path, content, "a.jsonl"))
    assert said in str(caught.value)


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


def test_mistakes_in_parquet(tmp_path):
    with pytest.raises(UserError, match="a.parquet is no Parquet, or broken: "):
        rows(written(tmp_path, "none", "a.parquet"))
    pd.DataFrame({"text": [1.5], "label": ["a"]}).to_parquet(tmp_path / "b.parquet")
    with pytest.raises(UserError, match="b.parquet, row 1, has 1.5 in column 'text', where a text should be"):
        rows(tmp_path / "b.parquet")
    pd.DataFrame({"text": ["one"], "label": [float("nan")]}).to_parquet(tmp_path / "c.parquet")
    with pytest.raises(UserError, match="c.parquet, row 1, has no label"):
        rows(tmp_path / "c.parquet")


def test_mistakes_in_paths(tmp_path):
    with pytest.raises(UserError, match=r"none.csv is not there; mend the path in params.yaml"):
        rows(tmp_path / "none.csv")
    with pytest.raises(UserError, match=r"is a folder, a table is a file; name it, or several as .*/\*.csv"):
        rows(tmp_path)
    with pytest.raises(UserError, match=r"a.xlsx ends in '.xlsx'; tables that can be read end in: .csv, .tsv, .jsonl"):
        rows(written(tmp_path, "", "a.xlsx"))
    with pytest.raises(UserError, match=r"b.csv has no rows for split test"):
        rows({"train": str(written(tmp_path, f"{HEADER}one,a\n")), "test": str(written(tmp_path, HEADER, "b.csv"))})


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_a_line_of_half_a_gigabyte_is_refused_before_it_is_in_memory(tmp_path, name):
    path = written(tmp_path, f"{HEADER}one,a\n" if name == "a.csv" else '{"text": "one", "label": "a"}\n', name)
    with path.open("r+b") as file:
        file.truncate(500_000_000)
    with pytest.raises(
        UserError, match=rf"{name}, line [23], is longer than {text_lines.MAX_LINE:,} bytes; a quote may not"
    ):
        rows(path)


def test_a_long_table_comes_in_pieces(tmp_path):
    path = written(tmp_path, HEADER + "".join(f"text {n},a\n" for n in range(2500)))
    assert [len(piece) for piece in collected(path).chunks] == [1000, 1000, 500]
