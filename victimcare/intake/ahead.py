"""The next chunk is read while the one before it lands: Python reads, and PostgreSQL has the other core."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from django.utils.translation import get_language, override

T = TypeVar("T")


def one_ahead(items: Iterator[T]) -> Iterator[T]:
    """The same items in the same order; the next is made, in a thread, while the caller works on this one.

    What stops the making is raised here when its turn comes. The thread has no database, the caller's
    language, and ends with this iterator: two items are held at a time, whatever there are.
    """
    language = get_language()

    def make() -> list[T]:
        """The next item, or nothing when there is none."""
        with override(language):
            return [item for item in [next(items, None)] if item is not None]

    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="ahead") as worker:
        coming: Future[list[T]] = worker.submit(make)
        while made := coming.result():
            coming = worker.submit(make)
            yield made[0]
