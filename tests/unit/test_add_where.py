"""`crossfer add` selects the rows of a domain in a table of several languages."""

import json
import unicodedata
from pathlib import Path

import pandas as pd
import pytest
from own_tables import add, added_task, records, write

pytestmark = pytest.mark.usefixtures("params_folder")


def table_of_languages(column: str = "language", **columns: str) -> str:
    rows = [{column: code, **columns, **row} for code in ("en", "fr", "SW") for row in records(language=code)]
    return write("data/mine/reviews.csv", rows)


def selected_rows() -> list[tuple[str, str, dict[str, str]]]:
    return [(block.domain, block.language, block.where) for block in added_task().domains]


@pytest.mark.parametrize("column", ["language", "lang_code"])
def test_one_table_with_all_languages(column):
    path = table_of_languages(column)
    output = add("reviews", f"en={path}", "--target", f"{{language}}={path}")
    expected = [("en", "en", {column: "en"}), ("sw", "sw", {column: "SW"}), ("fr", "fr", {column: "fr"})]
    assert selected_rows() == expected
    assert output.count("40 rows left out by where") == 3


def test_domains_that_are_named_after_a_value():
    path = table_of_languages()
    add("reviews", f"formal={path}", "--target", f"sw={path}", "--language", "formal=en")
    assert selected_rows() == [("formal", "en", {"language": "en"}), ("sw", "sw", {"language": "SW"})]


def test_any_column_can_name_the_targets():
    rows = [{"style": style, **row} for style in ("letter", "chat", "log") for row in records(language=style)]
    path, source = write("data/mine/styles.csv", rows), write("data/mine/en.csv", records())
    add("reviews", source, "--target", f"{{style}}={path}")
    assert [block.where for block in added_task().targets] == [{"style": name} for name in ("chat", "letter", "log")]
    output = add("more", source, "--target", f"{{place}}={path}", status=2)
    assert (
        "styles.csv has no column place with several values, as {place} needs; choose one of {style}, {label},"
        in output
    )


def test_rows_of_several_languages_are_noted(swahili):
    path = table_of_languages(split="")
    output = add("reviews", path, "--target", swahili)
    assert "note: reviews: has rows with several values in column language (en 20, fr 20, SW 20); name a" in output
    assert not added_task().source.where
    output = add("more", path, "--target", f"{{language}}={path}", status=2)
    assert "reviews.csv, which the source reads too; name the source after a value of column language" in output
    output = add("more", f"en={path}", "--target", f"en={path}", status=2)
    assert "which the source reads too; name other data with --target." in output


def test_a_column_of_splits_is_noted_and_no_label(swahili):
    rows = [{"split": ("train", "dev", "test")[n // 2 % 3], "mood": n % 2, **row} for n, row in enumerate(records())]
    path = write("data/mine/en.csv", [{key: row[key] for key in ("split", "mood", "text")} for row in rows])
    write("data/mine/sw.csv", [{"mood": row["mood"], "text": f"sw {row['text']}"} for row in rows])
    output = add("reviews", path, "--target", swahili)
    assert added_task().source.columns.label == "mood"
    note = "note: data/mine/en.csv: the splits in column split are not read; write one file per split to use them.\n"
    assert output.count(note) == 1


def test_domains_that_are_named_keep_their_entry():
    path, french = table_of_languages(), write("data/mine/fr.csv", records(language="fr"))
    add("reviews", f"en={path}", "--target", f"{{language}}={path}", "--target", f"fr={french}", "--language", "sw=swh")
    assert [(block.domain, block.language) for block in added_task().targets] == [("sw", "swh"), ("fr", "fr")]
    output = add("more", f"{{language}}={path}", "--target", french, status=2)
    assert "tasks.more.source: {language} is not in both domain ({language}) and path" in output


def table_by(name: str, values: dict[str, list], suffix: str = ".csv") -> str:
    """Write a table with 20 rows for each combination of values in the same place."""
    combinations = list(zip(*values.values(), strict=True))
    rows = [
        dict(zip(values, cells, strict=True)) | row
        for number, cells in enumerate(combinations)
        for row in records(language=f"language-{number}")
    ]
    path = Path(f"data/mine/{name}{suffix}")
    path.parent.mkdir(parents=True, exist_ok=True)
    if suffix == ".parquet":
        pd.DataFrame(rows).to_parquet(path)
    elif suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    else:
        write(path.as_posix(), rows)
    return path.as_posix()


def test_rows_selected_by_different_columns_overlap():
    path = table_by("all", {"lang": ["en", "en", "sw"], "style": ["chat", "log", "chat"]})
    output = add("reviews", f"en={path}", "--target", f"{{style}}={path}", status=2)
    assert f"domain chat reads {path}, which the source reads too; name the source after a value of column" in output


@pytest.mark.parametrize(
    ("values", "suffix", "names"),
    [
        (["letter", "chat", "log"], ".csv", ["letter", "chat", "log"]),
        ([1, 2, 3], ".csv", ["1", "2", "3"]),
        ([1.0, 2.0, 3.5], ".parquet", ["1", "2", "3.5"]),
        ([True, False], ".jsonl", ["true", "false"]),
        ([True, False], ".parquet", ["true", "false"]),
        (["fr", "ja", unicodedata.normalize("NFD", "été")], ".csv", ["fr", "ja", "été"]),
    ],
)
def test_the_placeholder_column_selects_the_rows_of_the_source_too(values, suffix, names):
    path = table_by("all", {"style": values}, suffix)
    output = add("reviews", f"{names[0]}={path}", "--target", f"{{style}}={path}")
    assert [block.where for block in added_task().domains] == [{"style": name} for name in names]
    assert output.count(f"{20 * len(values) - 20} rows left out by where") == len(values)


def test_a_column_with_the_exact_name_has_the_languages():
    path = table_by("all", {"locale": ["en-GB", "en-US", "sw-KE"], "lang": ["en", "en", "sw"]})
    add("reviews", f"en={path}", "--target", f"{{language}}={path}")
    assert [block.where for block in added_task().domains] == [{"lang": "en"}, {"lang": "sw"}]
    add("more", f"en-us={path}", "--target", f"{{locale}}={path}")
    names = ["en-US", "en-GB", "sw-KE"]
    assert [block.where for block in added_task("more").domains] == [{"locale": name} for name in names]


def test_domains_that_are_named_after_their_file_are_left_out():
    path, english = table_of_languages(), write("data/mine/en.csv", records(language="source"))
    add("reviews", english, "--target", f"{{language}}={path}", "--target", write("data/mine/sw.csv", records()))
    assert [(block.domain, block.where) for block in added_task().targets] == [("fr", {"language": "fr"}), ("sw", {})]


@pytest.mark.parametrize("spellings", [["SW", "sw"], ["pt BR", "pt-BR"], ["pt BR", "pt_BR"]])
def test_values_that_differ_only_in_case_or_punctuation(spellings):
    path = table_by("all", {"lang": ["en", *spellings]})
    name = spellings[0].lower().replace(" ", "-")
    for target in (f"{{language}}={path}", f"{name}={path}"):
        output = add("reviews", f"en={path}", "--target", target, status=2)
        assert f"{path}: column lang has '{spellings[0]}', '{spellings[1]}', which all give the name {name}; " in output


def test_rows_without_a_language_are_noted():
    path = table_by("all", {"lang": ["en", "", "sw", "fr"]})
    output = add("reviews", f"en={path}", "--target", f"{{language}}={path}")
    assert output.count(f"note: {path}: 20 rows without a value in column lang are left out.\n") == 1


@pytest.mark.parametrize("placeholder", ["{style}", "{Style}"])
def test_the_case_of_a_column_does_not_matter(placeholder):
    path = table_by("all", {"Style": ["letter", "chat"]})
    add("reviews", f"letter={path}", "--target", f"{placeholder}={path}")
    assert [block.where for block in added_task().domains] == [{"Style": "letter"}, {"Style": "chat"}]
    output = add("more", f"letter={path}", "--target", f"{{place}}={path}", status=2)
    assert "choose one of {style}, {label}, or write {place} into the path, too." in output


def test_a_note_names_the_pattern_of_several_files(swahili):
    for number in (1, 2):
        rows = [{"lang": code, **row} for code in ("en", "fr") for row in records(language=f"{code} {number}")]
        write(f"data/mine/reviews-{number}.csv", rows)
    output = add("reviews", "source=data/mine/reviews-*.csv", "--target", swahili)
    assert "as in en=data/mine/reviews-*.csv, or all others with --target" in output
