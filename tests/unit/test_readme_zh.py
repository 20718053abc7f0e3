"""README.zh-CN.md has the same commands, files, links and numbers as README.md."""

import re

from repository import ROOT

ENGLISH, CHINESE = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.zh-CN.md"))


def blocks(text: str, language: str) -> list[str]:
    """Return the fenced blocks of a language; "" for those without one."""
    return [body for name, body in re.findall(r"```(\w*)\n(.*?)```", text, re.DOTALL) if name == language]


def without_blocks(text: str) -> str:
    """Return the text outside fenced blocks."""
    return re.sub(r"```.*?```", "", text, flags=re.DOTALL)


def test_commands_are_the_same():
    commands = [
        [line.split("#")[0].strip() for body in blocks(text, "sh") for line in body.splitlines()]
        for text in (CHINESE, ENGLISH)
    ]
    assert commands[0] == commands[1] != []


def test_parameters_are_the_same():
    assert blocks(CHINESE, "yaml") == blocks(ENGLISH, "yaml") != []
    assert set(re.findall(r"```(\w+)", ENGLISH)) == {"sh", "yaml"}  # a block of another language needs a check


def test_folders_are_the_same():
    trees = [[line.split()[0] for line in blocks(text, "")[0].splitlines()] for text in (CHINESE, ENGLISH)]
    assert trees[0] == trees[1]


def test_inline_code_is_the_same():
    """Files, commands, parameters and domains that the text names."""
    names = [set(re.findall(r"`([^`\n]+)`", without_blocks(text))) for text in (CHINESE, ENGLISH)]
    assert names[0] == names[1]


def test_headings_and_tables_have_the_same_shape():
    """Levels of the headings, and cells per row of the tables, in their order."""
    shapes = [
        [line.split()[0] if line.startswith("#") else line.count("|") for line in without_blocks(text).splitlines()]
        for text in (CHINESE, ENGLISH)
    ]
    shapes = [[shape for shape in page if shape] for page in shapes]
    assert shapes[0] == shapes[1]


def test_links_are_the_same():
    languages = {"README.md", "README.zh-CN.md"}
    links = [set(re.findall(r"\]\(([^)]+)\)", text)) - languages for text in (CHINESE, ENGLISH)]
    assert links[0] == links[1]
    assert "(README.zh-CN.md)" in ENGLISH
    assert "(README.md)" in CHINESE


def test_numbers_of_the_tables_are_the_same():
    numbers = [
        [re.findall(r"([-−]?\d+(?:\.\d+)?)\s?(%?)", line) for line in text.splitlines() if line.startswith("|")]
        for text in (CHINESE, ENGLISH)
    ]
    assert numbers[0] == numbers[1]
    assert sum(map(len, numbers[0])) > 20
