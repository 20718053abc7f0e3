"""The page of mistakes: the surest first, nothing of the data taken for HTML, no more than can be looked at."""

import html
import re

import pandas as pd
import pytest

from crossfer.evaluation import mistakes
from crossfer.protocols import load_modality

HOSTILE = '<script>alert("x")</script>&\''


def frame(*rows):
    """Rows of id, truth, guess, and how sure of the guess."""
    return pd.DataFrame(
        [
            {"id": identity, "label": truth, "prediction": guess, "probabilities": {truth: 1 - sure, guess: sure}}
            for identity, truth, guess, sure in rows
        ],
        columns=["id", "label", "prediction", "probabilities"],
    )


def written(path, guesses, content="content of {}", as_html=lambda content: f"<p>{content}</p>", task="news"):
    def contents(domain, ids):
        assert set(ids) <= set(guesses[domain]["id"])
        return {identity: content.format(identity) for identity in reversed(ids)}

    mistakes.write(path, task, guesses, contents, as_html)
    return path.read_text(encoding="utf-8")


def shown(page):
    return re.findall(r"<small>(.*?)</small>", page)


def test_the_surest_come_first_and_of_equal_ones_the_first_by_id():
    rows = frame(("a", "x", "y", 0.6), ("b", "x", "x", 0.9), ("d", "x", "y", 0.8), ("c", "y", "x", 0.8))
    worst = mistakes.worst(rows)
    assert list(worst["id"]) == ["c", "d", "a"]
    assert list(worst["sure"]) == [0.8, 0.8, 0.6]


def test_what_is_said_of_a_mistake(tmp_path):
    rows = frame(("a", "x", "y", 0.6), ("b", "x", "x", 0.9), ("c", "y", "x", 0.805))
    page = written(tmp_path / "page.html", {"zh": rows, "sw": rows.iloc[:2]})
    assert shown(page) == ["c", "a", "a"]
    assert page.count("content of b") == 0
    assert "<li><p>content of c</p><b>y</b>, predicted <b>x</b> at 80%<br><small>c</small></li>" in page
    assert "<h2>zh</h2>\n<p>2 of 3 predictions are wrong.</p>" in page
    assert "<h2>sw</h2>\n<p>1 of 2 predictions are wrong.</p>" in page
    assert page.index("<h2>zh</h2>") < page.index("<h2>sw</h2>")
    assert "<title>news: worst mistakes</title>" in page


def test_no_more_than_can_be_looked_at(tmp_path):
    rows = frame(*((f"{number:03}", "x", "y", 0.5 + number / 1000) for number in range(40)))
    seen = []
    page = written(tmp_path / "page.html", {"zh": rows}, as_html=lambda content: seen.append(content) or "")
    assert shown(page) == [f"{number:03}" for number in range(39, 39 - mistakes.SHOWN, -1)]
    assert len(seen) == mistakes.SHOWN
    assert "40 of 40 predictions are wrong." in page


@pytest.mark.parametrize("rows", [frame(), frame(("a", "x", "x", 0.9))])
def test_a_domain_without_mistakes(tmp_path, rows):
    page = written(tmp_path / "page.html", {"zh": rows})
    assert f"0 of {len(rows)} predictions are wrong." in page
    assert shown(page) == []


def test_labels_ids_and_names_are_no_html(tmp_path):
    rows = frame((HOSTILE, f"{HOSTILE}1", f"{HOSTILE}2", 0.6))
    text = load_modality("text")
    page = written(tmp_path / "page.html", {HOSTILE: rows}, HOSTILE, text.as_html, task=HOSTILE)
    assert "<script" not in page
    assert html.unescape(page).count(HOSTILE) == 7  # title twice, domain, content, truth, prediction, id


def test_braces_in_contents_are_left_alone(tmp_path):
    page = written(tmp_path / "page.html", {"zh": frame(("{title}", "{0}", "{shown}", 0.6))})
    assert "<small>{title}</small>" in page and "<b>{0}</b>" in page


def test_a_truth_that_the_model_does_not_know(tmp_path):
    rows = pd.DataFrame([{"id": "a", "label": "weather", "prediction": "x", "probabilities": {"x": 0.7, "y": 0.3}}])
    assert "<b>weather</b>, predicted <b>x</b> at 70%" in written(tmp_path / "page.html", {"zh": rows})


def test_the_page_replaces_a_linked_one(tmp_path):
    path, cached = tmp_path / "page.html", tmp_path / "cached"
    first = written(path, {"zh": frame(("a", "x", "y", 0.6))})
    cached.hardlink_to(path)
    cached.chmod(0o444)
    assert written(path, {"zh": frame()}) != first
    assert cached.read_text(encoding="utf-8") == first


def test_the_page_needs_nothing_from_elsewhere(tmp_path):
    page = written(tmp_path / "page.html", {"zh": frame(("a", "x", "y", 0.6))})
    assert not re.search(r"https?://|src=|<script|<link", page)
    assert page.startswith("<!doctype html>\n") and page.count("{") == page.count("}")
