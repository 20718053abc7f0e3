"""Messages: long values are shortened, and several errors are listed in one."""

import json
import re

import pytest
from repository import ROOT
from test_table import HEADER, write

from crossfer.config.params import load_params
from crossfer.errors import MAX_LINE_LENGTH, ErrorList, UserError, list_names, shorten

LONG = "x" * 2_000_000


def test_values_are_shortened():
    assert shorten("a text") == "'a text'"
    for value in (LONG, [LONG] * 1000, {LONG: LONG}, 10**1000, LONG.encode()):
        assert len(shorten(value)) < 500


def test_messages_shorten_the_values_of_users():
    """Only short values, and paths that are needed in full, use `!r`."""
    bounded_values = {"MAGIC", "content[:4]", "character", "table_format.delimiter", "path.stem", "str(entry)"}
    code = "".join(file.read_text() for folder in ("crossfer", "stages") for file in (ROOT / folder).rglob("*.py"))
    assert set(re.findall(r"\{([^{}]*)!r\}", code)) == bounded_values


def test_long_lines_are_shortened():
    message = str(UserError(f"one\n{LONG}; correct it."))
    assert message.startswith("one\nxxx") and message.endswith("xxx; correct it.")
    assert len(message) < 1.1 * MAX_LINE_LENGTH


def test_of_many_names_the_first_are_listed():
    assert list_names("abcde") == "a, b, c, d, e"
    assert list_names("abcdefg") == "a, b, c, d, e, 2 more"


def test_one_error_is_raised_as_it_is():
    errors, error = ErrorList(), UserError("one")
    errors.check()
    errors.add(error)
    with pytest.raises(UserError) as caught:
        errors.check()
    assert caught.value is error


def test_lists_of_errors_are_joined():
    inner, outer = ErrorList(), ErrorList()
    for number in range(30):
        inner.add(UserError(f"inner {number}"))
    outer.add(UserError("outer"))
    with pytest.raises(UserError, match=r"^30 errors:\n  inner 0\n") as caught:
        inner.check()
    outer.add(caught.value)
    with pytest.raises(UserError, match=r"^31 errors:\n  outer\n  inner 0\n(.*\n)*  inner 18\n  and 11 more\.$"):
        outer.check()


TABLES = {
    "a label": ("a.csv", f"{HEADER}one,{LONG}\n", {}),
    "a field too many": ("a.csv", f"{HEADER}one,{LONG},a\n", {}),
    "a header": ("a.csv", f"{LONG},label\none,a\n", {}),
    "a column": ("a.csv", f"{HEADER}one,a\n", {"columns": {"text": [LONG]}}),
    "a key twice": ("a.jsonl", f'{{"{LONG}": 1, "{LONG}": 2}}\n', {}),
    "a JSON value": ("a.jsonl", json.dumps({"text": {"a": LONG}, "label": "a"}), {}),
    "an id": ("a.csv", f"{HEADER}one,{LONG}\ntwo,{LONG}\n", {"columns": {"id": "label"}}),
}


@pytest.mark.parametrize("name", TABLES)
def test_messages_about_tables_are_short(tmp_path, name):
    from test_table import read_dataset

    from crossfer.sources.checks import checked_chunks

    file, content, options = TABLES[name]
    with pytest.raises(UserError) as caught:
        list(checked_chunks("en", read_dataset(write(tmp_path, content, file), **options), {}))
    assert len(str(caught.value)) < 700


@pytest.mark.parametrize("content", [f"tasks: {LONG}", f"{LONG}: 1", f"tasks: {{{LONG}: 1}}", f"compute: !{LONG} 1"])
def test_messages_about_parameters_are_short(tmp_path, content):
    (tmp_path / "params.yaml").write_text(content)
    with pytest.raises(UserError) as caught:
        load_params(tmp_path / "params.yaml")
    assert len(str(caught.value)) < 3000
