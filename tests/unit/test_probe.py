"""The parallel probe: complete, parallel, in the right script, and no item twice."""

import itertools
import re
import unicodedata
from difflib import SequenceMatcher

import pandas as pd
import pytest
from repository import ROOT

from crossfer.modalities.text import data as text

# The script that most letters of each language must be in, by the first word of their Unicode names.
SCRIPTS = {
    "en": {"LATIN"},
    "fr": {"LATIN"},
    "de": {"LATIN"},
    "es": {"LATIN"},
    "pt": {"LATIN"},
    "sw": {"LATIN"},
    "tr": {"LATIN"},
    "ru": {"CYRILLIC"},
    "ar": {"ARABIC"},
    "hi": {"DEVANAGARI"},
    "zh": {"CJK"},
    "ja": {"CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA"},
}
# Letters or marks that only this language has, among the languages of its script.
DISTINCTIVE = {
    "de": "äöüß",
    "es": "ñáó",
    "fr": "éèç",
    "pt": "ãçõ",
    "tr": "ığş",
    "hi": "ािी",
    "ar": "ةى",
    "ru": "ыэ",
    "ja": "のはを",
}
TOPICS = ["business", "entertainment", "politics", "sports", "tech"]
LENGTHS = {"zh": (25, 110), "ja": (35, 140)}  # characters; all others:
ALPHABETIC = (80, 320)

PROBE = {code: pd.read_csv(ROOT / f"data/probe/{code}.csv", dtype=str, keep_default_na=False) for code in SCRIPTS}


def test_the_folder_has_these_languages_only():
    assert {path.stem for path in (ROOT / "data/probe").glob("*.csv")} == set(SCRIPTS)


@pytest.mark.parametrize("code", SCRIPTS)
def test_parallel_and_balanced(code):
    rows = PROBE[code]
    assert list(rows.columns) == ["id", "topic", "language", "text"]
    assert list(rows["id"]) == [f"{topic}-{number:02}" for topic in TOPICS for number in range(1, 13)]
    assert list(rows["topic"]) == [identity.split("-")[0] for identity in rows["id"]]
    assert set(rows["language"]) == {code}


@pytest.mark.parametrize("code", SCRIPTS)
def test_script(code):
    letters = [c for content in PROBE[code]["text"] for c in content if unicodedata.category(c)[0] == "L"]
    own = sum(unicodedata.name(letter).split()[0] in SCRIPTS[code] for letter in letters)
    assert own / len(letters) > 0.985
    texts = "".join(PROBE[code]["text"])
    assert all(mark in texts for mark in DISTINCTIVE.get(code, ""))


@pytest.mark.parametrize("code", SCRIPTS)
def test_lengths(code):
    lengths = PROBE[code]["text"].str.len()
    low, high = LENGTHS.get(code, ALPHABETIC)
    assert lengths.min() >= low
    assert lengths.max() <= high
    sentences = PROBE[code]["text"].map(
        lambda content: len(re.findall(r"[.!?。！？؟।]+[\"”»“」)]*(?=\s|$|\w)", content))
    )
    assert sentences.max() <= 3


@pytest.mark.parametrize("code", SCRIPTS)
def test_cleaning_changes_no_text(code):
    for content in PROBE[code]["text"]:
        assert text.make_cleaner(decode_entities=True).clean(content) == (content, [])


@pytest.mark.parametrize("code", SCRIPTS)
def test_no_two_items_are_similar(code):
    contents = list(PROBE[code]["text"])
    for one, other in itertools.combinations(contents, 2):
        matcher = SequenceMatcher(None, one, other, autojunk=False)
        if matcher.quick_ratio() > 0.7:
            assert matcher.ratio() < 0.7, (one, other)
    starts = [content[:12] for content in contents]
    assert len(set(starts)) >= len(starts) - 1


@pytest.mark.parametrize(
    ("identity", "digits"),
    [("business-03", "425"), ("business-05", "48"), ("politics-01", "12"), ("sports-11", "300"), ("tech-06", "20")],
)
def test_figures_agree_in_all_languages(identity, digits):
    for code, rows in PROBE.items():
        content = unicodedata.normalize("NFKC", rows.set_index("id")["text"][identity])
        assert digits in [re.sub(r"\D", "", number) for number in re.findall(r"\d[\d.,]*", content)], code


def test_no_word_is_in_most_items_of_one_topic():
    """Such a word would give the topic away."""
    for topic, rows in PROBE["en"].groupby("topic"):
        words = [set(re.findall(r"[a-z]{5,}", content.lower())) for content in rows["text"]]
        for word in set.union(*words):
            assert sum(word in item for item in words) <= 5, (topic, word)
