"""Sending emails to staff: the worker's part. They are written by `victimcare.accounts.notify.mail_staff`.

A claim lasts a minute. One that lapsed may have gone, so the provider is asked before it goes again; where it
cannot say, it does not go again: everything an email says stands in the application too.
"""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from victimcare import clock
from victimcare.accounts.models import Notification, StaffMail
from victimcare.accounts.notify import notify
from victimcare.cases.standards import Key, numbers_on
from victimcare.http import AWAY
from victimcare.messaging.models import ATTEMPTS, CLAIM_LASTS
from victimcare.messaging.providers import Away, Fate, Unsure, Went, WillNot, provider_for
from victimcare.working_days import LONDON

log = logging.getLogger(__name__)

MAIL_FAILED = "mail_failed"  # the subject is the mail's reference
TRIED_AGAIN_AFTER = timedelta(minutes=2)


def send_staff_mail(limit: int = 200) -> int:
    """Send what waits and may go now. Returns how many a provider took. Safe with any number of workers."""
    now = clock.now()
    left = list(StaffMail.objects.left_behind(now - CLAIM_LASTS)[:limit])
    ready = StaffMail.objects.waiting().filter(send_after__lte=now).filter(may_go_at(now))
    sent = 0
    for mail in [*left, *ready[:limit]]:
        try:
            sent += _go_on(mail)
        except AWAY:
            raise
        except Exception as fault:  # one that cannot be sent holds up no other
            log.error("Staff mail %s could not be sent: %s.", mail.reference, type(fault).__name__)
            _count_a_fault(mail)
    return sent


def may_go_at(moment: datetime) -> Q:
    """What is urgent, and what is for somebody who is not in their quiet hours at this moment."""
    here = moment.astimezone(LONDON)
    at = here.time()
    within = Q(recipient__quiet_from__lte=at, recipient__quiet_until__gt=at)
    over_midnight = Q(recipient__quiet_from__gt=F("recipient__quiet_until")) & (
        Q(recipient__quiet_from__lte=at) | Q(recipient__quiet_until__gt=at)
    )
    loud = Q(recipient__quiet_from__isnull=False) & ~(within | over_midnight)
    if not is_quiet(here.hour, numbers_on(here.date())):
        loud |= Q(recipient__quiet_from=None)
    return Q(is_urgent=True) | loud


def is_quiet(hour: int, numbers: Mapping[str, int]) -> bool:
    """Whether the unit's standards let staff be at this hour, London time."""
    return hour >= numbers[Key.QUIET_FROM] or hour < numbers[Key.QUIET_UNTIL]


def _go_on(mail: StaffMail) -> bool:
    """Send one, or go on with one whose worker died. True when the provider took it."""
    is_left = mail.status == StaffMail.Status.SENDING
    claimed, provider = _claim(mail), provider_for("email")
    if claimed is None:
        return False
    went = None
    if is_left:
        try:
            went = provider.find(claimed)
        except Unsure:
            _end(claimed, StaffMail.Status.UNKNOWN, _("The sending service cannot say whether it went."))
            return False
        except Away:
            return False  # it may have gone: when the claim lapses, the service is asked again
    try:
        went = went or provider.send(claimed)
    except WillNot as fault:
        _end(claimed, StaffMail.Status.FAILED, str(fault))
        return False
    except Away as fault:
        _wait(claimed, fault)
        return False
    return _took(claimed, provider.name, went)


@transaction.atomic
def _claim(mail: StaffMail) -> StaffMail | None:
    """The mail, ours for a minute; None when another worker has it, or it is of no use any more."""
    now = clock.now()
    held = (
        StaffMail.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("recipient")
        .filter(pk=mail.pk, status=mail.status, claimed_at=mail.claimed_at)
        .first()
    )
    if held is None:
        return None
    if not (held.recipient.is_active and held.recipient.email) or (
        mail.status == StaffMail.Status.WAITING and held.send_before and held.send_before <= now
    ):
        _settle(held, StaffMail.Status.DROPPED)
        return None
    held.status, held.claimed_at = StaffMail.Status.SENDING, now
    held.destination = held.destination or held.recipient.email  # asked about again where it went
    held.save()
    return held


def _held(mail: StaffMail) -> StaffMail | None:
    """The mail as long as our claim on it holds."""
    return (
        StaffMail.objects.select_for_update(of=("self",))
        .select_related("recipient")
        .filter(pk=mail.pk, status=StaffMail.Status.SENDING, claimed_at=mail.claimed_at)
        .first()
    )


@transaction.atomic
def _took(mail: StaffMail, provider: str, went: Went) -> bool:
    held = _held(mail)
    if held is None:
        return False
    held.provider, held.provider_reference, held.sent_at = provider, went.reference[:80], clock.now()
    if went.fate in (Fate.ON_ITS_WAY, Fate.DELIVERED):
        _settle(held, StaffMail.Status.SENT)
    else:
        _fail(held, _("The address does not take emails."))
    return True


@transaction.atomic
def _end(mail: StaffMail, status: StaffMail.Status, reason: str) -> None:
    held = _held(mail)
    if held is not None:
        held.reason = reason[:300]
        if status == StaffMail.Status.FAILED:
            _fail(held, reason)
        else:
            _settle(held, status)


def _fail(held: StaffMail, reason: str) -> None:
    """Said in the application, where they will see it."""
    held.reason = reason[:300]
    _settle(held, StaffMail.Status.FAILED)
    notify(
        recipients=[held.recipient],
        kind=MAIL_FAILED,
        subject=held.reference,
        level=Notification.Level.NEWS,
        url=reverse("accounts:preferences"),
    )


def _settle(held: StaffMail, status: StaffMail.Status) -> None:
    held.status, held.claimed_at = status, None
    held.save()


@transaction.atomic
def _wait(mail: StaffMail, fault: Away) -> None:
    """The sending service is away: no fault of the mail, which waits."""
    held = _held(mail)
    if held is not None:
        log.warning("Staff mail %s waits: %s.", held.reference, fault)
        held.send_after = clock.now() + TRIED_AGAIN_AFTER
        _settle(held, StaffMail.Status.WAITING)


@transaction.atomic
def _count_a_fault(mail: StaffMail) -> None:
    """It may have gone: its claim lapses, then the provider is asked. After five times it is given up."""
    held = StaffMail.objects.select_for_update(of=("self",)).select_related("recipient").get(pk=mail.pk)
    if held.status not in (StaffMail.Status.SENDING, StaffMail.Status.WAITING):
        return
    held.attempts += 1
    if held.attempts >= ATTEMPTS:
        _fail(held, _("A fault of this system stopped it five times."))
    else:
        held.save()
