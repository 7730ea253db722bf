"""Dates and times as staff say them, in the language of the page."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from victimcare import clock
from victimcare.working_days import LONDON, england_and_wales, london_day, working_days_between


def plain_day(value: date) -> date:
    """The London date of a moment; a date as it is."""
    return london_day(value) if isinstance(value, datetime) else value


def day(value: date | None, today: date | None = None) -> str:
    """Thu 26 Nov, with the year when it is not this year."""
    if not value:
        return ""
    value = plain_day(value)
    this_year = (today or clock.today()).year
    return date_format(value, "D j M" if value.year == this_year else "D j M Y")


def long_day(value: date | None) -> str:
    """Thursday 26 November 2026."""
    return date_format(plain_day(value), "l j F Y") if value else ""


def long_day_within(value: date | None) -> str:
    """Thursday 26 November 2026 within a sentence: Welsh writes its dydd small there."""
    said = long_day(value)
    return "dydd" + said[4:] if said.startswith("Dydd ") else said


def on_long_day(value: date | None) -> str:
    """Thursday 26 November 2026 after "on": Welsh softens its dydd there, ar ddydd Iau."""
    said = long_day(value)
    return "ddydd" + said[4:] if said.startswith("Dydd ") else said


def clock_time(value: datetime | None) -> str:
    """13:50, in London."""
    return date_format(timezone.localtime(value, LONDON), "H:i") if value else ""


def moment(value: datetime | None, today: date | None = None) -> str:
    """Tue 24 Nov, 13:50, in London."""
    return f"{day(value, today)}, {clock_time(value)}" if value else ""


def is_today(value: datetime) -> bool:
    """Whether this moment is of the London day that it is now."""
    return plain_day(value) == clock.today()


def time_or_moment(value: datetime) -> str:
    """13:50 of today; Tue 24 Nov, 13:50 of any other day."""
    return clock_time(value) if is_today(value) else moment(value)


def duration(minutes: int | None) -> str:
    """5 hours 20, or 40 minutes."""
    hours, left = divmod(int(minutes or 0), 60)
    if not hours:
        return ngettext("%(n)d minute", "%(n)d minutes", left) % {"n": left}
    whole = ngettext("%(n)d hour", "%(n)d hours", hours) % {"n": hours}
    return f"{whole} {left}" if left else whole


def ago(then: datetime) -> str:
    """40 minutes ago, 5 hours ago, 3 days ago: in whole ones, the largest that fits."""
    minutes = max(int((clock.now() - then).total_seconds()) // 60, 0)
    if minutes < 60:
        return ngettext("%(n)d minute ago", "%(n)d minutes ago", minutes) % {"n": minutes}
    hours = minutes // 60
    if hours < 24:
        return ngettext("%(n)d hour ago", "%(n)d hours ago", hours) % {"n": hours}
    return ngettext("%(n)d day ago", "%(n)d days ago", hours // 24) % {"n": hours // 24}


@dataclass(frozen=True)
class Due:
    """How a due date reads today: `lead` in bold, `note` beneath, `sentence` where there is one line."""

    tone: str
    lead: str
    note: str
    sentence: str


def due(due_on: date, today: date) -> Due:
    """Late, today or later, in words with the date beside them."""
    return _due(due_on, today, get_language(), england_and_wales())


@lru_cache(maxsize=2000)  # a list says the same few dates over and over
def _due(due_on: date, today: date, language: str | None, bank_holidays: frozenset[date]) -> Due:
    named = day(due_on, today)
    late = (today - due_on).days
    if late > 0:
        lead = ngettext("%(n)d day late", "%(n)d days late", late) % {"n": late}
        note = _("was due %(day)s") % {"day": named}
        return Due("overdue", lead, note, f"{lead}, {note}")
    if late == 0:
        return Due("today", _("Today"), named, _("Today, %(day)s") % {"day": named})
    note = _in(due_on, today, bank_holidays)
    return Due("later", named, note, f"{named} ({note})")


def _in(due_on: date, today: date, bank_holidays: frozenset[date]) -> str:
    working = working_days_between(today, due_on, bank_holidays=bank_holidays)
    if working:
        return ngettext("in %(n)d working day", "in %(n)d working days", working) % {"n": working}
    days = (due_on - today).days
    return ngettext("in %(n)d day", "in %(n)d days", days) % {"n": days}
