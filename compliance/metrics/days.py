"""Working days inside the database: the last day in time for many rows at once."""

from datetime import date, timedelta
from typing import Any

from django.db.models import DateField, Func
from django.db.models.functions import TruncDate

from victimcare.working_days import LAST_YEAR, LONDON, add_working_days, england_and_wales


class LastDay(Func):
    """So many working days after a day, for days from `first` to `last`; NULL for any other day."""

    output_field = DateField()

    def __init__(self, day: Any, *, working_days: int, first: date, last: date) -> None:
        super().__init__(day)
        self.working_days, self.first, self.last = working_days, first, last

    def as_sql(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, list[Any]]:
        day, params = compiler.compile(self.source_expressions[0])
        holidays = england_and_wales()
        final = min(self.last, date(LAST_YEAR, 12, 1))
        days = [
            add_working_days(self.first + timedelta(days=n), self.working_days, bank_holidays=holidays)
            for n in range((final - self.first).days + 1)
        ]
        return f"(%s::date[])[(({day})::date - %s::date) + 1]", [days, *params, self.first]


def london(field: str) -> TruncDate:
    """The London date of a moment."""
    return TruncDate(field, tzinfo=LONDON)
