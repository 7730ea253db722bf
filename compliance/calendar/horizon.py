"""The bank holidays are published a few years ahead: when to say that they run out."""

from datetime import date

from django.utils.translation import gettext as _

from victimcare.calendars import LAST_YEAR
from victimcare.cases.standards import Key, numbers_on

MONTHS = 12


def is_near(today: date, *, months: int) -> bool:
    """Whether fewer than so many months of known bank holidays are left, this month counted as gone."""
    return (LAST_YEAR - today.year) * MONTHS + MONTHS - today.month < months


def horizon_warning(today: date) -> str:
    """What pages say when the known bank holidays end soon; nothing before. One query."""
    if not is_near(today, months=numbers_on(today)[Key.HORIZON]):
        return ""
    return _(
        "Bank holidays are known to the end of %(year)d. Dates after that are counted by holidays that are only "
        "foreseen. A release of this service brings the next years."
    ) % {"year": LAST_YEAR}
