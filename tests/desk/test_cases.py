"""The lists of people."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import (
    CaseFactory,
    ContactFactory,
    EntitlementFactory,
    ParticipantFactory,
    SuspectFactory,
    UserFactory,
    london,
)
from victimcare.accounts.permissions import Role
from victimcare.audit.models import AccessEntry
from victimcare.cases.events import record_event
from victimcare.cases.kinds import Kind

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


def test_thirty_rows_cost_six_questions_like_three(as_officer, officer):
    counts = []
    for n in (3, 27):
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
    assert counts == [6, 6]


# --- Whose they are --------------------------------------------------------------------------------


def test_witness_care_has_lists_too(sign_in, witness_care, victim):
    mine = CaseFactory(witness_care_officer=witness_care)
    team = CaseFactory(witness_care_team=witness_care.team)
    ParticipantFactory(case=mine, person__given_names="Mine")
    ParticipantFactory(case=team, person__given_names="Team")
    browser = sign_in(witness_care)
    assert named(browser.get("/cases/")) == ["Mine Evans"]
    assert named(browser.get("/cases/?whose=team")) == ["Team Evans"]
    assert named(browser.get("/cases/?whose=all")) == ["Team Evans", "Mine Evans"]


def test_officers_in_the_case_and_the_coordinator_have_theirs(sign_in, victim):
    oic = UserFactory(roles=[Role.OFFICER_IN_THE_CASE], collar=victim.case.oic_collar, team=None)
    coordinator = UserFactory(roles=[Role.ENGAGEMENT_COORDINATOR], team=None)
    assert named(sign_in(oic).get("/cases/")) == ["Siân Evans"]
    assert named(sign_in(coordinator).get("/cases/")) == []
    victim.agreed_to_be_asked = True
    victim.save()
    assert named(sign_in(coordinator).get("/cases/")) == ["Siân Evans"]


def test_a_restricted_case_is_on_nobodys_list_but_theirs_who_are_named(as_officer, officer, victim):
    victim.case.is_restricted = True
    victim.case.save()
    for whose in ("mine", "team", "all"):
        assert named(as_officer.get(f"/cases/?whose={whose}")) == []
    victim.case.restricted_to.add(officer)
    for whose in ("mine", "team", "all"):
        assert named(as_officer.get(f"/cases/?whose={whose}")) == ["Siân Evans"]
