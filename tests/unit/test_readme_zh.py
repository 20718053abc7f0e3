"""README.zh-CN.md in step with README.md: the same commands, code, tree, links, headings and figures."""

import re
from collections import Counter

import pytest
from repository import ROOT

ENGLISH, CHINESE = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.zh-CN.md"))
BOTH = pytest.mark.parametrize("text", [ENGLISH, CHINESE], ids=["en", "zh"])


def blocks(text: str, kind: str) -> list[str]:
    return [body for found, body in re.findall(r"```(\w*)\n(.*?)```", text, re.DOTALL) if found == kind]


def commands(text: str) -> list[str]:
    return [line.split("#")[0].strip() for body in blocks(text, "sh") for line in body.splitlines()]


def paths(text: str) -> list[str]:
    return re.findall(r"[\w./-]+\.(?:py|yaml|md|lock)|[\w/]+/(?=\s)|Makefile", blocks(text, "")[0])


def section(text: str, number: int) -> str:
    return re.split(r"^## ", text, flags=re.MULTILINE)[number]


def figures(text: str) -> Counter[str]:
    """Every number of the result, with its sign and its %."""
    found = re.findall(r"((?:(?<![\w-])[-−])?\d+(?:[.,:]\d+)*)\s?(%?)", section(text, 2))
    return Counter(number + percent for number, percent in found)


def test_commands_and_code():
    assert commands(CHINESE) == commands(ENGLISH)
    for kind in ("python", "yaml"):
        assert blocks(CHINESE, kind) == blocks(ENGLISH, kind)


def test_tree():
    assert paths(CHINESE) == paths(ENGLISH)
    assert len(paths(ENGLISH)) > 30


def test_headings():
    levels = [
        re.findall(r"^(#+) ", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.M) for text in (CHINESE, ENGLISH)
    ]
    assert levels[0] == levels[1]


def test_links():
    between = {"README.md", "README.zh-CN.md"}
    found = [set(re.findall(r"\]\(([^)]+)\)", text)) - between for text in (CHINESE, ENGLISH)]
    assert found[0] == found[1]
    assert "(README.zh-CN.md)" in ENGLISH
    assert "(README.md)" in CHINESE


def test_figures_of_the_result():
    assert figures(CHINESE) == figures(ENGLISH)
    assert sum(figures(ENGLISH).values()) > 60


@BOTH
def test_nothing_is_left_to_be_filled_in(text):
    assert not {"@@", "PENDING"} & set(re.findall("@@|PENDING", text))
