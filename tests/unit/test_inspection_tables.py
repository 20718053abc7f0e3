"""Tables with several domains are inspected at once."""

from pathlib import Path

import pytest

from crossfer.inspection.tables import inspect_tables, inspect_values

TABLES = {
    "quoted.csv": 'id,language,text,label\n1,en,"a, b",x\n2, SW ,c d,y\n3,,e f,x\n4,en,,y\n2,SW,g h,\n',
    "stray_quote.tsv": 'id\tlanguage\ttext\n1\ten\t"a b\n2\tsw\tc d\n',
    "keys.jsonl": '{"language": "en", "text": "a b"}\n{"text": "c d"}\n{"language": 1.0, "title": "e", "text": "f"}\n',
}


@pytest.mark.parametrize("name", TABLES)
def test_reports_on_values_are_those_of_their_rows(tmp_path: Path, name: str):
    file = tmp_path / name
    file.write_text(TABLES[name], encoding="utf-8")
    report = inspect_tables([file], None, False)
    (languages,) = [column for column in report.columns if column.name == "language"]
    reports = inspect_values([file], report, "language")
    assert list(reports) == list(languages.values) and len(reports) == 2
    for value, value_report in reports.items():
        assert value_report == inspect_tables([file], None, False, {"language": value})
