"""Perturbations of texts, and out-of-distribution texts."""

import unicodedata

import numpy as np
import pytest
from repository import ROOT

from crossfer.config.params import load_params
from crossfer.errors import UserError
from crossfer.modalities.text.data.cleaner import TextCleaner
from crossfer.modalities.text.model import typos
from crossfer.robustness.text import PERTURBATIONS, gradient_attacks, out_of_distribution

LONG = "The bank said on 12 May 2004 that profits, up 30%, rose in Berlin; it will hire 1,200 people. " * 20
TASK = load_params(ROOT / "params.yaml").tasks["news"]
CLEANER = TextCleaner(decode_entities=True, drops_middle=True)
LIGHT, MEDIUM, HEAVY = range(3)


def perturb(name, severity, content=LONG):
    function, amounts = PERTURBATIONS[name]
    return function(content, amounts[severity], np.random.default_rng(0))


def count_differences(one, other):
    return sum(a != b for a, b in zip(one, other, strict=True))


def count_letters(content):
    return sum(map(str.isalpha, content))


@pytest.mark.parametrize("name", PERTURBATIONS)
def test_severities_differ_and_are_reproducible(name):
    versions = [perturb(name, severity) for severity in range(3)]
    assert LONG not in versions
    assert len(set(versions)) == 3
    assert versions == [perturb(name, severity) for severity in range(3)]


@pytest.mark.parametrize("name", PERTURBATIONS)
@pytest.mark.parametrize("content", ["", "1", "。", "短い文です", "ख़बर", "x"])
def test_short_texts_of_any_script(name, content):
    for severity in range(3):
        assert isinstance(perturb(name, severity, content), str)


@pytest.mark.parametrize("severity", range(3))
def test_fraction_of_changed_letters(severity):
    letters = count_letters(LONG)
    (_, amounts), shortened = PERTURBATIONS["dropped characters"], perturb("dropped characters", severity)
    assert letters - count_letters(shortened) == round(amounts[severity] * letters)
    assert count_differences(LONG, perturb("typos", severity)) == round(PERTURBATIONS["typos"][1][severity] * letters)
    swapped = perturb("swapped characters", severity)
    assert sorted(swapped) == sorted(LONG) and 0 < count_differences(LONG, swapped) <= 2 * round(0.1 * letters)


@pytest.mark.parametrize(("letter", "neighbours"), [("g", "fh"), ("Q", "W"), ("ш", "гщ"), ("é", "wr"), ("ب", "يل")])
def test_typos_are_keyboard_neighbours(letter, neighbours):
    substitutes = {typos.substitute_letters(letter, 1.0, np.random.default_rng(seed)) for seed in range(20)}
    assert substitutes == set(neighbours)


def test_typos_without_keyboard_use_letters_of_the_text():
    substitutes = typos.substitute_letters("東京大学", 1.0, np.random.default_rng(0))
    assert set(substitutes) <= set("東京大学") and len(substitutes) == 4


def test_cleaner_removes_homoglyphs_and_invisible_characters():
    clean, _ = CLEANER.clean(LONG)
    for severity in range(3):
        assert CLEANER.clean(perturb("invisible characters", severity))[0] == clean
        assert CLEANER.clean(perturb("homoglyphs", severity))[0] == clean


def test_cleaner_removes_homoglyphs_in_cyrillic_text():
    content = "Банк сообщил, что прибыль компании выросла на треть"
    assert CLEANER.clean(perturb("homoglyphs", MEDIUM, content))[0] == content


def test_cleaner_folds_white_space():
    spaced = LONG.replace(" ", "\t\n\u2003")
    assert CLEANER.clean(spaced)[0] == CLEANER.clean(LONG)[0]


def test_changed_numbers_are_in_the_same_script():
    for content in ("1,234", "١٢٣٤", "१२३४"):
        changed = perturb("numbers changed", HEAVY, content)
        assert count_differences(changed, content) == 4
        pairs = zip(changed, content, strict=True)
        assert all(a.isdecimal() == b.isdecimal() and abs(ord(a) - ord(b)) < 10 for a, b in pairs)


def test_capitals_punctuation_truncation_and_off_topic_sentences():
    assert perturb("capitals", HEAVY) == LONG.upper()
    assert not any(unicodedata.category(one).startswith("P") for one in perturb("punctuation removed", HEAVY))
    assert LONG.startswith(perturb("truncation", LIGHT)) and len(perturb("truncation", HEAVY)) == len(LONG) // 4
    light, medium, heavy = (perturb("off-topic sentence", severity) for severity in range(3))
    assert light.startswith(LONG) and medium.endswith(LONG) and heavy.endswith(LONG) and len(heavy) > len(medium)


def test_training_noise_changes_its_fraction_of_the_letters():
    letters = count_letters(LONG)
    noisy_text = typos.add_noise(LONG, 0.09, np.random.default_rng(0))
    assert letters - count_letters(noisy_text) == round(0.03 * letters)
    assert typos.add_noise(LONG, 0.0, np.random.default_rng(0)) == LONG


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "does not exist"),
        (b"category\ttext\na\tb\n\na\tb\tc", ", line 4, has 3 columns; the header has 2"),
        (b"category\ttext\na\tb\na\t \nc\td\n", ", line 3, has no text"),
        (b"category\ttext\na\n", ", line 2, has no text"),
        (b"category\ttext\n", "has no rows with the columns category and text"),
        (b"\n", "has no rows with the columns category and text"),
        (b"language\ttext\nen\ta\n", "has no rows with the columns category and text"),
    ],
)
def test_broken_table_of_texts(content, message, tmp_path):
    path = tmp_path / "mine.tsv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError, match=f"mine.tsv ?{message}.*Fix the file, or stress.out_of_distribution"):
        out_of_distribution(str(path))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", " is empty; remove it, or add its content."),
        (
            b"category\ttext\n\xff\ta\n",
            ", line 2, is not UTF-8 (byte 0xff); save the file as UTF-8, or set `fallback` where there is one.",
        ),
    ],
)
def test_unreadable_table_of_texts_is_named_once(content, message, tmp_path):
    path = tmp_path / "mine.tsv"
    path.write_bytes(content)
    with pytest.raises(UserError) as caught:
        out_of_distribution(str(path))
    assert str(caught.value) == f"{path}{message}"


def test_table_of_own_texts(tmp_path):
    path = tmp_path / "mine.tsv"
    path.write_text('category\ttext\nlove_letter\tMy "dear\nnote\tNA\n', encoding="utf-8")
    rows = out_of_distribution(str(path))
    assert rows.values.tolist() == [["love letter", 'My "dear'], ["note", "NA"]]


def test_rows_with_a_trailing_tab(tmp_path):
    path = tmp_path / "mine.tsv"
    path.write_text("category\ttext\na\tb\t\nc\td\n", encoding="utf-8")
    assert out_of_distribution(str(path)).values.tolist() == [["a", "b"], ["c", "d"]]


def test_out_of_distribution_texts():
    rows = out_of_distribution(str(ROOT / TASK.stress.out_of_distribution))
    assert list(rows.columns) == ["category", "content"]
    assert (rows["category"].value_counts() == 24).all() and rows["category"].nunique() == 10
    assert rows["content"].is_unique and rows["content"].str.len().min() > 10


def test_no_gradient_attacks_on_texts():
    assert gradient_attacks(None, [], 1) == {}
