"""The one place that asks what time it is, so that a journey can freeze it."""

from datetime import date, datetime

from django.utils import timezone

from victimcare.working_days import london_day


def now() -> datetime:
    """This moment, UTC."""
    return timezone.now()


def today() -> date:
    """Today's date in London."""
    return london_day(timezone.now())
