"""What looks the same to people is the same to the model; what people write stays as it is."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from repository import ROOT

from crossfer.modalities.text import data as text
from crossfer.modalities.text.data.confusables import replace_confusables


@pytest.mark.parametrize(
    ("disguised", "plain"),
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
        ("Москва\u200d\u200c и Ки\u200cев", "Москва и Киев"),  # joiners, which Cyrillic has no use for
        ("ش\u200dركة في ا\u200dلمدينة", "شركة في المدينة"),  # letters that are joined anyway
        ("ब\u200cैंक", "बैंक"),
        ("ش\u200cر\u200cك\u200cة", "شركة"),  # every letter apart
        ("東\ufe0f京タ\ufe00ワー", "東京タワー"),
        ("раураl ԝɩӏӏ ѕоϲk", "paypal will sock"),  # whole words, of several alphabets
        ("bɑnk saɡe", "bank sage"),
        ("tһe сор ran", "the cop ran"),  # сор is Cyrillic altogether, and nothing here is surely Russian
    ],
)
def test_disguises_are_undone(disguised, plain):
    assert replace_confusables(disguised) == plain


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
def test_what_people_write_stays(content):
    assert replace_confusables(content) == content


@pytest.mark.parametrize("path", sorted((ROOT / "data/probe").glob("*.csv")), ids=lambda path: path.stem)
def test_the_probe_stays(path):
    assert all(replace_confusables(content) == content for content in pd.read_csv(path)["text"])


@given(st.text(max_size=100))
def test_twice_is_once(content):
    once = replace_confusables(content)
    assert replace_confusables(once) == once


def test_preprocess_and_predict_see_the_same():
    assert text.make_cleaner().clean("p\u0430ypal\u200b") == ("paypal", ["disguise"])
    assert text.load_cleaner(ROOT).clean("p\u0430ypal\u200b") == ("paypal", ["disguise"])


@pytest.mark.parametrize("sign", ["\u0301", "\u200b", "\u200d", "аa", "𝐁"])
def test_long_texts(sign):
    assert len(replace_confusables(sign * 500_000)) <= 500_000 * len(sign)
