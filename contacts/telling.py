"""The officer's minute: the officer in the case is asked to tell a victim, and says what became of it.

*Told* writes the contact that closes the duty. *Could not* keeps the duty open and the unit hears why. *Please
do it for me* gives it to the unit, with its clock. Silence climbs: first to the sergeant, then to the unit.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from contacts.actions import log
from contacts.call_sheet import log_url
from contacts.models import Contact, Telling
from contacts.reaching import clearance_for
from contacts.whom import who_sees_to
from victimcare import clock
from victimcare.accounts.models import Notification, User
from victimcare.accounts.notify import mail_staff, notify, settle
from victimcare.cases.events import record_event
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Event, Participant
from victimcare.cases.safe_contact import Blocked, Channel
from victimcare.cases.standards import Key, numbers_on
from victimcare.faults import NotAllowed, Refused

ASKED = "officers_minute"  # to the officer in the case; the subject is the first telling's reference
SILENT = "officer_silent"  # to their sergeant; the subject is the officer's reference
WITH_UNIT = "officer_passed_on"  # to whoever sees to the victim; the subject is the telling's reference

HOW = {
    Contact.Channel.PHONE: Channel.PHONE,
    Contact.Channel.IN_PERSON: Channel.IN_PERSON,
    Contact.Channel.TEXT: Channel.TEXT,
    Contact.Channel.LETTER: Channel.POST,
}
# What was sent counts as told, as TELLS has it; the hour of a release is only met by a conversation.
IS_SENT = frozenset({Contact.Channel.TEXT, Contact.Channel.LETTER})
ATTEMPTED = {
    Telling.Why.NO_ANSWER: Contact.Outcome.NO_ANSWER,
    Telling.Why.WRONG_NUMBER: Contact.Outcome.WRONG_NUMBER,
    Telling.Why.UNSAFE: Contact.Outcome.UNSAFE,
}


class CannotSay(Refused):
    """What was said of one victim cannot be kept; names whose card has to be mended, and in which box."""

    def __init__(self, sentence: str, participant: Participant, box: str = "") -> None:
        super().__init__(sentence)
        self.participant = participant
        self.box = box


@dataclass(frozen=True)
class Ask:
    """One event that one victim is owed, and the officer in the case who is to tell it."""

    participant: int
    event: int
    officer: User
    due_on: date | None
    is_urgent: bool = False


@dataclass(frozen=True)
class Said:
    """What an officer says of one victim: told, could not (why), or please do it for me."""

    participant: Participant
    events: Sequence[Event]
    answer: str
    why: str = ""
    words: str = ""
    spoke_to: Participant | None = None
    despite: str = ""
    due_on: date | None = None  # the first last day of what is owed


# --- Asking ----------------------------------------------------------------------------------------


@transaction.atomic
def ask_to_tell(*, asks: Iterable[Ask]) -> int:
    """Write down who is asked to tell whom of what, once; each officer gets one notice and one email.

    Returns how many are new. Safe to run twice, and in two processes.
    """
    new: dict[User, list[Telling]] = {}
    urgent: set[User] = set()
    for ask in asks:
        telling, is_new = Telling.objects.get_or_create(
            participant_id=ask.participant,
            event_id=ask.event,
            defaults={"officer": ask.officer, "asked_at": clock.now(), "due_on": ask.due_on},
        )
        if is_new:
            new.setdefault(ask.officer, []).append(telling)
            urgent |= {ask.officer} if ask.is_urgent else set()
    for officer, tellings in new.items():
        _tell_the_officer(officer, tellings, is_urgent=officer in urgent)
    return sum(map(len, new.values()))


def _tell_the_officer(officer: User, tellings: Sequence[Telling], *, is_urgent: bool) -> None:
    """A notice, and an email of one line and a link: how many, and nothing else."""
    first = tellings[0]
    dates = [telling.due_on for telling in tellings if telling.due_on]
    n = len({telling.participant_id for telling in tellings})
    notify(
        recipients=[officer],
        kind=ASKED,
        subject=first.reference,
        level=Notification.Level.NEWS,
        url=reverse("desk:minute"),
        due_on=min(dates, default=None),
    )
    mail_staff(
        user=officer,
        key=f"minute {first.reference}",
        subject=SUBJECT,
        lines=_how_many(n),
        path=reverse("desk:minute"),
        is_urgent=is_urgent,
    )


def _how_many(n: int) -> Iterator[str]:
    """The line of that email, in the language in force while it is read: the reader's, not the sender's."""
    yield ngettext("%(n)d thing waits for you.", "%(n)d things wait for you.", n) % {"n": n}


SUBJECT = gettext_lazy("Something waits for you")  # says nothing: it is read over shoulders
LATE = gettext_lazy("Something waits for one of your officers")
UNANSWERED = gettext_lazy("An officer of yours has not answered what the Victim Care Unit asked.")


# --- Answering -------------------------------------------------------------------------------------


@transaction.atomic
def answer_for(
    *, said: Iterable[Said], how: str, at: datetime, has_interpreter: bool = False, by: User
) -> list[Telling]:
    """Keep what an officer in the case says of several victims, told the same way at the same time.

    `how` is a channel of `HOW`; `has_interpreter`, that somebody interpreted. All or nothing. Raises CannotSay with
    the victim whose card has to be mended; NotAllowed for a victim of somebody else's crime.
    """
    kept: list[Telling] = []
    for each in said:
        if not by.collar or each.participant.case.oic_collar != by.collar:
            raise NotAllowed(_("This is another officer’s crime. Only they answer for it."))
        if not each.events:
            raise CannotSay(_("Tick at least one thing that this is about."), each.participant, "tells")
        contact = _contact(each, how, at, by, has_interpreter=has_interpreter)
        kept += _keep(each, contact, by)
    return kept


def _contact(
    said: Said, how: str, at: datetime, by: User, *, has_interpreter: bool = False
) -> Contact | None:
    """The contact this answer is evidence of; None where nobody tried."""
    outcome: str = (
        Contact.Outcome.REACHED
        if said.answer == Telling.Answer.TOLD
        else ATTEMPTED.get(Telling.Why(said.why), "")
        if said.answer == Telling.Answer.COULD_NOT and said.why
        else ""
    )
    if not outcome:
        return None
    if how not in HOW:
        raise CannotSay(_("Say how you told them."), said.participant)
    if how in IS_SENT:
        if outcome != Contact.Outcome.REACHED:
            raise CannotSay(
                _(
                    "A text or a letter that was sent has told them. Choose Told, or say that you rang or went there. "
                    "Where you reached the others another way, send this page twice: once for each way."
                ),
                said.participant,
            )
        outcome = Contact.Outcome.SENT
    called = said.spoke_to or said.participant
    clearance = None
    try:
        clearance = clearance_for(called, HOW[Contact.Channel(how)], at)
    except Blocked as blocked:
        if not said.despite:
            raise CannotSay(
                _("%s If it happened already, say here why.") % blocked.sentence, said.participant, "despite"
            ) from None
    try:
        return log(
            participant=said.participant,
            direction=Contact.Direction.OUT,
            channel=how,
            outcome=outcome,
            at=at,
            note=" ".join(
                each for each in (said.words, _("Through an interpreter.") * has_interpreter) if each
            ),
            tells=said.events if said.answer == Telling.Answer.TOLD else (),
            clearance=clearance,
            despite=said.despite if clearance is None else "",
            spoke_to=said.spoke_to,
            why_again=_("The officer in the case tried.") if said.answer == Telling.Answer.COULD_NOT else "",
            by=by,
        )
    except CannotSay:
        raise
    except Refused as refused:
        raise CannotSay(str(refused.sentence), said.participant) from None


def _keep(said: Said, contact: Contact | None, by: User) -> list[Telling]:
    """The answer on each of the events it is about, and the unit told where it now has to do something."""
    if said.answer == Telling.Answer.COULD_NOT and not said.why:
        raise CannotSay(_("Choose why you could not."), said.participant, "why")
    kept = []
    now = clock.now()
    for event in said.events:
        telling, _new = Telling.objects.select_for_update(of=("self",)).get_or_create(
            participant=said.participant,
            event=event,
            defaults={"officer": by, "asked_at": now, "due_on": said.due_on},
        )
        telling.answer, telling.answered_at, telling.answered_by = said.answer, now, by
        telling.why = said.why if said.answer == Telling.Answer.COULD_NOT else ""
        telling.words, telling.contact = said.words[:300], contact
        if said.answer == Telling.Answer.TOLD:
            telling.ended_at = telling.ended_at or now  # somebody else may have told them first
        _save(telling, by)
        for kind in (ASKED, WITH_UNIT):
            settle(kind=kind, subject=telling.reference)
        kept.append(telling)
    if said.answer != Telling.Answer.TOLD:
        _pass_on(kept[0], said)
        record_event(
            case=said.participant.case,
            kind=Kind.OFFICER_ANSWERED,
            occurred=now,
            participant=said.participant,
            detail=f"{kept[0].get_answer_display()}: " + ", ".join(str(event.title) for event in said.events),
            data={"telling": kept[0].reference, "answer": said.answer},
            by=by,
        )
    return kept


def _pass_on(telling: Telling, said: Said) -> None:
    """Whoever sees to this victim hears at once that it is theirs."""
    notify(
        recipients=who_sees_to(said.participant, clock.today()),
        kind=WITH_UNIT,
        subject=telling.reference,
        level=Notification.Level.DUE_TODAY,
        url=log_url(said.participant, said.events),
        due_on=telling.due_on,
    )


# --- Silence ---------------------------------------------------------------------------------------


def climb(as_of: datetime, *, owed: Iterable[Telling]) -> int:
    """Silence climbs to the sergeant, then to the unit. `owed` are those waited for whose duty stands open.

    Returns how many climbed. Safe to run twice: each climbs a step once.
    """
    numbers = numbers_on(clock.today())
    to_sergeant = as_of - timedelta(hours=numbers[Key.SERGEANT])
    to_unit = as_of - timedelta(hours=numbers[Key.MINUTE_UNIT])
    climbed = 0
    for telling in owed:
        if telling.asked_at <= to_sergeant:
            climbed += _climb_one(telling.pk, as_of, is_units_turn=telling.asked_at <= to_unit)
    return climbed


@transaction.atomic
def _climb_one(pk: int, as_of: datetime, *, is_units_turn: bool) -> bool:
    telling = (
        Telling.objects.waiting()
        .select_for_update(of=("self",), skip_locked=True)
        .select_related("officer__sergeant", "participant__case", "participant__officer", "event")
        .filter(pk=pk)
        .first()
    )
    if telling is None:
        return False
    climbed = False
    if telling.sergeant_told_at is None:
        telling.sergeant_told_at, climbed = as_of, True
        _tell_the_sergeant(telling)
    if is_units_turn and telling.unit_told_at is None:
        telling.unit_told_at, climbed = as_of, True
        notify(
            recipients=who_sees_to(telling.participant, clock.today()),
            kind=WITH_UNIT,
            subject=telling.reference,
            level=Notification.Level.ESCALATED,
            url=log_url(telling.participant, [telling.event]),
            due_on=telling.due_on,
        )
    if climbed:
        _save(telling, None)
    return climbed


def _tell_the_sergeant(telling: Telling) -> None:
    """Of their officer, never of the victim: a sergeant may not see the case. No sergeant known: nobody."""
    officer = telling.officer
    sergeant = officer.sergeant
    if sergeant is None:
        return
    notify(
        recipients=[sergeant],
        kind=SILENT,
        subject=officer.reference,
        level=Notification.Level.ESCALATED,
        url=reverse("desk:minute"),
        due_on=telling.due_on,
    )
    mail_staff(
        user=sergeant,
        key=f"minute {telling.reference}",
        subject=LATE,
        lines=[UNANSWERED],
        path=reverse("desk:minute"),
    )


@transaction.atomic
def end_tellings(*, tellings: Iterable[Telling]) -> int:
    """Nothing is owed any more, whoever told: nobody is asked about these again. Returns how many."""
    ended = 0
    for telling in Telling.objects.filter(
        pk__in=[telling.pk for telling in tellings], ended_at=None
    ).select_for_update(of=("self",)):
        telling.ended_at = clock.now()
        _save(telling, None)
        for kind in (ASKED, WITH_UNIT):
            settle(kind=kind, subject=telling.reference)
        ended += 1
    return ended


def _save(telling: Telling, by: User | None) -> None:
    telling.version += 1
    telling._history_user = by  # type: ignore[attr-defined]
    telling.save()
