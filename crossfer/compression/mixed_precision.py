"""Which parts of a model do not survive 8 bits: they are found, and left in single precision.

Multilingual models in 8 bits have been reported to fall to chance unnoticed, in some languages alone, so every domain
is looked at. What is looked at is how many answers change; labels have no say.
"""

from collections.abc import Callable, Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from crossfer.errors import UserError
from crossfer.reporting.formatting import percent

Shares = Mapping[str, NDArray[np.float64]]
"""Of each domain, probabilities (rows, labels)."""


def changed(before: NDArray[np.float64], after: NDArray[np.float64]) -> float:
    """The share of rows whose most probable label is another one."""
    return float((before.argmax(1) != after.argmax(1)).mean())


def search(
    blocks: Sequence[str],
    before: Shares,
    attempt: Callable[[Collection[str]], Shares],
    sample: Callable[[str, Collection[str]], float],
    tolerance: float,
    tell: Callable[[str], None],
) -> tuple[list[str], Shares]:
    """Find which blocks have to stay in single precision: the dearest one, two, four, at most half of all.

    Args:
        blocks: all of the model's.
        before: what the model in single precision says.
        attempt: writes the graph in 8 bits but for some blocks, and gives what it says.
        sample: how far probabilities move on average in some rows of a domain, if all but some blocks are spared.
        tolerance: share of a domain's answers that may change.
        tell: is told what is found.

    Returns:
        The blocks that are spared, those first that cost most, and what the graph says, which `attempt` has left.

    Raises:
        UserError: half of the blocks do not suffice.
    """
    after = attempt([])
    name, worst = _worst(before, after)
    if worst <= tolerance:
        return [], after
    tell(f"8 bits change {percent(worst)} of the answers in {name}, {percent(tolerance)} are allowed")
    cost = {block: sample(name, set(blocks) - {block}) for block in blocks}
    ranked = sorted(blocks, key=lambda block: -cost[block])
    spared: list[str] = []
    for count in _counts(len(blocks) // 2):
        spared = ranked[:count]
        tell("in single precision stay " + ", ".join(f"{block} ({cost[block]:.3f})" for block in spared))
        after = attempt(spared)
        name, worst = _worst(before, after)
        if worst <= tolerance:
            return spared, after
    raise UserError(
        f"8 bits change {percent(worst)} of the answers in {name}, compress.tolerance is {tolerance}, even with"
        f" {', '.join(spared) or 'nothing'} in single precision; raise it, or leave compress out: dvc repro compare."
    )


def _counts(most: int) -> list[int]:
    """1, 2, 4 and so on, and the most at last."""
    return [*(1 << power for power in range(most.bit_length()) if 1 << power < most), *([most] if most else [])]


def _worst(before: Shares, after: Shares) -> tuple[str, float]:
    """The domain where most answers change, and their share."""
    found = {name: changed(before[name], after[name]) for name in before}
    worst = max(found, key=lambda name: found[name])
    return worst, found[worst]
