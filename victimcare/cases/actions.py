"""Every write to cases and participants: plain values in, one transaction, the event in the same.

`changing`, `adding` and `linking` beside it write what is held of a person, who is added by hand, and who is the
same person.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Model, QuerySet
from django.utils.translation import gettext as _

from victimcare import clock
from victimcare.accounts.models import User
from victimcare.accounts.permissions import Role
from victimcare.cases.changing import ask_to_lift
from victimcare.cases.closing import loose_ends
from victimcare.cases.events import announce, record_event
from victimcare.cases.kinds import ALLOCATED, UNDONE, Kind
from victimcare.cases.models import Case, Entitlement, Event, Participant, Person, SafetyLift, Standard
from victimcare.cases.new_rows import crime_reported, new_case, new_entitlement
from victimcare.cases.standards import RANGES
from victimcare.faults import NotAllowed, Refused, Stale
from victimcare.together import Statement, insert_together


@transaction.atomic(savepoint=False)  # one statement: within an action there is nothing to go back to
def keep_together(*rows: Model, by: User | None, beside: Sequence[Statement] = ()) -> None:
    """Keep new rows that point to one another, with their history, in one question however many they are.

    Rows among them that are held already are changed, with the next row of their history. The cases of the events
    among them are marked, and listeners hear of them once this is committed. `beside` are other statements about
    rows that are held, for the same question.
    """
    now, events = clock.now(), [row for row in rows if isinstance(row, Event)]
    opened = [row for row in rows if isinstance(row, Case)]
    for case in opened:
        case.changed_at = now if any(event.case is case for event in events) else None
    held = {event.case.pk for event in events} - {None}
    mark = ("UPDATE cases_case SET changed_at = %s WHERE id = ANY(%s)", [now, sorted(held)])
    insert_together(
        [row for row in rows if row._state.adding],
        by=by,
        changed=[row for row in rows if not row._state.adding],
        beside=[*beside, *([mark] if held else [])],
    )
    if events:
        others = {event.case_id for event in events if not any(event.participant is row for row in rows)}
        ids = {event.case_id for event in events}
        happened = {event.case_id for event in events if event.kind != Kind.CONTACT_MADE}
        announce(ids, joined=ids - others, contacted=ids - happened)


@transaction.atomic
def add_person(*, by: User | None, **fields: Any) -> Person:
    """Keep a new human being. Search first: a person is kept once."""
    person = Person(**fields)
    keep_together(person, by=by)
    return person


@transaction.atomic
def open_case(*, reported: datetime | date | None, by: User | None, **fields: Any) -> Case:
    """Open one crime or incident, whether or not the police were told.

    Its CRIME_REPORTED events are recorded as its victims are added.
    """
    case = new_case(reported=reported, **fields)
    keep_together(case, by=by)
    return case


@transaction.atomic
def add_participant(
    *,
    case: Case,
    person: Person,
    role: Participant.Role,
    reported: datetime | date | None = None,
    learned_at: datetime | None = None,
    by: User | None,
    **fields: Any,
) -> Participant:
    """Give a person a part in a case. A victim whose crime was reported gets their CRIME_REPORTED event."""
    participant = Participant(case=case, person=person, role=role, **fields)
    rows: list[Model] = [participant]
    if role == Participant.Role.VICTIM and reported is not None:
        rows.append(crime_reported(participant, reported=reported, learned_at=learned_at, by=by))
    keep_together(*rows, by=by)
    return participant


@transaction.atomic
def set_entitlement(
    *,
    participant: Participant,
    is_enhanced: bool,
    categories: list[str],
    from_on: date,
    reason: str,
    is_provisional: bool = False,
    by: User | None,
) -> Entitlement:
    """Standard or enhanced from a date. Dated and kept; open duties move when listeners hear of it."""
    entitlement, event = new_entitlement(
        participant=participant,
        is_enhanced=is_enhanced,
        categories=categories,
        from_on=from_on,
        reason=reason,
        is_provisional=is_provisional,
        by=by,
    )
    keep_together(entitlement, event, by=by)
    return entitlement


@transaction.atomic
def allocate(*, participants: Iterable[Participant], officer: User, by: User) -> int:
    """Give victims to a named officer. Returns how many changed hands. Refuses who cannot take them."""
    refuse_officer(officer)
    victims = Participant.objects.victims().open().filter(pk__in=[part.pk for part in participants])
    return _hand_to(victims.exclude(officer=officer), officer, officer.display_name, by, ALLOCATED)


def refuse_officer(officer: User) -> None:
    """Raises Refused for somebody who looks after no victims, or not here any more."""
    if not officer.is_active or not officer.has_role(Role.VICTIM_CARE_OFFICER):
        raise Refused(_("Choose a victim care officer who works here."))


@transaction.atomic
def take_back(*, participants: Iterable[Participant], by: User) -> int:
    """Undo an allocation: these victims have no officer again, and the timeline says so. Returns how many."""
    victims = Participant.objects.filter(pk__in=[part.pk for part in participants])
    return _hand_to(victims, None, _("Allocation undone: nobody yet"), by, UNDONE)


# More cases than this are assessed by the sweep within half a minute: nobody waits for a long page.
ASSESSED_AT_ONCE = 100


def _hand_to(victims: QuerySet[Participant], officer: User | None, said: str, by: User, why: str) -> int:
    """A fixed number of queries, however many change hands. History and log say why: ALLOCATED or UNDONE."""
    now = clock.now()
    found = list(victims.select_for_update(of=("self",)).order_by("pk"))
    for participant in found:
        participant.officer = officer
        participant.version += 1
    rows = Participant.objects.filter(pk__in=[participant.pk for participant in found])
    rows.update(officer=officer, version=F("version") + 1)
    Participant.history.bulk_history_create(
        found, batch_size=500, update=True, default_user=by, default_change_reason=why
    )
    Event.objects.bulk_create(
        [
            Event(
                case_id=participant.case_id,
                kind=Kind.OFFICER_ALLOCATED,
                participant=participant,
                occurred_at=now,
                learned_at=now,
                detail=said,
                data={"change": why},
                by=by,
            )
            for participant in found
        ],
        batch_size=500,
    )
    cases = {participant.case_id for participant in found}
    Case.objects.filter(pk__in=cases).update(changed_at=now)
    if len(cases) <= ASSESSED_AT_ONCE:
        announce(cases)
    return len(found)


@transaction.atomic
def close(
    *,
    participant: Participant,
    reason: str,
    version: int,
    despite: str = "",
    told_how_to_return: bool = False,
    died_known_from: str = "",
    by: User,
) -> Participant:
    """Close this victim's or witness's part, with a reason. Duties run on.

    Raises Stale; Refused when something must be finished before this reason holds and `despite`, why it is
    not, is empty. `told_how_to_return`: somebody told them how to come back. `died_known_from`: how it is known
    that they died, without which nobody is closed as dead.
    """
    participant = _locked(participant, version)
    if participant.closed_at:
        raise Refused(_("This is closed already. Open it again first to give another reason."))
    has_died = reason == Participant.Closure.DECEASED
    if has_died and not died_known_from.strip():
        raise Refused(_("Say how it is known that they died."))
    unfinished = [end.text for end in loose_ends(participant) if reason in end.stops]
    if unfinished and not despite.strip():
        raise Refused(
            _("%(what)s Finish it first, or say why you close it all the same.")
            % {"what": " ".join(unfinished)}
        )
    participant.closed_at, participant.closure_reason = clock.now(), reason
    _save(participant, by)
    record_event(
        case=participant.case,
        kind=Kind.CASE_CLOSED,
        occurred=participant.closed_at,
        participant=participant,
        detail=str(Participant.Closure(reason).label),
        data={"told_how_to_return": told_how_to_return}
        | ({"despite": despite} if unfinished else {})
        | ({"died_known_from": died_known_from} if has_died else {}),
        by=by,
    )
    return participant


@transaction.atomic
def reopen(*, participant: Participant, reason: str, version: int, by: User) -> Participant:
    """Open it again, with a reason: the door was left open. Raises Stale, and Refused without a reason.

    What was closed as unsafe to contact stays closed: a SafetyLift asks a supervisor.
    """
    participant = _locked(participant, version)
    if not participant.closed_at:
        raise Refused(_("This is open already."))
    if not reason.strip():
        raise Refused(_("Say why you open it again."))
    unsafe = Participant.Closure.UNSAFE_TO_CONTACT
    if participant.closure_reason != unsafe:
        return open_again(participant=participant, reason=reason, by=by)
    if SafetyLift.objects.waiting().filter(participant=participant).exists():
        raise Refused(_("Somebody asked for this already: a supervisor decides."))
    ask_to_lift(participant.person, SafetyLift.REOPEN, unsafe, "", reason, by, participant)
    return participant


@transaction.atomic
def open_again(*, participant: Participant, reason: str, by: User) -> Participant:
    """Open a part whose row is held, whatever it was closed for. Pages use `reopen`."""
    participant.closed_at, participant.closure_reason = None, ""
    _save(participant, by)
    record_event(
        case=participant.case,
        kind=Kind.CASE_REOPENED,
        occurred=clock.now(),
        participant=participant,
        detail=reason.strip(),
        by=by,
    )
    return participant


@transaction.atomic
def propose_standard(
    *, key: str, value: int, effective_from: date, reason: str, number: int, by: User
) -> Standard:
    """Write the next version of one of the unit's own numbers; it counts once somebody else approved it.

    `number` is the version the page showed. Raises Stale when another was written meanwhile.
    """
    limits = RANGES[key]
    if not limits.lowest <= value <= limits.highest:
        raise Refused(
            _("Enter a whole number from %(lowest)d to %(highest)d.")
            % {"lowest": limits.lowest, "highest": limits.highest}
        )
    if effective_from < clock.today():
        raise Refused(_("What was counted stays counted. Enter today or a later day."))
    latest = Standard.objects.select_for_update(of=("self",)).filter(key=key).order_by("-number").first()
    if (latest.number if latest else 0) != number:
        raise Stale(_("Someone else wrote another version while you were working. Open the page again."))
    standard = Standard(
        key=key,
        number=number + 1,
        value=value,
        effective_from=effective_from,
        reason=reason,
        written_by=by,
    )
    standard._history_user = by  # type: ignore[attr-defined]
    standard.save()
    return standard


@transaction.atomic
def decide_standard(*, standard: Standard, is_approved: bool, by: User) -> Standard:
    """Approve a proposed number, or set it aside. Nobody approves their own."""
    standard = Standard.objects.select_for_update(of=("self",)).get(pk=standard.pk)
    if standard.approved_at or standard.withdrawn_at or standard.written_by_id is None:
        raise Refused(_("This was decided already. Open the page again."))
    if is_approved and standard.written_by_id == by.pk:
        raise NotAllowed(_("You wrote this number, so somebody else has to approve it."))
    if is_approved:
        standard.approved_by, standard.approved_at = by, clock.now()
        standard.effective_from = max(standard.effective_from, clock.today())
    else:
        standard.withdrawn_at = clock.now()
    standard._history_user = by  # type: ignore[attr-defined]
    standard.save()
    return standard


def _locked(participant: Participant, version: int) -> Participant:
    fresh = Participant.objects.select_for_update(of=("self",)).select_related("case").get(pk=participant.pk)
    if fresh.version != version:
        raise Stale(
            _("Someone else changed this while you were working. Open it again to see what they did.")
        )
    return fresh


def _save(participant: Participant, by: User) -> None:
    participant.version += 1
    participant._history_user = by  # type: ignore[attr-defined]
    participant.save()
