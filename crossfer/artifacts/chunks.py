"""Group a stream of items into chunks that fit into memory."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")


def chunked(items: Iterable[Item], max_items: int, max_size: int, size: Callable[[Item], int]) -> Iterator[list[Item]]:
    """Yield lists of consecutive items.

    A chunk ends at `max_items` items, or with the item that brings the sum of the sizes to `max_size`.
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
