"""summary.html and summary.md from made-up tasks: complete, one file, the same bytes twice, safe with any name."""

import base64
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from made_up_reports import FLOOR, WHOLE, figures, row, variants

from crossfer.comparison import measures, tables
from crossfer.comparison import page as summary_page

VOID = {"meta", "img"}
HOSTILE = "<script>alert('1')</script>&\"|`$x^2$*[a](b)"
VARIANTS = ("baseline", "random", "head", "partial", "full")


class Checked(HTMLParser):
    """Checks that elements close in order; keeps elements and text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict]] = []
        self.text = ""

    def handle_starttag(self, tag, attributes):
        self.seen.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data

    def having(self, tag):
        return [attributes for name, attributes in self.seen if name == tag]


def parsed(html: str) -> Checked:
    page = Checked()
    page.feed(html)
    assert page.open == []
    return page


def summary(**tasks: dict) -> dict:
    return {"tasks": tasks, "comparison": {"sentences": measures.headlines(tasks), "rows": measures.rows(tasks)}}


@pytest.fixture(scope="module")
def two():
    return summary(news=figures(rows=variants(*VARIANTS)), digits=figures(rows=variants(*VARIANTS), modality="vision"))


def test_the_page_has_everything_in_the_summary(two):
    page = parsed(summary_page.html(two))
    assert "Transfer in news (text) and digits (vision)" in page.text
    for one in two["comparison"]["rows"]:
        assert all(text in page.text for text in (one["measure"], one["definition"], one["sentence"]))
        assert all(value in page.text for value in one["values"].values())
    assert all(sentence in page.text for sentence in two["comparison"]["sentences"])
    for table in tables.of_task(two["tasks"]["news"]):
        assert all(cell in page.text for line in [table.header, *table.rows] for cell in line)
    assert [f"Figure {number}." in page.text for number in range(1, 6)] == [True] * 4 + [False]
    assert len(page.having("img")) == 8


def test_the_page_is_for_keyboards_and_screen_readers(two):
    page = parsed(summary_page.html(two))
    assert page.having("html") == [{"lang": "en"}] and len(page.having("main")) == len(page.having("h1")) == 1
    assert all(image["alt"] for image in page.having("img"))
    assert {cell.get("scope") for cell in page.having("th")} == {"row", "col"}
    scrolled = [one for one in page.having("div") if one.get("class") == "scroll"]
    assert len(scrolled) == len(page.having("table")) == 9
    assert all(one["tabindex"] == "0" and one["role"] == "region" and one["aria-label"] for one in scrolled)


def test_the_page_loads_nothing(two):
    html = summary_page.html(two)
    page = parsed(html)
    assert not {"script", "link", "iframe", "object"} & {tag for tag, _ in page.seen}
    assert all(image["src"].startswith("data:image/svg+xml;base64,") for image in page.having("img"))
    for _, attributes in page.seen:
        assert not any(name.startswith("on") or name == "href" for name in attributes)
    assert not re.search(r"https?://|@import|url\(", re.sub(r'src="[^"]*"', "", html))


def test_the_same_bytes_twice(two):
    assert summary_page.html(two) == summary_page.html(two)
    assert summary_page.markdown(two) == summary_page.markdown(two)


def test_hostile_names():
    model, floor = ({HOSTILE if name == "zh" else name: marks for name, marks in of.items()} for of in (WHOLE, FLOOR))
    made = summary(**{HOSTILE: figures(model, floor)})
    page = parsed(summary_page.html(made))
    assert "script" not in {tag for tag, _ in page.seen}
    assert HOSTILE in page.text
    (image,) = page.having("img")
    assert HOSTILE in image["alt"]
    drawn = ElementTree.fromstring(base64.b64decode(image["src"].partition(",")[2]))
    assert HOSTILE in {element.text for element in drawn.iter("{http://www.w3.org/2000/svg}text")}
    markdown = summary_page.markdown(made)
    assert not re.search(r"(?<!\\)<script", markdown)
    for line in markdown.splitlines():
        if "alert" in line and line.startswith("|"):
            assert len(re.findall(r"(?<!\\)\|", line)) in (4, 8)  # of three columns, or seven


@pytest.mark.parametrize("names", [(), ("baseline",), ("random", "partial"), ("head",)])
def test_any_variants(names):
    made = summary(news=figures(rows=variants(*names)))
    page = parsed(summary_page.html(made))
    assert len(page.having("img")) == (4 if names else 1)
    assert summary_page.markdown(made).count("### Ablation\n") == bool(names)


def test_without_targets():
    made = summary(news=figures({"en": WHOLE["en"]}, {"en": FLOOR["en"]}))
    assert "there is no transfer to compare" in parsed(summary_page.html(made)).text


@pytest.mark.parametrize(
    ("made", "note"),
    [
        (figures(), "news has no ablation, so its transfer gain and label efficiency are not known. Run `crossfer abl"),
        (
            figures(rows=[row("partial", {**WHOLE, "zh": "1"})]),
            "The ablation of news was measured on other test rows and",
        ),
        (
            figures(rows=variants("partial"), epochs=3),
            "The ablation of news was run with other parameters (finetune.epochs (2, now 3)) and is left out. Remove"
            " data/ablation/news.json and run `crossfer ablation news`.",
        ),
    ],
)
def test_a_task_without_a_usable_ablation_says_why(made, note):
    assert note in parsed(summary_page.html(summary(news=made))).text


def test_markdown_holds_the_same_tables(two):
    markdown = summary_page.markdown(two)
    for table in tables.of_task(two["tasks"]["news"]):
        assert f"### {table.title}\n\n{table.note}\n\n| {table.header[0]} |" in markdown
        assert all(len(row) == len(table.header) for row in table.rows)
    assert "| en (source) | en | 40 | 100.0 % (100.0 to 100.0) | 100.0 % | 0.0 pp | p = 1.00 |" in markdown
    assert "\n\n\n" not in markdown and markdown.endswith(".\n")


def test_the_range_of_seeds_is_shown():
    rows = [row("partial", WHOLE), row("partial", {**WHOLE, "sw": "1000" * 10}, seed=1)]
    _, ablation, *_ = tables.of_task(figures(rows=rows))
    assert ablation.rows[0][2] == "2"
    assert ablation.rows[0][4].endswith("[50.0 to 62.5]")


@pytest.mark.parametrize(
    "rows", [[row for row in variants("partial", "random") if row["train_fraction"] < 1], variants("baseline")]
)
def test_charts_of_what_there_is(rows):
    """Variants without all labels have no chart of all labels. A time of zero has a place on a logarithmic axis."""
    few = all(row["train_fraction"] < 1 for row in rows)
    page = parsed(summary_page.html(summary(news=figures(rows=[{**row, "cpu_seconds": 0.0} for row in rows]))))
    assert ("What is pretrained, and what is trained." in page.text) is not few
    assert "Label efficiency." in page.text and "Cost." in page.text
