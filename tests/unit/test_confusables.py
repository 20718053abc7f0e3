"""Homoglyphs and invisible characters are replaced; ordinary text does not change."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from repository import ROOT

from crossfer.modalities.text import data as text
from crossfer.modalities.text.data.confusables import replace_confusables


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("The b\u200bank\u2060 of Eng\u00adland", "The bank of England"),
        ("\u202eevil\u202c \u2066text\u2069", "evil text"),
        ("раypаl and Micrоsоft", "paypal and Microsoft"),  # Cyrillic р, а, о
        ("Αpple", "Apple"),  # Greek Α
        ("Zür\u0456\u0441h", "Zürich"),  # Cyrillic і, с
        ("cafe\u200b\u0301", "café"),
        ("Мocква", "Москва"),  # Latin o, c
        ("𝐁𝐚𝐧𝐤 𝘰𝘧 𝖤𝗇𝗀𝗅𝖺𝗇𝖽", "Bank of England"),
        ("z\u0300\u0301\u0302\u0303\u0304\u0305\u0306algo", "z\u0300\u0301\u0302\u0303algo"),
        ("a\u115f\u3164b", "ab"),
        ("b\ufe0fank", "bank"),  # a variation selector
        ("Москва\u200d\u200c и Ки\u200cев", "Москва и Киев"),  # joiners, which Cyrillic does not need
        ("ش\u200dركة في ا\u200dلمدينة", "شركة في المدينة"),  # joiners between letters that are joined anyway
        ("ब\u200cैंक", "बैंक"),
        ("ش\u200cر\u200cك\u200cة", "شركة"),  # all letters separated
        ("東\ufe0f京タ\ufe00ワー", "東京タワー"),
        ("раураl ԝɩӏӏ ѕоϲk", "paypal will sock"),  # whole words in several scripts
        ("bɑnk saɡe", "bank sage"),
        ("tһe сор ran", "the cop ran"),  # сор is Cyrillic, and no word is certainly Russian
    ],
)
def test_confusables_are_replaced(content, expected):
    assert replace_confusables(content) == expected


@pytest.mark.parametrize(
    "content",
    [
        "این را می\u200cخواهم",
        "क्\u200dष और लोग",
        "র\u200d্যাব বলেছে",
        "👩\u200d💻 works",
        "Θεός and μm",
        "IT-специалист",
        "/bæŋk/ ɡɑ Kabɩyɛ",
        "СССР",
        "❤\ufe0f",
        "葛\U000e0100",
        "Москва",
        "naïve Việt Nam ệ",
        "שָׁלוֹם",
        "۝ ٤",
    ],
)
def test_ordinary_text_does_not_change(content):
    assert replace_confusables(content) == content


@pytest.mark.parametrize("path", sorted((ROOT / "data/probe").glob("*.csv")), ids=lambda path: path.stem)
def test_probe_does_not_change(path):
    assert all(replace_confusables(content) == content for content in pd.read_csv(path)["text"])


@given(st.text(max_size=100))
def test_replacement_is_idempotent(content):
    once = replace_confusables(content)
    assert replace_confusables(once) == once


def test_preprocess_and_predict_clean_alike(tmp_path):
    cleaner = text.make_cleaner(decode_entities=True)
    cleaner.save(tmp_path)
    assert cleaner.clean("p\u0430ypal\u200b") == ("paypal", ["confusables"])
    assert text.load_cleaner(tmp_path).clean("p\u0430ypal\u200b") == ("paypal", ["confusables"])


@pytest.mark.parametrize("characters", ["\u0301", "\u200b", "\u200d", "аa", "𝐁"])
def test_long_texts(characters):
    assert len(replace_confusables(characters * 500_000)) <= 500_000 * len(characters)
