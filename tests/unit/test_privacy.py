"""The scrubber finds personal data in eight languages and leaves similar text."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossfer.commands import scrubber
from crossfer.config import personal_data
from crossfer.modalities.text import data as text
from crossfer.preprocessing.scrubbing import add_scrubber
from crossfer.privacy.normalize import normalize
from crossfer.privacy.scrubber import FINDERS, Scrubber

SCRUBBER = Scrubber(list(FINDERS))


def test_types_have_the_order_of_the_configuration():
    assert tuple(FINDERS) == personal_data.PERSONAL_DATA_TYPES


@pytest.mark.parametrize("name", scrubber.SENTENCE_SETS)
def test_recall_and_precision(name):
    positives, negatives = scrubber.read_sentences(name, "positives"), scrubber.read_sentences(name, "negatives")
    detected, false = scrubber.detections(SCRUBBER, positives, negatives)
    assert detected.total() / len(positives) >= 0.98
    assert detected.total() / (detected.total() + false.total()) >= 0.98


def test_size_of_the_test_sets():
    positives = scrubber.read_sentences("developed", "positives")
    negatives = scrubber.read_sentences("developed", "negatives")
    assert len(positives) >= 600 and len(negatives) >= 600
    assert len({row["language"] for row in positives}) == len({row["language"] for row in negatives}) == 8
    assert {row["type"] for row in positives} == set(FINDERS)
    assert len({row["text"] for row in positives}) == len(positives)


@pytest.mark.parametrize(
    ("content", "scrubbed"),
    [
        ("Write to jo@example.com, jo@example.com or ann@example.com.", "Write to <EMAIL>, <EMAIL> or <EMAIL_2>."),
        ("رقمه ٠٥٠ ٢١٢٣٤٥٦.", "رقمه <PHONE>."),
        ("卡号４１１１ １１１１ １１１１ １１１１。", "卡号<CARD>。"),
        ("See https://me:pw123@host/x and call +44 20 7946 0958", "See <URL> and call <PHONE>"),
        ("Its score was 3-2 in 2004-2005.", "Its score was 3-2 in 2004-2005."),
        ("Tel. 0664 12 34 567, Tél. 0612 34 56 78", "Tel. <PHONE>, Tél. <PHONE_2>"),
        ("Call 415-555-2671 24 hours, 415-555-2671 415-555-2672", "Call <PHONE> 24 hours, <PHONE> <PHONE_2>"),
        ("maria@gmail.com.py and _jo@example.com_, logo@2x.png", "<EMAIL> and <EMAIL_2>_, logo@2x.png"),
        ("to rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh today", "to <WALLET> today"),
        ("password: Sommerregen! he wrote", "password: <SECRET> he wrote"),
        ("", ""),
    ],
)
def test_placeholders(content, scrubbed):
    assert SCRUBBER(content)[0] == scrubbed


def test_scrubber_counts_types_and_stores_no_values():
    _, counts = SCRUBBER("jo@example.com, ann@example.com, 192.168.0.7")
    assert counts == {"email": 2, "ip": 1}
    cleaner = add_scrubber(text.make_cleaner(decode_entities=True), ["email"])
    assert cleaner.clean("Mail  jo@example.com from 192.168.0.7") == (
        "Mail <EMAIL> from 192.168.0.7",
        ["white_space", "scrubbed_email"],
    )
    assert "jo@" not in str(vars(cleaner.scrubber))


def test_scrubber_replaces_only_its_types():
    assert Scrubber(["ip"])("jo@example.com 192.168.0.7")[0] == "jo@example.com <IP>"
    cleaner = text.make_cleaner(decode_entities=True)
    assert add_scrubber(cleaner, []) is cleaner


def test_served_cleaner_does_not_scrub(tmp_path):
    add_scrubber(text.make_cleaner(decode_entities=True), ["email"]).save(tmp_path)
    assert text.load_cleaner(tmp_path).clean("jo@example.com") == ("jo@example.com", [])


@given(st.text(max_size=200))
def test_scrubber_accepts_any_text(content):
    scrubbed, counts = SCRUBBER(content)
    assert len(normalize(content)) == len(content)
    assert (scrubbed == content) == (not counts)


@pytest.mark.parametrize(
    "characters",
    [
        "a@",
        "1 ",
        "a.",
        "0:",
        "-",
        "x[at]",
        "www.",
        "://a:",
        "٠١",
        "A1",
        "@a",
        "°'\"",
        "pwd=",
        "密码",
        "http://a?a-",
        "http://",
        "eyJ-",
        "a-",
        "a_at_",
        "%40a",
        "&#64;a",
        '"a',
        " at a dot",
        "(at)",
        "password is ",
        "token=",
        "Basic a",
        "x.com/",
        "1.2345,",
        "de12 ",
        "::1",
        "passport ",
        "北緯1度",
        "curl -u a:",
        "a#163",
        "key=",
        "(+",
        "0 / ",
        "a@(dot)",
        "instagram: a",
        "sk-a-",
        "SG.a",
        "a?key=a-",
    ],
)
def test_time_is_linear(characters):
    """Five times the text takes about five times as long, even with backtracking."""

    def seconds(length):
        start = time.process_time()
        SCRUBBER(characters * (length // len(characters)))
        return time.process_time() - start

    assert seconds(50_000) < 12 * seconds(10_000) + 0.5  # quadratic time would be 25 times
