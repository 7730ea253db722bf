"""A crime that somebody told us of before the feed brought it: one case, and nobody joined without being asked."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from referrals.models import Referral
from tests.factories import CaseFactory, UserFactory
from tests.referrals.test_receive import ARREST, SIAN, counts, receive, receive_events
from tests.referrals.test_refer_in import BY_HAND
from victimcare.accounts.permissions import Role
from victimcare.cases import adding
from victimcare.cases.models import Case, Event, Likeness, Participant, Person
from victimcare.cases.tasks import compare_new_people
from victimcare.intake import withdrawing
from victimcare.intake.models import ImportBatch
from victimcare.intake.tasks import read_waiting_extracts

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday", "unit")]
CRIME = SIAN | {"oic_collar": "1234", "oic_name": "DC D Dee", "flags": "STALKING"}
NUMBER = CRIME["occurrence_no"]
HERSELF = {
    "given_names": "Siân", "surname": "Evans",
    "date_of_birth_day": "1", "date_of_birth_month": "5", "date_of_birth_year": "1992",
    "phone": "07700 900101",
}  # fmt: skip


@pytest.fixture
def detective():
    return UserFactory(display_name="DC Dee", roles=[Role.OFFICER_IN_THE_CASE], team=None, collar="1234")


@pytest.fixture
def told(sign_in, detective):
    """Siân Evans, referred by the officer in her case before the feed brought the crime."""
    said = BY_HAND | HERSELF | {"occurrence_no": NUMBER, "kinds": ["domestic_abuse"]}
    assert sign_in(detective).post(reverse("referrals:refer-in"), said).status_code == 302
    return Participant.objects.get()


def test_the_case_becomes_the_crime_that_the_feed_brings(told):
    batch = receive(CRIME)
    case = Case.objects.get()
    assert counts(batch) == {"accepted": 1}
    assert (case.pk, case.source_system, case.occurrence_no) == (told.case_id, "RMS", NUMBER)
    assert (case.offence_title, case.oic_name, case.policing_area) == ("Stalking", "DC D Dee", "West")
    assert case.history.count() == 2 and case.history.latest().history_change_reason.startswith("extract ")


def test_what_the_officer_said_of_it_is_kept_beside_what_the_feed_says(told):
    receive(CRIME)
    assert Case.objects.get().flags == ["DA", "STALKING"]
    told.refresh_from_db()
    assert told.referral.source == "officer" and told.person.safe_contact.confirmed_at


def test_events_of_the_crime_find_it_too(told):
    receive(CRIME)
    receive_events(ARREST)
    assert Event.objects.get(kind="SUSPECT_ARRESTED").case_id == told.case_id


def test_its_people_are_joined_with_nobody_but_somebody_is_asked(told):
    receive(CRIME)
    victims = Participant.objects.victims()
    assert victims.count() == 2 and Referral.objects.count() == 2
    compare_new_people()
    pair = Likeness.objects.get()
    assert {pair.one_id, pair.other_id} == set(victims.values_list("person", flat=True))
    assert pair.decision == "" and pair.is_key


def test_the_same_rows_again_change_nothing(told):
    receive(CRIME)
    version = Case.objects.get().version
    receive(CRIME | {"surname": "Evans-Jones"})
    assert Case.objects.get().version == version
    receive(CRIME | {"surname": "Evans-Jones", "flags": "STALKING,HATE"})
    assert Case.objects.get().flags == ["DA", "HATE", "STALKING"]
    assert Person.objects.filter(surname="Evans-Jones").count() == 1


@pytest.mark.parametrize(
    "row",
    [
        {"oic_collar": "9999"},
        {"oic_collar": ""},
        {"restricted": "Y"},
        {"occurrence_no": "2600000002"},
    ],
    ids=["another officer's", "nobody's", "restricted", "another number"],
)
def test_what_is_not_surely_the_same_crime_is_another_case(told, row):
    receive(CRIME | row)
    assert Case.objects.count() == 2
    assert Case.objects.get(pk=told.case_id).source_system == ""


def test_rows_that_name_two_officers_are_another_case(told):
    receive(CRIME, CRIME | {"person_id": "P2", "oic_collar": "9999"})
    assert Case.objects.count() == 2


def test_two_systems_with_one_number_leave_it_alone(told):
    receive(CRIME, CRIME | {"source_system": "NICHE"})
    assert Case.objects.count() == 3


def test_a_restricted_case_meets_a_restricted_crime(told):
    Case.objects.update(is_restricted=True)
    receive(CRIME | {"restricted": "Y"})
    assert Case.objects.get().is_restricted


@pytest.fixture
def opened(officer):
    """Siân Evans, in a case that her officer opened by hand with the number of the crime."""
    return adding.open_by_hand(
        offence_title="Following", occurrence_no=NUMBER, flags=["DA"], reported=date(2026, 11, 20), officer=officer,
        by=officer, fields={"given_names": "Siân", "surname": "Evans", "phone_mobile": "07700 900101"},
    )  # fmt: skip


@pytest.mark.parametrize("collar", ["1234", ""], ids=["with an officer", "with none"])
def test_a_case_that_our_own_staff_opened_becomes_the_crime_that_the_feed_brings(opened, officer, collar):
    batch = receive(CRIME | {"oic_collar": collar})
    case = Case.objects.get()
    assert counts(batch) == {"accepted": 1}
    assert (case.pk, case.source_system, case.occurrence_no) == (opened.case_id, "RMS", NUMBER)
    assert case.offence_title == "Stalking" and set(case.flags) == {"DA", "STALKING"}
    opened.refresh_from_db()
    assert opened.officer == officer and opened.referral.status == "allocated"
    assert (
        Participant.objects.victims().filter(case=case).count() == 2
    )  # whom the feed brought is asked about
    compare_new_people()
    assert Likeness.objects.get().decision == ""


def test_events_find_the_case_that_our_own_staff_opened(opened):
    receive(CRIME)
    receive_events(ARREST)
    assert Event.objects.get(kind="SUSPECT_ARRESTED").case_id == opened.case_id


@pytest.mark.parametrize("row", [{"restricted": "Y"}, {"occurrence_no": "2600000002"}])
def test_a_case_of_our_own_that_is_not_surely_the_crime_is_left_alone(opened, row):
    receive(CRIME | row)
    assert Case.objects.count() == 2
    assert Case.objects.get(pk=opened.case_id).source_system == ""


def test_a_crime_the_feed_holds_already_stays_the_feeds(sign_in, detective):
    receive(CRIME)
    CaseFactory(source_system="", occurrence_no=NUMBER, oic_collar="1234")
    receive(CRIME | {"offence_title": "Stalking involving fear of violence"})
    assert Case.objects.filter(source_system="RMS").count() == 1
    assert Case.objects.get(source_system="").offence_title != "Stalking involving fear of violence"


def test_taking_the_extract_back_gives_the_case_back(told, supervisor):
    batch = receive(CRIME)
    withdrawing.withdraw(batch=ImportBatch.objects.get(pk=batch.pk), reason="Wrong file.", by=supervisor)
    assert read_waiting_extracts() == 1
    case = Case.objects.get(pk=told.case_id)
    assert (case.source_system, case.occurrence_no, case.flags) == ("", NUMBER, ["DA"])
    receive(CRIME)
    assert Case.objects.get(source_system="RMS").pk == told.case_id


def test_it_costs_no_query_of_its_own():
    def cost(row):
        content = {"occurrence_no": row, "person_id": row}
        with CaptureQueriesContext(connection) as asked:
            receive(CRIME | content)
        return len(asked)

    cost("2600000070")  # what is read once a process
    before = cost("2600000071")
    CaseFactory(source_system="", occurrence_no="2600000073", oic_collar="9999")
    assert cost("2600000073") == before
