"""The user's own tables: the message for each mistake in a file or a path."""

import json

import pandas as pd
import pytest
from test_table import HEADER, rows, written

from crossfer.artifacts import text_lines
from crossfer.errors import UserError

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
        UserError, match=rf"{name}, line [23], is longer than {text_lines.MAX_LINE_BYTES:,} bytes; a quote may not"
    ):
        rows(path)
