"""How a day's work fits into the hours left: each thing at a time, or left with the reason. Pure: no rows, no clock.

The most urgent first, each at the earliest time that is free, within the hours worked, the hours at which it is
safe to ring that person, and, where one is left, a time of day they like.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import time
from enum import StrEnum

from desk.day import Thing, What

# Nobody is rung for these.
WITHOUT_A_CALL = frozenset({What.DO, What.QUESTION, What.COMPLAINT, What.CHECK})
WHOLE_DAY = (0, 24 * 60)
# The times of day a plan names, in minutes from midnight; the weekend is the day's to say.
LIKED = {"morning": (0, 12 * 60), "afternoon": (12 * 60, 17 * 60), "evening": (17 * 60, 24 * 60)}


class Why(StrEnum):
    """Why something is left for another day."""

    DAY_OFF = "day_off"  # no hours, or none left
    NOT_SAFE_TODAY = "not_safe_today"  # the hours at which it is safe are outside those worked
    FULL = "full"  # other work takes the time
    TOO_LONG = "too_long"  # no free time is long enough, though some is left


@dataclass(frozen=True)
class Person:
    """When somebody may be rung, and when they like it: minutes from midnight, London time."""

    safe: tuple[int, int] = WHOLE_DAY
    likes: tuple[str, ...] = ()  # of LIKED


@dataclass(frozen=True)
class Placed:
    """One thing to do and when to begin it."""

    thing: Thing
    at: time


@dataclass(frozen=True)
class Left:
    """One thing for another day, and why."""

    thing: Thing
    why: Why


@dataclass(frozen=True)
class Fit:
    """A day's plan: what fits, in the order of the clock, and what does not."""

    placed: list[Placed] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    minutes_free: int = 0  # of the hours left, after everything that fits

    @property
    def minutes_left_over(self) -> int:
        """Minutes of work that does not fit."""
        return sum(each.thing.minutes for each in self.left)


def fit(
    things: Iterable[Thing], *, now: time, hours: tuple[time, time] | None, people: Mapping[int, Person]
) -> Fit:
    """Lay these things, the most urgent first, into what is left of the hours worked."""
    start = max(minute_of(hours[0]), minute_of(now)) if hours else 0
    free = [(start, minute_of(hours[1]))] if hours and start < minute_of(hours[1]) else []
    placed: list[tuple[int, Placed]] = []
    left: list[Left] = []
    worked = list(free)
    for thing in things:
        person = people.get(thing.participant, Person())
        window = WHOLE_DAY if thing.what in WITHOUT_A_CALL else person.safe
        at = _earliest(thing, free, window, person.likes)
        if at is None:
            left.append(Left(thing, _why(thing, free, worked, window)))
            continue
        free = _without(free, at, at + thing.minutes)
        placed.append((at, Placed(thing, time(at // 60, at % 60))))
    placed.sort(key=lambda each: each[0])
    return Fit([each for _at, each in placed], left, sum(end - begin for begin, end in free))


def minute_of(at: time) -> int:
    return at.hour * 60 + at.minute


def _earliest(
    thing: Thing, free: Iterable[tuple[int, int]], window: tuple[int, int], likes: Collection[str]
) -> int | None:
    """The first minute at which it fits: at a time of day they like where there is one, else at any."""
    wished = [_overlap(window, LIKED[liked]) for liked in likes if liked in LIKED]
    if thing.what in WITHOUT_A_CALL:
        wished = []
    for allowed in (wished, [window]):
        starts = [
            begin
            for slot in free
            for each in allowed
            for begin, end in [_overlap(slot, each)]
            if end - begin >= thing.minutes
        ]
        if starts:
            return min(starts)
    return None


def _overlap(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    return max(one[0], other[0]), min(one[1], other[1])


def _without(free: Iterable[tuple[int, int]], begin: int, end: int) -> list[tuple[int, int]]:
    """What is left free once these minutes are taken."""
    pieces = [
        piece for slot in free for piece in ((slot[0], min(slot[1], begin)), (max(slot[0], end), slot[1]))
    ]
    return [piece for piece in pieces if piece[0] < piece[1]]


def _why(
    thing: Thing,
    free: Iterable[tuple[int, int]],
    worked: Iterable[tuple[int, int]],
    window: tuple[int, int],
) -> Why:
    if not worked:
        return Why.DAY_OFF
    fits = [end - begin for slot in worked for begin, end in [_overlap(slot, window)]]
    if max(fits, default=0) <= 0:
        return Why.NOT_SAFE_TODAY
    if sum(max(0, end - begin) for slot in free for begin, end in [_overlap(slot, window)]) >= thing.minutes:
        return Why.TOO_LONG
    return Why.FULL
