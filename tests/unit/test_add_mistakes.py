"""`crossfer add` refuses what it cannot add, in one sentence."""

import pytest
from own_tables import add, records, write

pytestmark = pytest.mark.usefixtures("params_folder")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["news", "data/mine/sw.csv", "--target", "data/mine/sw.csv"], "task news is in params.yaml already"),
        (["My Task", "data/mine/sw.csv", "--target", "x"], "the task's name 'My Task' is not a name of at most 64"),
        (["null", "data/mine/sw.csv", "--target", "x"], "the task's name null is a value of YAML, not a text; choose"),
        (["true", "data/mine/sw.csv", "--target", "x"], "the task's name true is a value of YAML"),
        (["reviews", "data/mine/sw.csv"], "a task needs a target to measure transfer; add --target"),
        (
            ["reviews", "", "--target", "x"],
            "a path is empty, perhaps a variable that is not set; name a table, a folder",
        ),
        (["reviews", "data/mine/sw.csv", "--target", ""], "a path is empty, perhaps a variable"),
        (["reviews", "data/mine/sw.csv", "--target", "b="], "a path is empty, perhaps a variable"),
        (
            ["reviews", "data/mine/sw.csv", "--target", "b=data/mine/more/b.csv", "--label", ""],
            "data/mine/sw.csv has no column ''; choose",
        ),
        (["reviews", "data/mine/no.csv", "--target", "x"], "data/mine/no.csv does not exist; correct the path"),
        (["reviews", "/etc/hosts", "--target", "x"], "/etc/hosts is outside the repository"),
        (["reviews", "params.yaml", "--target", "x"], "params.yaml is no table that crossfer reads"),
        (["reviews", "data", "--target", "x"], "data has no data; put tables into it"),
        (
            ["reviews", "data/mine/sw.csv", "--target", "sw=data/mine/more/b.csv"],
            "domain sw is named more than once; give each domain its own name",
        ),
        (
            ["reviews", "data/mine/sw.csv", "--target", "b=data/mine/sw.csv", "--language", "c=en"],
            "--language names c, but the domains are sw, b",
        ),
        (["reviews", "data/mine/sw.csv", "--target", "x", "--language", "en"], "write --language DOMAIN=en"),
        (
            ["reviews", "data/mine/sw.csv", "--target", "b=data/mine/sw.csv"],
            "domain b reads data/mine/sw.csv, which the source reads too; name other data with --target",
        ),
        (
            ["reviews", "data/mine/sw.csv", "--target", "x", "--fallback", "latin-99"],
            "--fallback 'latin-99' is no text encoding; name one, such as cp1252",
        ),
        (["reviews", "data/mine/sw.csv", "--target", "x", "--fallback", "rot13"], "--fallback 'rot13' is no text"),
        (["reviews", "a=sw.csv", "--target", "data/mine/sw.csv"], "where the pipeline writes its outputs"),
        (["reviews", "a=data/raw/en.csv", "--target", "b=data/raw/sw.csv"], "where the pipeline writes its outputs"),
        (
            ["reviews", "EN=data/mine/more/b.csv", "--target", "data/mine/sw.csv"],
            "(params.yaml stays unchanged):\n  tasks.reviews.source.domain: expected a name",
        ),
        (["reviews", "data/mine/漢.csv", "--target", "b=data/mine/sw.csv"], "write NAME=data/mine/漢.csv"),
        (
            ["reviews", "data/mine/sw.csv", "--target", "{language}=data/mine/{language}.csv"],
            "matches no target (left out: sw)",
        ),
    ],
)
def test_mistakes(swahili, arguments, expected):
    for copy in ("sw.csv", "data/raw/en.csv", "data/raw/sw.csv", "data/mine/more/b.csv", "data/mine2/漢.csv"):
        write(copy, records())
    if "漢" in arguments[1]:
        write("data/mine/漢.csv", records())
    assert expected in add(*arguments, status=2)
