"""Rows in batches of similar length, so that little is padded."""

from collections.abc import Iterator, Sequence, Sized

from tqdm import tqdm

from crossfer.modeling.distributed import rank


def batches_by_length(inputs: Sequence[Sized], batch_size: int, what: str) -> Iterator[list[int]]:
    """Yield row numbers, `batch_size` at a time, the longest rows first, with a progress bar on a terminal.

    The longest first: if memory does not suffice, that is known at once. Of several processes the first shows the bar.
    """
    order = sorted(range(len(inputs)), key=lambda row: (-len(inputs[row]), row))
    with tqdm(total=len(order), desc=what, unit="row", disable=None if rank() == 0 else True) as bar:
        for start in range(0, len(order), batch_size):
            rows = order[start : start + batch_size]
            yield rows
            bar.update(len(rows))
