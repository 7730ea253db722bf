"""When the next update is due. Pure: days go in, a day comes out."""

from collections.abc import Collection
from datetime import date, timedelta

from victimcare.working_days import is_working_day


def next_update_on(after: date, every_days: int, *, bank_holidays: Collection[date]) -> date | None:
    """The day by which the next update is due: `every_days` calendar days after the last one.

    Where that is not a working day, the working day before it, so that nobody is told late because of a
    holiday. None for 0: only when something happens.
    """
    if every_days == 0:
        return None
    day = after + timedelta(days=every_days)
    while not is_working_day(day, bank_holidays=bank_holidays):
        day -= timedelta(days=1)
    return day
