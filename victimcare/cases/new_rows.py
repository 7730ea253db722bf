"""New cases, parts and answers as rows that are not kept yet: `actions` keeps them, alone or all together."""

from datetime import date, datetime
from typing import Any

from victimcare import clock
from victimcare.accounts.models import User
from victimcare.cases.events import new_event
from victimcare.cases.kinds import ALLOCATED, Kind
from victimcare.cases.models import Case, Entitlement, Event, Participant, Person, SafeContact


def new_case(*, reported: datetime | date | None, **fields: Any) -> Case:
    """One crime or incident, whether or not the police were told. What it was flagged with here is remembered."""
    if isinstance(reported, datetime):
        fields["reported_at"] = reported
    return Case(**fields, flags_told=list(fields.get("flags", ())))


def new_safe_contact(*, person: Person, by: User | None, **answers: Any) -> SafeContact:
    """What somebody nobody knew said about reaching them; `by` is None where they wrote it themselves."""
    return SafeContact(person=person, confirmed_by=by, confirmed_at=clock.now(), version=1, **answers)


def crime_reported(
    part: Participant, *, reported: datetime | date, learned_at: datetime | None = None, by: User | None
) -> Event:
    """That the crime against this victim was reported. Raises Refused for a day to come."""
    return new_event(
        case=part.case,
        kind=Kind.CRIME_REPORTED,
        occurred=reported,
        learned_at=learned_at,
        participant=part,
        detail=part.case.offence_title,
        by=by,
    )


def allocated(part: Participant, *, officer: User, by: User) -> Event:
    """That this victim was given to an officer."""
    return new_event(
        case=part.case,
        kind=Kind.OFFICER_ALLOCATED,
        occurred=clock.now(),
        participant=part,
        detail=officer.display_name,
        data={"change": ALLOCATED},
        by=by,
    )


def new_entitlement(
    *,
    participant: Participant,
    is_enhanced: bool,
    categories: list[str],
    from_on: date,
    reason: str,
    is_provisional: bool = False,
    by: User | None,
) -> tuple[Entitlement, Event]:
    """Standard or enhanced rights from a date, and what the timeline says of it. Raises Refused for a day to come."""
    entitlement = Entitlement(
        participant=participant,
        is_enhanced=is_enhanced,
        categories=categories,
        from_on=from_on,
        reason=reason,
        is_provisional=is_provisional,
        set_by=by,
    )
    event = new_event(
        case=participant.case,
        kind=Kind.ENTITLEMENT_SET,
        occurred=clock.now() if from_on == clock.today() else from_on,
        participant=participant,
        detail=reason,
        data={"is_enhanced": is_enhanced, "categories": categories, "is_provisional": is_provisional},
        by=by,
    )
    return entitlement, event
