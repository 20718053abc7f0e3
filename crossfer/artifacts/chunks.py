"""How much is in memory at a time."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")


def chunked(items: Iterable[Item], number: int, size: int, of: Callable[[Item], int]) -> Iterator[list[Item]]:
    """Yield the items in their order, some at a time: `number` at most, and no more once they have `size` together.

    Args:
        items: gone through once.
        number: of items.
        size: of all items of a piece but its last.
        of: an item's size.
    """
    some: list[Item] = []
    held = 0
    for item in items:
        some.append(item)
        held += of(item)
        if len(some) == number or held >= size:
            yield some
            some, held = [], 0
    if some:
        yield some
