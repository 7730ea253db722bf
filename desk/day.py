"""How a day is laid out: what is owed goes in, groups of things to do come out. Pure: no rows, no clock.

One thing to do is one conversation with one person: duties of the same person and the same last day that
one call can meet become one row.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, time
from enum import StrEnum
from itertools import islice

from victimcare.working_days import working_days_after, working_days_between

CRITICAL_AFTER = 3  # working days late; enhanced rights are critical as soon as they are late
LOOKS_AHEAD = 3  # working days


class What(StrEnum):
    """What has to be done, as the button does it."""

    TELL = "tell"
    DO = "do"
    UPDATE = "update"
    PROMISE = "promise"
    FIRST_CONTACT = "first_contact"
    ATTEMPT = "attempt"
    CHECK = "check"
    REVIEW = "review"
    SAFE_REVIEW = "safe_review"
    QUESTION = "question"
    COMPLAINT = "complaint"


# About how long each takes, in minutes, writing it down included: the unit's own guess, to plan a day by, until
# its standards say otherwise (victimcare.cases.standards).
MINUTES = {
    What.TELL: 20,
    What.DO: 15,
    What.UPDATE: 15,
    What.PROMISE: 15,
    What.FIRST_CONTACT: 35,
    What.ATTEMPT: 15,
    What.CHECK: 20,
    What.REVIEW: 20,
    What.SAFE_REVIEW: 20,
    What.QUESTION: 10,
    What.COMPLAINT: 60,
}
MORE = 5  # minutes for each further thing told in the same call
# One conversation about several of these is one thing to do.
IN_ONE_CALL = frozenset({What.TELL, What.REVIEW})


@dataclass(frozen=True)
class Item:
    """One thing owed to one person by the end of `due_on`. `source` is the row it came from."""

    what: What
    participant: int
    due_on: date
    is_enhanced: bool = False
    source: object = None


@dataclass(frozen=True)
class Thing:
    """One row of the day: what one conversation, or one piece of work, settles."""

    what: What
    participant: int
    due_on: date
    items: tuple[Item, ...]
    minutes: int = 0

    @property
    def is_enhanced(self) -> bool:
        return any(item.is_enhanced for item in self.items)


class Group(StrEnum):
    CRITICAL = "critical"
    OVERDUE = "overdue"
    TODAY = "today"
    SOON = "soon"
    LATER = "later"


@dataclass(frozen=True)
class Day:
    """The day laid out: each group in order, the rows that fit, and how many do not."""

    groups: dict[Group, list[Thing]] = field(default_factory=dict)
    counts: dict[Group, int] = field(default_factory=dict)
    minutes: int = 0  # of everything within the days looked ahead to
    minutes_today: int = 0  # of what is late or due today
    hidden: int = 0

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def shown(self) -> list[Thing]:
        return [thing for things in self.groups.values() for thing in things]


def horizon(today: date, *, bank_holidays: Collection[date]) -> date:
    """The last day that today's list looks ahead to."""
    return next(islice(working_days_after(today, bank_holidays=bank_holidays), LOOKS_AHEAD - 1, None))


def things(items: Iterable[Item], *, minutes: Mapping[What, int] = MINUTES, more: int = MORE) -> list[Thing]:
    """Soonest first; what one call can tell the same person by the same day is one thing.

    `minutes` are how long each kind takes, `more` how long each further thing told in the same call.
    """
    together: dict[object, list[Item]] = {}
    for position, item in enumerate(items):
        key = (item.what, item.participant, item.due_on) if item.what in IN_ONE_CALL else position
        together.setdefault(key, []).append(item)
    found = [
        Thing(
            each[0].what,
            each[0].participant,
            each[0].due_on,
            tuple(each),
            minutes[each[0].what] + more * (len(each) - 1),
        )
        for each in together.values()
    ]
    return sorted(found, key=lambda thing: (thing.due_on, not thing.is_enhanced))


def group_of(thing: Thing, today: date, ends: date, *, bank_holidays: Collection[date]) -> Group:
    """`ends` is the last day looked ahead to."""
    if thing.due_on > today:
        return Group.SOON if thing.due_on <= ends else Group.LATER
    if thing.due_on == today:
        return Group.TODAY
    late = working_days_between(thing.due_on, today, bank_holidays=bank_holidays)
    return Group.CRITICAL if thing.is_enhanced or late >= CRITICAL_AFTER else Group.OVERDUE


def lay_out(
    items: Iterable[Item],
    today: date,
    *,
    bank_holidays: Collection[date],
    room: int,
    minutes: Mapping[What, int] = MINUTES,
    more: int = MORE,
    only: Group | None = None,
) -> Day:
    """Everything, in the five groups, with the first `room` rows in sight: of all, or of `only` one group."""
    ends = horizon(today, bank_holidays=bank_holidays)
    groups: dict[Group, list[Thing]] = {group: [] for group in Group}
    for thing in things(items, minutes=minutes, more=more):
        groups[group_of(thing, today, ends, bank_holidays=bank_holidays)].append(thing)
    counts = {group: len(found) for group, found in groups.items()}
    takes = {group: sum(thing.minutes for thing in found) for group, found in groups.items()}
    left = room
    for group, found in groups.items():
        groups[group] = found[:left] if only in (None, group) else []
        left -= len(groups[group])
    in_sight = sum(counts.values()) if only is None else counts[only]
    ahead = sum(takes.values()) - takes[Group.LATER]
    return Day(
        groups=groups,
        counts=counts,
        minutes=ahead,
        minutes_today=ahead - takes[Group.SOON],
        hidden=in_sight - (room - left),
    )


def minutes_left(now: time, hours: tuple[time, time] | None) -> int:
    """Minutes of work left today for somebody with these hours; 0 on a day off or after it ended."""
    if hours is None:
        return 0
    start, end = (each.hour * 60 + each.minute for each in hours)
    return max(0, end - max(start, now.hour * 60 + now.minute))
