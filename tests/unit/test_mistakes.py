"""mistakes.html lists the most confident mistakes of each domain, escaped."""

import html
import re

import pandas as pd
import pytest

from crossfer.evaluation import mistakes
from crossfer.protocols import load_modality

HOSTILE = '<script>alert("x")</script>&\''


def frame(*rows):
    """Return predictions from tuples of id, label, prediction, confidence."""
    return pd.DataFrame(
        [(key, label, predicted, {label: 1 - share, predicted: share}) for key, label, predicted, share in rows],
        columns=["id", "label", "prediction", "probabilities"],
    )


def write_page(path, predictions, content="content of {}", as_html=lambda content: f"<p>{content}</p>", task="news"):
    def contents(domain, ids):
        assert set(ids) <= set(predictions[domain]["id"])
        return {key: content.format(key) for key in reversed(ids)}

    mistakes.write_mistakes(path, task, predictions, contents, as_html)
    return path.read_text(encoding="utf-8")


def ids_on(page):
    return re.findall(r"<small>(.*?)</small>", page)


def test_mistakes_are_sorted_by_confidence_and_id():
    rows = frame(("a", "x", "y", 0.6), ("b", "x", "x", 0.9), ("d", "x", "y", 0.8), ("c", "y", "x", 0.8))
    worst = mistakes.sort_mistakes(rows)
    assert list(worst["id"]) == ["c", "d", "a"]
    assert list(worst["confidence"]) == [0.8, 0.8, 0.6]


def test_a_mistake_has_content_label_prediction_confidence_and_id(tmp_path):
    rows = frame(("a", "x", "y", 0.6), ("b", "x", "x", 0.9), ("c", "y", "x", 0.805))
    page = write_page(tmp_path / "page.html", {"zh": rows, "sw": rows.iloc[:2]})
    assert ids_on(page) == ["c", "a", "a"]
    assert page.count("content of b") == 0
    assert "<li><p>content of c</p>label <b>y</b><br>prediction <b>x</b>, 80 %<br><small>c</small></li>" in page
    assert "<h2>zh</h2>\n<p>2 of 3 predictions are wrong.</p>" in page
    assert "<h2>sw</h2>\n<p>1 of 2 predictions is wrong.</p>" in page
    assert page.index("<h2>zh</h2>") < page.index("<h2>sw</h2>")
    assert "<title>news: most confident mistakes</title>" in page


def test_the_page_is_limited(tmp_path):
    rows = frame(*((f"{number:03}", "x", "y", 0.5 + number / 1000) for number in range(40)))
    formatted = []
    page = write_page(tmp_path / "page.html", {"zh": rows}, as_html=lambda content: formatted.append(content) or "")
    assert ids_on(page) == [f"{number:03}" for number in range(39, 39 - mistakes.MAX_MISTAKES, -1)]
    assert len(formatted) == mistakes.MAX_MISTAKES
    assert "40 of 40 predictions are wrong." in page


@pytest.mark.parametrize("rows", [frame(), frame(("a", "x", "x", 0.9))])
def test_a_domain_without_mistakes(tmp_path, rows):
    page = write_page(tmp_path / "page.html", {"zh": rows})
    assert "<h2>zh</h2>\n<p>No mistakes.</p>\n</main>" in page and "<ul>" not in page
    assert ids_on(page) == []


def test_data_is_escaped(tmp_path):
    rows = frame((HOSTILE, f"{HOSTILE}1", f"{HOSTILE}2", 0.6))
    text = load_modality("text")
    page = write_page(tmp_path / "page.html", {HOSTILE: rows}, HOSTILE, text.as_html, task=HOSTILE)
    assert "<script" not in page
    assert html.unescape(page).count(HOSTILE) == 7  # title twice, domain, content, label, prediction, id


def test_braces_in_contents_do_not_change(tmp_path):
    page = write_page(tmp_path / "page.html", {"zh": frame(("{title}", "{0}", "{shown}", 0.6))})
    assert "<small>{title}</small>" in page and "<b>{0}</b>" in page


def test_a_label_that_the_model_does_not_know(tmp_path):
    rows = pd.DataFrame([{"id": "a", "label": "weather", "prediction": "x", "probabilities": {"x": 0.7, "y": 0.3}}])
    assert "label <b>weather</b><br>prediction <b>x</b>, 70 %" in write_page(tmp_path / "page.html", {"zh": rows})


def test_the_page_replaces_a_linked_one(tmp_path):
    path, cached = tmp_path / "page.html", tmp_path / "cached"
    first = write_page(path, {"zh": frame(("a", "x", "y", 0.6))})
    cached.hardlink_to(path)
    cached.chmod(0o444)
    assert write_page(path, {"zh": frame()}) != first
    assert cached.read_text(encoding="utf-8") == first


def test_the_page_loads_nothing(tmp_path):
    page = write_page(tmp_path / "page.html", {"zh": frame(("a", "x", "y", 0.6))})
    assert not re.search(r"https?://|src=|<script|<link", page)
    assert page.startswith("<!doctype html>\n") and page.count("{") == page.count("}")
