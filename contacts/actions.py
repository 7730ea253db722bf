"""Every write to contacts, promises and plans: one transaction, the event in the same breath."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Model, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from contacts import complaints
from contacts.attempts import Attempt, Step, repeats
from contacts.complaints import Discontent
from contacts.models import (
    TELLS,
    CallNote,
    Contact,
    ContactSeries,
    IdentityCheck,
    Promise,
    tellable_to,
)
from contacts.planning import UPDATE_DUE, roll_forward, rolled_forward
from contacts.series import CALLS, Known, known_of, numbers_today, standings
from contacts.subjects import PROMISE_DUE
from contacts.trying import reopened, replan_people
from victimcare import clock
from victimcare.accounts.models import Notification, User
from victimcare.accounts.notify import notify, settle, settling
from victimcare.accounts.permissions import Role
from victimcare.cases.actions import keep_together
from victimcare.cases.changing import hear_of_number
from victimcare.cases.events import new_event, record_event
from victimcare.cases.kinds import Kind
from victimcare.cases.links import linked_to
from victimcare.cases.models import Event, Participant, Person, SafeContact
from victimcare.cases.questions import ask_officer, starting_words
from victimcare.cases.safe_contact import Channel, Clearance, Purpose, clear
from victimcare.faults import NotAllowed, Refused
from victimcare.govuk import dates
from victimcare.letters import actions as letters
from victimcare.letters.models import Letter
from victimcare.messaging import actions as messaging
from victimcare.messaging.models import Message
from victimcare.working_days import LONDON, add_working_days, england_and_wales, london_day

NOT_CLEARED = "contact_not_cleared"
MESSAGE = "message"  # from whoever answered a colleague's call; the subject is the contact's reference
CALLER_UNKNOWN = "caller_not_known"  # wrong answers to a check; the subject is the participant's reference
CHECKS_AT_MOST = 3  # wrong answers about one person
CHECKS_WITHIN = timedelta(hours=24)
NEEDS_CLEARANCE = frozenset(
    {Contact.Channel.PHONE, Contact.Channel.TEXT, Contact.Channel.EMAIL, Contact.Channel.LETTER}
)
CLEARED_AS = {
    Contact.Channel.PHONE: Channel.PHONE,
    Contact.Channel.TEXT: Channel.TEXT,
    Contact.Channel.EMAIL: Channel.EMAIL,
    Contact.Channel.LETTER: Channel.POST,
    Contact.Channel.IN_PERSON: Channel.IN_PERSON,
}
BATCH = 1000


def channel_used(channel: str, outcome: str) -> Channel:
    """What has to be safe: a message left on a phone is a voicemail, not a call."""
    if channel == Contact.Channel.PHONE and outcome == Contact.Outcome.MESSAGE_LEFT:
        return Channel.VOICEMAIL
    return CLEARED_AS[Contact.Channel(channel)]


@dataclass(frozen=True)
class Read:
    """What the page on which a contact is logged read in the same transaction, so that it is not asked again."""

    known: Known
    tellable: frozenset[int]  # of the events that were ticked, those it may tell


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
    landed: str = "",
    signposted: Sequence[str] = (),
    promises: Sequence[tuple[str, date]] = (),
    complaint: Discontent | None = None,
    task: str = "",
    task_due_on: date | None = None,
    no_task_because: str = "",
    message: str = "",
    why_again: str = "",
    new_number: str = "",
    identity: IdentityCheck | None = None,
    ask_officer_about: str = "",
    read: Read | None = None,
    by: User,
) -> Contact:
    """Write down one attempt to reach somebody, what it told them, what was promised and what comes next.

    `at` is the moment it happened. `landed` says how they took it, `signposted` which services they were pointed
    to; each of `promises` has its day; `complaint` is what they were not content with. `task` is the next thing to
    do, `no_task_because` why there is none; `message` goes to this person's own officer; `new_number`, said by a
    caller, is not used until their officer has checked it; `ask_officer_about` is a kind of question that goes back
    to the officer in the case. Ringing, texting and emailing take a `clearance` for the channel used; one that
    already happened without it is kept with `despite`, the reason, and the supervisors are told. A conversation, or
    an update that was sent, moves the plan's next update forward. All of it is kept by one statement. `read` is what
    was read of this person in the same transaction. Raises Refused for what cannot be so: an event told by a
    voicemail, another victim's event, a future call, the last attempt at an hour tried before.
    """
    told = list(tells)
    known = read.known if read else known_of(participant)
    if at > clock.now():
        raise Refused(_("That is in the future. Enter when it happened."))
    _check_after_the_report(participant, at)
    is_ours = not by.has_role(Role.OFFICER_IN_THE_CASE)  # an officer in the case writes letters of their own
    if channel == Contact.Channel.LETTER and direction == Contact.Direction.OUT and is_ours:
        raise Refused(_("A letter is recorded when it is sent. Open the letter and send it."))
    _check_spoke_to(participant, spoke_to)
    _check_told(participant, told, outcome, at, read.tellable if read else None)
    _check_promises(promises, at)
    if bool(task) != bool(task_due_on):
        raise Refused(_("Enter both the next task and by when."))
    if outcome == Contact.Outcome.NOT_CONTACTED and not note:
        raise Refused(_("Say why nobody was contacted."))
    _check_not_again(participant, direction, channel, outcome, at, why_again)
    is_cleared = _is_cleared(participant, spoke_to, channel, outcome, clearance)
    went_out = direction == Contact.Direction.OUT and outcome != Contact.Outcome.NOT_CONTACTED
    if went_out and channel in NEEDS_CLEARANCE and not is_cleared and not despite:
        raise NotAllowed(_("It is not clear that this is safe. Check the channel again before you use it."))
    contact = Contact(
        participant=participant,
        spoke_to=spoke_to,
        direction=direction,
        channel=channel,
        outcome=outcome,
        at=at,
        note=note,
        landed=landed,
        signposted=list(dict.fromkeys(signposted)),
        by=by,
        by_collar="" if is_ours else by.collar,
        is_by_unit=is_ours,
        clearance_rule=clearance.rule if clearance and is_cleared else "",
        despite="" if is_cleared else despite,
        number_used=_number_used(spoke_to or participant, channel) if went_out else "",
        why_again=why_again,
        no_task_because=no_task_because,
        new_number=new_number,
        identity=identity,
    )
    rows: list[Model] = [contact, *_telling(contact, told)]
    rows += [_promised(contact, Promise.Kind.PROMISE, what, due_on, by) for what, due_on in promises]
    if complaint is not None:
        rows += complaints.taken_down(contact=contact, said=complaint, at=at, by=by)
    if task and task_due_on:
        rows.append(_promised(contact, Promise.Kind.TASK, task, task_due_on, by))
    rows += _passed_on(contact, message, new_number, by)
    rows.append(
        new_event(
            case=participant.case,
            kind=Kind.CONTACT_MADE,
            occurred=at,
            participant=participant,
            detail=f"{contact.get_channel_display()}: {contact.get_outcome_display()}",
            data={
                "contact": contact.reference,
                "channel": channel,
                "outcome": outcome,
                "direction": direction,
            },
            by=by,
        )
    )
    updated = outcome == Contact.Outcome.REACHED or (outcome == Contact.Outcome.SENT and told)
    plan = rolled_forward(participant, london_day(at)) if updated and known.has_plan else None
    if plan is not None:
        rows.append(plan)
    keep_together(
        *rows,
        by=by,
        beside=[settling(kind=UPDATE_DUE, subject=participant.reference)] if plan is not None else [],
    )
    if message or new_number:
        _tell_officer(contact, by)
    if ask_officer_about:
        ask_officer(
            case=participant.case,
            participant=participant,
            kind=ask_officer_about,
            words=starting_words(ask_officer_about, participant.person.name),
            by=by,
        )
    if contact.despite:
        _warn_of_unsafe(contact)
    _hear_of_number(contact, by)
    if known.is_over(is_reached_now=contact.is_by_unit and outcome == Contact.Outcome.REACHED):
        return contact
    decided = outcome == Contact.Outcome.NOT_CONTACTED and at >= reopened([participant]).get(
        participant.pk, at
    )  # what was decided before they were opened again was about the first contact before
    replan_people(
        [participant],
        held={participant.pk: task_due_on} if decided and task_due_on else {},
        decided={participant.pk: note} if decided and no_task_because else {},
        by=by,
    )
    return contact


def _hear_of_number(contact: Contact, by: User) -> None:
    """A number that was somebody else's is not used again; one on which they were reached is right after all."""
    if contact.outcome in (Contact.Outcome.WRONG_NUMBER, Contact.Outcome.REACHED) and contact.number_used:
        hear_of_number(
            person=(contact.spoke_to or contact.participant).person,
            number=contact.number_used,
            is_wrong=contact.outcome == Contact.Outcome.WRONG_NUMBER,
            on=london_day(contact.at),
            by=by,
        )


def _number_used(called: Participant, channel: str) -> str:
    """The number it went to, as held now: a later change does not rewrite what was done."""
    if channel == Contact.Channel.PHONE:
        return called.person.phone_mobile or called.person.phone_home
    return called.person.phone_mobile if channel == Contact.Channel.TEXT else ""


def _check_not_again(
    participant: Participant, direction: str, channel: str, outcome: str, at: datetime, why_again: str
) -> None:
    """The last call of a series is not made at an hour or on a day that failed before, but with a reason."""
    failed = outcome not in (*TELLS, Contact.Outcome.NOT_CONTACTED)
    if direction != Contact.Direction.OUT or channel not in CALLS or not failed or why_again:
        return
    series = ContactSeries.objects.open().filter(participant=participant).first()
    if series is None or series.step != Step.RING or series.attempt < series.wanted:
        return
    numbers = numbers_today(clock.today())
    stand = standings([participant], {participant.pk: series}, numbers)[participant.pk]
    if earlier := repeats(at.astimezone(LONDON), stand.attempts, numbers):
        raise Refused(again_in_words(earlier))


def again_in_words(earlier: Attempt) -> str:
    """Why the hour of a call is asked about."""
    return _("Nobody answered on %(when)s, the same day or time of day. Say why it was tried again then.") % {
        "when": dates.moment(earlier.at)
    }


def _telling(contact: Contact, told: Iterable[Event]) -> list[Model]:
    """That it told each of these, once."""
    through = Contact.tells.through
    return [through(contact=contact, event=event) for event in {event.pk: event for event in told}.values()]


def _promised(
    contact: Contact, kind: Promise.Kind, what: str, due_on: date, by: User, owner: User | None = None
) -> Promise:
    return Promise(
        participant=contact.participant,
        contact=contact,
        kind=kind,
        what=what,
        due_on=due_on,
        made_by=by,
        owner=owner,
    )


def _passed_on(contact: Contact, message: str, new_number: str, by: User) -> list[Promise]:
    """What somebody else's officer must know of a call, for their list."""
    owner = _other_officer(contact, by)
    said = [_("Message: %s") % message] if message else []
    if new_number:
        said.append(_("Check the new number they gave: ring the number we held before, then change it"))
    if not said:
        return []
    soon = add_working_days(clock.today(), 1, bank_holidays=england_and_wales())
    return [_promised(contact, Promise.Kind.TASK, what, soon, by, owner) for what in said]


def _other_officer(contact: Contact, by: User) -> User | None:
    """Whose person this is, where it is a colleague's."""
    officer = contact.participant.officer
    return officer if officer is not None and officer.pk != by.pk else None


def _tell_officer(contact: Contact, by: User) -> None:
    """A notice of it, to whose person this is."""
    owner = _other_officer(contact, by)
    if owner is not None:
        notify(
            recipients=[owner],
            kind=MESSAGE,
            subject=contact.reference,
            level=Notification.Level.NEWS,
            url=list_url(contact.participant),
        )


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


def _check_told(
    participant: Participant,
    told: Sequence[Event],
    outcome: str,
    at: datetime,
    tellable: frozenset[int] | None,
) -> None:
    if not told:
        return
    if outcome == Contact.Outcome.MESSAGE_LEFT:
        raise Refused(
            _("A message left does not tell anybody. Untick what you meant to tell them, and try again.")
        )
    if outcome not in TELLS:
        raise Refused(_("Nobody was told: the victim was not reached. Untick what you meant to tell them."))
    if tellable is None:
        these = tellable_to(participant).filter(pk__in=[event.pk for event in told])
        tellable = frozenset(these.values_list("pk", flat=True))
    if any(event.pk not in tellable for event in told):
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


def _check_promises(promises: Sequence[tuple[str, date]], at: datetime) -> None:
    if any(due_on < london_day(at) for _what, due_on in promises):
        raise Refused(_("The promise is due before it was made. Enter the day you promised it for."))


def _is_cleared(
    participant: Participant,
    spoke_to: Participant | None,
    channel: str,
    outcome: str,
    clearance: Clearance | None,
) -> bool:
    """True when the proof is for the person rung, or who acts for them, and for the channel that was used."""
    called, used = spoke_to or participant, channel_used(channel, outcome)
    return (
        clearance is not None
        and clearance.participant.pk == called.pk
        and clearance.channel is used
        and may_be_left(clearance)
    )


def may_be_left(clearance: Clearance) -> bool:
    """A message is left where they said that it is safe, and nowhere else; every other channel as it was cleared."""
    return clearance.channel is not Channel.VOICEMAIL or clearance.rule == "said_yes"


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
    settle(kind=PROMISE_DUE, subject=promise.reference)
    return promise


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
        roll_forward(participant, london_day(now), by)
    replan_people([participant], by=by)
    return contact


@transaction.atomic
def record_message(*, message: Message) -> Contact | None:
    """Keep what became of a text or email among this person's contacts, once. None when it was kept already.

    Delivered, it tells its events. Failed, it stands there as what came back; unknown, as an attempt.
    """
    if not messaging.mark_recorded(message=message):
        return None
    participant, by = message.participant, message.written_by
    outcome = {
        Message.Status.DELIVERED: Contact.Outcome.SENT,
        Message.Status.UNKNOWN: Contact.Outcome.NO_ANSWER,
    }.get(Message.Status(message.status), Contact.Outcome.RETURNED)
    at = message.settled_at or clock.now()
    contact = Contact(
        participant=participant,
        direction=Contact.Direction.OUT,
        channel=message.channel,
        outcome=outcome,
        at=at,
        note=message.template.name_en,
        by=by,
        clearance_rule=message.clearance_rule,
        message=message.reference,
    )
    _save(contact, by)
    told = list(message.tells.all()) if outcome == Contact.Outcome.SENT else []
    contact.tells.set(told)
    record_event(
        case=participant.case,
        kind=Kind.CONTACT_MADE,
        occurred=at,
        participant=participant,
        detail=message.get_status_display(),
        data={"contact": contact.reference, "message": message.reference},
        by=by,
    )
    if told:
        roll_forward(participant, london_day(at), by)
    replan_people([participant], by=by)
    return contact


def record_messages(limit: int = 200) -> int:
    """Every text and email that has come to its end. Returns how many were kept."""
    settled = Message.objects.unrecorded().select_related(
        "participant__case", "participant__person", "template", "written_by"
    )
    return sum(record_message(message=message) is not None for message in settled[:limit])


# --- Somebody is ringing ---------------------------------------------------------------------------


def has_tried_too_often(participant: Participant) -> bool:
    """Whether no more answers of a caller are tried today about this human being. Two queries."""
    group = linked_to([participant.person_id])[participant.person_id]
    return _wrong_answers(group).count() >= CHECKS_AT_MOST


def has_erred_before(participant: Participant) -> bool:
    """Whether the wrong answer just given was not the first today. Two queries."""
    return _wrong_answers(linked_to([participant.person_id])[participant.person_id]).count() > 1


def _wrong_answers(group: Iterable[int]) -> QuerySet[IdentityCheck]:
    return IdentityCheck.objects.filter(
        participant__person__in=group, has_passed=False, at__gte=clock.now() - CHECKS_WITHIN
    )


@transaction.atomic
def check_identity(
    *,
    participant: Participant,
    how: str,
    said: str = "",
    born_on: date | None = None,
    postcode: str = "",
    clearance: Clearance | None = None,
    by: User,
) -> IdentityCheck:
    """Compare what a caller said with what is held, and keep only whether it was right.

    Ringing back takes a `clearance` for the phone. Raises Refused after too many wrong answers about this
    human being, but for ringing back, and when nothing is held to compare with; NotAllowed for a call that was not cleared.
    """
    group = linked_to([participant.person_id])[participant.person_id]
    # One check at a time: answers given at once are counted one after the other.
    list(Person.objects.filter(pk__in=group).order_by("pk").select_for_update().values_list("pk"))
    failed = _wrong_answers(group).count()
    if failed >= CHECKS_AT_MOST and how != IdentityCheck.How.RANG_BACK:
        raise Refused(
            _(
                "Too many wrong answers today. End the call; ring the victim on the number held, where it is safe."
            )
        )
    if how == IdentityCheck.How.RANG_BACK and not _is_cleared(
        participant, None, Contact.Channel.PHONE, Contact.Outcome.REACHED, clearance
    ):
        raise NotAllowed(_("It is not clear that this is safe. Check the channel again before you use it."))
    has_passed = _is_right(participant, how, said, born_on, postcode)
    check = IdentityCheck.objects.create(
        participant=participant, how=how, has_passed=has_passed, by=by, at=clock.now()
    )
    if not has_passed and failed + 1 == CHECKS_AT_MOST:
        _warn_of_caller(participant, check)
    return check


def _is_right(participant: Participant, how: str, said: str, born_on: date | None, postcode: str) -> bool:
    person = participant.person
    agreed = code_words(participant)
    if how == IdentityCheck.How.CODE_WORD:
        if not agreed:
            raise Refused(_("No code word is on file. Check the date of birth and the postcode."))
        return plain(said) in agreed
    if how == IdentityCheck.How.DETAILS:
        if agreed:
            raise Refused(_("A code word is on file. Ask for it: others may know a birthday and a postcode."))
        if not person.date_of_birth or not person.postcode:
            raise Refused(_("Nothing is held to check against. Ring the victim back on the number held."))
        return born_on == person.date_of_birth and plain(postcode) == plain(person.postcode)
    return True  # rung back on the number held


def code_words(participant: Participant) -> frozenset[str]:
    """What this person, or a record linked to theirs, agreed to be known by, as `plain` compares it."""
    group = linked_to([participant.person_id])[participant.person_id]
    held = SafeContact.objects.filter(person__in=group).values_list("code_word", flat=True)
    return frozenset(map(plain, held)) - {""}


def plain(words: str) -> str:
    """Lower case, letters and figures only: a caller's word is written as it sounds."""
    return "".join(each for each in words.casefold() if each.isalnum())


def _warn_of_caller(participant: Participant, check: IdentityCheck) -> None:
    """Somebody may be trying to find them: their officer and the supervisors hear of it at once."""
    supervisors = User.objects.active().with_role(Role.SUPERVISOR).filter(team_id=participant.team_id)
    people = [*supervisors, *([participant.officer] if participant.officer else [])]
    seen = Participant.objects.filter(pk=participant.pk)
    notify(
        # Not those who must not know of this case.
        recipients=[each for each in people if seen.visible_to(each).exists()],
        kind=CALLER_UNKNOWN,
        subject=participant.reference,
        level=Notification.Level.DUE_TODAY,
        url=list_url(participant),
        due_on=clock.today(),
    )


@transaction.atomic
def note_call(*, caller: str, number: str, words: str, by: User) -> CallNote:
    """Keep what somebody said whom nobody could find."""
    if not words.strip():
        raise Refused(_("Enter what they said."))
    note = CallNote(
        team_id=by.team_id, caller=caller, number=number, words=words.strip(), by=by, at=clock.now()
    )
    _save(note, by)
    return note


@transaction.atomic
def settle_note(*, note: CallNote, settlement: str, by: User) -> CallNote:
    """What became of such a call. Raises Refused when somebody settled it already, or nothing is said."""
    note = CallNote.objects.select_for_update(of=("self",)).get(pk=note.pk)
    if note.settled_at is not None:
        raise Refused(_("This was settled already."))
    if not settlement.strip():
        raise Refused(_("Say what became of it."))
    note.settled_at, note.settled_by, note.settlement = clock.now(), by, settlement.strip()
    _save(note, by)
    return note


def list_url(participant: Participant) -> str:
    return reverse("contacts:list", args=[participant.case.reference, participant.reference])


def _save(row: Contact | Promise | ContactSeries | CallNote, by: User | None) -> None:
    row._history_user = by  # type: ignore[union-attr]
    row.save()
