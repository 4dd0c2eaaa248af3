"""Items in batches of a bounded size."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

T = TypeVar("T")


def batch_by_size(
    items: Iterable[T], max_size: int, *, get_size: Callable[[Any], int] = len, max_items: int | None = None
) -> Iterator[list[T]]:
    """Yield items in order, in batches whose sizes add up to at most a maximum.

    A batch is full when the next item would exceed the maximum. An item that exceeds it alone is a batch of its own.

    Args:
        items: What to batch, e.g. Docs or sentences.
        max_size: The most that the sizes of a batch may add up to, e.g. in words.
        get_size: Returns the size of an item. By default its length.
        max_items: The most items in a batch. None for any number.

    Yields:
        Batches, none of them empty.
    """
    batch: list[T] = []
    total = 0
    for item in items:
        size = get_size(item)
        if batch and (total + size > max_size or len(batch) == max_items):
            yield batch
            batch, total = [], 0
        batch.append(item)
        total += size
    if batch:
        yield batch


def take_words(sentences: list[list[str]], n_words: int) -> list[list[str]]:
    """Return the first sentences that have a number of words together.

    Args:
        sentences: Sentences with words. Where they are too few, they come again from the start.
        n_words: The words that are taken; the last sentence is cut.
    """
    taken: list[list[str]] = []
    missing = n_words
    while missing > 0:
        for sentence in sentences:
            taken.append(sentence[:missing])
            missing -= len(taken[-1])
            if not missing:
                break
    return taken
