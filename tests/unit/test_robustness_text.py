"""Ways to disturb a text: each does what it says, at its severity, and the same whenever it is asked."""

import unicodedata

import numpy as np
import pytest
from repository import ROOT

from crossfer.config.params import load_params
from crossfer.errors import UserError
from crossfer.modalities.text import data as text
from crossfer.modalities.text.model import typos
from crossfer.robustness.text import PERTURBATIONS, gradient_attacks, out_of_distribution

LONG = "The bank said on 12 May 2004 that profits, up 30%, rose in Berlin; it will hire 1,200 people. " * 20
TASK = load_params(ROOT / "params.yaml").tasks["news"]
CLEANER = text.load_cleaner(None)


def disturbed(perturbation, severity, content=LONG, seed=0):
    do, amounts = PERTURBATIONS[perturbation]
    return do(content, amounts[severity], np.random.default_rng(seed))


def changed(one, other):
    return sum(a != b for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("perturbation", PERTURBATIONS)
def test_stronger_is_more_and_the_same_again(perturbation):
    versions = [disturbed(perturbation, severity) for severity in range(3)]
    assert LONG not in versions
    assert len(set(versions)) == 3
    assert versions == [disturbed(perturbation, severity) for severity in range(3)]


@pytest.mark.parametrize("perturbation", PERTURBATIONS)
@pytest.mark.parametrize("content", ["", "1", "。", "短い文です", "ख़बर", "x"])
def test_short_and_foreign_texts_are_taken(perturbation, content):
    for severity in range(3):
        assert isinstance(disturbed(perturbation, severity, content), str)


@pytest.mark.parametrize("severity", range(3))
def test_shares_of_the_letters(severity):
    letters = sum(map(str.isalpha, LONG))
    (_, amounts), dropped = PERTURBATIONS["dropped characters"], disturbed("dropped characters", severity)
    assert letters - sum(map(str.isalpha, dropped)) == round(amounts[severity] * letters)
    assert changed(LONG, disturbed("typos", severity)) == round(PERTURBATIONS["typos"][1][severity] * letters)
    swapped = disturbed("swapped characters", severity)
    assert sorted(swapped) == sorted(LONG) and 0 < changed(LONG, swapped) <= 2 * round(0.1 * letters)


@pytest.mark.parametrize(("letter", "beside"), [("g", "fh"), ("Q", "W"), ("ш", "гщ"), ("é", "wr"), ("ب", "يل")])
def test_typos_are_neighbours_on_the_keyboard(letter, beside):
    found = {typos.substitute_letters(letter, 1.0, np.random.default_rng(seed)) for seed in range(20)}
    assert found == set(beside)


def test_scripts_without_such_a_keyboard_take_letters_of_the_text():
    found = typos.substitute_letters("東京大学", 1.0, np.random.default_rng(0))
    assert set(found) <= set("東京大学") and len(found) == 4


def test_what_cannot_be_seen_and_look_alikes_are_undone_by_the_cleaner():
    clean, _ = CLEANER.clean(LONG)
    for severity in range(3):
        assert CLEANER.clean(disturbed("invisible characters", severity))[0] == clean
        assert CLEANER.clean(disturbed("homoglyphs", severity))[0] == clean


def test_cyrillic_look_alikes_are_undone():
    content = "Банк сообщил, что прибыль компании выросла на треть"
    assert CLEANER.clean(disturbed("homoglyphs", 1, content))[0] == content


def test_white_space_of_the_same_words_is_undone():
    spaced = LONG.replace(" ", "\t\n\u2003")
    assert CLEANER.clean(spaced)[0] == CLEANER.clean(LONG)[0]


def test_numbers_stay_numbers_of_their_script():
    for content in ("1,234", "١٢٣٤", "१२३४"):
        found = disturbed("numbers changed", 2, content)
        assert changed(found, content) == 4
        pairs = zip(found, content, strict=True)
        assert all(a.isdecimal() == b.isdecimal() and abs(ord(a) - ord(b)) < 10 for a, b in pairs)


def test_the_other_ways():
    assert disturbed("capitals", 2) == LONG.upper()
    assert not any(unicodedata.category(sign).startswith("P") for sign in disturbed("punctuation removed", 2))
    assert LONG.startswith(disturbed("truncation", 0)) and len(disturbed("truncation", 2)) == len(LONG) // 4
    light, medium, heavy = (disturbed("off-topic sentence", severity) for severity in range(3))
    assert light.startswith(LONG) and medium.endswith(LONG) and heavy.endswith(LONG) and len(heavy) > len(medium)


def test_noise_in_training_has_the_share_that_is_asked_for():
    letters = sum(map(str.isalpha, LONG))
    noisy = typos.add_noise(LONG, 0.09, np.random.default_rng(0))
    assert letters - sum(map(str.isalpha, noisy)) == round(0.03 * letters)
    assert typos.add_noise(LONG, 0.0, np.random.default_rng(0)) == LONG


@pytest.mark.parametrize(
    ("content", "mistake"),
    [
        (None, "does not exist"),
        (b"", "is no table"),
        (b"sort\ttext\n\xff\ta\n", "is no table"),
        (b"sort\ttext\na\tb\n\na\tb\tc", ", line 4, has 3 columns, the header has 2"),
        (b"sort\ttext\na\tb\na\t \nc\td\n", ", line 3, has no text"),
        (b"sort\ttext\na\n", ", line 2, has no text"),
        (b"sort\ttext\n", "has no rows with the columns sort and text"),
        (b"kind\ttext\nen\ta\n", "has no rows with the columns sort and text"),
    ],
)
def test_a_table_of_texts_that_cannot_be_read(content, mistake, tmp_path):
    path = tmp_path / "mine.tsv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError, match=f"mine.tsv ?{mistake}.*Fix the file, or stress.out_of_distribution"):
        out_of_distribution(str(path))


def test_texts_of_ones_own(tmp_path):
    path = tmp_path / "mine.tsv"
    path.write_text('sort\ttext\nlove_letter\tMy "dear\nnote\tNA\n', encoding="utf-8")
    rows = out_of_distribution(str(path))
    assert rows.values.tolist() == [["love letter", 'My "dear'], ["note", "NA"]]


def test_rows_that_end_in_a_tab(tmp_path):
    path = tmp_path / "mine.tsv"
    path.write_text("sort\ttext\na\tb\t\nc\td\n", encoding="utf-8")
    assert out_of_distribution(str(path)).values.tolist() == [["a", "b"], ["c", "d"]]


def test_texts_out_of_scope():
    rows = out_of_distribution(str(ROOT / TASK.stress.out_of_distribution))
    assert list(rows.columns) == ["sort", "content"]
    assert (rows["sort"].value_counts() == 24).all() and rows["sort"].nunique() == 10
    assert rows["content"].is_unique and rows["content"].str.len().min() > 10


def test_no_gradient_attack_on_texts():
    assert gradient_attacks(None, [], 1) == {}
