"""`crossfer add` notes what it leaves out, and what it cannot know."""

from pathlib import Path

import pytest
from own_tables import add, records, write

pytestmark = pytest.mark.usefixtures("params_folder")


def test_files_of_a_folder_that_are_left_out(swahili):
    for name in ("train", "test", "more", "old/train"):
        write(f"data/mine/english/{name}.csv", records(language=f"en {name}"))
    Path("data/mine/english/notes.txt").write_text("notes")
    output = add("reviews", "data/mine/english", "--target", swahili)
    names = ("more.csv", "old/train.csv", "notes.txt")
    assert f"note: english: left out: {', '.join(f'data/mine/english/{name}' for name in names)}.\n" in output


def test_folders_of_a_pattern_that_are_left_out():
    english = write("data/mine/en.csv", records())
    for name in ("swh/test.tsv", "deu/test.tsv", "yor/test.csv"):
        write(f"data/mine/set/{name}", records(language=name))
    output = add("reviews", english, "--target", "{language}=data/mine/set/{language}")
    assert "note: {language}: left out: data/mine/set/yor.\n" in output


def test_names_that_are_not_like_a_language(swahili):
    english = write("data/mine/source-nfd.csv", records())
    names = (*("swh_latn", "zh-cn", "yor", "tweets"), "formal")
    targets = [f"--target={name}={write(f'data/mine/{name}.csv', records(language=name))}" for name in names]
    output = add("reviews", english, *targets, "--language", "formal=en")
    for name in ("source-nfd", "tweets"):
        note = f"note: the language of {name} is its name; if it is another one, add --language {name}=LANGUAGE.\n"
        assert note in output
    assert output.count("--language") == 2
