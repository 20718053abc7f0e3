"""Near-duplicate texts: the search finds the pairs that comparing all texts finds."""

import itertools

import numpy as np
import pandas as pd
import pytest
from datasketch import MinHash

from crossfer.artifacts import io
from crossfer.preprocessing import near_duplicates as search
from crossfer.preprocessing.groups import connected_rows


def n_grams(text):
    return {text[start : start + 5] for start in range(max(1, len(text) - 4))}


def similarity(first, second):
    first, second = n_grams(first), n_grams(second)
    return len(first & second) / len(first | second)


def groups_of(texts, threshold, folder, chunk_size=7):
    """Return sets of texts that the search puts into one group."""
    table = folder / "texts.parquet"
    frame = pd.DataFrame({"content": texts})
    io.write_chunks(table, (frame.iloc[start : start + chunk_size] for start in range(0, len(texts), chunk_size)))
    groups = connected_rows(len(texts), search.near_duplicates(table, threshold))
    return sorted(sorted(group) for _, group in frame["content"].groupby(groups))


def groups_of_all_pairs(texts, threshold):
    """Return the same groups, found by comparing all texts."""
    similar = [
        pair
        for pair in itertools.combinations(range(len(texts)), 2)
        if similarity(*(texts[row] for row in pair)) >= threshold
    ]
    groups = connected_rows(len(texts), np.array(similar, np.intp).reshape(-1, 2))
    return sorted(sorted(group) for _, group in pd.Series(texts).groupby(groups))


def changed_copies(generator, n_texts, length):
    """Return random texts, each with two copies with a few changed characters."""
    letters = np.array(list("abcdefghij klmnopé日本語"))
    for _ in range(n_texts):
        text = generator.choice(letters, length)
        yield "".join(text)
        for n_changes in generator.integers(1, max(2, length // 30), 2):
            copy = text.copy()
            copy[generator.integers(0, length, n_changes)] = generator.choice(letters, n_changes)
            yield "".join(copy)


@pytest.mark.parametrize("threshold", [0.5, 0.8, 1.0])
@pytest.mark.parametrize("length", [30, 400])
def test_the_search_finds_the_groups_of_all_pairs(tmp_path, threshold, length):
    texts = list(dict.fromkeys(changed_copies(np.random.default_rng(0), 40, length)))
    assert groups_of(texts, threshold, tmp_path) == groups_of_all_pairs(texts, threshold)


def test_texts_from_one_template_are_a_group(tmp_path):
    """More texts than a row is compared with."""
    texts = [
        f"Your order number {number} was sent to the address that you entered in the form." for number in range(90)
    ]
    assert groups_of(texts, 0.8, tmp_path) == [sorted(texts)]


def test_short_and_empty_texts(tmp_path):
    texts = ["", "日", "日本", "abcd", "abcde", "abcdef", "a\U0001f600", "ab"]
    assert groups_of(texts, 0.8, tmp_path) == sorted([text] for text in texts)


def test_no_texts_are_alike(tmp_path):
    assert groups_of(["The first of all texts", "And something else"], 0.8, tmp_path, chunk_size=1) == [
        ["And something else"],
        ["The first of all texts"],
    ]


def test_a_sketch_is_that_of_one_hash_at_a_time():
    """datasketch gets an array where it documents one number."""
    text = "A text that is longer than one batch of hashes. " * 20
    expected = MinHash(search.N_HASHES, seed=search.SEED, hashfunc=int)
    for value in search._hash_n_grams(text).tolist():
        expected.update(value)
    assert np.array_equal(search._sketch([text])[0], expected.hashvalues)
    assert len(text) > search.HASHES_PER_BATCH


def test_sketches_do_not_change():
    """A version of datasketch with other sketches would change splits."""
    assert search._sketch(["a text"])[0, :4].tolist() == [3346502427, 1732303085, 1131558109, 437675414]


@pytest.mark.parametrize(("threshold", "width"), [(0.5, 3), (0.8, 6), (1.0, 128)])
def test_bands_miss_few_pairs_at_the_threshold(threshold, width):
    assert search._band_width(threshold) == width
    n_bands = search.N_HASHES // width
    assert 1 - (1 - threshold**width) ** n_bands >= search.MIN_RECALL
