"""The first contact with each victim as a series: begun, moved on and ended as the contacts say."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Q

from contacts.attempts import Because, Numbers
from contacts.models import Contact, ContactSeries, ReachDay
from contacts.reach import calls_counted
from contacts.series import Standing, as_series, numbers_today, standings
from victimcare import clock
from victimcare.accounts.models import User
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Event, Participant
from victimcare.working_days import LONDON

BATCH = 1000


@transaction.atomic
def replan(case_ids: Iterable[int]) -> int:
    """Work out anew the next step of every first contact in these cases. Returns how many were looked at.

    Two queries where nobody is being tried, which is nearly always.
    """
    ids = list(case_ids)
    waiting = Contact.objects.filter(
        participant=OuterRef("pk"), direction=Contact.Direction.OUT, is_by_unit=True
    )
    reached = Contact.objects.filter(
        participant=OuterRef("pk"), is_by_unit=True, outcome=Contact.Outcome.REACHED
    )
    series = ContactSeries.objects.filter(participant=OuterRef("pk"))
    reopened = Event.objects.filter(participant=OuterRef("pk"), kind=Kind.CASE_REOPENED)
    people = (
        Participant.objects.victims()
        .filter(case_id__in=ids)
        .filter(
            Exists(series.filter(ended_at=None))
            | Q(closed_at=None)
            & Exists(series.filter(ended_as__in=[ContactSeries.Ended.CLOSED, ContactSeries.Ended.DECIDED]))
            | Q(closed_at=None)
            & (Q(officer__isnull=False) | Exists(reopened))
            & Exists(waiting)
            & ~Exists(reached)
        )
        .select_related("case", "person", "officer")
        .order_by("pk")
    )
    return replan_people(list(people), by=None)


def replan_due(day: date) -> int:
    """Look again at the steps that are due: what is safe, or whose number it is, may have changed."""
    due = ContactSeries.objects.open().filter(next_on__lte=day).order_by("next_on")[:BATCH]
    return replan(set(due.values_list("participant__case_id", flat=True)))


def replan_people(
    people: list[Participant],
    *,
    held: Mapping[int, date] | None = None,
    decided: Mapping[int, str] | None = None,
    by: User | None,
) -> int:
    """Begin, move on or end the series of each of these, as their contacts say."""
    people = [part for part in people if part.is_victim]
    if not people:
        return 0
    latest = _latest_series(people)
    reached = _reached_before({part.pk for part in people} - set(latest))
    people = [
        part for part in people if part.pk not in reached and _may_have_series(part, latest.get(part.pk))
    ]
    if not people:
        return 0
    begins = _begin_again(people, latest)
    for pk, on in (held or {}).items():
        if pk in latest:
            latest[pk].held_until = on
    numbers = numbers_today(clock.today())
    found = standings(people, latest, numbers)
    for part in people:
        again = part.pk in begins
        _move_on(part, latest.get(part.pk), found[part.pk], numbers, held or {}, decided or {}, again, by)
    return len(people)


def reopened(people: list[Participant]) -> dict[int, datetime]:
    """When each of these was last opened again. One query."""
    rows = Event.objects.filter(participant__in=people, kind=Kind.CASE_REOPENED).order_by("recorded_at", "pk")
    return dict(rows.values_list("participant_id", "occurred_at"))


def _begin_again(people: list[Participant], latest: dict[int, ContactSeries]) -> set[int]:
    """Those opened again whom nobody ever reached, so that a first contact begins anew; `latest` is told when."""
    waiting = [part for part in people if part.closed_at is None and _is_over(latest.get(part.pk))]
    if not waiting:
        return set()
    since = reopened(waiting)
    reached = _reached_before(set(since))
    begins = set()
    for part in waiting:
        at, last = since.get(part.pk), latest.get(part.pk)
        if at and part.pk not in reached and (last is None or at > last.started_at):
            latest[part.pk] = ContactSeries(
                participant=part, started_at=at, ended_as=last.ended_as if last else ""
            )
            begins.add(part.pk)
    return begins


def _is_over(latest: ContactSeries | None) -> bool:
    return latest is None or latest.pk is None


def _latest_series(people: list[Participant]) -> dict[int, ContactSeries]:
    """The latest series of each, locked; for one that has ended, where the next would begin."""
    rows = ContactSeries.objects.filter(participant__in=people).select_for_update(of=("self",))
    found: dict[int, ContactSeries] = {}
    for row in rows.order_by("started_at", "pk"):
        found[row.participant_id] = row
    return {
        pk: row
        if row.ended_at is None
        else ContactSeries(participant_id=pk, started_at=row.ended_at, ended_as=row.ended_as)
        for pk, row in found.items()
    }


def _reached_before(people: set[int]) -> set[int]:
    """Those of these whom the unit has spoken to."""
    if not people:
        return set()
    rows = Contact.objects.filter(participant__in=people, is_by_unit=True, outcome=Contact.Outcome.REACHED)
    return set(rows.values_list("participant_id", flat=True))


def _may_have_series(part: Participant, latest: ContactSeries | None) -> bool:
    """Somebody once reached has no second first contact; somebody closed has none until they are opened."""
    if latest is not None and latest.pk:
        return True
    return part.closed_at is None and (latest is None or latest.ended_as != ContactSeries.Ended.REACHED)


def _move_on(
    part: Participant,
    latest: ContactSeries | None,
    stand: Standing,
    numbers: Numbers,
    held: Mapping[int, date],
    decided: Mapping[int, str],
    begins_again: bool,
    by: User | None,
) -> None:
    is_open = latest is not None and latest.pk is not None
    was_closed = begins_again or (latest is not None and latest.ended_as == ContactSeries.Ended.CLOSED)
    began = stand.attempts or part.pk in held or part.pk in decided
    if not is_open and (stand.has_reached or not (began or was_closed)):
        return
    row = (
        latest
        if latest is not None and is_open
        else ContactSeries(
            participant=part,
            started_at=latest.started_at if latest else stand.began_at or clock.now(),
            held_until=held.get(part.pk),
            version=0,
        )
    )
    before = _as_kept(row)
    if stand.attempts:  # one of earlier may be written down later
        row.started_at = min(row.started_at, stand.attempts[0].at)
    if step := as_series(stand, numbers):
        for name in STEP_FIELDS:
            setattr(row, name, getattr(step, name))
        if part.pk in held and row.pk is None:
            row.next_on = max(filter(None, (row.next_on, held[part.pk])))
            row.because = Because.HELD
    elif row.pk is None:
        return
    _end(row, part, stand, decided)
    if _as_kept(row) != before or row.pk is None:
        row.version += 1
        _save(row, by)


STEP_FIELDS = ("step", "because", "attempt", "wanted", "band", "tried", "next_on", "is_serious")


def _as_kept(row: ContactSeries) -> tuple[object, ...]:
    return (*(getattr(row, name) for name in STEP_FIELDS), row.started_at, row.held_until, row.ended_at)


def _end(row: ContactSeries, part: Participant, stand: Standing, decided: Mapping[int, str]) -> None:
    ended = (
        ContactSeries.Ended.REACHED
        if stand.has_reached
        else ContactSeries.Ended.CLOSED
        if part.closed_at
        else ContactSeries.Ended.DECIDED
        if part.pk in decided
        else ""
    )
    if ended:
        row.ended_at, row.ended_as, row.next_on = clock.now(), ended, None
        row.reason = decided.get(part.pk, "")[:300]


def _save(row: ContactSeries, by: User | None) -> None:
    row._history_user = by  # type: ignore[attr-defined]
    row.save()


# --- What works ------------------------------------------------------------------------------------

COUNTED_DAYS = 365
COUNTED_AGAIN = 7  # days: contacts are written down late


@transaction.atomic
def count_reach(day: date) -> int:
    """Count the calls and visits of the year before this day, as far as they are not counted. Returns the rows.

    The last days are counted again. One query reads the contacts.
    """
    last = ReachDay.objects.aggregate(last=Max("day"))["last"]
    oldest = day - timedelta(days=COUNTED_DAYS)
    since = max(oldest, last - timedelta(days=COUNTED_AGAIN)) if last else oldest
    begins = datetime.combine(since, time.min, LONDON)
    rows = [ReachDay(**counted) for counted in calls_counted(begins)]
    ReachDay.objects.filter(Q(day__gte=since) | Q(day__lt=oldest)).delete()
    ReachDay.objects.bulk_create(rows, batch_size=1000)
    return len(rows)
