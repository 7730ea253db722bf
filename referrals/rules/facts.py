"""The facts of referrals that are already here, as triage sees them: in four queries, however many. Reads only."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta

from referrals.models import Referral
from referrals.triage import Facts
from victimcare.cases.models import Participant, Person
from victimcare.working_days import london_day

YEAR = timedelta(days=365)


def facts_of(referrals: Sequence[Referral]) -> dict[int, Facts]:
    """By the id of the referral. Asks for their participant with case, person and safe contact joined."""
    crimes = _crimes([referral.participant.person_id for referral in referrals])
    suspected = set(
        Participant.objects.filter(
            role=Participant.Role.SUSPECT,
            case_id__in={referral.participant.case_id for referral in referrals},
        ).values_list("case_id", "person_id")
    )
    return {referral.pk: _facts(referral, crimes, suspected) for referral in referrals}


def _crimes(people: Sequence[int]) -> dict[int, dict[int, date]]:
    """For each person: the cases in which they are a victim, and the day each was recorded."""
    found: dict[int, dict[int, date]] = defaultdict(dict)
    rows = Participant.objects.filter(
        person_id__in=set(people), role=Participant.Role.VICTIM, case__recorded_at__isnull=False
    ).values_list("person_id", "case_id", "case__recorded_at")
    for person, case, recorded in rows:
        found[person][case] = london_day(recorded)
    return found


def _facts(referral: Referral, crimes: dict[int, dict[int, date]], suspected: set[tuple[int, int]]) -> Facts:
    part = referral.participant
    person, case = part.person, part.case
    day = london_day(case.recorded_at) if case.recorded_at else london_day(referral.received_at)
    held = {**crimes.get(person.pk, {}), part.case_id: day}
    return Facts(
        flags=frozenset(case.flags),
        offence_code=case.offence_code,
        age=person.age_on(day),
        risk_level=part.risk_level,
        disability=person.disability,
        crimes_in_12_months=sum(1 for recorded in held.values() if day - YEAR < recorded <= day),
        has_died=person.date_of_death is not None,
        is_suspect_here=(part.case_id, part.person_id) in suspected,
        is_nameless_business=bool(part.organisation_name) and not person.surname and not person.given_names,
        safe_to=_safe_to(person),
        source=referral.source,
    )


def _safe_to(person: Person) -> tuple[tuple[str, str], ...]:
    safe = getattr(person, "safe_contact", None)
    ways = (
        ("phone", person.phone_mobile or person.phone_home),
        ("text", person.phone_mobile),
        ("email", person.email),
        ("post", person.address_line_1),
    )
    return tuple(
        (channel, getattr(safe, channel) if safe else "") for channel, destination in ways if destination
    )
