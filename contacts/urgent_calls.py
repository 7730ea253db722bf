"""Friday night, written down: a call is raised, somebody is told at once, and the call that reached her ends it.

Raised by the events themselves, and by a sweep for what a crash left behind; each is raised once. Whether it is
met is read from the contacts: nobody ticks it off. A supervisor may set one aside, with the reason.
"""

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.call_sheet import log_url
from contacts.models import Contact, OnCall, UrgentCall
from contacts.urgent import (
    RELEASES,
    Danger,
    Standards,
    dangers,
    due_at,
    is_out_of_hours,
    is_rung_about,
    on_call_day,
)
from contacts.whom import on_call_for, supervisors_of, who_sees_to
from victimcare import clock
from victimcare.accounts.models import Notification, Team, User
from victimcare.accounts.notify import mail_staff, notify, settle
from victimcare.accounts.permissions import Permission, Role
from victimcare.cases.models import Event, Participant
from victimcare.cases.standards import Key, numbers_on
from victimcare.faults import NotAllowed, Refused, Stale
from victimcare.govuk import dates
from victimcare.lookups import is_any
from victimcare.prepared import Given, Prepared
from victimcare.working_days import england_and_wales, london_day

journal = logging.getLogger("contacts")

URGENT, MISSED = "urgent_call", "urgent_call_late"  # the subject is the urgent call's reference
SUBJECT = gettext_lazy("Something needs you now")
LOOKS_BACK = timedelta(days=7)  # how long a sweep finds what was recorded and never looked at
# Opting out, or being closed because nobody was reached, does not silence a release. These do.
NOT_RUNG = frozenset(
    {
        Participant.Closure.DECEASED,
        Participant.Closure.DUPLICATE,
        Participant.Closure.DATA_ERROR,
        Participant.Closure.OUT_OF_SCOPE,
        Participant.Closure.OTHER_FORCE,
        Participant.Closure.TRANSFERRED,
    }
)
RINGS = frozenset({Contact.Channel.PHONE, Contact.Channel.IN_PERSON})


def standards_on(day: date) -> Standards:
    """The unit's numbers about this, as they hold on that day. One query."""
    numbers = numbers_on(day)
    switches = {
        Danger.ABUSE: Key.RING_ABUSE,
        Danger.STALKING: Key.RING_STALKING,
        Danger.SEXUAL: Key.RING_SEXUAL,
    }
    return Standards(
        within=timedelta(minutes=numbers[Key.RING_WITHIN]),
        dangers=frozenset(danger for danger, key in switches.items() if numbers[key]),
        opens=numbers[Key.UNIT_OPENS],
        closes=numbers[Key.UNIT_CLOSES],
    )


# --- Raising ---------------------------------------------------------------------------------------


def look_at(case_ids: Iterable[int] | None = None) -> int:
    """Raise what the events of these cases ask for (all cases: what a crash left behind), and end what is met.

    Returns how many were raised. Two queries where no suspect was released lately, which is nearly always.
    """
    ids = None if case_ids is None else list(case_ids)
    settle_calls(ids)
    raised = 0
    for event, participant in _not_looked_at(ids):
        raised += _raise_one(event, participant)
    if raised:
        settle_calls(ids)
    return raised


def _not_looked_at(ids: list[int] | None) -> list[tuple[Event, Participant]]:
    """Each release of the last days with each victim it concerns who is in danger, where nothing was raised yet."""
    events = Event.objects.current().filter(kind__in=RELEASES, recorded_at__gte=clock.now() - LOOKS_BACK)
    if ids is not None:
        events = events.filter(case_id__in=ids)
    found = [
        event
        for event in events.order_by("pk")
        if is_rung_about(event.kind, event.occurred_at, event.recorded_at)
    ]
    if not found:
        return []
    wanted = standards_on(clock.today()).dangers
    people: dict[int, list[Participant]] = {}
    victims = Participant.objects.victims().filter(case_id__in={event.case_id for event in found})
    for part in victims.exclude(closure_reason__in=NOT_RUNG).select_related("person", "case", "officer"):
        if part.person.date_of_death is None and _dangers(part) & wanted:
            people.setdefault(part.case_id, []).append(part)
    raised = set(UrgentCall.objects.filter(event__in=found).values_list("event_id", "participant_id"))
    return [
        (event, part)
        for event in found
        for part in people.get(event.case_id, [])
        if event.participant_id in (None, part.pk) and (event.pk, part.pk) not in raised
    ]


def _dangers(part: Participant) -> frozenset[Danger]:
    return dangers(part.case.flags, part.relationship_to_suspect, part.case.offence_code)


@transaction.atomic
def _raise_one(event: Event, participant: Participant) -> bool:
    """Raise one, and tell whoever it falls to; False where another process was first."""
    standards = standards_on(london_day(event.recorded_at))
    known_at, before = event.recorded_at, _before_it_was_corrected(event, participant)
    if before is not None:
        if before.ended_as == UrgentCall.Ended.MET:
            return False
        known_at = before.known_at
    out_of_hours = is_out_of_hours(known_at, standards, bank_holidays=england_and_wales())
    on_call = on_call_for(participant, on_call_day(known_at, standards)) if out_of_hours else None
    heard = [on_call] if on_call else []
    if not heard:
        heard = (
            supervisors_of(participant) if out_of_hours else who_sees_to(participant, london_day(known_at))
        )
    call, is_new = UrgentCall.objects.get_or_create(
        participant=participant,
        event=event,
        defaults={
            "dangers": sorted(_dangers(participant)),
            "known_at": known_at,
            "due_at": due_at(known_at, standards),
            "is_out_of_hours": out_of_hours,
            "asked": heard[0] if len(heard) == 1 else None,
        },
    )
    if not is_new:
        return False
    settle_calls([participant.case_id])
    if UrgentCall.objects.open().filter(pk=call.pk).exists():
        _tell(call, heard, URGENT, Notification.Level.DUE_TODAY)
        if not heard:
            journal.warning("urgent call %s has nobody to be told", call.reference)
    return True


def _before_it_was_corrected(event: Event, participant: Participant) -> UrgentCall | None:
    if not event.replaces_id:
        return None
    return UrgentCall.objects.filter(event=event.replaces_id, participant=participant).first()


def _tell(call: UrgentCall, heard: Iterable[User], kind: str, level: str) -> None:
    """At once in the application; by an email that says nothing but that there is something."""
    people = list(heard)
    notify(
        recipients=people,
        kind=kind,
        subject=call.reference,
        level=level,
        url=log_url(call.participant, [call.event]),
        due_on=london_day(call.due_at),
    )
    for person in people:
        mail_staff(
            user=person,
            key=f"{kind} {call.reference}",
            subject=SUBJECT,
            lines=_lines(call, kind),
            path=reverse("desk:today"),
            is_urgent=True,
        )


def _lines(call: UrgentCall, kind: str) -> Iterator[str]:
    """What such an email says, in the language in force while it is read. It names the day: it is read past midnight."""
    if kind == URGENT:
        yield _("By %(when)s. Sign in now.") % {"when": dates.moment(call.due_at)}
    else:
        yield _("Something urgent is late. Sign in now.")


# --- Ending ----------------------------------------------------------------------------------------


def settle_calls(case_ids: Iterable[int] | None = None) -> int:
    """End the calls that a conversation has met, and those whose release never happened. Returns how many.

    One query where nothing is open.
    """
    calls = list(_all_open()) if case_ids is None else _open_in(cases=list(case_ids))
    if not calls:
        return 0
    told = _first_told(calls)
    ended = 0
    for call in calls:
        about = told.get((call.participant_id, call.event_id))
        if about is not None:
            ended += _end(call.pk, UrgentCall.Ended.MET, about)
        elif hasattr(call.event, "replaced_by"):
            ended += _end(call.pk, UrgentCall.Ended.WITHDRAWN, None)
    return ended


def _all_open() -> QuerySet[UrgentCall]:
    return UrgentCall.objects.open().select_related("event", "event__replaced_by").order_by("pk")


_open_in = Prepared(lambda: _all_open().filter(is_any("participant__case_id", Given("cases"))))


def _first_told(calls: list[UrgentCall]) -> Mapping[tuple[int, int], Contact]:
    """The first call or visit that reached each of these and told the release. One query."""
    contacts = Contact.objects.filter(
        participant__in=[call.participant_id for call in calls],
        tells__in=[call.event_id for call in calls],
        outcome=Contact.Outcome.REACHED,
        channel__in=RINGS,
    )
    first: dict[tuple[int, int], Contact] = {}
    through = Contact.tells.through
    pairs = through.objects.filter(contact__in=contacts, event__in=[call.event_id for call in calls])
    for pair in pairs.select_related("contact").order_by("contact__at", "contact_id"):
        first.setdefault((pair.contact.participant_id, pair.event_id), pair.contact)
    return first


# Raised by itself, and nobody took it over, rang or set it aside.
UNTOUCHED = Q(
    ~Exists(UrgentCall.history.filter(id=OuterRef("pk"), history_type="~", history_user__isnull=False)),
    ended_as__in=["", UrgentCall.Ended.WITHDRAWN],
)


@transaction.atomic
def end_untouched(participants: Collection[int], events: Collection[int]) -> None:
    """The extract that brought these people or these releases was withdrawn: nobody has to ring."""
    theirs = Q(is_any("participant_id", participants)) | Q(is_any("event_id", events))
    for pk in list(UrgentCall.objects.open().filter(UNTOUCHED, theirs).values_list("pk", flat=True)):
        _end(pk, UrgentCall.Ended.WITHDRAWN, None)


@transaction.atomic
def _end(
    pk: int, ended_as: str, contact: Contact | None, *, because: str = "", by: User | None = None
) -> bool:
    call = UrgentCall.objects.open().select_for_update(of=("self",)).filter(pk=pk).first()
    if call is None:
        return False
    call.ended_as, call.ended_at = ended_as, clock.now()
    if contact is not None:
        call.met_by, call.met_at = contact, contact.at
    if by is not None:
        call.because, call.set_aside_by = because, by
    _save(call, by)
    for kind in (URGENT, MISSED):
        settle(kind=kind, subject=call.reference)
    return True


@transaction.atomic
def set_aside(*, call: UrgentCall, because: str, version: int, by: User) -> UrgentCall:
    """This one is not rung about: the conditions became stricter, or she was in the room. A supervisor says why.

    Raises Refused when it has ended or nothing is said, NotAllowed, Stale.
    """
    if not by.may(Permission.WATCH_URGENT):
        raise NotAllowed(_("Only a supervisor sets an urgent call aside."))
    fresh = UrgentCall.objects.select_for_update(of=("self",)).get(pk=call.pk)
    if fresh.ended_as:
        raise Refused(_("This has ended already. Open it again to see how."))
    if fresh.version != version:
        raise Stale(_("Someone else changed this while you were working. Open it again."))
    if not because.strip():
        raise Refused(_("Say why nobody has to ring."))
    _end(fresh.pk, UrgentCall.Ended.SET_ASIDE, None, because=because.strip(), by=by)
    fresh.refresh_from_db()
    return fresh


@transaction.atomic
def take_over(*, call: UrgentCall, version: int, by: User) -> UrgentCall:
    """A supervisor rings instead of whoever was asked. Whoever was told stays told until somebody rang.

    Raises Refused when it has ended, NotAllowed, Stale when somebody else was first.
    """
    if not by.may(Permission.WATCH_URGENT):
        raise NotAllowed(_("Only a supervisor takes an urgent call over."))
    fresh = UrgentCall.objects.select_for_update(of=("self",)).get(pk=call.pk)
    if fresh.ended_as:
        raise Refused(_("This has ended already. Open it again to see how."))
    if fresh.version != version:
        raise Stale(_("Someone else changed this while you were working. Open it again."))
    fresh.asked = by
    _save(fresh, by)
    return fresh


# --- Late ------------------------------------------------------------------------------------------


def say_what_is_late(as_of: datetime) -> int:
    """The supervisors hear of each call that is not made in time, once. Returns how many."""
    late = UrgentCall.objects.open().filter(due_at__lt=as_of, missed_told_at=None)
    return sum(_say_late(pk, as_of) for pk in list(late.values_list("pk", flat=True)[:200]))


@transaction.atomic
def _say_late(pk: int, as_of: datetime) -> bool:
    call = (
        UrgentCall.objects.open()
        .select_for_update(of=("self",), skip_locked=True)
        .select_related("participant__case", "participant__officer", "event")
        .filter(pk=pk, missed_told_at=None)
        .first()
    )
    if call is None:
        return False
    call.missed_told_at = as_of
    _save(call, None)
    _tell(call, supervisors_of(call.participant), MISSED, Notification.Level.ESCALATED)
    return True


# --- The rota --------------------------------------------------------------------------------------


@transaction.atomic
def set_on_call(*, team: Team, turns: Mapping[date, User | None], by: User) -> int:
    """Keep who is on call on each of these days; None leaves a day without anybody. Returns how many changed.

    Raises NotAllowed for another team's rota, Refused for a day that is past or somebody who is no supervisor.
    """
    if not by.may(Permission.WATCH_URGENT) or by.team_id != team.pk:
        raise NotAllowed(_("You keep the rota of your own team."))
    changed = 0
    for on, user in sorted(turns.items()):
        row = OnCall.objects.select_for_update(of=("self",)).filter(team=team, on=on).first()
        if (row.user_id if row else None) == (user.pk if user else None):
            continue
        if on < clock.today():
            raise Refused(_("%(day)s is past. Whoever was on call stays on record.") % {"day": dates.day(on)})
        if user is not None and not (user.is_active and user.has_role(Role.SUPERVISOR)):
            raise Refused(_("Only a supervisor who works here can be on call."))
        if user is None and row is not None:
            row._history_user = by  # type: ignore[attr-defined]
            row.delete()
        elif user is not None:
            row = row or OnCall(team=team, on=on, version=0)
            row.user = user
            row.version += 1
            _save_turn(row, by)
        changed += 1
    return changed


def _save_turn(row: OnCall, by: User) -> None:
    row._history_user = by  # type: ignore[attr-defined]
    row.save()


def _save(call: UrgentCall, by: User | None) -> None:
    call.version += 1
    call._history_user = by  # type: ignore[attr-defined]
    call.save()
