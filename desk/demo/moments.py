"""Moments at which people of the unit are at their desks."""

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
