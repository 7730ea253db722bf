"""The lists of people, and the search that finds one."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from desk.cases import WAYS, find
from tests.factories import (
    CaseFactory,
    ContactFactory,
    EntitlementFactory,
    ParticipantFactory,
    PersonFactory,
    SuspectFactory,
    TeamFactory,
    UserFactory,
    london,
)
from victimcare.accounts.permissions import Role
from victimcare.audit.models import AccessEntry
from victimcare.cases.events import record_event
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Participant

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]


def text(response) -> str:
    return response.content.decode()


def named(response) -> list[str]:
    return [row[0]["text"] for row in response.context["rows"]]


# --- Lists -----------------------------------------------------------------------------------------


def test_mine_the_teams_and_everybody_i_may_see(as_officer, victim, officer, stranger):
    ParticipantFactory(team=officer.team, person__given_names="Tomos")
    ParticipantFactory(team=stranger.team, person__given_names="Hidden")
    assert named(as_officer.get("/cases/")) == ["Siân Evans"]
    assert named(as_officer.get("/cases/?whose=team")) == ["Tomos Evans", "Siân Evans"]
    assert named(as_officer.get("/cases/?whose=all")) == ["Tomos Evans", "Siân Evans"]


def test_a_row_says_rights_what_is_owed_and_the_last_contact(as_officer, victim, officer):
    EntitlementFactory(participant=victim)
    ContactFactory(participant=victim, by=officer, at=london(2026, 11, 19, 10))
    record_event(case=victim.case, kind=Kind.SUSPECT_BAILED, occurred=london(2026, 11, 20, 9), by=officer)
    page = text(as_officer.get("/cases/"))
    for words in ("Enhanced", "Assault occasioning", "Thu 19 Nov", "Olwen Officer", "Today"):
        assert words in page


def test_a_suspect_is_never_listed(as_officer, victim):
    SuspectFactory(case=victim.case, team=victim.team)
    assert "Probert" not in text(as_officer.get("/cases/?whose=all"))


def test_closed_ones_are_apart(as_officer, victim):
    victim.closed_at, victim.closure_reason = london(2026, 11, 20), "declined"
    victim.save()
    assert named(as_officer.get("/cases/")) == []
    assert named(as_officer.get("/cases/?closed=1")) == ["Siân Evans"]


def test_one_officers_cases_for_whoever_may_see_them(as_supervisor, as_stranger, victim, officer):
    assert named(as_supervisor.get(f"/cases/?officer={officer.reference}")) == ["Siân Evans"]
    assert named(as_stranger.get(f"/cases/?officer={officer.reference}")) == []


def test_a_long_list_comes_in_pages_of_twenty_five(as_officer, officer):
    ParticipantFactory.create_batch(60, officer=officer, team=officer.team)
    seen, url = [], "/cases/"
    while url:
        response = as_officer.get(url)
        seen.append([row[0]["url"] for row in response.context["rows"]])
        older = response.context["older_url"]
        url = f"/cases/{older}" if older else ""
    assert [len(page) for page in seen] == [25, 25, 10]
    assert len({address for page in seen for address in page}) == 60


@pytest.mark.parametrize(
    "query", ["before=x", "before=99999999999999999999", "whose=x", "officer=x", "before=²"]
)
def test_an_address_somebody_mistyped_is_no_fault(as_officer, query):
    assert as_officer.get(f"/cases/?{query}").status_code == 200


def test_everybody_on_a_list_is_written_down(as_officer, victim):
    as_officer.get("/cases/")
    assert AccessEntry.objects.get(field_group="cases").subjects == [victim.reference]


def test_sixty_rows_cost_no_more_queries_than_three(as_officer, officer):
    counts = []
    for n in (3, 57):
        for _ in range(n):
            victim = ParticipantFactory(officer=officer, team=officer.team)
            EntitlementFactory(participant=victim)
            ContactFactory(participant=victim, by=officer)
            record_event(
                case=victim.case, kind=Kind.SUSPECT_BAILED, occurred=london(2026, 11, 20, 9), by=officer
            )
        as_officer.get("/cases/")
        with CaptureQueriesContext(connection) as queries:
            as_officer.get("/cases/")
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 25


# --- Search ----------------------------------------------------------------------------------------


@pytest.fixture
def brynmor(officer):
    """Dafydd O'Brien-Llŷr of NP20 4AB, in one case of the unit."""
    person = PersonFactory(
        given_names="Dafydd Rhys", surname="O’Brien-Llŷr", preferred_name="Daf", postcode="NP20 9ZZ",
        phone_mobile="+44 7700 900 321", phone_home="01633 555 000",
    )  # fmt: skip
    return ParticipantFactory(person=person, team=officer.team, case=CaseFactory(occurrence_no="2600012345"))


@pytest.mark.parametrize(
    "typed",
    [
        "O'Brien", "obrien", "O’Brien-Llyr", "OBRIENLLŶR", "dafydd", "Dafydd O'Brien",
        "O'Brien Dafydd", "daf obr", "Dafydd Rhys O'Brien-Llŷr", "  daf  ", "07700900321", "07700 900 321",
        "+447700900321", "(01633) 555-000",
        "np209zz", "NP20 9ZZ", "2600012345",
    ],
)  # fmt: skip
def test_somebody_is_found_however_it_is_typed(officer, brynmor, typed):
    assert find(" ".join(typed.split()), officer) == [brynmor]


def test_somebody_is_found_by_any_of_our_references(officer, brynmor):
    for reference in (brynmor.reference, brynmor.case.reference.lower(), brynmor.person.reference):
        assert find(reference, officer) == [brynmor]


@pytest.mark.parametrize(
    "typed", ["%", "___", "Brien", "07700900322", "NP20 9ZY", "O'Brien Tomos", "2600012346"]
)
def test_nobody_is_found_by_what_they_are_not(officer, brynmor, typed):
    assert find(typed, officer) == []


@pytest.mark.parametrize("typed", ["", "ab", "a b", "--'", "'; drop table", "x" * 500, "VC-", "+44", "½½½"])
def test_whatever_is_typed_there_is_a_page(as_officer, typed):
    assert as_officer.get("/search", {"q": typed}).status_code == 200


def test_fewer_than_three_characters_asks_for_more(as_officer, brynmor):
    assert "at least three" in text(as_officer.get("/search?q=da"))


def test_nobody_is_found_whom_the_reader_may_not_see(stranger, brynmor):
    assert find("O'Brien", stranger) == []


def test_a_suspect_is_never_found(officer, victim):
    SuspectFactory(case=victim.case)
    for typed in ("Probert", "07700 900999", "NP44 1ZZ"):
        assert find(typed, officer) == []


def test_a_search_and_whom_it_showed_is_written_down(as_officer, brynmor):
    as_officer.get("/search?q=obrien")
    look = AccessEntry.objects.get(field_group="search")
    assert (look.subjects, look.path) == ([brynmor.reference], "/search")


def test_at_most_fifty_are_shown(as_officer, officer):
    ParticipantFactory.create_batch(60, team=officer.team)
    response = as_officer.get("/search?q=evans")
    assert len(response.context["rows"]) == 50
    assert "first fifty" in text(response)


def test_a_search_costs_the_same_for_sixty_as_for_three(as_officer, officer):
    counts = []
    for n in (3, 57):
        ParticipantFactory.create_batch(n, team=officer.team)
        as_officer.get("/search?q=evans")
        with CaptureQueriesContext(connection) as queries:
            as_officer.get("/search?q=evans")
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 25


INDEXES = {
    "O'Brien": "person_by_name",
    "Dafydd": "person_by_given_names",
    "07700 900321": "person_by_mobile",
    "01633 555000": "person_by_home_phone",
    "NP20 9ZZ": "person_by_postcode",
    "2600012345": "case_occurrence",
}

# A team of five thousand victims: enough for the planner to prefer an index where there is one.
MANY = """
INSERT INTO cases_person (reference, source_system, source_id, title, given_names, surname,
    preferred_name, pronouns, sex, ethnicity, language, interpreter_language, disability,
    address_line_1, address_line_2, town, postcode, phone_mobile, phone_home, email, confirmed_fields,
    version) SELECT 'PE-T' || n, '', '', '', 'Given' || n, 'Family' || n, 'Liked' || n, '', '', '', '',
    '', '', '', '', '', 'CF1 ' || n, '07701 ' || n, '01633 ' || n, '', '{}', 1 FROM generate_series(1,
    5000) n;
INSERT INTO cases_case (reference, source_system, occurrence_no, urn, offence_code, offence_title,
    cjs_code, flags, location, ward, local_authority, policing_area, oic_collar, oic_name, oic_email,
    oic_team, is_restricted, opened_at, version) SELECT 'VC-T' || n, '', 'O' || n, '', '', '', '', '{}',
    '', '', '', '', '', '', '', '', false, now(), 1 FROM generate_series(1, 5000) n;
INSERT INTO cases_participant (reference, case_id, person_id, role, team_id,
    relationship_to_suspect, risk_tool, risk_level, consent_to_refer, vps_offered, organisation_name,
    agreed_to_be_asked, closure_reason, version) SELECT 'P-T' || n, c.id, p.id, 'VICTIM', %s, '', '',
    '', '', '', '', false, '', 1 FROM generate_series(1, 5000) n JOIN cases_case c ON c.reference =
    'VC-T' || n JOIN cases_person p ON p.reference = 'PE-T' || n;
ANALYZE cases_person; ANALYZE cases_case; ANALYZE cases_participant;
"""


def test_every_way_of_searching_has_its_index(officer):
    with connection.cursor() as cursor:
        cursor.execute(MANY, [officer.team_id])
    for typed, index in INDEXES.items():
        asked = [way(typed) for way in WAYS]
        plans = [Participant.objects.visible_to(officer).filter(a).explain() for a in asked if a is not None]
        assert any(index in plan for plan in plans), "\n".join([typed, *plans])
        assert not any("Seq Scan on cases_person" in plan for plan in plans), "\n".join([typed, *plans])


def test_who_may_not_search(sign_in, auditor):
    oic = UserFactory(roles=[Role.OFFICER_IN_THE_CASE], collar="1234", team=TeamFactory(name="Response"))
    for user in (auditor, oic):
        assert sign_in(user).get("/search?q=evans").status_code == 403
