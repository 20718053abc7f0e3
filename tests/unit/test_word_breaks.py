"""Zero-width spaces between words become spaces, unless the script writes none."""

import pytest

from crossfer.modalities.text.data.confusables import replace_confusables
from crossfer.modalities.text.data.word_breaks import separate_words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Breaking\u200bnews from the harbour", "Breaking news from the harbour"),
        ("Breaking\u200b\u200bnews in\u200b2024", "Breaking news in 2024"),
        (
            "\u092f\u0939\u093e\u200b\u0909\u0924\u094d\u092a\u093e\u0926",
            "\u092f\u0939\u093e \u0909\u0924\u094d\u092a\u093e\u0926",
        ),
        ("Prices\u200b, rose\u200b \u200bagain", "Prices, rose again"),
        ("\u65b0\u200b\u95fb", "\u65b0\u95fb"),  # Chinese writes no spaces
        (
            "\u0e02\u0e48\u0e32\u0e27\u200b\u0e14\u0e48\u0e27\u0e19",
            "\u0e02\u0e48\u0e32\u0e27\u200b\u0e14\u0e48\u0e27\u0e19",
        ),  # Thai marks words
        ("\u1780\u17c6\u200b\u1796\u17bb", "\u1780\u17c6\u200b\u1796\u17bb"),  # Khmer too
    ],
)
def test_words_are_separated(text, expected):
    assert replace_confusables(text) == expected


@pytest.mark.parametrize(
    "text", ["f\u200br\u200be\u200be m\u200bo\u200bney", "f\u200bree money", "fr\u200bee mo\u200bney ba\u200bnk"]
)
def test_zero_width_spaces_within_words_are_removed(text):
    assert replace_confusables(text) == text.replace("\u200b", "")


def test_many_breaks_between_complete_words_become_spaces():
    assert (
        separate_words("Parliament\u200bapproved\u200bbudget\u200byesterday") == "Parliament approved budget yesterday"
    )


@pytest.mark.parametrize("noise", ["\u200c", "\u200d", "\u2060", "\ufeff", "\u202e", "\U000e0041", "\u200b\u2060"])
def test_zero_width_spaces_next_to_other_noise_within_words_are_removed(noise):
    text = f"Parliament appro\u200bved the bud{noise}get"
    assert replace_confusables(text) == "Parliament approved the budget"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\ufeffBreaking\u200bnews", "Breaking news"),  # byte order mark at the start of a file
        ("Breaking\u200bnews from Ber\u00adlin", "Breaking news from Berlin"),  # hyphenation
        ("Breaking\u200bnews\u2060\u2014\u2060today", "Breaking news\u2014today"),  # no line break at a dash
        (
            "\u05d4\u200eCEO \u05d0\u05de\u05e8\u200b\u05d4\u05d9\u05d5\u05dd",
            "\u05d4CEO \u05d0\u05de\u05e8 \u05d4\u05d9\u05d5\u05dd",
        ),
        (
            "\u0645\u06cc\u200c\u0634\u0648\u062f\u200b\u062e\u0628\u0631",
            "\u0645\u06cc\u200c\u0634\u0648\u062f \u062e\u0628\u0631",
        ),  # Persian joiner
    ],
)
def test_other_invisible_characters_with_a_purpose_leave_word_breaks(text, expected):
    assert replace_confusables(text) == expected
