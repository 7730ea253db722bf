"""What of a line of figures is usual and what asks for a reason: an XmR chart. Pure.

The limits come from how much one week differs from the next, so that they hold whatever the number of duties in a week.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

FEWEST = 12  # figures before limits mean anything
RUN = 8  # figures in a row on one side of the centre: something changed, though none is outside
# Wheeler's constant: three standard deviations, from the mean difference of neighbours.
SPREAD = 2.66


class Signal(StrEnum):
    """Why a figure is not just chance."""

    BELOW = "below"
    ABOVE = "above"
    LOW_RUN = "low_run"
    HIGH_RUN = "high_run"


@dataclass(frozen=True)
class Limits:
    """The centre, and what chance alone leaves between."""

    centre: float
    low: float
    high: float


def limits(values: Sequence[float], *, lowest: float = 0, highest: float = 100) -> Limits | None:
    """The limits of these figures, in their order; None when there are too few."""
    if len(values) < FEWEST:
        return None
    centre = sum(values) / len(values)
    spread = SPREAD * sum(abs(b - a) for a, b in pairwise(values)) / (len(values) - 1)
    return Limits(centre, max(lowest, centre - spread), min(highest, centre + spread))


def signals(values: Sequence[float], usual: Limits) -> dict[int, Signal]:
    """The places of those figures that ask for a reason; the last of a run speaks for it."""
    found = _runs(values, usual.centre)
    for place, value in enumerate(values):
        if value < usual.low:
            found[place] = Signal.BELOW
        elif value > usual.high:
            found[place] = Signal.ABOVE
    return found


def _runs(values: Sequence[float], centre: float) -> dict[int, Signal]:
    found: dict[int, Signal] = {}
    side, length = 0, 0
    for place, value in enumerate(values):
        now = (value > centre) - (value < centre)
        length = length + 1 if now and now == side else 1
        side = now
        if side and length >= RUN:
            found.pop(place - 1, None)
            found[place] = Signal.HIGH_RUN if side > 0 else Signal.LOW_RUN
    return found
