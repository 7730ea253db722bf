"""Putting a reminder off: for a reason, for a few days, and never what somebody's safety depends on."""

from datetime import date, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from contacts.subjects import SUBJECTS
from victimcare import clock
from victimcare.accounts.models import Notification, User
from victimcare.cases.standards import Key, numbers_on
from victimcare.faults import NotAllowed, Refused
from victimcare.govuk.dates import day


def may_be_snoozed(notice: Notification) -> bool:
    """A reminder that still asks for something, of a kind that can wait. An escalation cannot."""
    return (
        notice.settled_at is None
        and notice.level not in (Notification.Level.NEWS, Notification.Level.ESCALATED)
        and notice.kind in SUBJECTS
        and SUBJECTS[notice.kind].may_be_snoozed
    )


def latest_day(today: date) -> date:
    """The last day until which a reminder may be put off today, as the unit's standard says."""
    return today + timedelta(days=numbers_on(today)[Key.SNOOZE])


@transaction.atomic
def snooze(*, notice: Notification, until: date, reason: str, by: User) -> Notification:
    """Show this reminder, and louder ones of the same, again on `until`. The supervisor hears as ever.

    Raises NotAllowed for somebody else's, Refused for one that cannot wait, for a day too far off, and
    without a reason.
    """
    held = Notification.objects.select_for_update(of=("self",)).get(pk=notice.pk)
    if held.recipient_id != by.pk:
        raise NotAllowed(_("This reminder is somebody else’s."))
    if not may_be_snoozed(held):
        raise Refused(_("This cannot be put off. Do it, or tell your supervisor why it cannot be done."))
    today = clock.today()
    if until <= today:
        raise Refused(_("Choose a day after today."))
    if until > (latest := latest_day(today)):
        raise Refused(_("A reminder can be put off until %(day)s at the latest.") % {"day": day(latest)})
    if not reason.strip():
        raise Refused(_("Say why it can wait: your supervisor may ask."))
    same = Notification.objects.filter(
        recipient=by, kind=held.kind, subject=held.subject, due_on=held.due_on, settled_at=None
    ).exclude(level=Notification.Level.ESCALATED)
    same.update(snoozed_until=until, snooze_reason=reason.strip()[:300], read_at=None)
    held.refresh_from_db()
    return held
