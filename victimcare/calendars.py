"""Which days nobody works: the bank holidays as published, and the one-off days two people approved since.

Pure but for what this process was told last (`count_by`). Each approved version changes the calendar before it and
is never changed itself, so that what was counted by version 3 can be counted by version 3 for ever.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

import holidays

FIRST_YEAR, LAST_YEAR = 2020, 2028  # the years the government has published
FORESEEN = LAST_YEAR + 5  # the library works these out by the rules there are: provisional
ASK_EVERY = 5.0  # seconds; what counts duties asks with each of its own questions besides


@dataclass(frozen=True, slots=True)
class Change:
    """One approved version: from which day we count by it, the days it adds, each with its name, and takes away."""

    number: int
    effective_from: date
    added: Mapping[date, str] = field(default_factory=dict)
    taken: frozenset[date] = frozenset()

    @property
    def days(self) -> frozenset[date]:
        return self.taken.union(self.added)


@dataclass(frozen=True, slots=True)
class Calendar:
    """The bank holidays of England and Wales by one version; 0 is as published."""

    number: int
    bank_holidays: frozenset[date]
    names: Mapping[date, str]

    def changed_by(self, change: Change) -> "Calendar":
        names = {day: name for day, name in self.names.items() if day not in change.taken}
        names.update(change.added)
        return Calendar(change.number, frozenset(names), names)


@lru_cache(maxsize=1)
def published() -> Calendar:
    """The bank holidays in England and Wales as published, and those foreseen for the years after."""
    found = holidays.country_holidays(
        "GB", subdiv="WLS", years=range(FIRST_YEAR, FORESEEN + 1), language="en_GB"
    )
    return Calendar(0, frozenset(found), dict(found))


@dataclass(slots=True)
class _Told:
    """What this process was told last: every calendar by its number, and the one that counts today."""

    changes: tuple[Change, ...] = ()
    calendars: tuple[Calendar, ...] = ()
    now: Calendar | None = None
    asked_at: float = float("-inf")  # by the monotonic clock


_told = _Told()
_ask: Callable[[], object] | None = None


def ask(look: Callable[[], object]) -> None:
    """Whom to ask for the calendar where nobody told this process yet: `look` calls `count_by`."""
    global _ask
    _ask = look


def keep_up() -> None:
    """Ask again, if this process last did some seconds ago: when a request or a task begins, and never within one."""
    moment = time.monotonic()
    if _ask is not None and moment - _told.asked_at > ASK_EVERY:
        _told.asked_at = moment
        _ask()


def count_by(changes: Iterable[Change], *, today: date) -> None:
    """From now on this process counts by these approved versions, in the order of their numbers."""
    found = tuple(changes)
    if found != _told.changes or not _told.calendars:
        _told.changes, _told.calendars = found, calendars_of(found)
    turn_to(today)


def turn_to(today: date) -> None:
    """It is this day now: the version whose turn it is counts."""
    _told.now = calendar_on(today, _told.changes, _told.calendars or (published(),))


def calendars_of(changes: Iterable[Change]) -> tuple[Calendar, ...]:
    """The calendar as published, and as it is after each change."""
    found = [published()]
    for change in changes:
        found.append(found[-1].changed_by(change))
    return tuple(found)


def calendar_on(day: date, changes: Iterable[Change], calendars: tuple[Calendar, ...]) -> Calendar:
    """The last version whose turn it is on this day. No version begins before the one it follows."""
    return calendars[sum(change.effective_from <= day for change in changes)]


def current() -> Calendar:
    """The calendar that counts today, as far as this process was told."""
    if _told.now is None and _ask is not None:
        _ask()
    return _told.now or published()


def known_changes() -> int:
    """How many approved versions this process was told of; -1 where nobody told it anything."""
    return len(_told.changes) if _told.now is not None else -1


def numbered(number: int) -> Calendar:
    """The calendar of this version. Asks again for one this process has not heard of."""
    if number > max(known_changes(), 0) and _ask is not None:
        _ask()
    calendars = _told.calendars or (published(),)
    return calendars[min(number, len(calendars) - 1)]
