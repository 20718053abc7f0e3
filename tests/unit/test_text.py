"""The text cleaner repairs broken text and loses no character of any language."""

import unicodedata
from collections import Counter

import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from repository import ROOT

from crossfer.modalities.text import data as text
from crossfer.modalities.text.data.content import MAX_HTML_LENGTH

clean = text.make_cleaner(decode_entities=True).clean

# Letters, marks, digits and punctuation of each script.
BLOCKS = {
    "latin": (0x41, 0x24F),
    "greek": (0x370, 0x3FF),
    "cyrillic": (0x400, 0x52F),
    "armenian": (0x531, 0x58F),
    "hebrew": (0x591, 0x5F4),
    "arabic": (0x600, 0x6FF),
    "devanagari": (0x900, 0x97F),
    "bengali": (0x980, 0x9FE),
    "tamil": (0xB80, 0xBFA),
    "thai": (0xE01, 0xE5B),
    "tibetan": (0xF00, 0xFDA),
    "myanmar": (0x1000, 0x109F),
    "georgian": (0x10A0, 0x10FF),
    "hangul": (0xAC00, 0xD7A3),
    "ethiopic": (0x1200, 0x139F),
    "khmer": (0x1780, 0x17F9),
    "kana": (0x3041, 0x30FF),
    "cjk": (0x4E00, 0x9FFF),
    "cjk punctuation": (0x3001, 0x303F),
    "full width": (0xFF01, 0xFFEE),
    "emoji": (0x1F300, 0x1FAFF),
}


def characters(low: int, high: int) -> list[str]:
    """Return visible characters: no separators, controls or unassigned code points."""
    return [chr(c) for c in range(low, high + 1) if unicodedata.category(chr(c))[0] in "LMNPS"]


@pytest.mark.parametrize("block", BLOCKS)
def test_every_character_remains(block):
    for character in characters(*BLOCKS[block]):
        cleaned, _ = clean(f"1{character}2")  # between letters of another script it might be a homoglyph
        assert cleaned == unicodedata.normalize("NFC", f"1{character}2"), f"U+{ord(character):04X}"


@pytest.mark.parametrize("block", [block for block in BLOCKS if block != "latin"])
def test_words_of_a_script_remain(block):
    alphabet = characters(*BLOCKS[block])

    @settings(max_examples=150, deadline=None)
    @given(st.lists(st.text(alphabet, min_size=1, max_size=12), min_size=1, max_size=8))
    def check(words):
        cleaned, _ = clean(" ".join(words))
        expected = unicodedata.normalize("NFC", " ".join(words))
        assert cleaned == expected
        assert Counter(map(unicodedata.category, cleaned)) == Counter(map(unicodedata.category, expected))

    check()


LATIN = {
    code: pd.read_csv(ROOT / f"data/probe/{code}.csv")["text"] for code in ("en", "fr", "de", "es", "pt", "sw", "tr")
}
QUOTES = ["“{}”", "„{}“", "«{}»", "« {} »", "‘{}’", '"{}"', "{}—", "{}…", "{}"]


@pytest.mark.parametrize("code", LATIN)
def test_words_of_a_latin_language_remain(code):
    """Sentences and words, also in capitals, in all quotation marks."""
    words = sorted({word for content in LATIN[code] for word in content.split()})

    @settings(max_examples=300, deadline=None)
    @given(st.sampled_from([*words, *LATIN[code]]), st.sampled_from(QUOTES), st.sampled_from([str, str.upper]))
    def check(content, quotes, form):
        written = unicodedata.normalize("NFC", quotes.format(form(content)))
        assert clean(written)[0] == written

    check()


@settings(max_examples=300, deadline=None)
@given(st.text())
@example("\x81\x98ß×\x1f¿")  # a control character splits a sequence of wrong decoding
def test_cleaning_is_idempotent(content):
    once, _ = clean(content)
    assert clean(once)[0] == once


@pytest.mark.parametrize("content", ["می\u200cخواهم", "क्\u200dष", "क्\u200cष", "👩\u200d💻"])
def test_meaningful_joiners_remain(content):
    """Zero-width joiners change the meaning of Persian, Hindi and emoji sequences."""
    assert clean(content)[0] == content


@pytest.mark.parametrize(
    ("content", "expected", "changes"),
    [
        ("plain", "plain", []),
        ("  two\r\nlines\u2028and\u00a0spaces\t", "two lines and spaces", ["white_space"]),
        ("schÃ¶n, grÃ¼n, weiÃŸ", "schön, grün, weiß", ["encoding"]),
        ("“A MINHA IRMÃ”", "“A MINHA IRMÃ”", []),
        ("CRISTÃ—católica", "CRISTÃ—católica", []),
        ("nul\x00 byte", "nul byte", ["encoding"]),
        ("\x1b[31mred", "red", ["encoding"]),
        ("\ufeffmarked", "marked", ["encoding"]),
        ("e\u0301te\u0301", "été", ["unicode_form"]),
        ("“curly” ﬁ Ｗｉｄｅ", "“curly” ﬁ Ｗｉｄｅ", []),
        ("a &amp; b", "a & b", ["entities"]),
    ],
)
def test_repairs_and_their_names(content, expected, changes):
    assert clean(content) == (expected, changes)


@pytest.mark.parametrize(
    ("content", "size"), [("", 0), ("...!", 0), ("😀", 0), ("ab 12", 4), ("हिंदी", 5), ("ሰላም", 3), ("新闻", 2)]
)
def test_size_counts_letters_marks_and_digits(content, size):
    assert text.size(content) == size


def test_probe_does_not_change():
    for path in (ROOT / "data/probe").glob("*.csv"):
        for content in pd.read_csv(path)["text"]:
            assert clean(content)[0] == content
            assert text.size(content) >= 20


def test_baseline_learns():
    texts = ["goal match team", "match team win", "bank profit shares", "profit bank rate"]
    fitted = text.baseline().fit(texts, ["sports", "sports", "business", "business"])
    assert list(fitted.predict(["team goal", "bank shares"])) == ["sports", "business"]


def test_html_is_the_escaped_beginning():
    assert text.as_html("a <b> & c") == "<p>a &lt;b&gt; &amp; c</p>"
    assert text.as_html("x" * MAX_HTML_LENGTH) == f"<p>{'x' * MAX_HTML_LENGTH}</p>"
    assert text.as_html("<" * (MAX_HTML_LENGTH + 1)) == f"<p>{'&lt;' * MAX_HTML_LENGTH} ...</p>"


def test_loaded_cleaner_cleans_alike(tmp_path):
    clean_texts = text.make_cleaner(decode_entities=True)
    clean_texts.save(tmp_path)
    assert text.load_cleaner(tmp_path).clean("a\u200b b") == clean_texts.clean("a\u200b b")


def test_entities_become_characters():
    assert clean("&quot;Prices&quot; rose &amp; fell") == ('"Prices" rose & fell', ["entities"])
    assert clean("Q&amp;amp;A, R&D, fish &amp chips")[0] == "Q&A, R&D, fish &amp chips"
    assert text.make_cleaner(decode_entities=False).clean("a &amp; b") == ("a &amp; b", [])


def test_option_is_saved(tmp_path):
    text.make_cleaner(decode_entities=False).save(tmp_path)
    assert text.load_cleaner(tmp_path).clean("a &amp; b") == ("a &amp; b", [])


def test_emoji_have_no_size_with_or_without_variation_selector():
    assert text.size("\u2764\ufe0f") == text.size("\U0001f44d") == 0
    assert text.size("\u0939\u093f\u0928\u094d\u0926\u0940") == 6  # marks of Hindi count
