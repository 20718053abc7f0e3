"""The format of CSV and TSV files: delimiter, encoding, quotes, `sep=` line."""

import csv

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_table import HEADER, read_dataset, rows, write

from crossfer.errors import UserError
from crossfer.sources.table_format import TableFormat, detect_format

TWO_ROWS = [["fine bag", "good"], ["slow desk", "bad"]]


def values(path, **options):
    return rows(path, **options)[["content", "label"]].to_numpy().tolist()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "text;label\nfine bag;good\nslow desk;bad\n"),
        ("a.csv", "text|label\nfine bag|good\nslow desk|bad\n"),
        ("a.csv", "text\tlabel\nfine bag\tgood\nslow desk\tbad\n"),
        ("a.tsv", "text,label\nfine bag,good\nslow desk,bad\n"),
        ("a.csv", "sep=;\ntext;label\nfine bag;good\nslow desk;bad\n"),
        ("a.csv", '\ufeff"sep=\t"\r\ntext\tlabel\r\nfine bag\tgood\r\nslow desk\tbad\r\n'),
        ("a.csv", "\n\ntext;label\nfine bag;good\nslow desk;bad\n"),
        ("UPPER.CSV", "text,label\nfine bag,good\nslow desk,bad\n"),
        ("UPPER.JSONL", '{"text": "fine bag", "label": "good"}\n{"text": "slow desk", "label": "bad"}\n'),
        ("a.json", '[{"text": "fine bag", "label": "good"}, {"text": "slow desk", "label": "bad"}]'),
        ("a.json", '\ufeff [\n{"text": "fine bag",\n"label": "good"},\n {"text": "slow desk", "label": "bad"}\n]\n'),
        ("a.json", '{"text": "fine bag", "label": "good"}\n{"text": "slow desk", "label": "bad"}\n'),
    ],
)
def test_formats_are_detected(tmp_path, name, content):
    assert values(write(tmp_path, content, name)) == TWO_ROWS


def test_the_format_is_described(tmp_path):
    def describe(content, quotes="standard", fallback="none"):
        return detect_format(write(tmp_path, content), quotes, fallback).describe()

    assert describe("text,label\n") == "separated by commas"
    assert describe("sep=;\ntext;label\n") == "separated by semicolons, 1 skipped before the header"
    assert describe("text\tlabel\ncafé\ta\n".encode("cp1252"), "none", "cp1252") == (
        "separated by tabs, cp1252, quotes are text"
    )


@pytest.mark.parametrize(
    ("content", "delimiter"),
    [
        ("a,b;c\n1;2\n3;4\n", ";"),  # rows decide
        ("a,b;c\n1,2\n3,4\n", ","),
        ("a,b;c\n", ","),  # then the suffix
        ('text;"label, short"\n1,5;a\n2,5;b\n', ";"),
        ('text;label\n"one, two\nthree; four";a\n', ";"),
        ("content\none, two\n", ","),
    ],
)
def test_the_rows_decide_between_delimiters(tmp_path, content, delimiter):
    assert detect_format(write(tmp_path, content), "standard", "none").delimiter == delimiter


def test_the_end_of_a_long_sample_does_not_count(tmp_path):
    path = write(tmp_path, "a,b\n" + "1,2\n" * 198 + '"x\ny",3\n' * 500)
    assert detect_format(path, "standard", "none") == TableFormat(",", "utf-8", "standard", 0)


UNQUOTED = (
    "text\tlabel\nodd blanket\tgoods\n"
    '"Never again" said the visitor\tservice\n"open\tgoods\nslow desk\tgoods\nthe end"\tservice\n'
)


def test_quotes_may_be_text(tmp_path):
    path = write(tmp_path, UNQUOTED, "a.tsv")
    with pytest.raises(UserError, match=r"row that begins in line 3: .*If quotes are text in this file, set `quotes: "):
        rows(path)
    assert values(path, quotes="none") == [
        ["odd blanket", "goods"],
        ['"Never again" said the visitor', "service"],
        ['"open', "goods"],
        ["slow desk", "goods"],
        ['the end"', "service"],
    ]
    with pytest.raises(UserError, match="line 3, has 3 fields, the header has 2; remove delimiters and line"):
        rows(write(tmp_path, 'text\tlabel\none\ta\n"two\tb"\tb\n', "b.tsv"), quotes="none")


@pytest.mark.parametrize(
    "lines",
    [
        'text\tlabel\nx\ta\n"open\tgoods\nslow desk\tgoods\nthe end"\tservice\n',
        'text\tlabel\nx\ta\n"open\tgoods\nthe end"\tservice\n',
        'text\tlabel\nx\ta\n"intro\none\ta\nend"\tb\n',
        'text,label\nx,a\n"open,goods\nslow desk,goods\nthe end",service\n',
        'id,text,label\n1,x,a\n2,"open,goods\n3,the end",service\n',
        'text;label\nx;a\n"open;goods\r\nthe end";service\n',
        'text,label\nx,a\n"open,goods\n\nthe end",service\n',
        'id,text,label\n1,x,a\n2,"open, goods,a\n3,slow, desk,b\n4,the end",b\n',
        'id,text,label\nd-1,x,a\nd-2,"open, goods,a\nd-13,slow desk,b\nthe end, at last",b\n',
    ],
)
def test_a_cell_that_contains_rows_is_refused(tmp_path, lines):
    with pytest.raises(UserError, match=r"line 3, begins a quoted cell that contains complete rows, up to line [45]\."):
        rows(write(tmp_path, lines))


@pytest.mark.parametrize(
    "lines",
    [
        'text,label\n"Dear team, thanks\nsee you",a\n',
        'text,label\n"Hello,\nsee you",a\n',
        'text,label\n"one\n1,000 people\nthree",a\n',
        'text,label\n"About 1,000 people\nsee you",a\n',
        'text\tlabel\n"one\ntwo, three\nfour"\ta\n',
        'text\ttitle\tlabel\n"one\ntwo"\t"three\nfour"\ta\n',
        'text\tlabel\n"one\ntwo"\t"a\nb"\n',
        'text\n"one\ntwo\nthree"\n',
        'id,text,label\n7,"one\n2, two",a\n',
        'id,text,label\n7,"one\n1,5 percent",a\n',
        'id,text,label\n7,"one\nfour,five",a\n',
    ],
)
def test_cells_with_line_breaks_are_counted(tmp_path, lines):
    columns = {"text": ["text"], "label": "label" if "label" in lines else "text"}
    dataset = read_dataset(write(tmp_path, lines), columns)
    (chunk,) = dataset.chunks
    assert len(chunk) == 1 and "\n" in chunk["content"][0]
    assert dataset.notes == {
        "cells_with_line_breaks": 2
        if (lines.count("\n") > 3 and "four" in lines and "title" in lines) or "a\nb" in lines
        else 1
    }


def test_encodings_of_tables(tmp_path):
    for name, content in (("a.csv", "text,label\ncafé,a\n"), ("a.jsonl", '{"text": "café", "label": "a"}\n')):
        for encoding in ("cp1252", "utf-16", "utf-8-sig"):
            path = write(tmp_path, content.encode(encoding), name)
            fallback = "utf-16" if encoding == "utf-16" else "cp1252"
            dataset = read_dataset(path, fallback=fallback)
            (chunk,) = dataset.chunks
            assert list(chunk["content"]) == ["café"]
            assert dataset.notes == ({} if encoding == "utf-8-sig" else {f"read_as_{fallback}": 1})
            if encoding != "utf-8-sig":
                with pytest.raises(UserError, match="is not UTF-8 .*; save the file as UTF-8, or set `fallback`"):
                    rows(path)
    with pytest.raises(UserError, match=r"a.csv, line 1, is not UTF-8 \(UTF-16\)"):
        rows(write(tmp_path, HEADER.encode("utf-16")), fallback="cp1252")
    with pytest.raises(UserError, match=r"a.csv is neither UTF-8 nor ascii; save it as UTF-8"):
        rows(write(tmp_path, f"{HEADER}café,a\n".encode("cp1252")), fallback="ascii")


def test_an_invisible_character_in_the_header_is_named(tmp_path):
    def message(header):
        with pytest.raises(UserError) as caught:
            rows(write(tmp_path, f"{header}\none,a\n"))
        return str(caught.value)

    assert message("\u200btext,label").endswith(
        "has no column 'text'; remove U+200B ZERO WIDTH SPACE from its name in the header."
    )
    assert "U+FEFF ZERO WIDTH NO-BREAK SPACE" in message("\ufeff\ufefftext,label")
    assert "U+00A0 NO-BREAK SPACE" in message("text\u00a0,label")
    assert "U+0020 SPACE" in message("text, label")
    assert "U+0000 CONTROL CHARACTER" in message("te\0xt,label")


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.text(max_size=20), st.sampled_from(["a", "b"])), min_size=1, max_size=8),
    st.sampled_from(",\t;|"),
    st.sampled_from(["a.csv", "a.tsv"]),
)
def test_any_table_is_read_as_it_was_written(tmp_path, written, delimiter, name):
    with (tmp_path / name).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows([("text", "label"), *written])
    try:
        assert values(tmp_path / name) == [list(row) for row in written]
    except UserError as error:
        assert "contains complete rows" in str(error) and any("\n" in text or "\r" in text for text, _ in written)
