"""JSON files: arrays of objects, and text keys that some objects lack."""

import json

import pytest
from test_table import read_dataset, rows, write

from crossfer.artifacts import text_lines
from crossfer.errors import UserError


def test_an_absent_text_key_is_an_empty_text(tmp_path):
    records = [{"title": "Bag", "text": "fine bag", "label": "good"}, {"text": "slow desk", "label": "bad"}]
    columns = {"text": ["title", "text"]}
    for name, content in (
        ("a.jsonl", "".join(json.dumps(record) + "\n" for record in records)),
        ("a.json", json.dumps(records)),
    ):
        dataset = read_dataset(write(tmp_path, content, name), columns)
        (chunk,) = dataset.chunks
        assert list(chunk["content"]) == ["Bag\nfine bag", "slow desk"]
        assert dataset.notes == {"absent_text_keys": 1}
        with pytest.raises(UserError, match=rf"{name} has no column 'titel'; choose one of label, text, title\."):
            rows(tmp_path / name, {"text": ["titel", "text"]})
    assert list(rows(write(tmp_path, '{"text": NaN, "label": "a"}\n', "b.jsonl"))["content"]) == [""]


JSON_MISTAKES = {
    "[": "a.json, item 1, is not valid JSON: the file ends before the array does; correct the file.",
    '[{"text": "one", "label": "a"}': "a.json, item 2, is not valid JSON: the file ends before the array does",
    '[{"text": "one", "label": "a"} {': "a.json, item 2, is not valid JSON: it does not follow a ','",
    '[{"text": "one", "label": "a"}, {"text"': "a.json, item 2, is not valid JSON: Expecting ':' delimiter",
    '[{"text": "one", "text": "a"}]': "a.json, item 1, is not valid JSON: it has the key 'text' twice",
    "[" * 100_000: "a.json, item 1, is not valid JSON: ",
    "[[]]": "a.json, item 1, is not a JSON object; write an array of objects.",
    '[{"text": "one", "label": "a"}] x': "a.json is not valid JSON: text follows the array; write one array.",
    '{\n"text": "one"}': "a.json, line 1, is not valid JSON",
    "[]": "a.json has no rows",
    "": "a.json is empty",
}


@pytest.mark.parametrize("content", JSON_MISTAKES)
def test_mistakes_in_json_arrays(tmp_path, content):
    with pytest.raises(UserError) as caught:
        rows(write(tmp_path, content, "a.json"))
    assert JSON_MISTAKES[content] in str(caught.value)


def test_a_json_array_is_read_in_blocks(tmp_path, monkeypatch):
    records = [{"text": f"text {number} é", "label": "a"} for number in range(100)]
    for size in (1, 7, 30, 100_000):
        monkeypatch.setattr(text_lines, "BLOCK_BYTES", size)
        path = write(tmp_path, json.dumps(records, indent=1, ensure_ascii=False), "a.json")
        assert list(rows(path)["content"]) == [record["text"] for record in records]
