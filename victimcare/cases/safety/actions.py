"""Every write by a second person: a child's ways of contact decided, a new address or number verified,
a warning lifted."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from victimcare import clock
from victimcare.accounts.models import User
from victimcare.accounts.permissions import Permission
from victimcare.cases.actions import open_again
from victimcare.cases.events import record_event
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Participant, PendingChange, Person, SafeContact, SafetyLift
from victimcare.cases.safe_contact import ANSWERED, verdicts
from victimcare.cases.safety.moves import ADDRESS
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


# --- A new address or number -----------------------------------------------------------------------


@transaction.atomic
def verify_change(
    *, change: PendingChange, participant: Participant, how: str, note: str = "", by: User
) -> PendingChange:
    """Say that a new address or number is truly theirs, and how that is known: from now on it is the one held.

    The safe-contact answers were about the old one, so it counts as not known until they are asked. Raises
    NotAllowed for whoever wrote it down, Stale when it was decided already, Refused without a way.
    """
    change = _waiting(change)
    if change.asked_by_id == by.pk:
        raise NotAllowed(_("You wrote this change down, so somebody else has to verify it."))
    if how not in PendingChange.How:
        raise Refused(_("Say how you verified it, other than by the new number or address itself."))
    person = Person.objects.select_for_update().get(pk=change.person_id)
    for name, value in change.values.items():
        setattr(person, name, value)
    whole = ADDRESS if change.what == PendingChange.What.ADDRESS else ()
    person.confirmed_fields = sorted({*person.confirmed_fields, *change.values, *whole})
    person.version += 1
    person._change_reason = str(PendingChange.How(how).label)[:100]  # type: ignore[attr-defined]
    _save(person, by)
    change.how = how
    return _decided(change, participant, PendingChange.Decision.VERIFIED, note, by)


@transaction.atomic
def refuse_change(
    *, change: PendingChange, participant: Participant, because: str, by: User
) -> PendingChange:
    """Say that a new address or number is not theirs, or nobody can tell: the one held before is used again.

    Raises Stale when it was decided already, and Refused without a reason.
    """
    change = _waiting(change)
    if not because.strip():
        raise Refused(_("Say why it is not theirs, so that nobody writes it down again."))
    return _decided(change, participant, PendingChange.Decision.REFUSED, because, by)


def _waiting(change: PendingChange) -> PendingChange:
    fresh = PendingChange.objects.select_for_update(of=("self",)).get(pk=change.pk)
    if fresh.decision:
        raise Stale(_("Somebody decided about this change already. Open the page again to see how."))
    return fresh


def _decided(
    change: PendingChange, participant: Participant, decision: PendingChange.Decision, note: str, by: User
) -> PendingChange:
    change.decision, change.because = decision, note.strip()[:200]
    change.decided_by, change.decided_at = by, clock.now()
    _save(change, by)
    record_event(
        case=participant.case,
        kind=Kind.SAFETY_DECIDED,
        occurred=change.decided_at,
        participant=participant,
        detail=change.decided_in_words,
        data={
            "change": change.reference,
            "decided": {name: getattr(change, name) for name in PendingChange.DECIDED},
        },
        by=by,
    )
    return change


# --- A warning -------------------------------------------------------------------------------------


@transaction.atomic
def lift_alert(*, lift: SafetyLift, participant: Participant, because: str = "", by: User) -> SafetyLift:
    """Agree that a warning is taken back, as the second person. What was asked for holds from now on.

    Raises NotAllowed for whoever asked and for anybody but a supervisor, and Stale when it was decided already
    or the answer is another by now.
    """
    lift = _to_decide(lift, by)
    if lift.asked_by_id == by.pk:
        raise NotAllowed(_("You asked for this, so another supervisor has to agree."))
    if lift.participant_id:
        _open_what_was_unsafe(lift, by)
    else:
        _answer_anew(lift, by)
    return _lift_decided(lift, participant, SafetyLift.Decision.APPROVED, because, by)


@transaction.atomic
def keep_alert(*, lift: SafetyLift, participant: Participant, because: str, by: User) -> SafetyLift:
    """Say that a warning stays. Raises NotAllowed, Stale, and Refused without a reason."""
    lift = _to_decide(lift, by)
    if not because.strip():
        raise Refused(_("Say why it stays as it is, so that whoever asked knows."))
    return _lift_decided(lift, participant, SafetyLift.Decision.REFUSED, because, by)


def _to_decide(lift: SafetyLift, by: User) -> SafetyLift:
    if not by.may(Permission.DECIDE_SAFETY):
        raise NotAllowed(_("Only a supervisor lifts a safety alert. Ask one."))
    fresh = SafetyLift.objects.select_for_update(of=("self",)).get(pk=lift.pk)
    if fresh.decision:
        raise Stale(_("This was decided already, or the answers were written again. Open the page again."))
    return fresh


def _open_what_was_unsafe(lift: SafetyLift, by: User) -> None:
    rows = Participant.objects.select_for_update(of=("self",)).select_related("case")
    part = rows.get(lifts=lift)
    if part.closure_reason != lift.was:
        raise Stale(_("This was opened already, or closed for another reason. Open the page again."))
    open_again(participant=part, reason=lift.why, by=by)


def _answer_anew(lift: SafetyLift, by: User) -> None:
    safe = SafeContact.objects.select_for_update(of=("self",)).get(person=lift.person_id)
    if lift.field == "address_is_protected":
        now: Any = "yes" if safe.address_is_protected else "no"
        to: Any = False
    else:
        now, to = getattr(safe, lift.field), lift.to
    if now != lift.was:
        raise Stale(_("The answer is another by now. Open the page again."))
    setattr(safe, lift.field, to)
    safe.version += 1
    _save(safe, by)


def _lift_decided(
    lift: SafetyLift, participant: Participant, decision: SafetyLift.Decision, because: str, by: User
) -> SafetyLift:
    lift.decision, lift.because = decision, because.strip()[:200]
    lift.decided_by, lift.decided_at = by, clock.now()
    _save(lift, by)
    record_event(
        case=participant.case,
        kind=Kind.SAFETY_DECIDED,
        occurred=lift.decided_at,
        participant=participant,
        detail=f"{lift.words}. {lift.get_decision_display()}. {lift.because}".strip(),
        data={"lift": lift.reference},
        by=by,
    )
    return lift


def _save(row: Any, by: User) -> None:
    row._history_user = by
    row.save()
