"""What works: which calls and visits reached the victim, by hour and attempt; and the best hours for the next one."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, DateTimeField, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce, ExtractHour, TruncDate
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from contacts.models import Contact, ReachDay
from victimcare.working_days import LONDON

CALLS = (Contact.Channel.PHONE, Contact.Channel.IN_PERSON)
LOOKS_BACK = 365  # days
LAST_ATTEMPT = 3  # the third, and every later one
FEWEST = 20  # calls before a share says anything
BLOCK = 2  # hours that a suggestion names


@dataclass(frozen=True)
class Tally:
    """Calls made, and how many of them reached the victim."""

    tried: int = 0
    reached: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.tried + other.tried, self.reached + other.reached)

    @property
    def share(self) -> int | None:
        """In percent; None where nobody was called."""
        return round(100 * self.reached / self.tried) if self.tried else None


def calls_counted(since: datetime) -> Iterator[dict[str, Any]]:
    """The calls and visits of the unit from this moment on, counted for `ReachDay`. One query."""
    of_the_unit = Contact.objects.filter(
        is_by_unit=True, direction=Contact.Direction.OUT, channel__in=CALLS
    ).exclude(outcome=Contact.Outcome.NOT_CONTACTED)
    earlier = of_the_unit.filter(participant=OuterRef("participant"), at__lt=OuterRef("at")).order_by()
    reached = earlier.filter(outcome=Contact.Outcome.REACHED).order_by("-at").values("at")[:1]
    never = datetime(1, 1, 2, tzinfo=LONDON)
    since_then = Coalesce(OuterRef("reached_at"), never, output_field=DateTimeField())
    before = earlier.filter(at__gt=since_then)
    rows = (
        # A restricted case is in nobody's figures.
        of_the_unit.filter(at__gte=since, participant__case__is_restricted=False)
        .annotate(reached_at=Subquery(reached))
        .annotate(
            failed=Coalesce(Subquery(before.values("participant").annotate(n=Count("pk")).values("n")), 0),
            on=TruncDate("at", tzinfo=LONDON),
            hour=ExtractHour("at", tzinfo=LONDON),
        )
        .order_by()
        .values_list("on", "participant__team", "channel", "hour", "failed", "outcome")
    )
    counts: dict[tuple[Any, ...], Tally] = defaultdict(Tally)
    for on, team, channel, hour, failed, outcome in rows.iterator(chunk_size=5000):
        key = (on, team, channel, hour, min(failed + 1, LAST_ATTEMPT))
        counts[key] += Tally(1, int(outcome == Contact.Outcome.REACHED))
    for (on, team, channel, hour, attempt), tally in counts.items():
        yield {
            "day": on,
            "team_id": team,
            "channel": channel,
            "hour": hour,
            "attempt": attempt,
            "tried": tally.tried,
            "reached": tally.reached,
        }


def counts_on(day: date, attempt: int) -> dict[tuple[int, int], Tally]:
    """Phone calls of the year before this day that were such an attempt, by weekday and hour. One query."""
    rows = ReachDay.objects.filter(
        day__gte=day - timedelta(days=LOOKS_BACK),
        channel=Contact.Channel.PHONE,
        attempt=min(attempt, LAST_ATTEMPT),
    )
    found = rows.order_by().values_list("day__iso_week_day", "hour").annotate(Sum("tried"), Sum("reached"))
    return {(weekday, hour): Tally(tried, reached) for weekday, hour, tried, reached in found}


def suggest(counts: Mapping[tuple[int, int], Tally], on: date, safe: tuple[time, time] | None) -> str:
    """Thursday after 16:00: reached 41% of such calls. "" where too few calls were made to say so.

    Only hours that lie wholly within those at which it is safe to ring, or the whole day where none are set.
    """
    best = best_block(counts, on.isoweekday(), safe)
    if best is None:
        return ""
    hour, tally = best
    return _("%(weekday)s after %(hour)02d:00: reached %(share)d%% of such calls.") % {
        "weekday": date_format(on, "l"),
        "hour": hour,
        "share": tally.share or 0,
    }


def best_block(
    counts: Mapping[tuple[int, int], Tally], weekday: int, safe: tuple[time, time] | None
) -> tuple[int, Tally] | None:
    """The hours of this weekday at which the greatest share was reached; the earliest of equals."""
    first, last = (safe[0], safe[1]) if safe else (time(8), time(21))
    begins = first.hour + (first.minute > 0)
    found = [
        (hour, sum((counts.get((weekday, hour + more), Tally()) for more in range(BLOCK)), Tally()))
        for hour in range(begins, last.hour - BLOCK + 1)
        if (weekday, hour) in counts
    ]
    enough = [(hour, tally) for hour, tally in found if tally.tried >= FEWEST]
    return max(enough, key=lambda each: (each[1].share or 0, -each[0]), default=None)


def tallies(scope: Q, channel: str, since: date) -> dict[tuple[int, int], Tally]:
    """Calls by hour and attempt, from this day on. One query."""
    rows = ReachDay.objects.filter(scope, channel=channel, day__gte=since).order_by()
    found = rows.values_list("hour", "attempt").annotate(Sum("tried"), Sum("reached"))
    return {(hour, attempt): Tally(tried, reached) for hour, attempt, tried, reached in found}
