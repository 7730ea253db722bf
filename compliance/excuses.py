"""Excusing a duty: one officer asks, a supervisor of the victim's team who is not that officer decides.

What was agreed is an event, so the duty follows, and taking it back is another: the record keeps both.
"""

from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from compliance import words
from compliance.models import Duty
from compliance.models_breach import Excuse
from contacts.models import TELLS, Contact
from victimcare import clock
from victimcare.accounts.models import Notification, User
from victimcare.accounts.notify import notify
from victimcare.accounts.permissions import Permission
from victimcare.cases.events import record_event
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Participant
from victimcare.faults import NotAllowed, Refused, Stale

REFUSED_NOTICE, APPROVED_NOTICE = "excuse_refused", "excuse_agreed"
CONTACTS_SHOWN = 25
CAN_BE_EXCUSED = (Duty.Status.OPEN, Duty.Status.MET_LATE)  # what the engine lets a decision change


def contacts_with(participant: Participant) -> list[Contact]:
    """Conversations in which somebody could have declined: those that reached them, newest first."""
    rows = Contact.objects.for_participant(participant).filter(outcome__in=TELLS)
    return list(rows.select_related("spoke_to__person").order_by("-at", "-pk")[:CONTACTS_SHOWN])


def team_of(duty: Duty) -> int | None:
    """Whose supervisors decide: the victim's team, or witness care's for what it owes. None: anybody's who may see."""
    if duty.owner == Duty.Owner.WCU and duty.case.witness_care_team_id:
        return duty.case.witness_care_team_id
    return duty.participant.team_id


@transaction.atomic
def ask_to_excuse(
    *, duty: Duty, status: str, reason: str = "", why: str, contact: Contact | None = None, by: User
) -> Excuse:
    """Ask that this duty be exempt, declined or not applicable. It stays as it is until a supervisor agrees.

    Raises NotAllowed without the permission; Refused for a duty that is settled, for one that somebody asked about
    already, and for a request that does not say what it needs.
    """
    if not by.may(Permission.ASK_EXCUSE):
        raise NotAllowed(_("Your role does not ask that a duty be excused. Ask the victim’s officer."))
    if status not in Excuse.Status:
        raise Refused(_("Say what the duty becomes."))
    fresh = (
        Duty.objects.current()
        .select_for_update(of=("self",))
        .select_related("case", "participant")
        .filter(pk=duty.pk)
        .first()
    )
    if fresh is None:
        raise Stale(_("What happened was corrected, and this duty with it. Open the rights page again."))
    if fresh.status not in CAN_BE_EXCUSED:
        raise Refused(_("This duty is settled already, so there is nothing to excuse."))
    if not why.strip():
        raise Refused(_("Say why, so that a supervisor can decide."))
    if status == Excuse.Status.EXEMPT and reason not in Excuse.Reason:
        raise Refused(_("Choose the good reason."))
    is_theirs = contact is not None and contact.participant_id == fresh.participant_id
    if status == Excuse.Status.DECLINED and not is_theirs:
        raise Refused(_("Choose the contact in which they declined. Log it first if it is not written down."))
    if waiting_about(fresh):
        raise Stale(_("Somebody asked already. A supervisor has to decide about that first."))
    excuse = Excuse(
        participant=fresh.participant,
        duty=fresh,
        rule=fresh.rule,
        trigger_id=fresh.event_id,
        status=status,
        reason=reason if status == Excuse.Status.EXEMPT else "",
        why=why.strip(),
        contact=contact if status == Excuse.Status.DECLINED else None,
        team_id=team_of(fresh),
        asked_by=by,
        asked_at=clock.now(),
    )
    _save(excuse, by)
    return excuse


def waiting_about(duty: Duty) -> Excuse | None:
    """The request about this duty that nobody has decided yet."""
    about = Excuse.objects.filter(participant=duty.participant_id, rule=duty.rule, trigger=duty.event_id)
    return about.waiting().first()


@transaction.atomic
def agree_to_excuse(*, excuse: Excuse, because: str = "", by: User) -> Excuse:
    """Agree, as the second person. The duty is excused from now on, until somebody takes it back.

    Where it was settled meanwhile nothing is excused, and the request counts as no longer needed. Raises NotAllowed
    for whoever asked and for anybody but a supervisor of the team, and Stale when it was decided already.
    """
    excuse = _to_decide(excuse, by)
    duty = _duty_now(excuse)
    if duty is None or duty.status not in CAN_BE_EXCUSED:
        return _decided(excuse, Excuse.Decision.OVERTAKEN, because, by)
    excuse.duty = duty
    excuse.event = record_event(
        case=excuse.participant.case,
        kind=Kind.DUTY_EXCUSED,
        occurred=excuse.contact.at if excuse.contact else clock.now(),
        learned_at=clock.now(),
        participant=excuse.participant,
        detail=sentence(excuse),
        data={
            "rule": excuse.rule,
            "event": duty.event_id,
            "status": excuse.status,
            "excuse": excuse.reference,
        },
        by=by,
    )
    return _decided(excuse, Excuse.Decision.APPROVED, because, by)


@transaction.atomic
def refuse_to_excuse(*, excuse: Excuse, because: str, by: User) -> Excuse:
    """Say that the duty stays owed, and why. Raises NotAllowed, Stale, and Refused without a reason."""
    excuse = _to_decide(excuse, by)
    if not because.strip():
        raise Refused(_("Say why not, so that whoever asked knows what to do."))
    return _decided(excuse, Excuse.Decision.REFUSED, because, by)


@transaction.atomic
def take_excuse_back(*, excuse: Excuse, because: str, by: User) -> Excuse:
    """Say that a duty is no longer excused: it is owed as it was. The record keeps that it had been.

    One supervisor is enough, the stricter way needs no second. Raises NotAllowed, Stale, and Refused without a reason.
    """
    excuse = _locked(excuse)
    _refuse_another_team(excuse, by)
    if excuse.decision != Excuse.Decision.APPROVED or excuse.event is None:
        raise Stale(meanwhile(excuse))
    if not because.strip():
        raise Refused(_("Say why it is taken back."))
    record_event(
        case=excuse.participant.case,
        kind=Kind.WITHDRAWN,
        occurred=excuse.event.occurred_at,
        participant=excuse.participant,
        detail=because.strip()[:300],
        data={"corrects": excuse.event.reference, "was": excuse.event.kind},
        replaces=excuse.event,
        by=by,
    )
    excuse.decision = Excuse.Decision.WITHDRAWN
    excuse.withdrawn_by, excuse.withdrawn_at = by, clock.now()
    excuse.withdrawn_because = because.strip()[:300]
    _save(excuse, by)
    return excuse


def sentence(excuse: Excuse) -> str:
    """Arrest: exempt, with good reason. An arrest or a search was still going on. What the officer wrote."""
    said = [
        f"{words.short(excuse.rule)}: {str(excuse.get_status_display()).lower()}",
        str(excuse.get_reason_display()) if excuse.reason else "",
        excuse.why.rstrip("."),
    ]
    return ". ".join(part for part in said if part) + "."


def may_decide(excuse: Excuse, user: User) -> bool:
    """Whether this person is a supervisor of the team who did not ask for it themselves."""
    return (
        user.may(Permission.DECIDE_EXCUSE) and excuse.asked_by_id != user.pk and _is_of_the_team(excuse, user)
    )


def _to_decide(excuse: Excuse, by: User) -> Excuse:
    fresh = _locked(excuse)
    _refuse_another_team(fresh, by)
    if fresh.asked_by_id == by.pk:
        raise NotAllowed(_("You asked for this, so another supervisor decides."))
    if fresh.decision:
        raise Stale(meanwhile(fresh))
    return fresh


def _refuse_another_team(excuse: Excuse, by: User) -> None:
    if not by.may(Permission.DECIDE_EXCUSE) or not _is_of_the_team(excuse, by):
        raise NotAllowed(_("A supervisor of the victim’s own team decides. Ask one."))


def meanwhile(excuse: Excuse) -> str:
    """What somebody else did with this request since a page of it was opened."""
    who = str(excuse.withdrawn_by or excuse.decided_by or "")
    match excuse.decision:
        case Excuse.Decision.APPROVED:
            said = _("%(who)s has agreed meanwhile, so nothing of yours was saved.")
        case Excuse.Decision.REFUSED:
            said = _("%(who)s has said no meanwhile, so nothing of yours was saved.")
        case Excuse.Decision.WITHDRAWN:
            said = _("%(who)s has taken it back meanwhile, so nothing of yours was saved.")
        case Excuse.Decision.OVERTAKEN:
            said = _("This is no longer needed: it was settled meanwhile.")
        case _:
            said = _("This still waits for a supervisor.")
    return said % {"who": who}


def _is_of_the_team(excuse: Excuse, user: User) -> bool:
    """Of the team that owes it, or of the victim's own; of any where it is nobody's."""
    return excuse.team_id is None or user.team_id in (excuse.team_id, excuse.participant.team_id)


def _locked(excuse: Excuse) -> Excuse:
    rows = Excuse.objects.select_for_update(of=("self",))
    return rows.select_related("participant__case", "contact", "event", "asked_by").get(pk=excuse.pk)


def _duty_now(excuse: Excuse) -> Duty | None:
    """The duty as it stands: of the same event, or of the one that corrected it."""
    about = Q(event=excuse.trigger_id) | Q(event__replaces=excuse.trigger_id)
    return Duty.objects.owed_to(excuse.participant).filter(about, rule=excuse.rule).order_by("-pk").first()


def _decided(excuse: Excuse, decision: Excuse.Decision, because: str, by: User) -> Excuse:
    excuse.decision, excuse.because = decision, because.strip()[:300]
    excuse.decided_by, excuse.decided_at = by, clock.now()
    _save(excuse, by)
    if decision == Excuse.Decision.OVERTAKEN:
        return excuse
    part = excuse.participant
    notify(
        recipients=[excuse.asked_by],
        kind=APPROVED_NOTICE if decision == Excuse.Decision.APPROVED else REFUSED_NOTICE,
        subject=excuse.reference,
        level=Notification.Level.NEWS,
        url=reverse("desk:rights", args=[part.case.reference, part.reference]),
    )
    return excuse


def _save(excuse: Excuse, by: User) -> None:
    excuse._history_user = by  # type: ignore[attr-defined]
    excuse.save()


def asked_about(participant: Participant) -> dict[tuple[str, int], Excuse]:
    """The latest request to excuse each duty of this person, by its rule and event. One query."""
    rows = Excuse.objects.filter(participant=participant).order_by("pk")
    return {(row.rule, row.trigger_id): row for row in rows}
