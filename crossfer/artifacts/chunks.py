"""Cut streams into chunks that fit into memory."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")


def chunked(items: Iterable[Item], max_items: int, max_size: int, size: Callable[[Item], int]) -> Iterator[list[Item]]:
    """Yield the items in their order, in chunks that end at `max_items`, or once they reach `max_size` together.

    Args:
        items: iterated once.
        max_items: number of items of a chunk.
        max_size: sum of the sizes from which on a chunk is full; its last item may exceed it.
        size: returns the size of an item.
    """
    chunk: list[Item] = []
    chunk_size = 0
    for item in items:
        chunk.append(item)
        chunk_size += size(item)
        if len(chunk) == max_items or chunk_size >= max_size:
            yield chunk
            chunk, chunk_size = [], 0
    if chunk:
        yield chunk
