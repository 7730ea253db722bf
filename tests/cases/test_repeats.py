"""Repeat victims: which crimes count, linked records' too, and what they have in common."""

from datetime import date

import pytest

from tests.factories import CaseFactory, ParticipantFactory, SuspectFactory, london
from victimcare.cases import linking
from victimcare.cases.repeats import Crime, crimes_before, in_words, in_year_to, pattern, seen_by


def crime(
    on: date, code: str = "49", suspects: tuple[int, ...] = (), place: str = "", case: int = 0
) -> Crime:
    return Crime(case or on.toordinal(), "P-1", "VC-1", "26", on, code, "", frozenset(suspects), place)


MAY, JUNE, JULY = date(2026, 5, 1), date(2026, 6, 1), date(2026, 7, 1)
TABLE = [
    ([], ()),
    ([crime(MAY)], ()),
    ([crime(MAY), crime(JUNE)], ()),
    ([crime(MAY, suspects=(7, 8)), crime(JUNE, suspects=(8,))], ("same_suspect",)),
    ([crime(MAY, suspects=(7,)), crime(JUNE, suspects=(8,))], ()),
    ([crime(MAY, place="1brynroad"), crime(JUNE, place="1brynroad")], ("same_address",)),
    ([crime(MAY, "8L"), crime(JUNE, "8N")], ("rising_harm",)),
    ([crime(JUNE, "8N"), crime(MAY, "8L")], ("rising_harm",)),  # in whatever order they come
    ([crime(MAY, "8N"), crime(JUNE, "8L")], ()),
    ([crime(MAY, "49"), crime(JUNE, "8N"), crime(JULY, "8L")], ()),
    ([crime(MAY, "49"), crime(JUNE, "49"), crime(JULY, "5D")], ("rising_harm",)),
]


@pytest.mark.parametrize(("crimes", "names"), TABLE)
def test_the_pattern(crimes, names):
    assert pattern(crimes) == names
    assert "" not in in_words(names)


pytestmark = pytest.mark.django_db


def victim_of(person=None, recorded=None, **facts):
    """Recorded on 1 November 2026, unless said."""
    case = CaseFactory(recorded_at=recorded or london(2026, 11, 1, 9), **facts)
    return ParticipantFactory(case=case, **({"person": person} if person else {}))


def test_twelve_months_to_the_day_and_not_a_day_more():
    part = victim_of(recorded=london(2026, 11, 23, 0, 5))
    for recorded in (london(2025, 11, 24, 0, 5), london(2025, 11, 23, 23, 55), london(2026, 11, 24, 0, 5)):
        victim_of(part.person, recorded)
    found = crimes_before([part.person_id], date(2026, 11, 23))[part.person_id]
    assert [each.on for each in found] == [date(2025, 11, 24), date(2026, 11, 23)]
    assert in_year_to(found, date(2026, 11, 22)) == found[:1]


def test_a_witness_a_duplicate_and_an_error_are_no_crimes_against_her():
    part = victim_of()
    ParticipantFactory(person=part.person, role="WITNESS")
    for reason in ("duplicate", "data_error"):
        other = victim_of(part.person)
        other.closed_at, other.closure_reason = london(2026, 11, 2), reason
        other.save()
    assert len(crimes_before([part.person_id], date(2026, 11, 23))[part.person_id]) == 1


def test_the_crimes_of_a_linked_record_count_for_both_and_each_only_once(officer):
    one, other = victim_of(), victim_of()
    ParticipantFactory(case=one.case, person=other.person)
    linking.link(one=one.person, other=other.person, reason="She says so.", by=officer)
    found = crimes_before([one.person_id, other.person_id], date(2026, 11, 23))
    assert [{each.reference for each in crimes} for crimes in found.values()] == [
        {one.case.reference, other.case.reference}
    ] * 2
    assert [len(crimes) for crimes in found.values()] == [2, 2]


def test_restricted_crimes_count_for_triage_and_not_for_a_reader(officer):
    part = victim_of()
    part.team, part.officer = officer.team, officer
    part.save()
    victim_of(part.person, is_restricted=True)
    crimes = crimes_before([part.person_id], date(2026, 11, 23))[part.person_id]
    assert len(crimes) == 2
    assert [each.participant for each in seen_by(officer, crimes)] == [part.reference]


def test_suspects_and_places_come_with_them():
    part = victim_of(location="12 Bryn Road, Newport")
    him = SuspectFactory(case=part.case)
    (found,) = crimes_before([part.person_id], date(2026, 11, 23))[part.person_id]
    assert (found.suspects, found.place) == ({him.person_id}, "12brynroadnewport")


def test_a_hundred_people_cost_one_query(django_assert_num_queries):
    people = [victim_of().person_id for _n in range(20)]
    with django_assert_num_queries(1):
        assert all(len(crimes) == 1 for crimes in crimes_before(people, date(2026, 11, 23)).values())
    assert crimes_before([], date(2026, 11, 23)) == {}
