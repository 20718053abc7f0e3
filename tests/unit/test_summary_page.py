"""summary.html and summary.md from made-up tasks: whole, one file, the same bytes twice, and safe with any name."""

import re
from html.parser import HTMLParser

import pytest
from made_up_reports import FLOOR, WHOLE, figures, rungs

from crossfer.comparison import across_tasks, tables
from crossfer.comparison import figures as shown_figures
from crossfer.comparison import page as summary_page

VOID = {"meta", "path", "use", "rect", "br"}
HOSTILE = "<script>alert('1')</script>&\"|`$x^2$*[a](b)"


class Checked(HTMLParser):
    """Checks that elements close in order; keeps elements, ids and what they refer to."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict]] = []
        self.text = ""

    def handle_starttag(self, tag, attributes):
        self.seen.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.seen.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data.replace("\N{NO-BREAK SPACE}", " ")


def parsed(html: str) -> Checked:
    page = Checked()
    page.feed(html)
    assert page.open == []
    return page


def summary(**tasks: dict) -> dict:
    said = {"sentences": across_tasks.answer(tasks), "rows": across_tasks.rows(tasks)}
    return {"tasks": tasks, "comparison": said}


@pytest.fixture(scope="module")
def two():
    names = ("floor", "random", "head", "part", "all")
    return summary(news=figures(rows=rungs(*names)), digits=figures(rows=rungs(*names), modality="vision"))


def test_the_page_says_what_the_summary_says(two):
    page = parsed(summary_page.html(two))
    assert "How transfer compares in news (text) and digits (vision)" in page.text
    said = [*two["comparison"]["sentences"], *(row["sentence"] for row in two["comparison"]["rows"])]
    for sentence in [*said, *two["tasks"]["news"]["sentences"]]:
        assert sentence in page.text
    for number in range(1, 5):
        assert f"Figure {number}." in page.text
    assert sum(tag == "svg" for tag, _ in page.seen) == 8


def test_the_page_loads_nothing(two):
    html = summary_page.html(two)
    page = parsed(html)
    assert not {"script", "link", "img", "iframe", "object"} & {tag for tag, _ in page.seen}
    for _, attributes in page.seen:
        assert not any(name == "src" or name.startswith("on") for name in attributes)
        assert attributes.get("href", "#").startswith("#")
    assert not re.search(r"https?://|@import|url\([^#]", html)


def test_ids_are_unique_and_refer_to_something(two):
    html = summary_page.html(two)
    ids = re.findall(r' id="([^"]*)"', html)
    assert len(ids) > 10
    # Both tasks hold the same figures here, so that their pictures are the same; each id then stands twice, alike.
    assert set(re.findall(r'(?:href="#|url\(#)([^")]*)', html)) <= set(ids)


def test_every_colour_is_the_pages(two):
    html = summary_page.html(two)
    drawn = "".join(re.findall(r"<svg.*?</svg>", html, flags=re.DOTALL))
    assert not re.search(r"#[0-9a-f]{6}", drawn)
    for name in set(re.findall(r"var\((--[a-z]+)\)", html)):
        assert html.count(f"{name}: #") == 2, f"{name} in light and in dark"


def test_the_same_bytes_twice(two):
    assert summary_page.html(two) == summary_page.html(two)
    assert summary_page.markdown(two) == summary_page.markdown(two)


def test_hostile_names():
    model, floor = ({HOSTILE if name == "zh" else name: marks for name, marks in of.items()} for of in (WHOLE, FLOOR))
    made = summary(**{HOSTILE: figures(model, floor, task=HOSTILE)})
    page = parsed(summary_page.html(made))
    assert "script" not in {tag for tag, _ in page.seen}
    assert HOSTILE in page.text
    markdown = summary_page.markdown(made)
    assert "<script" not in markdown
    for line in markdown.splitlines():
        if "alert" in line and line.startswith("|"):
            assert len(re.findall(r"(?<!\\)\|", line)) in (4, 8)  # of three columns, or seven


@pytest.mark.parametrize("names", [(), ("floor",), ("random", "part"), ("head",)])
def test_any_rungs(names):
    made = summary(news=figures(rows=rungs(*names)))
    page = parsed(summary_page.html(made))
    assert "How much is transferred in news (text)" in page.text
    assert sum(tag == "svg" for tag, _ in page.seen) == (4 if names else 1)
    assert summary_page.markdown(made).count("### The ladder\n") == bool(names)


def test_without_targets():
    alone = {"en": WHOLE["en"]}
    made = summary(news=figures(alone, {"en": FLOOR["en"]}))
    assert "there is no transfer to compare" in parsed(summary_page.html(made)).text


def test_markdown_holds_the_same_tables(two):
    markdown = summary_page.markdown(two)
    news = two["tasks"]["news"]
    for table in tables.of_task(news):
        assert f"### {table.title}\n" in markdown
        assert all(len(row) == len(table.header) for row in table.rows)
    assert "| en (source) | en | 40 | 100.0 % (100.0 to 100.0) | 100.0 % | 0.0 points | p = 1.00 |" in markdown


def test_the_range_of_seeds_is_shown(two):
    from made_up_reports import row

    rows = [row("part", WHOLE), row("part", {**WHOLE, "sw": "1000" * 10}, seed=1)]
    _, ladder, *_ = tables.of_task(figures(rows=rows))
    assert ladder.rows[0][2] == "2"
    assert ladder.rows[0][4].endswith("[50.0 to 62.5]")


def test_without_all_labels_the_rungs_are_not_pictured():
    few = figures(rows=[row for row in rungs("part", "random") if row["share"] < 1])
    titles = [shown.title for shown in shown_figures.figures({"news": few})]
    assert titles == ["Accuracy by domain", "Label efficiency", "Cost"]


def test_a_floor_that_takes_no_time_has_its_place_on_a_logarithmic_axis():
    rows = [{**row, "cpu_seconds": 0.0} for row in rungs("floor")]
    shown = shown_figures.figures({"news": figures(rows=rows)})
    assert [one.title for one in shown][-1] == "Cost"
