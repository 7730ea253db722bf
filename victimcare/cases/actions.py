"""Every write to people, cases and participants: plain values in, one transaction, the event in the same."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from victimcare import clock
from victimcare.accounts.models import User
from victimcare.accounts.permissions import Role
from victimcare.cases.events import record_event
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Case, Entitlement, Participant, Person, SafeContact
from victimcare.faults import Refused, Stale


@transaction.atomic
def add_person(*, by: User | None, **fields: Any) -> Person:
    """Keep a new human being. Search first: a person is kept once."""
    person = Person(**fields)
    person._history_user = by  # type: ignore[attr-defined]
    person.save()
    return person


@transaction.atomic
def open_case(*, reported: datetime | date, by: User | None, **fields: Any) -> Case:
    """Open one crime or incident. Its CRIME_REPORTED events are recorded as its victims are added."""
    if isinstance(reported, datetime):
        fields["reported_at"] = reported
    case = Case(**fields)
    case._history_user = by  # type: ignore[attr-defined]
    case.save()
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
    participant._history_user = by  # type: ignore[attr-defined]
    participant.save()
    if role == Participant.Role.VICTIM and reported is not None:
        record_event(
            case=case,
            kind=Kind.CRIME_REPORTED,
            occurred=reported,
            learned_at=learned_at,
            participant=participant,
            detail=case.offence_title,
            by=by,
        )
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
    entitlement = Entitlement.objects.create(
        participant=participant,
        is_enhanced=is_enhanced,
        categories=categories,
        from_on=from_on,
        reason=reason,
        is_provisional=is_provisional,
        set_by=by,
    )
    record_event(
        case=participant.case,
        kind=Kind.ENTITLEMENT_SET,
        occurred=clock.now() if from_on == clock.today() else from_on,
        participant=participant,
        detail=reason,
        data={"is_enhanced": is_enhanced, "categories": categories, "is_provisional": is_provisional},
        by=by,
    )
    return entitlement


@transaction.atomic
def set_safe_contact(*, person: Person, version: int, by: User, **answers: Any) -> SafeContact:
    """Keep what this person said about reaching them safely. Raises Stale when somebody just changed it."""
    safe = SafeContact.objects.select_for_update().filter(person=person).first()
    if safe is None:
        safe = SafeContact(person=person, version=0)
    if safe.version != version:
        raise Stale(
            _("Someone else changed these answers while you were working. Theirs are shown below."),
            theirs=_as_said(safe, answers),
        )
    for name, answer in answers.items():
        setattr(safe, name, answer)
    safe.confirmed_by, safe.confirmed_at, safe.version = by, clock.now(), version + 1
    safe._history_user = by  # type: ignore[attr-defined]
    safe.save()
    return safe


@transaction.atomic
def change_details(*, person: Person, version: int, verified_by: str, by: User, **fields: str) -> Person:
    """Keep a name, number or address that somebody checked with the person; no feed overwrites it now.

    `verified_by` says how it was checked, and is kept with the history. Raises Stale, and Refused when
    nobody says how: whoever can change where we write to can read what we write.
    """
    if not verified_by.strip():
        raise Refused(_("Say how you know it was them who asked. Ring the number held before, or see them."))
    fresh = Person.objects.select_for_update().get(pk=person.pk)
    if fresh.version != version:
        raise Stale(
            _("Someone else changed these details while you were working. Theirs are shown below yours."),
            theirs=_as_said(fresh, fields),
        )
    changed = [name for name, answer in fields.items() if getattr(fresh, name) != answer]
    for name in changed:
        setattr(fresh, name, fields[name])
    fresh.confirmed_fields = sorted({*fresh.confirmed_fields, *changed})
    fresh.version += 1
    fresh._history_user = by  # type: ignore[attr-defined]
    fresh._change_reason = verified_by[:100]  # type: ignore[attr-defined]
    fresh.save()
    return fresh


@transaction.atomic
def allocate(*, participants: list[Participant], officer: User, by: User) -> int:
    """Give victims to a named officer. Returns how many changed hands. Refuses who cannot take them."""
    if not officer.is_active or not officer.has_role(Role.VICTIM_CARE_OFFICER):
        raise Refused(_("Choose a victim care officer who works here."))
    changed = 0
    for participant in (
        Participant.objects.select_for_update(of=("self",))
        .filter(pk__in=[part.pk for part in participants], closed_at=None, role=Participant.Role.VICTIM)
        .exclude(officer=officer)
        .select_related("case")
    ):
        participant.officer = officer
        participant.version += 1
        participant._history_user = by  # type: ignore[attr-defined]
        participant.save()
        record_event(
            case=participant.case,
            kind=Kind.OFFICER_ALLOCATED,
            occurred=clock.now(),
            participant=participant,
            detail=officer.display_name,
            by=by,
        )
        changed += 1
    return changed


@transaction.atomic
def close(*, participant: Participant, reason: str, version: int, by: User) -> Participant:
    """Close this victim's or witness's part, with a reason. Duties run on. Raises Stale."""
    participant = _locked(participant, version)
    if participant.closed_at:
        raise Refused(_("This is closed already. Open it again first to give another reason."))
    participant.closed_at, participant.closure_reason = clock.now(), reason
    _save(participant, by)
    record_event(
        case=participant.case,
        kind=Kind.CASE_CLOSED,
        occurred=participant.closed_at,
        participant=participant,
        detail=str(Participant.Closure(reason).label),
        by=by,
    )
    return participant


@transaction.atomic
def reopen(*, participant: Participant, version: int, by: User) -> Participant:
    """Open it again: the door was left open. Raises Stale."""
    participant = _locked(participant, version)
    if not participant.closed_at:
        raise Refused(_("This is open already."))
    participant.closed_at, participant.closure_reason = None, ""
    _save(participant, by)
    record_event(
        case=participant.case, kind=Kind.CASE_REOPENED, occurred=clock.now(), participant=participant, by=by
    )
    return participant


def _as_said(row: SafeContact | Person, names: Iterable[str]) -> dict[str, object]:
    """What a row says now, in the words of its page."""
    said: dict[str, object] = {}
    for name in names:
        shown = getattr(row, f"get_{name}_display", None)
        label = str(row._meta.get_field(name).verbose_name).capitalize()  # type: ignore[union-attr]
        said[label] = shown() if shown else getattr(row, name)
    return said


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


@transaction.atomic
def take_back(*, participant: Participant, by: User) -> Participant:
    """Undo an allocation: the victim has no officer again, and the timeline says so."""
    participant = (
        Participant.objects.select_for_update(of=("self",)).select_related("case").get(pk=participant.pk)
    )
    participant.officer = None
    _save(participant, by)
    record_event(
        case=participant.case,
        kind=Kind.OFFICER_ALLOCATED,
        occurred=clock.now(),
        participant=participant,
        detail=_("Allocation undone: nobody yet"),
        by=by,
    )
    return participant
