"""Find near-duplicate texts by the Jaccard similarity of their 5-grams.

MinHash (Broder 1997, doi 10.1109/SEQUEN.1997.666900) and locality-sensitive hashing by bands (Leskovec, Rajaraman and
Ullman, Mining of Massive Datasets, chapter 3) select candidates; the exact similarity decides. datasketch computes the
sketches. Its MinHashLSH needs 6.7 KB per row for the bands, the sorted sketches here 0.5 KB.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from crossfer.artifacts import io
from crossfer.artifacts.paths import CONTENT
from crossfer.preprocessing.groups import Pairs, connected_rows

N_CHARACTERS = 5
N_HASHES = 128  # of a sketch; the deviation of the estimated similarity is 0.035 at 0.8
MIN_RECALL = 0.99  # of pairs at the threshold that become candidates
ESTIMATE_MARGIN = 0.1  # below the threshold; the exact similarity of pairs with a lower estimate is not computed
MAX_DISTANCE = 20  # rows of a bucket with which each row is compared: time stays linear
SEED = 1
MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # 2**64 divided by the golden ratio, odd: spreads sums over all bits
HASHES_PER_BATCH, PAIRS_PER_BATCH = 500, 10_000  # limit memory


def near_duplicates(table: Path, threshold: float) -> Pairs:
    """Return pairs of rows whose contents have at least this similarity.

    Only the pairs that are needed to connect the rows of a group are returned.
    """
    sketches = _sketch(_read_contents(table))
    pairs = np.empty((0, 2), np.intp)
    if rows := _candidate_rows(sketches, threshold):
        contents = {row: content for row, content in enumerate(_read_contents(table)) if row in rows}
        n_grams = lru_cache(maxsize=2)(lambda row: _n_grams(contents[row]))
        groups = connected_rows(len(sketches), pairs)
        for candidates in _candidate_pairs(sketches, threshold):
            candidates = candidates[groups[candidates[:, 0]] != groups[candidates[:, 1]]]
            candidates = candidates[_look_similar(sketches, candidates, threshold)]
            similar = [jaccard(n_grams(first), n_grams(second)) >= threshold for first, second in candidates.tolist()]
            if any(similar):
                pairs = np.concatenate([pairs, candidates[similar]])
                groups = connected_rows(len(sketches), pairs)
    return pairs


def jaccard(first: set[str], second: set[str]) -> float:
    """Return the number of common members, divided by that of all members."""
    common = len(first & second)
    return common / (len(first) + len(second) - common)


def _n_grams(text: str) -> set[str]:
    """Return the character 5-grams of a text; the text itself if it is shorter."""
    return {text[start : start + N_CHARACTERS] for start in range(max(1, len(text) - N_CHARACTERS + 1))}


def _sketch(texts: Iterable[str]) -> NDArray[np.uint32]:
    """Return a MinHash sketch per text, shape (texts, N_HASHES)."""
    from datasketch import MinHash

    # An array of hashes passes `hashfunc` as one value: one call per hash would take three times as long.
    empty_sketch, sketches = MinHash(N_HASHES, seed=SEED, hashfunc=lambda hashes: hashes), []
    for text in texts:
        sketch, hashes = empty_sketch.copy(), _hash_n_grams(text)
        for start in range(0, len(hashes), HASHES_PER_BATCH):
            sketch.update_batch([hashes[start : start + HASHES_PER_BATCH]])
        sketches.append(sketch.hashvalues)
    return np.stack(sketches)


def _hash_n_grams(text: str) -> NDArray[np.uint32]:
    """Return a hash of each 5-gram; datasketch's own hash takes far longer."""
    characters = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)
    n_grams = max(1, len(characters) - N_CHARACTERS + 1)
    hashes = characters[:n_grams]
    for start in range(1, min(N_CHARACTERS, len(characters))):
        hashes = hashes * MULTIPLIER + characters[start : start + n_grams]
    return (hashes * MULTIPLIER >> np.uint64(32)).astype(np.uint32)


def _band_width(threshold: float) -> int:
    """Return the largest number of hashes per band with the recall MIN_RECALL."""
    widths = range(N_HASHES, 1, -1)
    recalls = (1 - (1 - threshold**width) ** (N_HASHES // width) for width in widths)
    return next(width for width, recall in zip(widths, recalls, strict=True) if recall >= MIN_RECALL)


def _candidate_pairs(sketches: NDArray[np.uint32], threshold: float) -> Iterator[Pairs]:
    """Yield pairs of rows that have a band in common, several at a time."""
    width = _band_width(threshold)
    for start in range(0, N_HASHES - width + 1, width):
        band = sketches[:, start : start + width]
        order = np.lexsort(band.T)  # puts rows with an equal band, a bucket, next to each other
        ordered_band = band[order]
        for distance in range(1, min(MAX_DISTANCE + 1, len(order))):
            in_bucket = (ordered_band[distance:] == ordered_band[:-distance]).all(1)
            if not in_bucket.any():
                break
            yield np.stack([order[:-distance][in_bucket], order[distance:][in_bucket]], 1)


def _candidate_rows(sketches: NDArray[np.uint32], threshold: float) -> set[int]:
    """Return the rows whose exact similarity to another row is needed."""
    is_candidate = np.zeros(len(sketches), bool)
    for pairs in _candidate_pairs(sketches, threshold):
        new_pairs = pairs[~is_candidate[pairs].all(1)]
        is_candidate[new_pairs[_look_similar(sketches, new_pairs, threshold)]] = True
    return set(np.flatnonzero(is_candidate).tolist())


def _look_similar(sketches: NDArray[np.uint32], pairs: Pairs, threshold: float) -> NDArray[np.bool_]:
    """Return whether the estimated similarity of each pair may be high enough."""
    estimates = np.empty(len(pairs))
    for start in range(0, len(pairs), PAIRS_PER_BATCH):
        first, second = sketches[pairs[start : start + PAIRS_PER_BATCH].T]
        estimates[start : start + PAIRS_PER_BATCH] = (first == second).mean(1)
    return estimates >= threshold - ESTIMATE_MARGIN


def _read_contents(table: Path) -> Iterator[str]:
    return (content for rows in io.read_chunks(table, [CONTENT]) for content in rows[CONTENT])
