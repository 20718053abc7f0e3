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
