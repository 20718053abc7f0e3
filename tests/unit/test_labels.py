"""Labels are normalized like contents, and spellings of one label are refused."""

import pytest

from crossfer.errors import UserError
from crossfer.sources.labels import (
    check_label_keys,
    check_spellings,
    find_unknown_labels,
    fold_label,
    normalize_name,
)

PERSIAN = "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"  # a word with a joiner
COUPLE = "\U0001f469\u200d\U0001f469"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("prive\u0301", "privé"),
        ("prive\u200b\u0301", "privé"),
        ("\ufeffsport\u200b", "sport"),
        ("soft\u00adware", "software"),
        (" world\u00a0\u3000 news ", "world news"),
        ("1.0", "1"),
        ("-3.00", "-3"),
        ("1.5", "1.5"),
        ("1.10", "1.10"),
        ("01", "01"),
        ("v1.0", "v1.0"),
        (PERSIAN, PERSIAN),
        (COUPLE, COUPLE),
        ("sport\u200d", "sport"),
        ("two\tparts", "two\tparts"),
        ("\u2060\u200d", ""),
        ("C++", "C++"),
    ],
)
def test_names_are_normalized(text, expected):
    assert normalize_name(text) == expected
    assert normalize_name(expected) == expected


@pytest.mark.parametrize(
    ("label", "other"),
    [
        ("Sport", "sport"),
        ("STRASSE", "straße"),
        ("world news", "World_News"),
        ("world-news", "world news"),
        ("01", "1"),
        ("\uff11", "1"),
        ("\u0663", "3"),
        ("\uff33port", "Sport"),
        ("\u2764\ufe0f", "\u2764"),
        (PERSIAN, PERSIAN.replace("\u200c", "")),
    ],
)
def test_labels_that_differ_in_case_or_form(label, other):
    assert fold_label(label) == fold_label(other)
    with pytest.raises(
        UserError, match=r"domain en has the labels .* and .*, which differ only in case or form; rename"
    ):
        check_spellings("en", [label, other])


@pytest.mark.parametrize(
    ("label", "other"),
    [("A", "A-"), ("1", "-1"), ("C", "C++"), ("1.1", "1.10"), ("tech", "technology"), ("on", "no"), ("e-mail", "mail")],
)
def test_labels_that_differ(label, other):
    check_spellings("en", [label, other])


def test_the_message_has_both_spellings_and_the_mapping():
    with pytest.raises(UserError) as caught:
        check_spellings("en", ["tech", "sport", "Sport"])
    assert str(caught.value) == (
        "domain en has the labels 'Sport' and 'sport', which differ only in case or form; rename one in the data, or in"
        " a table with `labels: {'sport': 'Sport'}`."
    )
    with pytest.raises(UserError) as caught:
        find_unknown_labels("sw", {"Sport": 3, "tech": 2}, "en", {"sport": 5, "tech": 5})
    assert str(caught.value) == (
        "domain sw has the label 'Sport' and the source en has 'sport', which differ only in case or form; rename one"
        " in the data, or in a table with `labels: {'Sport': 'sport'}`."
    )


def test_invisible_differences_are_spelled_out():
    with pytest.raises(UserError) as caught:
        check_spellings("en", ["\u2764", "\u2764\ufe0f"])
    assert "'\u2764' and \"\u2764\\ufe0f\"" in str(caught.value)


def test_unknown_labels_are_counted_and_a_target_needs_a_known_one():
    source = {"goods": 5, "service": 5}
    assert find_unknown_labels("sw", {"goods": 3}, "en", source) == {}
    assert find_unknown_labels("sw", {"goods": 3, "huduma": 2}, "en", source) == {"huduma": 2}
    with pytest.raises(UserError) as caught:
        find_unknown_labels("sw", {"bidhaa": 8, "huduma": 8}, "en", source)
    assert str(caught.value) == (
        "domain sw has no label of the source: it has 'bidhaa', 'huduma', the source en has 'goods', 'service'; name"
        " another column, or rename labels in the data or with `labels`."
    )


def test_a_key_of_labels_that_matches_nothing():
    labels = {"en": ["business", "sport"], "sw": ["business"]}
    check_label_keys({"en": {"sport": True}, "sw": {"sport": False}}, labels)
    with pytest.raises(UserError) as caught:
        check_label_keys({"en": {"sprot": False, "business": True}, "sw": {"sprot": False}}, labels)
    assert str(caught.value) == (
        "labels of domain en renames 'sprot', which no row has; its labels are 'sport', 'business'. Correct or remove"
        " this key."
    )
    with pytest.raises(UserError, match=r"renames '7', .* Write a number as the data has it, in quotes: '07' is not 7"):
        check_label_keys({"en": {"7": False}}, {"en": ["07", "08"]})
