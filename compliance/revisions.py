"""The revisions of one duty: what each said, and who made the next one of it, when and why."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from compliance.calendar.models import CalendarVersion
from compliance.models import Duty
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Event
from victimcare.govuk.dates import day, moment


@dataclass(frozen=True)
class Revision:
    """One that no longer counts, and what ended it."""

    duty: Duty
    because: str


@dataclass(frozen=True)
class Revisions:
    """All revisions of a duty but itself: those before it, and the one that counts now."""

    earlier: list[Revision]
    now: Duty | None  # None: this one counts, or none does any more
    because: str  # what ended this one; empty where it counts


def revisions_of(duty: Duty) -> Revisions:
    """Wants `duty.event` fetched. Three queries, whatever was corrected."""
    corrections = {
        event.replaces_id: event
        for event in Event.objects.filter(case=duty.case_id).exclude(replaces=None).select_related("by")
    }
    rows = Duty.objects.filter(participant=duty.participant_id, rule=duty.rule).select_related("event")
    every = sorted(rows.filter(event__in=_chain(duty.event_id, corrections)), key=lambda row: row.pk)
    calendars = _calendars(every)
    nexts = dict(zip([row.pk for row in every], every[1:], strict=False))
    ended = {
        row.pk: _because(row, nexts.get(row.pk), corrections, calendars)
        for row in every
        if not row.is_current
    }
    earlier = [
        Revision(row, ended[row.pk]) for row in reversed(every) if row.pk < duty.pk and row.pk in ended
    ]
    now = next((row for row in every if row.is_current and row.pk != duty.pk), None)
    return Revisions(earlier, now, ended.get(duty.pk, ""))


def _chain(event: int, corrections: dict[int | None, Event]) -> set[int]:
    """An event, all that it corrects, and all that corrects it."""
    corrected = {after.pk: before for before, after in corrections.items()}
    found = {event}
    before, after = corrected.get(event), corrections.get(event)
    while before is not None and before not in found:
        found.add(before)
        before = corrected.get(before)
    while after is not None and after.pk not in found:
        found.add(after.pk)
        after = corrections.get(after.pk)
    return found


def _calendars(every: Iterable[Duty]) -> dict[int | None, CalendarVersion]:
    numbers = {row.calendar for row in every} - {0}
    rows = CalendarVersion.objects.filter(number__in=numbers).select_related("approved_by")
    return {row.number: row for row in rows} if numbers else {}


def _because(
    was: Duty,
    then: Duty | None,
    corrections: dict[int | None, Event],
    calendars: dict[int | None, CalendarVersion],
) -> str:
    """What ended this revision, by whom and why."""
    correction = corrections.get(was.event_id)
    if correction is not None and (then is None or then.event_id != was.event_id):
        said = {"when": moment(correction.recorded_at), "who": correction.by or _("the system")}
        if correction.kind == Kind.WITHDRAWN:
            ended = _("What happened was withdrawn on %(when)s by %(who)s.") % said
        else:
            said |= {"was": day(was.event.occurred_on), "now": day(correction.occurred_on)}
            ended = _("What happened was corrected from %(was)s to %(now)s, on %(when)s by %(who)s.") % said
        return f"{ended} {correction.detail}".strip()
    version = calendars.get(then.calendar) if then is not None and then.calendar != was.calendar else None
    if version is not None:
        approved = {"n": version.number, "when": moment(version.approved_at), "who": version.approved_by}
        by_whom = _("Version %(n)d of the calendar was approved on %(when)s by %(who)s.") % approved
        return f"{by_whom} {version.reason}"
    if then is not None and then.enhanced_at_trigger != was.enhanced_at_trigger:
        return _("It was learned afterwards which rights were in force on the day it counts from.")
    return _("What is owed was worked out again.")
