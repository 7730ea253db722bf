"""Duties of the force that were missed or met late: the record of each, its answer, and what puts the victim right.

That a duty is a breach follows from its row and the day. A sweep writes the record of those of the last weeks, with the
event that opens a duty of our own towards the victim; older ones get theirs when somebody first works on them.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import translation
from django.utils.translation import gettext as _

from compliance import words
from compliance.models import OURS, Duty
from compliance.models_breach import Breach, breach_reference
from contacts.models import TELLS, Contact
from victimcare import clock
from victimcare.accounts.models import User
from victimcare.accounts.permissions import Permission
from victimcare.cases.events import record_event
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Event
from victimcare.cases.standards import Key, numbers_on
from victimcare.faults import NotAllowed, Refused, Stale
from victimcare.lookups import is_any
from victimcare.working_days import add_working_days, england_and_wales

PUT_RIGHT = "PUT-RIGHT"  # the unit's own standard that RIGHT_NOT_MET opens: see LocalStandard
LOOKS_BACK = timedelta(
    days=28
)  # by its last day in time: what is older is recorded when somebody works on it
AT_MOST = 500  # of a sweep: the next comes in ten minutes
OF_THE_FORCE = (Duty.Owner.FORCE, Duty.Owner.WCU)
UNSETTLED = (Breach.State.OPEN, Breach.State.DISPUTED, Breach.State.ACCEPTED)


def is_breach(today: date) -> Q:
    """What holds of a duty that is a breach on this day: of the Code, the force's, met late, or missed by the unit.

    What an officer outside the unit owes and nobody has shown us is not known to be missed: it is no breach.
    """
    late = Q(status=Duty.Status.MET_LATE, owner__in=OF_THE_FORCE)
    missed = Q(status=Duty.Status.OPEN, due_on__lt=today) & OURS
    return Q(is_current=True, is_local=False, due_on__isnull=False) & (late | missed)


def is_a_breach(duty: Duty, today: date) -> bool:
    """The same, of one row that was read already."""
    if not duty.is_current or duty.is_local or duty.due_on is None or duty.owner not in OF_THE_FORCE:
        return False
    is_missed = duty.status == Duty.Status.OPEN and duty.due_on < today and duty.is_ours
    return is_missed or duty.status == Duty.Status.MET_LATE


@dataclass(frozen=True)
class Kept:
    """What a sweep did, in rows."""

    opened: int = 0
    moved: int = 0
    ended: int = 0


def keep_breaches(*, at_most: int = AT_MOST) -> Kept:
    """Record what is a breach and has no record, and end those that are none any more. Safe to run twice."""
    today = clock.today()
    recorded = Breach.objects.standing().filter(duty=OuterRef("pk"))
    new = (
        Duty.objects.filter(is_breach(today), OURS, due_on__gte=today - LOOKS_BACK)
        .filter(~Exists(recorded))
        .order_by("due_on", "pk")
        .values_list("pk", flat=True)
    )
    still = Duty.objects.filter(is_breach(today), pk=OuterRef("duty"))
    # What was closed stays as it was said, and goes with the duty that a correction made of it, done late all the same.
    corrected = Duty.objects.filter(
        is_breach(today),
        _of_the_same(OuterRef("duty__event")),
        status=Duty.Status.MET_LATE,
        participant=OuterRef("participant"),
        rule=OuterRef("duty__rule"),
        breach=None,
    )
    goes_with_it = Q(Exists(corrected), state=Breach.State.CLOSED, duty__is_current=False)
    unsettled = Q(state__in=UNSETTLED)
    gone = Breach.objects.filter(~Exists(still), unsettled | goes_with_it).values_list("pk", flat=True)
    moved, ended = _let_go(list(gone[:at_most]), today)
    return Kept(_open_all(list(new[:at_most])), moved, ended)


@transaction.atomic
def _open_all(duties: list[int]) -> int:
    rows = Duty.objects.select_related("participant", "case").in_bulk(duties)
    for pk in duties:
        _open(rows[pk], None)
    return len(duties)


@transaction.atomic
def _let_go(breaches: list[int], today: date) -> tuple[int, int]:
    moved = ended = 0
    rows = Breach.objects.select_for_update(of=("self",)).filter(pk__in=breaches)
    for breach in rows.select_related("duty", "event", "participant__case").order_by("pk"):
        later = _successor(breach.duty) if not breach.duty.is_current else None
        if later is not None and is_a_breach(later, today):
            breach.duty = later
            moved += 1
            _save(breach, None)
        elif breach.state in UNSETTLED:
            _end(breach, _why_none_any_more(later or breach.duty))
            ended += 1
    return moved, ended


def _of_the_same(event: Any) -> Q:
    """What holds of a duty that this event opened, or the one that corrected it."""
    return Q(event=event) | Q(event__replaces=event)


def _successor(duty: Duty) -> Duty | None:
    """The revision of this duty that stands: of the same event, or of the one that corrected it; None for none."""
    rows = Duty.objects.current().filter(participant=duty.participant_id, rule=duty.rule, breach=None)
    return rows.filter(_of_the_same(duty.event_id)).order_by("-pk").first()


def _open(duty: Duty, by: User | None) -> Breach:
    """`duty` is a breach of which there is no standing record; its case and participant were read."""
    assert duty.due_on is not None  # noqa: S101 - is_breach
    ended = Breach.objects.filter(
        duty=duty
    ).first()  # and a breach again: what was said of it is in its history
    breach = Breach(
        pk=ended.pk if ended else None,
        reference=ended.reference if ended else breach_reference(),
        version=ended.version + 1 if ended else 1,
        duty=duty,
        participant=duty.participant,
        right=duty.right,
        team_id=duty.team_id,
        opened_at=clock.now(),
        due_on=_within(Key.BREACH_ANSWER),
    )
    with translation.override("en"):  # it stands on the timeline for everybody
        detail = f"{words.short(duty.rule)} ({words.why(duty.right, is_local=False)})"
    breach.event = record_event(
        case=duty.case,
        kind=Kind.RIGHT_NOT_MET,
        occurred=duty.due_on + timedelta(days=1),
        participant=duty.participant,
        detail=detail,
        # The engine reads who answers for what this opens.
        data={"rule": duty.rule, "event": duty.event_id, "decided_by": f"owed by {duty.owner}"},
        by=by,
    )
    _save(breach, by)
    return breach


def _within(key: Key) -> date:
    """The last of so many working days from today, as the unit's own number has it."""
    return add_working_days(clock.today(), numbers_on(clock.today())[key], bank_holidays=england_and_wales())


# Opened by a sweep, or by nobody's account yet.
UNTOUCHED = Q(answered_by=None, decided_by=None, closed_by=None)


@transaction.atomic
def end_untouched(participants: Collection[int], events: Collection[int]) -> None:
    """The extract that brought these people or these events was withdrawn: nothing was owed."""
    theirs = Q(is_any("participant_id", participants)) | Q(is_any("duty__event_id", events))
    rows = Breach.objects.standing().filter(UNTOUCHED, theirs).select_for_update(of=("self",))
    with translation.override("en"):
        because = _("The extract that brought it was withdrawn")
    for breach in rows.select_related("event", "participant__case").order_by("pk"):
        _end(breach, because)


def _why_none_any_more(duty: Duty) -> str:
    """Kept in English, in words that have a translation."""
    with translation.override("en"):
        if not duty.is_current:
            return _("What happened was corrected")
        if duty.status in (Duty.Status.MET, Duty.Status.OPEN):
            return _("Met in time after all, or due later")
        return str(duty.get_status_display())


def _end(breach: Breach, because: str) -> None:
    """It is no breach any more. Its event is withdrawn, unless the victim was told of it already."""
    breach.state, breach.ended_because = Breach.State.ENDED, because
    if breach.event and not _was_told(breach.event):
        record_event(
            case=breach.participant.case,
            kind=Kind.WITHDRAWN,
            occurred=breach.event.occurred_at,
            participant=breach.participant,
            detail=because,
            data={"corrects": breach.event.reference, "was": breach.event.kind},
            replaces=breach.event,
            by=None,
        )
    _save(breach, None)


def _was_told(event: Event) -> bool:
    return Contact.objects.filter(tells=event, outcome__in=TELLS).exists()


def recoveries(breaches: Iterable[Breach]) -> dict[int, Duty]:
    """What puts the victim right, by the primary key of its breach. One query."""
    by_event = {breach.event_id: breach.pk for breach in breaches if breach.event_id}
    rows = Duty.objects.current().filter(rule=PUT_RIGHT, event__in=by_event)
    return {by_event[duty.event_id]: duty for duty in rows}


# --- What people say of it -------------------------------------------------------------------------


@transaction.atomic
def answer_breach(
    *,
    duty: Duty,
    is_accepted: bool,
    reason: str,
    account: str,
    claimed_agency: str = "",
    claim: str = "",
    version: int,
    by: User,
) -> Breach:
    """Accept a breach, or dispute it: say why it happened, and who else answers for it.

    `version` is that of the record the page showed, 0 where there was none. An account may be written again until the
    breach is closed; a dispute is decided once. Raises NotAllowed, Stale, and Refused where something is missing.
    """
    breach = _answerable(duty, version, by)
    if reason not in Breach.Reason or not reason:
        raise Refused(_("Choose why it was late."))
    if not account.strip():
        raise Refused(_("Say what happened."))
    if not is_accepted:
        if breach.decision:
            raise Refused(_("A dispute about this was decided already."))
        if claimed_agency not in Breach.Agency or claimed_agency == Breach.Agency.FORCE or not claim.strip():
            raise Refused(_("Say who answers for it instead, why, and how you discussed it with them."))
        breach.claimed_agency, breach.claim = claimed_agency, claim.strip()
    breach.reason, breach.account = reason, account.strip()
    breach.state = Breach.State.ACCEPTED if is_accepted else Breach.State.DISPUTED
    breach.due_on = _within(Key.BREACH_CLOSE if is_accepted else Key.BREACH_DECIDE)
    if not breach.decision:  # who decided about the dispute of whom stays as it was
        breach.answered_by, breach.answered_at = by, clock.now()
    return _kept(breach, by)


def _answerable(duty: Duty, version: int, by: User) -> Breach:
    """The record to write on, made where there is none yet."""
    _refuse_others(by)
    fresh = Duty.objects.select_for_update(of=("self",)).select_related("participant", "case").get(pk=duty.pk)
    breach = Breach.objects.standing().select_for_update(of=("self",)).filter(duty=fresh).first()
    if (breach.version if breach else 0) != version:
        raise _stale()
    if breach is None:
        if not is_a_breach(fresh, clock.today()):
            raise Refused(_("This duty is not missed, nor met late. There is nothing to answer for."))
        return _open(fresh, by)
    if breach.state not in (Breach.State.OPEN, Breach.State.ACCEPTED):
        raise Refused(_("A dispute waits to be decided, or this is closed. Open the page again."))
    return breach


@transaction.atomic
def decide_dispute(*, breach: Breach, is_upheld: bool, because: str, version: int, by: User) -> Breach:
    """Uphold a dispute, so that somebody else answers for the breach; or not. Never by whoever disputed.

    Raises NotAllowed, Stale, and Refused without a reason or where nothing is disputed.
    """
    breach = _locked(breach, version, by)
    if breach.state != Breach.State.DISPUTED:
        raise Refused(_("Nothing is disputed here. Open the page again."))
    if breach.answered_by_id == by.pk:
        raise NotAllowed(_("You wrote this dispute, so another supervisor decides."))
    if not because.strip():
        raise Refused(_("Say why, so that both sides can follow."))
    breach.decision = Breach.Decision.UPHELD if is_upheld else Breach.Decision.REFUSED
    breach.decision_words = because.strip()
    breach.decided_by, breach.decided_at = by, clock.now()
    if is_upheld:
        breach.agency = breach.claimed_agency
    breach.state, breach.due_on = Breach.State.ACCEPTED, _within(Key.BREACH_CLOSE)
    return _kept(breach, by)


@transaction.atomic
def close_breach(*, breach: Breach, resolution: str, learning: str, version: int, by: User) -> Breach:
    """Say what became of it and what was learned. Only once nothing is owed any more: neither the duty itself nor
    what puts the victim right.

    Raises NotAllowed, Stale and Refused.
    """
    breach = _locked(breach, version, by)
    if breach.state != Breach.State.ACCEPTED:
        raise Refused(_("Accept it first, or have the dispute decided."))
    if not resolution.strip() or not learning.strip():
        raise Refused(_("Say what became of it, and what is learned from it."))
    if not_yet := before_closing(breach.duty, recoveries([breach]).get(breach.pk)):
        raise Refused(not_yet)
    breach.resolution, breach.learning = resolution.strip(), learning.strip()
    breach.closed_by, breach.closed_at, breach.state = by, clock.now(), Breach.State.CLOSED
    return _kept(breach, by)


def before_closing(duty: Duty, mend: Duty | None) -> str:
    """What is to be done before this breach can be closed; empty where nothing is.

    `mend` is what puts the victim right. To say that we were late does not tell them what they were to be told.
    """
    if duty.status == Duty.Status.OPEN:
        return _(
            "It is still owed. Do it first, late as it is, or have a supervisor agree that it is excused."
        )
    if mend is not None and mend.status == Duty.Status.OPEN:
        return _(
            "Put it right with the victim first: tell them, or have a supervisor agree that it is excused."
        )
    return ""


def _locked(breach: Breach, version: int, by: User) -> Breach:
    _refuse_others(by)
    fresh = Breach.objects.select_for_update(of=("self",)).select_related("duty").get(pk=breach.pk)
    if fresh.version != version:
        raise _stale()
    return fresh


def _refuse_others(by: User) -> None:
    if not by.may(Permission.WORK_BREACHES):
        raise NotAllowed(_("A supervisor answers for missed duties. Ask one."))


def _stale() -> Stale:
    return Stale(
        _("Somebody else changed this while you were working. Open the page again to see what they did.")
    )


def _kept(breach: Breach, by: User) -> Breach:
    breach.version += 1
    _save(breach, by)
    return breach


def _save(breach: Breach, by: User | None) -> None:
    breach._history_user = by  # type: ignore[attr-defined]
    breach.save()
