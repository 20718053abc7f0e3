"""Markdown tables, and text from data that breaks no table."""

import re

from crossfer.reporting import markdown


def test_a_table():
    assert markdown.table(["a", "b"], [["1", "2"], ["3", "4"]]).splitlines() == [
        "| a | b |",
        "| --- | --- |",
        "| 1 | 2 |",
        "| 3 | 4 |",
    ]


def test_escaped_text_has_no_markup_and_one_line():
    escaped = markdown.escape("<img src=x>\n# a | b `c` *d* [e](f) &amp; \\ ~g~")
    assert escaped == r"\<img src=x\> \# a \| b \`c\` \*d\* \[e\](f) \&amp; \\ \~g\~"
    assert not re.search(r"(?<!\\)[|<`]", markdown.table([escaped], []).splitlines()[0].strip("| "))
