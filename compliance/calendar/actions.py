"""Every write of the calendar: proposed by one person, approved by another, then worked off case by case."""

from collections.abc import Collection, Mapping
from datetime import date, timedelta

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from compliance.actions import CHUNK, assess
from compliance.calendar.models import CalendarVersion, OneOffDay
from compliance.calendar.moving import counted_over
from victimcare import calendars, clock
from victimcare.accounts.models import User
from victimcare.calendars import FIRST_YEAR, LAST_YEAR, Calendar
from victimcare.faults import NotAllowed, Refused, Stale
from victimcare.govuk.dates import long_day

A_MOMENT = timedelta(seconds=5)  # what began to count duties before the approval has finished by then


@transaction.atomic
def propose(
    *, added: Mapping[date, str], taken: Collection[date], effective_from: date, reason: str, by: User
) -> CalendarVersion:
    """Propose one-off days; they count once somebody else approved them.

    Raises Refused for a day that would change nothing, or is not within the published years.
    """
    if effective_from < clock.today():
        raise Refused(_("What was settled stays settled. Count by it from today or a later day."))
    _check(calendars.calendars_of(CalendarVersion.objects.changes())[-1], added, taken)
    version = CalendarVersion(
        effective_from=effective_from, reason=reason, proposed_by=by, proposed_at=clock.now()
    )
    version._history_user = by
    version.save()
    days = [OneOffDay(calendar=version, day=day, is_holiday=True, name=name) for day, name in added.items()]
    days += [OneOffDay(calendar=version, day=day, is_holiday=False, name="") for day in taken]
    OneOffDay.objects.bulk_create(days)
    return version


def _check(calendar: Calendar, added: Mapping[date, str], taken: Collection[date]) -> None:
    """Raises Refused unless each of these days changes what is counted."""
    if not added and not taken:
        raise Refused(_("Enter a day to add, or one to take away."))
    for day in (*added, *taken):
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise Refused(
                _("Enter a day from %(first)d to %(last)d.") % {"first": FIRST_YEAR, "last": LAST_YEAR}
            )
        if day.weekday() >= 5:
            raise Refused(_("%s is at a weekend and never counts. Enter another day.") % long_day(day))
    for day in added:
        if day in taken:
            raise Refused(_("%s cannot be added and taken away. Choose one.") % long_day(day))
        if day in calendar.bank_holidays:
            raise Refused(_("%s is a bank holiday already. Enter another day.") % long_day(day))
    for day in taken:
        if day not in calendar.bank_holidays:
            raise Refused(
                _("%s is no bank holiday, so it counts already. Enter another day.") % long_day(day)
            )


@transaction.atomic
def decide(*, calendar_id: int, version: int, is_approved: bool, by: User) -> CalendarVersion:
    """Approve proposed days, or set them aside. From its day on every open duty is counted by them; what is settled
    keeps the calendar it was settled by.

    Raises Stale when somebody decided meanwhile, NotAllowed for whoever proposed them.
    """
    held = {row.pk: row for row in CalendarVersion.objects.select_for_update(of=("self",)).order_by("pk")}
    row = held.get(calendar_id)
    if row is None:
        raise Refused(_("That proposal is not there. Open the calendar again."))
    if row.version != version or not row.is_waiting:
        raise Stale(_("This was decided already. Open the page again."))
    if is_approved:
        _approve(row, by)
    else:
        row.withdrawn_by, row.withdrawn_at = by, clock.now()
    row.version += 1
    row._history_user = by
    row.save()
    return row


def _approve(row: CalendarVersion, by: User) -> None:
    if row.proposed_by_id == by.pk:
        raise NotAllowed(_("You proposed these days, so somebody else has to approve them."))
    before = CalendarVersion.objects.changes()
    change = row.change
    _check(calendars.calendars_of(before)[-1], change.added, change.taken)
    # Versions count one after the other: none begins before the one it follows.
    begun = [each.effective_from for each in before]
    row.effective_from = max(row.effective_from, clock.today(), *begun)
    row.number = len(before) + 1
    row.approved_by, row.approved_at = by, clock.now()


def count_anew(*, at_most: int = CHUNK) -> bool:
    """Count anew the open duties of the next cases that a new calendar touches. Returns whether there is more to do.

    Safe to run twice, and beside another: each case comes to the same, and progress is written once.
    """
    row = (
        CalendarVersion.objects.to_work_off(clock.today())
        .filter(approved_at__lt=clock.now() - A_MOMENT)
        .prefetch_related("days")
        .first()
    )
    if row is None:
        return False
    left = counted_over(row.change.days).filter(case_id__gt=row.last_case).order_by("case_id")
    left_cases = left.values_list("case_id", flat=True).distinct()
    mine = CalendarVersion.objects.filter(pk=row.pk, last_case=row.last_case, reassessed_at=None)
    if not row.last_case:
        mine.update(cases_to_do=left_cases.count())
    cases = list(left_cases[:at_most])
    if not cases:
        mine.update(reassessed_at=clock.now(), cases_done=F("cases_to_do"))
        return True
    done = assess(cases)
    mine.update(
        last_case=cases[-1],
        cases_done=F("cases_done") + len(cases),
        duties_moved=F("duties_moved") + done.opened,
    )
    return True
