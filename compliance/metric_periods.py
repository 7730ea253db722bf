"""Of which period the measures are asked: two London days, a form for them, and the quarters people ask for most."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from victimcare import clock
from victimcare.govuk.dates import day as short_day
from victimcare.govuk.forms import DateInputField, Form

EARLIEST = date(2020, 1, 1)  # bank holidays are known from here
LONGEST = 3 * 366  # days


@dataclass(frozen=True)
class Period:
    """London days, both in."""

    since: date
    until: date

    @property
    def words(self) -> str:
        return _("%(start)s to %(end)s") % {
            "start": short_day(self.since),
            "end": short_day(self.until),
        }

    @property
    def asks(self) -> dict[str, str]:
        """What an address says of it."""
        return {"from": self.since.isoformat(), "to": self.until.isoformat()}


WHOLE_MONTHS = gettext_lazy(
    "Choose whole months that are over: from the first day of one to the last day of one."
)
WHY_MONTHS = gettext_lazy(
    "Whole months that are over, so that no two periods differ by a few days, which few people are in."
)


def is_of_whole_months(since: date, until: date, today: date) -> bool:
    """Whether a period is of calendar months that are over: no two of them differ by a day or a week."""
    return since.day == 1 and (until + timedelta(days=1)).day == 1 and until < today


class PeriodForm(Form):
    """From which day to which; of whole months for who only counts. Nothing: the last whole quarter."""

    mark_optional = False
    from_ = DateInputField(label=gettext_lazy("From"), required=False, earliest=EARLIEST, latest=clock.today)
    to = DateInputField(label=gettext_lazy("To"), required=False, earliest=EARLIEST, latest=clock.today)

    def __init__(
        self, data: Mapping[str, Any] | None = None, *args: Any, of_months: bool = False, **kwargs: Any
    ) -> None:
        given = dict(data.items()) if data else {}
        if not any(name.startswith(("from", "to")) and said for name, said in given.items()):
            given |= last_quarter(clock.today()).asks
        super().__init__(given, *args, **kwargs)
        self.of_months = of_months
        if of_months:
            self.fields["to"].help_text = WHY_MONTHS

    def add_prefix(self, field_name: str) -> str:
        """`from` is a word of Python's; the address says ?from=."""
        return super().add_prefix(field_name.rstrip("_"))

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        start, end = said.get("from_"), said.get("to")
        if start and end and end < start:
            self.add_error("to", _("The last day must not be before the first. Change one of them."))
        elif (
            self.of_months
            and not self.errors
            and not (start and end and is_of_whole_months(start, end, clock.today()))
        ):
            self.add_error("to", WHOLE_MONTHS)
        elif start and ((end or clock.today()) - start).days > LONGEST:
            self.add_error("to", _("That is more than three years. Choose a shorter period."))
        return said

    def period(self, today: date) -> Period:
        """The period asked for; the last whole quarter where it is no period of ours."""
        said = self.cleaned_data if self.is_valid() else {}
        start, end = said.get("from_"), said.get("to")
        if start is None and end is None:
            return last_quarter(today)
        end = end or today
        return Period(start or max(EARLIEST, end - timedelta(days=90)), end)


def quarter_of(day: date) -> Period:
    first = date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)
    later = first + timedelta(days=95)
    return Period(first, date(later.year, later.month, 1) - timedelta(days=1))


def last_quarter(today: date) -> Period:
    return quarter_of(quarter_of(today).since - timedelta(days=1))


def _in_months(period: Period, today: date) -> Period:
    """The months of a period that are over; it ends before it begins where there is none."""
    last = min(period.until, today - timedelta(days=1)) + timedelta(days=1)
    return Period(period.since.replace(day=1), last.replace(day=1) - timedelta(days=1))


def quick(
    period: Period, today: date, url: str, *, of_months: bool = False, **also: str
) -> list[dict[str, Any]]:
    """The periods most asked for; the months of them that are over, for who only counts."""
    this, last = quarter_of(today), last_quarter(today)
    year = date(today.year if today.month >= 4 else today.year - 1, 4, 1)
    offered = [
        (_("Last quarter"), last),
        (_("Quarter before"), last_quarter(last.since)),
        (_("This quarter"), Period(this.since, today)),
        (_("Since April"), Period(year, today)),
        (_("Last 12 months"), Period(today - timedelta(days=364), today)),
    ]
    if of_months:
        offered = [(label, _in_months(each, today)) for label, each in offered]
        offered = [(label, each) for label, each in offered if each.since < each.until]
    return [
        {"label": label, "url": f"{url}?{urlencode(each.asks | also)}", "is_on": each == period}
        for label, each in offered
    ]
