"""Every write to contacts, promises and plans: one transaction, the event in the same breath."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from contacts.models import TELLS, Contact, ContactPlan, Promise, tellable_to
from contacts.plan_dates import next_update_on
from contacts.reminders import Staff, levels, who_hears
from victimcare import clock
from victimcare.accounts.models import Leave, Notification, User
from victimcare.accounts.notify import Notice, notify, notify_all, settle
from victimcare.accounts.permissions import Role
from victimcare.cases.events import record_event
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Event, Participant
from victimcare.cases.safe_contact import Channel, Clearance, Purpose, clear
from victimcare.faults import NotAllowed, Refused, Stale
from victimcare.govuk import dates
from victimcare.letters import actions as letters
from victimcare.letters.models import Letter
from victimcare.working_days import england_and_wales, london_day

journal = logging.getLogger("contacts")

UPDATE_DUE = "update_due"  # what these notifications are about; the subject is the participant's reference
NOT_CLEARED = "contact_not_cleared"
NEEDS_CLEARANCE = frozenset({Contact.Channel.PHONE, Contact.Channel.TEXT, Contact.Channel.EMAIL})
CLEARED_AS = {
    Contact.Channel.PHONE: Channel.PHONE,
    Contact.Channel.TEXT: Channel.TEXT,
    Contact.Channel.EMAIL: Channel.EMAIL,
    Contact.Channel.LETTER: Channel.POST,
    Contact.Channel.IN_PERSON: Channel.IN_PERSON,
}
# Working days after the due day on which the supervisors hear of it. A local standard, not the Code's.
ESCALATE_AFTER_WORKING_DAYS = 2
BATCH = 1000
BATCHES_A_PASS = 100


def channel_used(channel: str, outcome: str) -> Channel:
    """What has to be safe: a message left on a phone is a voicemail, not a call."""
    if channel == Contact.Channel.PHONE and outcome == Contact.Outcome.MESSAGE_LEFT:
        return Channel.VOICEMAIL
    return CLEARED_AS[Contact.Channel(channel)]


@transaction.atomic
def log(
    *,
    participant: Participant,
    direction: str,
    channel: str,
    outcome: str,
    at: datetime,
    note: str,
    tells: Iterable[Event],
    clearance: Clearance | None = None,
    despite: str = "",
    spoke_to: Participant | None = None,
    promise: str = "",
    promise_due_on: date | None = None,
    by: User,
) -> Contact:
    """Write down one attempt to reach somebody, what it told them and what was promised.

    `at` is the moment it happened. Ringing, texting and emailing take a `clearance` for the channel used;
    one that already happened without it is kept with `despite`, the reason, and the supervisors are told.
    A conversation, or an update that was sent, moves the plan's next update forward. Raises Refused for
    what cannot be so: an event told by a voicemail, another victim's event, a future call.
    """
    told = list(tells)
    if at > clock.now():
        raise Refused(_("That is in the future. Enter when it happened."))
    _check_after_the_report(participant, at)
    if channel == Contact.Channel.LETTER and direction == Contact.Direction.OUT:
        raise Refused(_("A letter is recorded when it is sent. Open the letter and send it."))
    _check_spoke_to(participant, spoke_to)
    _check_told(participant, told, outcome, at)
    _check_promise(promise, promise_due_on, at)
    is_cleared = _is_cleared(participant, spoke_to, channel, outcome, clearance)
    if direction == Contact.Direction.OUT and channel in NEEDS_CLEARANCE and not is_cleared and not despite:
        raise NotAllowed(_("It is not clear that this is safe. Check the channel again before you use it."))
    contact = Contact(
        participant=participant,
        spoke_to=spoke_to,
        direction=direction,
        channel=channel,
        outcome=outcome,
        at=at,
        note=note,
        by=by,
        by_collar=by.collar if by.has_role(Role.OFFICER_IN_THE_CASE) else "",
        is_by_unit=not by.has_role(Role.OFFICER_IN_THE_CASE),
        clearance_rule=clearance.rule if clearance and is_cleared else "",
        despite="" if is_cleared else despite,
    )
    _save(contact, by)
    contact.tells.set(told)
    if promise and promise_due_on:
        _save(
            Promise(
                participant=participant, contact=contact, what=promise, due_on=promise_due_on, made_by=by
            ),
            by,
        )
    record_event(
        case=participant.case,
        kind=Kind.CONTACT_MADE,
        occurred=at,
        participant=participant,
        detail=f"{contact.get_channel_display()}: {contact.get_outcome_display()}",
        data={"contact": contact.reference, "channel": channel, "outcome": outcome, "direction": direction},
        by=by,
    )
    if outcome == Contact.Outcome.REACHED or (outcome == Contact.Outcome.SENT and told):
        _roll_forward(participant, london_day(at), by)
    if contact.despite:
        _warn_of_unsafe(contact)
    return contact


def _check_after_the_report(participant: Participant, at: datetime) -> None:
    """A mistyped year must not settle what is owed today."""
    reported = participant.case.reported_at or participant.case.recorded_at
    if reported and london_day(at) < london_day(reported):
        raise Refused(
            _("That is before the crime was reported on %(day)s. Check the day and the year.")
            % {"day": dates.day(london_day(reported))}
        )


def _check_spoke_to(participant: Participant, spoke_to: Participant | None) -> None:
    if spoke_to is not None and (spoke_to.represents_id != participant.pk or spoke_to.closed_at):
        raise Refused(_("That person does not act for this victim. Choose the victim or who acts for them."))


def _check_told(participant: Participant, told: Sequence[Event], outcome: str, at: datetime) -> None:
    if not told:
        return
    if outcome == Contact.Outcome.MESSAGE_LEFT:
        raise Refused(
            _("A message left does not tell anybody. Untick what you meant to tell them, and try again.")
        )
    if outcome not in TELLS:
        raise Refused(_("Nobody was told: the victim was not reached. Untick what you meant to tell them."))
    allowed = set(
        tellable_to(participant).filter(pk__in=[event.pk for event in told]).values_list("pk", flat=True)
    )
    if any(event.pk not in allowed for event in told):
        raise Refused(
            _("One of the events was corrected, or is not this victim's. Open the page again and tick anew.")
        )
    if any(_is_after(event, at) for event in told):
        raise Refused(
            _("One of the events happened after this contact, so it cannot have told it. Check the time.")
        )


def _is_after(event: Event, at: datetime) -> bool:
    if event.precision == Event.Precision.DATE:
        return event.occurred_on > london_day(at)
    return event.occurred_at > at


def _check_promise(promise: str, promise_due_on: date | None, at: datetime) -> None:
    if bool(promise) != bool(promise_due_on):
        raise Refused(_("Enter both what you promised and by when."))
    if promise_due_on and promise_due_on < london_day(at):
        raise Refused(_("The promise is due before it was made. Enter the day you promised it for."))


def _is_cleared(
    participant: Participant,
    spoke_to: Participant | None,
    channel: str,
    outcome: str,
    clearance: Clearance | None,
) -> bool:
    """True when the proof is for the person rung, or who acts for them, and for the channel that was used."""
    called = spoke_to or participant
    return (
        clearance is not None
        and clearance.participant.pk == called.pk
        and clearance.channel is channel_used(channel, outcome)
    )


def _warn_of_unsafe(contact: Contact) -> None:
    """The supervisors hear the same day of a contact made although it was not clear to be safe."""
    participant = contact.participant
    notify(
        recipients=User.objects.active().with_role(Role.SUPERVISOR).filter(team_id=participant.team_id),
        kind=NOT_CLEARED,
        subject=contact.reference,
        level=Notification.Level.DUE_TODAY,
        url=list_url(participant),
        due_on=clock.today(),
    )


@transaction.atomic
def keep_promise(*, promise: Promise, by: User) -> Promise:
    """What was promised has been done. Raises Refused when it was marked already."""
    promise = Promise.objects.select_for_update().get(pk=promise.pk)
    if promise.kept_at is not None:
        raise Refused(_("This promise was marked as kept already."))
    promise.kept_at, promise.kept_by = clock.now(), by
    _save(promise, by)
    return promise


@transaction.atomic
def agree_plan(
    *,
    participant: Participant,
    number: int,
    frequency_days: int,
    channels: list[str],
    topics: list[str],
    language: str,
    words: str,
    agreed_with: str,
    agreed_on: date,
    by: User,
) -> ContactPlan:
    """Keep what this person agreed: how, how often and about what. The plan before it is ended and kept.

    `number` is the plan the page showed, 0 for none. Raises Stale when another was agreed meanwhile.
    """
    if agreed_on > clock.today():
        raise Refused(_("That is in the future. Enter the day it was agreed."))
    if not channels:
        raise Refused(_("Choose at least one way to update this person."))
    # One plan at a time for one person: two people agreeing the first plan at once are put in order here.
    Participant.objects.select_for_update(of=("self",)).get(pk=participant.pk)
    current = ContactPlan.objects.current().filter(participant=participant).first()
    if (current.number if current else 0) != number:
        raise Stale(
            _("Someone else agreed another plan while you were working. Theirs is beside yours."),
            theirs={"plan": current},
        )
    if current:
        current.ended_at = clock.now()
        current.version += 1
        _save(current, by)
    plan = ContactPlan(
        participant=participant,
        number=number + 1,
        frequency_days=frequency_days,
        channels=list(dict.fromkeys(channels)),
        topics=topics,
        language=language,
        words=words,
        agreed_with=agreed_with,
        agreed_on=agreed_on,
        agreed_by=by,
        due_on=next_update_on(agreed_on, frequency_days, bank_holidays=england_and_wales()),
    )
    _save(plan, by)
    settle(kind=UPDATE_DUE, subject=participant.reference)
    record_event(
        case=participant.case,
        kind=Kind.PLAN_AGREED,
        occurred=clock.now() if agreed_on == clock.today() else agreed_on,
        participant=participant,
        detail=f"{plan.get_frequency_days_display()}: {', '.join(plan.channel_labels)}",
        data={"plan": plan.number},
        by=by,
    )
    return plan


@transaction.atomic
def roll_plans_forward(*, reached: Mapping[int, datetime], by: User | None) -> None:
    """The plans of those whom the officer in the case reached, by participant and moment, start anew."""
    plans = ContactPlan.objects.current().filter(participant__in=reached).select_related("participant")
    for plan in plans:
        _roll_forward(plan.participant, london_day(reached[plan.participant_id]), by)


def _roll_forward(participant: Participant, told_on: date, by: User | None) -> None:
    """An update given starts the interval anew. An older contact written down late never moves it back."""
    plan = (
        ContactPlan.objects.current().filter(participant=participant).select_for_update(of=("self",)).first()
    )
    if plan is None or plan.due_on is None:
        return
    next_on = next_update_on(told_on, plan.frequency_days, bank_holidays=england_and_wales())
    if next_on is None or next_on <= plan.due_on:
        return
    plan.due_on, plan.reminded_on = next_on, None
    _save(plan, by)
    settle(kind=UPDATE_DUE, subject=participant.reference)


@transaction.atomic
def record_dispatch(*, letter: Letter, version: int | None = None, by: User) -> Contact:
    """Send a printed letter, and keep the contact by which it tells its events: both or neither.

    Safety is asked again at the door. Raises Blocked when post is not safe now; Refused when the
    address or the safe-contact answers changed since it was written, or it is not printed; Stale.
    """
    participant = Participant.objects.select_related("case", "person").get(pk=letter.participant_id)
    clearance = clear(participant, Channel.POST, Purpose.UPDATE)
    letter = letters.dispatch(letter=letter, clearance=clearance, version=version, by=by)
    told, now = list(letter.tells.all()), letter.dispatched_at or clock.now()
    contact = Contact(
        participant=participant,
        direction=Contact.Direction.OUT,
        channel=Contact.Channel.LETTER,
        outcome=Contact.Outcome.SENT,
        at=now,
        note=letter.template.title_en,
        by=by,
        clearance_rule=clearance.rule,
        letter=letter.reference,
    )
    _save(contact, by)
    contact.tells.set(told)
    if told:
        _roll_forward(participant, london_day(now), by)
    return contact


@dataclass
class Sweep:
    """What one pass of reminders did."""

    created: list[Notice] = field(default_factory=list)
    looked_at: int = 0
    unheard: int = 0  # due, and no supervisor of that team works here to be told


def remind(as_of: datetime, *, escalate_after: int = ESCALATE_AFTER_WORKING_DAYS) -> Sweep:
    """Remind whoever owes an update that is due or late on the London day of `as_of`.

    Each due plan is looked at once a day, a batch a transaction; a second pass, or another process at the
    same time, creates nothing more. Nothing is held between passes: one that was missed is made good.
    """
    day, sweep = london_day(as_of), Sweep()
    staff = staff_on(day)
    for _pass in range(BATCHES_A_PASS):
        if not _remind_batch(day, staff, escalate_after, sweep):
            break
    if sweep.unheard:
        journal.warning("reminders: %d due updates have nobody to be told", sweep.unheard)
    return sweep


def staff_on(day: date) -> Staff:
    """Who works here, who is away that day and who covers. Two queries."""
    supervisors: dict[int, list[int]] = {}
    active = set()
    for pk, team, roles in User.objects.active().order_by("pk").values_list("pk", "team_id", "roles"):
        active.add(pk)
        if team is not None and Role.SUPERVISOR in roles:
            supervisors.setdefault(team, []).append(pk)
    away = Leave.objects.filter(from_on__lte=day, until_on__gte=day, cancelled_at=None)
    return Staff(frozenset(active), dict(away.values_list("user_id", "covered_by_id")), supervisors)


@transaction.atomic
def _remind_batch(day: date, staff: Staff, escalate_after: int, sweep: Sweep) -> int:
    """Claim the next due plans, write their reminders, mark them looked at: together or not at all."""
    found = list(due_plans(day))
    claimed = list(
        ContactPlan.objects.due_by(day)
        .unswept_on(day)
        .filter(pk__in=found)
        .select_for_update(of=("self",), skip_locked=True)
        .select_related("participant__case")
        .only(
            "due_on",
            "participant__reference",
            "participant__officer_id",
            "participant__team_id",
            "participant__closed_at",
            "participant__case__reference",
        )
    )
    notices: list[Notice] = []
    for plan in claimed:
        if plan.participant.closed_at is None:
            notices += _notices(plan, day, staff, escalate_after, sweep)
    sweep.created += notify_all(notices=notices)
    sweep.looked_at += ContactPlan.objects.filter(pk__in=[plan.pk for plan in claimed]).update(
        reminded_on=day
    )
    return len(claimed)


def due_plans(day: date) -> "Iterable[int]":
    """The next plans to look at, read from the covering index `plan_due` alone."""
    return (
        ContactPlan.objects.due_by(day)
        .unswept_on(day)
        .order_by("due_on")
        .values_list("pk", flat=True)[:BATCH]
    )


def _notices(plan: ContactPlan, day: date, staff: Staff, escalate_after: int, sweep: Sweep) -> list[Notice]:
    part, due_on = plan.participant, plan.due_on
    notices: list[Notice] = []
    if due_on is None:  # the sweep reads only plans that have a date
        return notices
    for level in levels(due_on, day, escalate_after=escalate_after, bank_holidays=england_and_wales()):
        heard = who_hears(level, officer=part.officer_id, team=part.team_id, staff=staff)
        sweep.unheard += not heard
        notices += [
            Notice(pk, UPDATE_DUE, part.reference, level.value, list_url(part), due_on) for pk in heard
        ]
    return notices


def list_url(participant: Participant) -> str:
    return reverse("contacts:list", args=[participant.case.reference, participant.reference])


def _save(row: Contact | Promise | ContactPlan, by: User | None) -> None:
    row._history_user = by  # type: ignore[union-attr]
    row.save()
