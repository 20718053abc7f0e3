"""`crossfer add` selects the rows of a domain in a table of several languages."""

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
    assert "styles.csv has no column place with several values, as {place} needs; choose one of style, label," in output


def test_rows_of_several_languages_are_noted(swahili):
    path = table_of_languages(split="")
    output = add("reviews", path, "--target", swahili)
    assert "note: reviews: has rows with several values in column language (en 20, fr 20, SW 20); name a" in output
    assert not added_task().source.where
    output = add("more", path, "--target", f"{{language}}={path}", status=2)
    assert "reviews.csv, which the source reads too; name the source after one of its values, too." in output
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
