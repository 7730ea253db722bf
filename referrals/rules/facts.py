"""The facts of referrals that are already here, as triage sees them: in four queries, however many. Reads only."""

from collections.abc import Sequence
from datetime import date

from referrals.models import Referral
from referrals.refer_in.said import is_untold
from referrals.triage import Facts
from victimcare import clock
from victimcare.cases.models import Participant, Person
from victimcare.cases.repeats import YEAR, Crime, crimes_between, in_year_to, pattern, place_of
from victimcare.working_days import london_day

NOT_KEPT_YET = 2**62  # in place of the id of a case that is being opened: the last of its day


def facts_of(referrals: Sequence[Referral]) -> dict[int, Facts]:
    """By the id of the participant, so that a referral need not be saved yet.

    Asks for their participant with case, person and safe contact joined.
    """
    days = {referral.participant_id: _day(referral) for referral in referrals}
    people = {referral.participant.person_id for referral in referrals}
    first, last = min(days.values(), default=clock.today()), max(days.values(), default=clock.today())
    crimes = crimes_between(people, first - YEAR, last)
    suspected = set(
        Participant.objects.filter(
            role=Participant.Role.SUSPECT,
            case_id__in={referral.participant.case_id for referral in referrals},
        ).values_list("case_id", "person_id")
    )
    return {
        referral.participant_id: _facts(
            referral, days[referral.participant_id], crimes[referral.participant.person_id], suspected
        )
        for referral in referrals
    }


def facts_of_newcomer(referral: Referral) -> Facts:
    """The same for a victim who is being added by hand: whatever of them is new may be without a number yet.

    One query where the person is held, for their crimes before; none where nobody knew them. They are no suspect of
    this case: whoever is, is not added.
    """
    part, day = referral.participant, _day(referral)
    if part.person.pk is None:
        return _facts(referral, day, (), set())
    known = crimes_between([part.person.pk], day - YEAR, day)[part.person.pk]
    return _facts(referral, day, [*known, _this_crime(part, day)] if known else known, set())


def _this_crime(part: Participant, day: date) -> Crime:
    """The crime that their part is in, which is not kept yet. After those of its day that are."""
    case = part.case
    suspects = Participant.objects.filter(case=case, role=Participant.Role.SUSPECT) if case.pk else None
    return Crime(
        case_id=case.pk or NOT_KEPT_YET, participant=part.reference, reference=case.reference,
        occurrence_no=case.occurrence_no, on=day, offence_code=case.offence_code, offence_title=case.offence_title,
        suspects=frozenset(suspects.values_list("person_id", flat=True)) if suspects is not None else frozenset(),
        place=place_of(case.location),
    )  # fmt: skip


def _day(referral: Referral) -> date:
    """The day the crime was recorded; where nobody says, the day we received it."""
    return london_day(referral.participant.case.recorded_at or referral.received_at)


def _facts(
    referral: Referral, day: date, all_crimes: Sequence[Crime], suspected: set[tuple[int, int]]
) -> Facts:
    part = referral.participant
    person, case = part.person, part.case
    crimes = in_year_to(all_crimes, day)
    return Facts(
        flags=frozenset(case.flags),
        offence_code=case.offence_code,
        age=person.age_on(day),
        risk_level=part.risk_level,
        disability=person.disability,
        crimes_in_12_months=max(len(crimes), 1),
        patterns=frozenset(pattern(crimes)),
        has_died=person.date_of_death is not None,
        is_suspect_here=(part.case_id, part.person_id) in suspected,
        is_nameless_business=bool(part.organisation_name) and not person.surname and not person.given_names,
        safe_to=_safe_to(person),
        source=referral.source,
        has_secret=_has_secret(person),
        is_untold=is_untold(
            offence_code=case.offence_code, offence_title=case.offence_title, flags=case.flags
        ),
    )


def _has_secret(person: Person) -> bool:
    """Whether somebody must not know: then their address is protected, and was from the first answer on."""
    safe = getattr(person, "safe_contact", None)
    return safe is not None and safe.address_is_protected


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
