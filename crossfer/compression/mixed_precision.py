"""Mixed precision: find the blocks that lose too much in int8, and keep them in fp32.

Quantized multilingual models have been reported to fall to chance in some languages only, so the search looks at every
domain. It counts predictions that change, and uses no label.
"""

from collections.abc import Callable, Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from crossfer.errors import UserError
from crossfer.reporting.formatting import percent

Probabilities = Mapping[str, NDArray[np.float64]]
"""By domain, (rows, labels)."""


def changed_fraction(before: NDArray[np.float64], after: NDArray[np.float64]) -> float:
    """Return the fraction of rows whose most probable label changes."""
    return float((before.argmax(1) != after.argmax(1)).mean())


def search(
    blocks: Sequence[str],
    fp32: Probabilities,
    write: Callable[[Collection[str]], Probabilities],
    sensitivity: Callable[[str, str], float],
    max_disagreement: float,
    log: Callable[[str], None],
) -> tuple[list[str], Probabilities]:
    """Find the blocks to keep in fp32: try the 1, 2, 4, ... most sensitive ones, up to half.

    Args:
        blocks: of the model.
        fp32: probabilities of the fp32 model.
        write: writes the graph with these blocks in fp32 and all others in int8, and returns its probabilities.
        sensitivity: how far probabilities of a domain move if only this block is quantized.
        max_disagreement: fraction of a domain's predictions that may change.
        log: called with each finding.

    Returns:
        The blocks kept in fp32, the most sensitive first, and the probabilities of the graph written last.

    Raises:
        UserError: half of the blocks do not suffice.
    """
    int8 = write([])
    domain, worst = _worst(fp32, int8)
    if worst <= max_disagreement:
        return [], int8
    log(f"int8 changes {percent(worst)} of the predictions in {domain}, {percent(max_disagreement)} are allowed")
    moves = {block: sensitivity(domain, block) for block in blocks}
    ranked = sorted(blocks, key=lambda block: -moves[block])
    kept: list[str] = []
    for count in _counts(len(blocks) // 2):
        kept = ranked[:count]
        log("kept in fp32: " + ", ".join(f"{block} ({moves[block]:.3f})" for block in kept))
        int8 = write(kept)
        domain, worst = _worst(fp32, int8)
        if worst <= max_disagreement:
            return kept, int8
    raise UserError(
        f"int8 changes {percent(worst)} of the predictions in {domain}, compress.max_disagreement is"
        f" {max_disagreement}, even with {', '.join(kept) or 'no block'} in fp32; raise it, or skip this"
        " stage: dvc repro compare."
    )


def _counts(most: int) -> list[int]:
    """Return 1, 2, 4 and so on, and at last the most."""
    return [*(1 << power for power in range(most.bit_length()) if 1 << power < most), *([most] if most else [])]


def _worst(before: Probabilities, after: Probabilities) -> tuple[str, float]:
    """Return the domain where most predictions change, and their fraction."""
    fractions = {name: changed_fraction(before[name], after[name]) for name in before}
    worst = max(fractions, key=lambda name: fractions[name])
    return worst, fractions[worst]
