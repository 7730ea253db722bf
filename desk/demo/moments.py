"""Moments at which people of the unit are at their desks, and at which nobody is rung out of bed."""

import random
from datetime import datetime, time, timedelta

from victimcare.working_days import LONDON, england_and_wales, is_working_day


def office_time(after: datetime, chance: random.Random, *, days: float = 0.0) -> datetime:
    """A moment in office hours on a working day, at least this much later. London."""
    local = (after + timedelta(days=days)).astimezone(LONDON)
    day = local.date()
    if local.time() > time(16, 0):
        day += timedelta(days=1)
    while not is_working_day(day, bank_holidays=england_and_wales()):
        day += timedelta(days=1)
    earliest = max(9 * 60 + 10, local.hour * 60 + local.minute + 5 if day == local.date() else 0)
    minute = chance.randint(earliest, max(earliest, 16 * 60 + 40))
    return datetime.combine(day, time(minute // 60, minute % 60), LONDON)


def office_time_by(
    latest: datetime, after: datetime, chance: random.Random, *, days: float = 0.0
) -> datetime:
    """The same, but no later than `latest`: then the last moment before it in office hours, or else by day."""
    at = office_time(after, chance, days=days)
    if at <= latest:
        return at
    evening = _last_of(latest, time(16, 40))
    while not is_working_day(evening.date(), bank_holidays=england_and_wales()):
        evening = datetime.combine(evening.date() - timedelta(days=1), time(16, 40), LONDON)
    by_day = _last_of(latest, time(20, 0))
    return next((moment for moment in (evening, by_day) if moment > after), latest)


def _last_of(latest: datetime, until: time) -> datetime:
    """This moment, or the last one before it that is after nine and not after `until`. London."""
    local = latest.astimezone(LONDON)
    if local.time() < time(9, 10):
        local = datetime.combine(local.date() - timedelta(days=1), until, LONDON)
    return min(local, datetime.combine(local.date(), until, LONDON))


def by_day(at: datetime, after: datetime) -> datetime:
    """This moment where it is neither night nor early, or else one of the same day; in the morning where it must be."""
    local = at.astimezone(LONDON)
    if local.hour < 8:
        return datetime.combine(local.date(), time(8, 30 + local.minute // 2), LONDON)
    if local.hour < 21:
        return at
    evening = datetime.combine(local.date(), time(20, local.minute), LONDON)
    morning = datetime.combine(local.date() + timedelta(days=1), time(8, 30 + local.minute // 2), LONDON)
    return evening if evening > after else morning
