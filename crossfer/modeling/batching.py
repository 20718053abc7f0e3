"""Batches of rows of similar length, which need little padding."""

from collections.abc import Iterator, Sequence, Sized

from tqdm import tqdm

from crossfer.modeling.distributed import rank


def batches_by_length(inputs: Sequence[Sized], batch_size: int, description: str) -> Iterator[list[int]]:
    """Yield the row numbers of each batch, with a progress bar in process 0.

    The longest rows come first, so that a lack of memory shows at once.
    """
    order = sorted(range(len(inputs)), key=lambda row: (-len(inputs[row]), row))
    with tqdm(total=len(order), desc=description, unit="row", disable=None if rank() == 0 else True) as bar:
        for start in range(0, len(order), batch_size):
            rows = order[start : start + batch_size]
            yield rows
            bar.update(len(rows))
