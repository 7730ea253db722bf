"""Figures that took long to count, kept for a minute: a page that is loaded again is not counted again."""

import hashlib
from collections.abc import Callable
from time import monotonic
from typing import TypeVar

from django.core.cache import cache

SLOW = 0.02  # seconds
KEPT = 60  # seconds
Counted = TypeVar("Counted")


def kept_a_minute(said: tuple[object, ...], count: Callable[[], Counted]) -> Counted:
    """What was counted for `said`, all that the answer depends on; counted now where nothing is kept.

    What is quick is not kept, so that it is always true.
    """
    name = "figures:" + hashlib.sha256(repr(said).encode()).hexdigest()
    kept: Counted | None = cache.get(name)
    if kept is not None:
        return kept
    started = monotonic()
    counted = count()
    if monotonic() - started > SLOW:
        cache.set(name, counted, timeout=KEPT)
    return counted
