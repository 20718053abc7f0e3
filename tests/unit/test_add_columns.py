"""`crossfer add` chooses the columns of text and label, or asks."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from own_tables import TOPICS, add, added_task, records, review, write
from repository import ROOT

pytestmark = pytest.mark.usefixtures("params_folder")


def test_rows_without_a_label_are_left_out_and_reported(swahili):
    rows = records()
    rows[3]["label"] = rows[5]["label"] = ""
    output = add("reviews", write("data/mine/en.csv", rows), "--target", swahili)
    assert "note: en: 2 rows without a label are left out" in output
    assert added_task().source.labels == {"": None}


@pytest.mark.parametrize(
    ("columns", "text", "label"),
    [
        (("sentence", "class"), ["sentence"], "class"),
        (("text_id", "review_body", "star_rating"), ["review_body"], "star_rating"),
        (("category", "headline", "text", "url"), ["headline", "text"], "category"),
        (("texto", "clase"), ["texto"], "clase"),
        (("text", "gender", "sentiment"), ["text"], "sentiment"),
    ],
)
def test_columns_are_recognized(swahili, columns, text, label):
    values = {"text_id": "t-{}", "url": "https://example.org/{}", "gender": "{}"}

    def cell(name: str, number: int) -> str:
        if name in values:
            return values[name].format(number if name != "gender" else "fm"[number % 2])
        return TOPICS[number % 2] if name == label else f"{name} {review(number)}"

    rows = [{name: cell(name, number) for name in columns} for number in range(20)]
    add("reviews", write("data/mine/en.csv", rows), "--target", swahili)
    assert (added_task().source.columns.text, added_task().source.columns.label) == (text, label)


AMBIGUOUS = [{**row, "topic": f"t{number % 3}"} for number, row in enumerate(records())]


def test_two_possible_labels_need_a_choice(swahili):
    english = write("data/mine/en.csv", AMBIGUOUS)
    output = add("reviews", english, "--target", swahili, status=2)
    assert output == (
        "error: data/mine/en.csv has 2 columns that could be the label:\n"
        "  label: goods 10, service 10\n"
        "  topic: t0 7, t1 7, t2 6\n"
        "Choose one, and name it with --label (and the column of the text with --text).\n"
    )
    add("reviews", english, "--target", swahili, "--label", "label", "--text", "text")
    assert added_task().source.columns.label == "label"


def test_in_a_terminal_it_asks(swahili, params_folder):
    write("data/mine/en.csv", AMBIGUOUS)
    terminal, end = pty.openpty()
    command = [sys.executable, "-m", "crossfer", "add", "reviews", "data/mine/en.csv", "--target", swahili]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdin=end, stdout=subprocess.PIPE, text=True, env=environment) as process:
        os.write(terminal, b"nothing\nlabel\n")
        output, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    assert "Column of the label" in output and "Choose one of label, topic." in output
    assert added_task().source.columns.label == "label"


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([{**row, "label": "goods"} for row in records()], "label has 1 value; a classifier needs two"),
        ([{**row, "label": f"l{n}"} for n, row in enumerate(records())], "label has too many values (20)"),
        ([{"label": row["label"], "n": n} for n, row in enumerate(records())], "has no column of texts: label, n hold"),
        ([{"text": row["text"]} for row in records()], "the text is its only column"),
    ],
)
def test_tables_without_a_text_or_label(swahili, rows, expected):
    assert expected in add("reviews", write("data/mine/en.csv", rows), "--target", swahili, status=2)


def test_chosen_columns_are_checked(swahili):
    english = write("data/mine/en.csv", [{"number": f"n-{n}", **row, "one": "x"} for n, row in enumerate(records())])
    target = ("--target", swahili)
    assert "has no column 'body'; choose one of number, text, label" in add(
        "reviews", english, *target, "--text", "body", status=2
    )
    assert "column 'one', has 1 value" in add("reviews", english, *target, "--label", "one", status=2)
    assert "column 'label' is both the text and the label; name different columns" in add(
        "reviews", english, *target, "--text", "text", "--text", "label", "--label", "label", status=2
    )
    output = add("reviews", english, *target, "--text", "number")
    assert "note: en: column number looks like ids, numbers or single words, not like texts." in output


def test_labels_must_overlap(swahili):
    rows = [{**row, "label": {"goods": "bidhaa", "service": "huduma"}[row["label"]]} for row in records()]
    target = write("data/mine/sw.csv", rows)
    output = add("reviews", write("data/mine/en.csv", records()), "--target", target, status=2)
    expected = "domain sw has no label of the source: it has 'bidhaa', 'huduma', the source en has 'goods', 'service';"
    assert expected in output
    write("data/mine/sw.csv", [*rows, {"text": "nzuri sana", "label": "goods"}])
    output = add("reviews", "data/mine/en.csv", "--target", target)
    assert "note: sw has labels that the source lacks, which count as mistakes: bidhaa 10, huduma 10." in output
    advice = (
        "note: to leave rows with such labels out, write labels: {'bidhaa': null, 'huduma': null} into the target's"
    )
    assert advice in output


def test_a_source_with_one_label_is_refused():
    for language in ("en", "sw"):
        Path(f"data/mine/{language}/goods").mkdir(parents=True)
        for number in range(4):
            Path(f"data/mine/{language}/goods/{number}.txt").write_text(review(number, language), encoding="utf-8")
    output = add("reviews", "data/mine/en", "--target", "data/mine/sw", status=2)
    assert "domain en has only the label 'goods'; add rows with other labels." in output


def test_a_table_without_a_header_is_refused(swahili):
    lines = [f"{row['text']},{row['label']}\n" for row in records()]
    write("data/mine/en.csv", records())
    Path("data/mine/en.csv").write_text("".join(lines), encoding="utf-8")
    output = add("reviews", "data/mine/en.csv", "--target", swahili, status=2)
    assert "data/mine/en.csv has no header: its first line has the label 'goods'; add a line with the names" in output


def test_messages_without_a_column_that_fits(swahili):
    rows = [{"text": row["text"]} for row in records()]
    output = add("reviews", write("data/mine/en.csv", rows), "--target", swahili, status=2)
    assert "can be the label (the text is its only column); name it with --label, or add it." in output
    Path("data/mine/en.jsonl").write_text('{"data": {"text": "a calm day"}, "label": "goods"}\n' * 4, encoding="utf-8")
    output = add("reviews", "data/mine/en.jsonl", "--target", swahili, status=2)
    assert "data, label hold ids, numbers, single words or nested values; name it with --text." in output
