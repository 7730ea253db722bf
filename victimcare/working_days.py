"""Working days in England and Wales. Days go in, days come out, nobody asks what day it is.

No definition of a working day was found in the Victims' Code, so ours is written down in ADR 0006:
Monday to Friday, not a bank or public holiday in England and Wales, by London date. The day something
happened is day 0; day 1 is the next working day; a duty is in time until the end of its last day.
Which days are bank holidays is passed in; `england_and_wales` are those of the calendar that counts today.
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from victimcare.calendars import FIRST_YEAR as FIRST_YEAR
from victimcare.calendars import LAST_YEAR as LAST_YEAR
from victimcare.calendars import current

LONDON = ZoneInfo("Europe/London")


def england_and_wales() -> frozenset[date]:
    """Bank holidays in England and Wales by the calendar that counts today; those after LAST_YEAR are foreseen."""
    return current().bank_holidays


def bank_holiday_names() -> Mapping[date, str]:
    """What each bank holiday is called, in English, by the calendar that counts today."""
    return current().names


def london_day(moment: datetime) -> date:
    """The London date of a moment. Raises ValueError for a moment without a time zone."""
    if moment.tzinfo is None:
        raise ValueError("A moment needs a time zone.")
    return moment.astimezone(LONDON).date()


def is_working_day(day: date, *, bank_holidays: Collection[date]) -> bool:
    """True from Monday to Friday, but for bank holidays."""
    return day.weekday() < 5 and day not in bank_holidays


def working_days_after(start: date, *, bank_holidays: Collection[date]) -> Iterator[date]:
    """The working days after `start`, one by one: day 1, day 2, ..."""
    day = start
    while True:
        day += timedelta(days=1)
        if is_working_day(day, bank_holidays=bank_holidays):
            yield day


def add_working_days(start: date, days: int, *, bank_holidays: Collection[date]) -> date:
    """The last day in time when something is owed within `days` working days of `start` (day 0).

    Raises ValueError when `days` is negative.
    """
    if days < 0:
        raise ValueError("Working days are counted forwards.")
    counted = islice(working_days_after(start, bank_holidays=bank_holidays), days)
    return max(counted, default=start)


def working_days_between(start: date, end: date, *, bank_holidays: Collection[date]) -> int:
    """Working days after `start` up to and including `end`; negative when `end` is before `start`."""
    if end < start:
        return -working_days_between(end, start, bank_holidays=bank_holidays)
    days = (start + timedelta(days=n) for n in range(1, (end - start).days + 1))
    return sum(is_working_day(day, bank_holidays=bank_holidays) for day in days)


def count_shown(start: date, end: date, *, bank_holidays: Collection[date]) -> list[tuple[date, int | None]]:
    """Each day from `start` (day 0) to `end` with its number, or None for a day that is not counted."""
    shown: list[tuple[date, int | None]] = [(start, 0)]
    number = 0
    for n in range(1, (end - start).days + 1):
        day = start + timedelta(days=n)
        counted = is_working_day(day, bank_holidays=bank_holidays)
        number += counted
        shown.append((day, number if counted else None))
    return shown
