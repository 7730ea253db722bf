"""Whoever may not see a case sees the wrong cells of its rows in quarantine, and never whom they are about."""

import pytest
from django.urls import reverse

from referrals.models import Referral
from tests.factories import TeamFactory, UserFactory
from tests.referrals.test_receive import ARREST, SIAN, receive, receive_events
from victimcare.accounts.permissions import Role
from victimcare.cases.models import Case, Exclusion, Participant
from victimcare.intake.models import ImportRow

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]
BAD = SIAN | {"postcode": "NP"}
QUARANTINE = "/intake/quarantine/"


@pytest.fixture(autouse=True)
def _teams(unit):
    unit.policing_areas = ["West"]
    unit.save()


@pytest.fixture
def other(sign_in):
    """The browser of a supervisor of the team in the east."""
    team = TeamFactory(name="East", policing_areas=["East"])
    return sign_in(UserFactory(username="east", team=team, roles=[Role.SUPERVISOR]))


def url(row, name="row"):
    return reverse(f"intake:{name}", args=[row.batch.reference, row.number])


def bad_row():
    return ImportRow.objects.in_quarantine().get()


def sees_all(browser):
    page, listed = browser.get(url(bad_row())).text, browser.get(QUARANTINE).text
    assert "NP" in page
    all_of_it = "Siân" in page
    assert all_of_it == (SIAN["occurrence_no"] in listed) == (SIAN["occurrence_no"] in page)
    return all_of_it


def test_the_team_it_will_land_in_sees_it_whole_and_another_does_not(as_supervisor, other):
    receive(BAD)
    assert sees_all(as_supervisor) and not sees_all(other)


def test_one_that_will_be_restricted_is_seen_whole_by_the_team_it_lands_in(as_supervisor, other):
    receive(BAD | {"restricted": "Y"})
    assert sees_all(as_supervisor) and not sees_all(other)


def test_of_a_restricted_case_the_team_sees_the_wrong_cells_alone(as_supervisor, supervisor):
    receive(SIAN | {"restricted": "Y"})
    receive(BAD | {"person_id": "P2"})
    assert not sees_all(as_supervisor)
    Case.objects.get().restricted_to.add(supervisor)
    assert sees_all(as_supervisor)


def test_whoever_is_excluded_from_the_case_sees_the_wrong_cells_alone(as_supervisor, supervisor):
    receive(SIAN)
    receive(BAD | {"person_id": "P2"})
    assert sees_all(as_supervisor)
    Exclusion.objects.create(
        case=Case.objects.get(), user=supervisor, reason="Her sister.", declared_by=supervisor
    )
    Case.objects.update(is_restricted=True)
    assert not sees_all(as_supervisor)


def test_an_open_case_of_another_team_is_seen_by_the_team_the_row_lands_in(other):
    receive(SIAN)
    receive(BAD | {"person_id": "P2", "policing_area": "East"})
    assert sees_all(other)


def test_where_no_team_is_known_all_who_mend_rows_see_it(as_supervisor, other):
    receive(BAD | {"policing_area": "North"})
    assert sees_all(as_supervisor) and sees_all(other)


def test_an_event_of_a_crime_we_do_not_hold_is_seen_by_all_who_mend_rows(other):
    receive_events(ARREST)
    assert ARREST["occurrence_no"] in other.get(url(bad_row())).text


def test_an_event_of_a_case_that_is_not_theirs_shows_the_wrong_cell_alone(other):
    receive(SIAN)
    receive_events(ARREST | {"occurred_at": "31/02/2026", "detail": "At her mother's."})
    page = other.get(url(bad_row())).text
    assert "31/02/2026" in page and "her mother" not in page and ARREST["occurrence_no"] not in page


def test_a_row_can_be_mended_without_being_seen_whole(other):
    receive(BAD)
    row = bad_row()
    other.post(url(row), {"postcode": "NP20 4AB", "surname": "Smith"})
    victim = Participant.objects.victims().get()
    assert (victim.person.postcode, victim.person.surname) == ("NP20 4AB", "Evans")
    assert Referral.objects.count() == 1
    assert SIAN["occurrence_no"] not in other.get(url(row)).text


def test_of_a_row_cut_off_only_whoever_sees_it_whole_mends_anything(other):
    ImportRow.objects.all().delete()
    receive(BAD)
    ImportRow.objects.update(
        column="", reason="It may be cut off.", problems=[{"column": "", "reason": "Cut."}]
    )
    page = other.get(url(bad_row())).text
    assert "Nothing of this row can be mended by you" in page and "Siân" not in page
