"""For whom somebody works today besides themselves."""

from datetime import date

from django.db.models import QuerySet

from victimcare import clock
from victimcare.accounts.models import Leave, User


def covering_today(user: User) -> QuerySet[Leave, int]:
    """The colleagues this person covers for today, to be asked for within another query."""
    today = clock.today()
    now = user.covering.filter(from_on__lte=today, until_on__gte=today, cancelled_at=None)
    return now.values_list("user_id", flat=True)


def covered_by(user: User) -> list[int]:
    """The colleagues this person covers for today, by primary key. One query a request: several lists ask it."""
    today = clock.today()
    known: dict[date, list[int]] = user.__dict__.setdefault("_covers_on", {})
    if today not in known:
        known[today] = list(covering_today(user))
    return known[today]
