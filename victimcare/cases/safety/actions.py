"""Every write by a second person: a supervisor decides how a young child is reached."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from victimcare import clock
from victimcare.accounts.models import User
from victimcare.accounts.permissions import Permission
from victimcare.cases.events import record_event
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Participant, SafeContact
from victimcare.cases.safe_contact import ANSWERED, verdicts
from victimcare.faults import NotAllowed, Refused, Stale


@transaction.atomic
def decide_child(*, participant: Participant, because: str, version: int, by: User) -> SafeContact:
    """Say that a young child whom nobody acts for is contacted in the ways they asked for.

    `version` is that of the answers the page showed. It holds for them alone: answers that change, and a number
    or address that changes, close it again. Raises NotAllowed, Stale, and Refused where nobody waits for it.
    """
    if not by.may(Permission.DECIDE_SAFETY):
        raise NotAllowed(_("A supervisor decides how this child is contacted. Ask one."))
    if not because.strip():
        raise Refused(_("Say why it is safe, so that others can follow."))
    safe = SafeContact.objects.select_for_update(of=("self",)).filter(person=participant.person_id).first()
    if safe is None or not any(getattr(safe, channel) == SafeContact.Safe.YES for channel in ANSWERED):
        raise Refused(_("No way of contact was answered with yes. Ask for one before you decide."))
    if safe.version != version:
        raise Stale(_("Someone else changed these answers while you were working. Open the page again."))
    if safe.confirmed_by_id == by.pk:
        raise NotAllowed(_("You wrote down these answers, so another supervisor decides."))
    if not waits_for_a_decision(participant):
        raise Refused(_("Nobody waits for this decision: the page of the case says how they are contacted."))
    safe.version += 1
    safe.child_reached_because, safe.child_decided_by = because.strip()[:300], by
    safe.child_decided_at, safe.child_decided_version = clock.now(), safe.version
    _save(safe, by)
    record_event(
        case=participant.case,
        kind=Kind.SAFETY_DECIDED,
        occurred=safe.child_decided_at,
        participant=participant,
        detail=_("Contact in the ways this child asked for. %(why)s") % {"why": safe.child_reached_because},
        by=by,
    )
    return safe


def waits_for_a_decision(participant: Participant) -> bool:
    """True where the third door says that somebody has to decide how this child is contacted."""
    said = verdicts(participant).values()
    return any(reason.rule == "nobody_acts" for verdict in said for reason in verdict.reasons)


def _save(row: Any, by: User) -> None:
    row._history_user = by
    row.save()
