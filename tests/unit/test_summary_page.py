"""summary.html and summary.md are complete, reproducible and safe with any name."""

import base64
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from synthetic_reports import BASELINE, MODEL, ablation_row, summarized_task, variant_rows

from crossfer.comparison import measures, tables
from crossfer.comparison.page import render_html, render_markdown

VOID = {"meta", "img"}
HOSTILE = "<script>alert('1')</script>&\"|`$x^2$*[a](b)"
VARIANTS = ("baseline", "random", "head", "partial", "full")


class PageParser(HTMLParser):
    """Check that elements close in order; store elements and text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict]] = []
        self.text = ""

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data

    def attributes_of(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


def parse(html: str) -> PageParser:
    page = PageParser()
    page.feed(html)
    assert page.open == []
    return page


def summary(**tasks: dict) -> dict:
    return {"tasks": tasks, "measures": measures.measure_rows(tasks)}


@pytest.fixture(scope="module")
def two():
    return summary(
        news=summarized_task(rows=variant_rows(*VARIANTS)),
        digits=summarized_task(rows=variant_rows(*VARIANTS), modality="vision"),
    )


def test_the_page_has_all_numbers_of_the_summary(two):
    page = parse(render_html(two))
    assert "Transfer in news (text) and digits (vision)" in page.text
    for measure in two["measures"]:
        assert all(measure[key] in page.text for key in ("measure", "definition", "compared"))
        assert all(value in page.text for value in measure["values"].values())
    for table in tables.task_tables(two["tasks"]["news"]):
        assert all(cell in page.text for line in [table.header, *table.rows] for cell in line)
    assert [f"Figure {number}." in page.text for number in range(1, 6)] == [True] * 4 + [False]
    assert len(page.attributes_of("img")) == 8


def test_the_page_is_accessible(two):
    page = parse(render_html(two))
    assert (
        page.attributes_of("html") == [{"lang": "en"}]
        and len(page.attributes_of("main")) == len(page.attributes_of("h1")) == 1
    )
    assert all(image["alt"] for image in page.attributes_of("img"))
    assert {cell.get("scope") for cell in page.attributes_of("th")} == {"row", "col"}
    scrolled = [one for one in page.attributes_of("div") if one.get("class") == "scroll"]
    assert len(scrolled) == len(page.attributes_of("table")) == 9
    assert all(one["tabindex"] == "0" and one["role"] == "region" and one["aria-label"] for one in scrolled)


def test_the_page_loads_nothing(two):
    html = render_html(two)
    page = parse(html)
    assert not {"script", "link", "iframe", "object"} & {tag for tag, _ in page.elements}
    assert all(image["src"].startswith("data:image/svg+xml;base64,") for image in page.attributes_of("img"))
    for _, attributes in page.elements:
        assert not any(name.startswith("on") or name == "href" for name in attributes)
    assert not re.search(r"https?://|@import|url\(", re.sub(r'src="[^"]*"', "", html))


def test_equal_summaries_give_equal_bytes(two):
    assert render_html(two) == render_html(two)
    assert render_markdown(two) == render_markdown(two)


def test_hostile_names():
    model, baseline = (
        {HOSTILE if name == "zh" else name: marks for name, marks in marks_by_domain.items()}
        for marks_by_domain in (MODEL, BASELINE)
    )
    content = summary(**{HOSTILE: summarized_task(model, baseline)})
    page = parse(render_html(content))
    assert "script" not in {tag for tag, _ in page.elements}
    assert HOSTILE in page.text
    (image,) = page.attributes_of("img")
    assert HOSTILE in image["alt"]
    drawn = ElementTree.fromstring(base64.b64decode(image["src"].partition(",")[2]))
    assert HOSTILE in {element.text for element in drawn.iter("{http://www.w3.org/2000/svg}text")}
    markdown = render_markdown(content)
    assert not re.search(r"(?<!\\)<script", markdown)
    for line in markdown.splitlines():
        if "alert" in line and line.startswith("|"):
            assert len(re.findall(r"(?<!\\)\|", line)) in (4, 8)  # of three columns, or seven


@pytest.mark.parametrize("names", [(), ("baseline",), ("random", "partial"), ("head",)])
def test_any_variants(names):
    content = summary(news=summarized_task(rows=variant_rows(*names)))
    page = parse(render_html(content))
    assert len(page.attributes_of("img")) == (4 if names else 1)
    assert render_markdown(content).count("### Ablation\n") == bool(names)


def test_without_targets():
    content = summary(news=summarized_task({"en": MODEL["en"]}, {"en": BASELINE["en"]}))
    assert "there is no transfer to compare" in parse(render_html(content)).text


@pytest.mark.parametrize(
    ("task", "note"),
    [
        (
            summarized_task(),
            "news has no ablation, so its transfer gain and label efficiency are unknown. Run: crossfer ablation news",
        ),
        (
            summarized_task(rows=[ablation_row("partial", {**MODEL, "zh": "1"})]),
            "The ablation of news used other test rows, so it is left",
        ),
        (
            summarized_task(rows=variant_rows("partial"), epochs=3),
            "The ablation of news used other parameters (finetune.epochs (2, now 3)), so it is left out. Remove"
            " data/ablation/news.json and run: crossfer ablation news",
        ),
    ],
)
def test_a_note_says_why_an_ablation_is_left_out(task, note):
    assert note in parse(render_html(summary(news=task))).text


def test_markdown_has_the_same_tables(two):
    markdown = render_markdown(two)
    for table in tables.task_tables(two["tasks"]["news"]):
        assert f"### {table.title}\n\n{table.note}\n\n| {table.header[0]} |" in markdown
        assert all(len(row) == len(table.header) for row in table.rows)
    assert "| en (source) | en | 40 | 100.0 % (100.0 to 100.0) | 100.0 % | 0.0 pp | p = 1.00 |" in markdown
    assert "\n\n\n" not in markdown and markdown.endswith(".\n")


def test_rows_with_unknown_labels_are_shown():
    summary = summarized_task()
    assert "unknown labels" not in tables.task_tables(summary)[0].note
    summary["domains"]["sw"]["unknown_labels"] = 5
    table = tables.task_tables(summary)[0]
    assert table.note.endswith("Rows with unknown labels count as mistakes.")
    assert next(row for row in table.rows if row[0] == "sw")[2] == "40 (5 with unknown labels)"


def test_the_range_of_seeds_is_shown():
    rows = [ablation_row("partial", MODEL), ablation_row("partial", {**MODEL, "sw": "1000" * 10}, seed=1)]
    _, ablation, *_ = tables.task_tables(summarized_task(rows=rows))
    assert ablation.rows[0][2] == "2"
    assert ablation.rows[0][4].endswith("[50.0 to 62.5]")


@pytest.mark.parametrize(
    "rows", [[row for row in variant_rows("partial", "random") if row["train_fraction"] < 1], variant_rows("baseline")]
)
def test_charts_of_incomplete_ablations(rows):
    """Variants without all labels have no chart of all labels.

    A time of zero has a place on a logarithmic axis.
    """
    few = all(row["train_fraction"] < 1 for row in rows)
    page = parse(render_html(summary(news=summarized_task(rows=[{**row, "cpu_seconds": 0.0} for row in rows]))))
    assert ("Variants of the ablation." in page.text) is not few
    assert "Label efficiency." in page.text and "Cost." in page.text
