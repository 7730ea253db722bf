"""Who may be in danger, and what the cases in which they are served say of those around them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import QuerySet

from victimcare.cases.links import linked_to
from victimcare.cases.models import Participant, Person
from victimcare.cases.safe_contact.rule import CHILD
from victimcare.lookups import is_any
from victimcare.prepared import Given, Prepared

# Where one of these is flagged, or the victim is under 18, a channel nobody asked about is not used.
DANGER_FLAGS = frozenset({"DA", "RASSO", "STALKING", "HBA", "CSE", "MSHT"})
# So is it where the suspect is or was the victim's partner, or the risk was found high: a flag is forgotten.
DANGER_RELATIONSHIPS = frozenset({Participant.Relationship.PARTNER, Participant.Relationship.EX_PARTNER})


def is_flagged(participant: Participant, on: date) -> bool:
    """Domestic abuse, stalking, a sexual offence, trafficking, honour-based abuse, a partner, a child."""
    age = participant.person.age_on(on)
    return _is_dangerous(
        participant.case.flags, participant.relationship_to_suspect, participant.risk_level
    ) or (age is not None and age < CHILD)


def _is_dangerous(flags: Iterable[str], relationship: str, risk: str) -> bool:
    """What one case says of danger: a flag, a partner suspected, a high risk."""
    return bool(DANGER_FLAGS & set(flags)) or relationship in DANGER_RELATIONSHIPS or risk == "HIGH"


@dataclass
class Known:
    """What the cases in which somebody is served say of them."""

    suspects: set[int] = field(default_factory=set)
    near: set[int] = field(default_factory=set)  # who else is in a case with a suspect, and is no victim
    partners: set[int] = field(default_factory=set)  # those of them who are a suspect's partner
    is_flagged: bool = False
    was_closed_as_dead: bool = False
    was_closed_as_unsafe: bool = False

    def add(self, other: "Known") -> None:
        self.suspects |= other.suspects
        self.near |= other.near
        self.partners |= other.partners
        self.is_flagged |= other.is_flagged
        self.was_closed_as_dead |= other.was_closed_as_dead
        self.was_closed_as_unsafe |= other.was_closed_as_unsafe


@Prepared
def all_around() -> QuerySet[Participant, Any]:
    """Everybody in the cases in which these people are served."""
    served = Participant.objects.served().filter(is_any("person_id", Given("people")))
    return Participant.objects.filter(case_id__in=served.values("case_id")).values_list(
        "case_id",
        "person_id",
        "role",
        "closure_reason",
        "case__flags",
        "relationship_to_suspect",
        "risk_level",
    )


def known_of(
    people: set[int], rows: list[Any] | None = None
) -> tuple[dict[int, Known], set[tuple[int, int]]]:
    """What is known of each from every case they are served in, and who is suspected in which.

    One query; none where the answer of `all_around` about all of these is at hand.
    """
    rows = all_around(people=list(people)) if rows is None else rows
    suspected: dict[int, set[int]] = {}
    near: dict[int, set[int]] = {}
    victims: set[int] = set()
    partners: set[int] = set()
    parts: list[tuple[int, int, str, bool]] = []
    for case_id, person_id, role, closure, flags, relationship, risk in rows:
        if role == Participant.Role.SUSPECT:
            suspected.setdefault(case_id, set()).add(person_id)
            continue
        if role == Participant.Role.VICTIM:
            victims.add(person_id)
        elif role in Participant.SERVED:
            near.setdefault(case_id, set()).add(person_id)
            if relationship == Participant.Relationship.PARTNER:
                partners.add(person_id)
        if person_id in people:
            parts.append((case_id, person_id, closure, _is_dangerous(flags, relationship, risk)))
    known = {person: Known() for person in people}
    for case_id, person_id, closure, is_dangerous in parts:
        each = known[person_id]
        each.suspects |= suspected.get(case_id, set()) - {person_id}
        if case_id in suspected:
            each.near |= near.get(case_id, set()) - victims - {person_id}
        each.is_flagged |= is_dangerous
        each.was_closed_as_dead |= closure == Participant.Closure.DECEASED
        each.was_closed_as_unsafe |= closure == Participant.Closure.UNSAFE_TO_CONTACT
    for each in known.values():
        each.partners = each.near & partners
    return known, {(case, person) for case, people_of in suspected.items() for person in people_of}


def in_danger(people: Iterable[int], on: date) -> set[int]:
    """Those of these people who are flagged in any case of theirs, or of a record linked to theirs. Three queries."""
    groups = linked_to(people)
    everyone = {pk for group in groups.values() for pk in group}
    known, _suspected = known_of(everyone)
    born = dict(Person.objects.filter(pk__in=everyone).values_list("pk", "date_of_birth"))
    children = {
        pk
        for pk, day in born.items()
        if (age := Person(date_of_birth=day).age_on(on)) is not None and age < CHILD
    }
    return {
        person
        for person, group in groups.items()
        if group & children or any(known[pk].is_flagged for pk in group)
    }
