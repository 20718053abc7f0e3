"""The user's own tables: the error message for each mistake in a file or path."""

import json

import pandas as pd
import pytest
from test_table import HEADER, rows, write

from crossfer.artifacts import text_lines
from crossfer.errors import UserError

MISTAKES = {
    "empty": ("", "a.csv is empty; remove it"),
    "no rows": (HEADER, "a.csv has no rows; add rows, or leave it out."),
    "ragged": (f"{HEADER}one,a\ntwo,b,c\n", "a.csv, line 3, has 3 fields, the header has 2; put fields with ','"),
    "short": (f"{HEADER}one\n", "a.csv, line 2, has 1 fields, the header has 2"),
    "open quote": (
        f'{HEADER}one,a\n"two,b\nthree,c\n',
        "a.csv, row that begins in line 3: unexpected end of data; close each quote",
    ),
    "stray quote": (
        f'{HEADER}"one" more,a\n',
        "a.csv, row that begins in line 2: ',' expected after '\"'; close each quote",
    ),
    "no UTF-8": (
        b"text,label\none,a\ncaf\xe9,b\n",
        "a.csv, line 3, is not UTF-8 (byte 0xe9); save the file as UTF-8, or set",
    ),
    "UTF-16": ("text,label\n".encode("utf-16"), "a.csv, line 1, is not UTF-8 (UTF-16)"),
    "no label": (
        f"{HEADER}one,a\ntwo,\n",
        "a.csv, line 3, has no label in column 'label': the value is empty; add one",
    ),
    "no column": ("words,label\none,a\n", "a.csv has no column 'text'; choose one of words, label."),
    "column twice": ("text,label,label\none,a,b\n", "a.csv has 2 columns 'label'; give each its own name."),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_in_csv(tmp_path, name):
    content, message = MISTAKES[name]
    with pytest.raises(UserError) as caught:
        rows(write(tmp_path, content))
    assert message in str(caught.value)


JSON_MISTAKES = {
    "number": ('{"text": 7, "label": "a"}', "a.jsonl, line 1, has 7 in column 'text'; use a text."),
    "no number": (
        '{"text": "one", "label": NaN}',
        "a.jsonl, line 1, has no label in column 'label': the value is empty",
    ),
    "null": ('{"text": "one", "label": null}', "has no label in column 'label': the value is empty"),
    "no JSON": ('{"text": "one", "label": "a"}\n{"text"\n', "a.jsonl, line 2, is not valid JSON"),
    "too deep": ("[" * 100_000, "a.jsonl, line 1, is not valid JSON"),
    "half a character": (
        '{"text": "\\ud800", "label": "a"}',
        "has half of a UTF-16 character in column 'text'",
    ),
    "a list": (
        json.dumps({"text": ["x"] * 1000, "label": "a"}),
        "has ['x', 'x', 'x', 'x', 'x', 'x', ...] in",
    ),
    "half a label": ('{"text": "one", "label": "\\ud800"}', "has half of a UTF-16 character in column 'label'"),
    "a long number": ('{"text": "one", "label": ' + "1" * 5000 + "}", "a.jsonl, line 1, is not valid JSON"),
    "a label of several": (
        '{"text": "one", "label": ["a", "b"]}',
        "has ['a', 'b'] in column 'label'; use a text or a number.",
    ),
    "a key twice": (
        '{"text": "one", "text": "two", "label": "a"}',
        "is not valid JSON: it has the key 'text' twice; correct the line.",
    ),
    "no object": ("[1, 2]\n", "a.jsonl, line 1, is not a JSON object; write one object per line."),
    "no column": ('{"text": "one"}\n', "a.jsonl, line 1, has no column 'label'; choose one of text."),
}


@pytest.mark.parametrize("name", JSON_MISTAKES)
def test_mistakes_in_jsonl(tmp_path, name):
    content, message = JSON_MISTAKES[name]
    with pytest.raises(UserError) as caught:
        rows(write(tmp_path, content, "a.jsonl"))
    assert message in str(caught.value)


def test_mistakes_in_parquet(tmp_path):
    with pytest.raises(UserError, match="a.parquet is not Parquet, or damaged"):
        rows(write(tmp_path, "none", "a.parquet"))
    pd.DataFrame({"text": [1.5], "label": ["a"]}).to_parquet(tmp_path / "b.parquet")
    with pytest.raises(UserError, match="b.parquet, row 1, has 1.5 in column 'text'; use a text"):
        rows(tmp_path / "b.parquet")
    pd.DataFrame({"text": ["one"], "label": [float("nan")]}).to_parquet(tmp_path / "c.parquet")
    with pytest.raises(UserError, match="c.parquet, row 1, has no label"):
        rows(tmp_path / "c.parquet")


def test_mistakes_in_paths(tmp_path):
    with pytest.raises(UserError, match=r"none.csv does not exist; correct the path in params.yaml"):
        rows(tmp_path / "none.csv")
    for path in ("x" * 300, "a\0.csv"):
        with pytest.raises(UserError, match="does not exist; correct the path in params.yaml"):
            rows(path)
    with pytest.raises(UserError, match=r"is a folder, not a table; name a file, or several as .*/\*.csv"):
        rows(tmp_path)
    with pytest.raises(UserError, match=r"a.xlsx ends in '.xlsx'; use a table that ends in .csv, .tsv, .jsonl"):
        rows(write(tmp_path, "", "a.xlsx"))
    with pytest.raises(UserError, match=r"b.csv has no rows for split test"):
        rows({"train": str(write(tmp_path, f"{HEADER}one,a\n")), "test": str(write(tmp_path, HEADER, "b.csv"))})


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_a_line_of_500_mb_is_refused_before_it_is_in_memory(tmp_path, name):
    path = write(tmp_path, f"{HEADER}one,a\n" if name == "a.csv" else '{"text": "one", "label": "a"}\n', name)
    with path.open("r+b") as file:
        file.truncate(500_000_000)
    with pytest.raises(
        UserError, match=rf"{name}, line [23], is longer than {text_lines.MAX_LINE_BYTES:,} bytes; close open"
    ):
        rows(path)
