"""`crossfer add`: formats of tables, folders, splits and patterns."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from own_tables import TOPICS, add, added_task, records, review, write
from PIL import Image, ImageDraw

from crossfer.config.params import PARAMS, load_params
from crossfer.sources.reading import expand_domains

pytestmark = pytest.mark.usefixtures("params_folder")


def split_tables(folder: str, names: tuple[str, ...], language: str = "en") -> None:
    for offset, name in enumerate(names):
        rows = [{"id": f"{offset}-{n}", **row} for n, row in enumerate(records(language=f"{language} {name}"))]
        write(f"{folder}/{name}.tsv", rows)


def test_a_folder_of_splits(swahili):
    split_tables("data/mine/english", ("train", "dev", "test"))
    output = add("reviews", "data/mine/english", "--target", swahili, "--language", "english=en")
    source = added_task().source
    assert (source.domain, source.language, source.columns.id) == ("english", "en", "id")
    assert source.path == {
        "train": "data/mine/english/train.tsv",
        "validation": "data/mine/english/dev.tsv",
        "test": "data/mine/english/test.tsv",
    }
    assert "train 20, validation 20, test 20" in output
    assert max(map(len, output.partition("Added to")[2].splitlines())) <= 120


@pytest.mark.parametrize(
    ("name", "write_table"),
    [
        ("en.jsonl", lambda path, rows: path.write_text("".join(json.dumps(row) + "\n" for row in rows))),
        ("en.json", lambda path, rows: path.write_text(json.dumps(rows))),
        ("en.parquet", lambda path, rows: pd.DataFrame(rows).to_parquet(path)),
        ("EN.CSV", lambda path, rows: pd.DataFrame(rows).to_csv(path, index=False)),
        ("en.csv", lambda path, rows: pd.DataFrame(rows).to_csv(path, index=False, sep=";")),
        ("en.tsv", lambda path, rows: pd.DataFrame(rows).to_csv(path, index=False, sep="\t")),
    ],
)
def test_formats_of_tables(swahili, name, write_table):
    write_table(Path("data/mine", name), records())
    add("reviews", f"data/mine/{name}", "--target", swahili)
    assert added_task().source.path == f"data/mine/{name}"
    assert added_task().source.domain == "en"


def test_quotes_that_are_text_are_detected(swahili):
    lines = ["text\tlabel"] + [f"{row['text']}\t{row['label']}" for row in records()]
    lines[4] = '"Never again" said the visitor of the shop\tservice'
    Path("data/mine/en.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    output = add("reviews", "data/mine/en.tsv", "--target", swahili)
    assert added_task().source.quotes == "none"
    assert "quotes are text" in output


@pytest.mark.parametrize("header", ['"text","label"', "text,label"])
def test_a_stray_quote_in_a_quoted_table_is_an_error_of_its_line(swahili, header):
    lines = [header] + [f'"{row["text"]}","{row["label"]}"' for row in records()]
    lines[7] = '"a "loud" thing of the week","goods"'
    Path("data/mine/en.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    output = add("reviews", "data/mine/en.csv", "--target", swahili, status=2)
    assert "data/mine/en.csv, row that begins in line 8" in output


@pytest.mark.parametrize(
    ("text", "encoding", "fallback"),
    [
        ("un café pour la première journée de l'été", "cp1252", "cp1252"),
        ("größere Straßen für Fußgänger und Räder", "latin-1", "cp1252"),
        ("Центральный банк оставил ставку прежней", "cp1251", None),
        ("zażółć gęślą jaźń, piękna łąka za wsią", "cp1250", None),
        ("中央银行维持利率不变", "gb18030", None),
        ("plain words of a table", "utf-16", None),
    ],
)
def test_encodings(swahili, text, encoding, fallback):
    rows = [{"text": f"{text} {n}", "label": row["label"]} for n, row in enumerate(records())]
    pd.DataFrame(rows).to_csv("data/mine/en.csv", index=False, encoding=encoding)
    output = add("reviews", "data/mine/en.csv", "--target", swahili, status=0 if fallback else 2)
    if fallback:
        assert added_task().source.fallback == fallback
        assert "note: en: files that are not UTF-8 are read as cp1252" in output
    else:
        assert "data/mine/en.csv is not UTF-8; save it as UTF-8, or name its encoding" in output


def test_a_named_encoding(swahili):
    rows = [{"text": f"банк оставил ставку {n}", "label": row["label"]} for n, row in enumerate(records())]
    pd.DataFrame(rows).to_csv("data/mine/en.csv", index=False, encoding="cp1251")
    add("reviews", "data/mine/en.csv", "--target", swahili, "--fallback", "cp1251")
    assert added_task().source.fallback == "cp1251"


def test_a_folder_of_texts():
    for language in ("en", "sw"):
        for number in range(8):
            folder = Path("data/mine", language, TOPICS[number % 2])
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{number}.txt").write_text(f"{review(number, language)} café", encoding="cp1252")
    add("reviews", "data/mine/en", "--target", "data/mine/sw")
    assert added_task().source.model_dump(exclude={"shots", "parallel"}) == {
        "provider": "folder",
        "domain": "en",
        "language": "en",
        "path": "data/mine/en",
        "fallback": "cp1252",
    }


def test_a_folder_of_images():
    generator = np.random.default_rng(0)
    for style in ("photos", "drawings"):
        for number in range(8):
            folder = Path("data/mine", style, TOPICS[number % 2], "nested")
            folder.mkdir(parents=True, exist_ok=True)
            pixels = generator.integers(0, 255, (8, 8, 3), np.uint8)
            Image.fromarray(pixels).save(folder / f"{number}.{'png' if number % 3 else 'jpg'}")
        Path("data/mine", style, ".hidden").touch()
        Path("data/mine", style, "readme.txt").touch()
    output = add("shots", "data/mine/photos", "--target", "data/mine/drawings")
    task = added_task("shots")
    assert (task.modality, task.source.path, task.targets[0].domain) == ("vision", "data/mine/photos", "drawings")
    assert "most ids" not in output  # the names of files, which name the label
    assert "1 hidden file left out, 1 .txt file left out" in output and "photographs, 32 pixels" in output
    assert (task.preprocess.framing, task.preprocess.size, task.tokenize.size) == ("none", 32, 32)
    assert task.preprocess.seed == load_params().tasks["digits"].preprocess.seed


def test_drawings_are_framed_as_digits_are():
    for style in ("pen", "print"):
        for number in range(8):
            folder = Path("data/mine", style, TOPICS[number % 2])
            folder.mkdir(parents=True, exist_ok=True)
            image = Image.new("L", (60, 80), 255)
            ImageDraw.Draw(image).line([(10, 10), (40, 60 - number)], fill=20, width=6)
            image.save(folder / f"{number}.png")
    output = add("strokes", "data/mine/pen", "--target", "data/mine/print")
    assert "drawings" in output
    assert added_task("strokes").preprocess == load_params().tasks["digits"].preprocess


def test_patterns_of_targets():
    split_tables("data/set/eng_Latn", ("train", "test"))
    for language in ("deu_Latn", "swh_Latn"):
        split_tables(f"data/set/{language}", ("test",), language)
    for number, pattern in enumerate(("data/set/{language}/test.tsv", "data/set/{language}")):
        output = add(f"set{number}", "data/set/eng_Latn", "--target", f"{{language}}={pattern}")
        task = added_task(f"set{number}")
        domains, _ = expand_domains(task.source, task.targets)
        assert [block.domain for block in domains] == ["eng_latn", "deu_latn", "swh_latn"]
        assert task.targets[0].columns.id == "id"
        assert re.search(r"^swh_latn +20 +all for testing", output, re.M)
    block = PARAMS.read_text(encoding="utf-8").partition("  set0:\n")[2]
    assert block.count("{language}") == 4  # two per task


def test_unusual_names_of_files(swahili):
    english = write("data/mine/my own [1] día: reseñas.csv", records())
    add("reviews", english, "--target", swahili)
    assert added_task().source.domain == "my-own-1-dia-resenas"
    assert added_task().source.path == english


def test_files_contains_the_folders_of_patterns():
    write("data/mine/a/1.csv", records())
    write("data/mine/a/sw.csv", records(language="sw"))
    add("reviews", "en=data/mine/*/1.csv", "--target", "sw=data/mine/a/sw.csv")
    assert load_params().tasks["reviews"].files == "data/mine"
