"""The home page: what each role finds there."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacts.models import Contact, Promise
from courts.models import SpecialMeasure
from referrals.models import Referral
from tests.factories import (
    ContactFactory,
    ContactPlanFactory,
    CourtFactory,
    EntitlementFactory,
    HearingFactory,
    LeaveFactory,
    ParticipantFactory,
    ReferralFactory,
    SafeContactFactory,
    SuspectFactory,
    TeamFactory,
    UserFactory,
    WitnessRequirementFactory,
    london,
)
from victimcare.accounts.models import Notification
from victimcare.accounts.permissions import Role
from victimcare.audit.models import AccessEntry
from victimcare.cases.events import record_event
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Participant, SafeContact

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]


def text(response) -> str:
    return response.content.decode()


def arrested_and_bailed(victim, officer):
    for kind in (Kind.SUSPECT_ARRESTED, Kind.SUSPECT_BAILED):
        record_event(case=victim.case, kind=kind, occurred=london(2026, 11, 17, 9), by=officer)


def test_one_row_asks_for_one_call_about_the_arrest_and_the_bail(as_officer, victim, officer):
    arrested_and_bailed(victim, officer)
    page = text(as_officer.get("/"))
    assert "about the arrest and the bail" in page
    assert page.count('class="desk-work__row') == 1


def test_the_button_opens_the_call_with_both_events_to_tell(as_officer, victim, officer):
    arrested_and_bailed(victim, officer)
    (group,) = as_officer.get("/").context["work"].groups
    events = [event.reference for event in victim.case.events.all()]
    assert all(reference in group["rows"][0]["button"]["url"] for reference in events)


def test_the_row_says_why_and_how(as_officer, victim, officer):
    arrested_and_bailed(victim, officer)
    page = text(as_officer.get("/"))
    assert "Right 6" in page
    assert victim.person.phone_mobile in page
    assert "No voicemail, post." in page


def test_late_for_an_enhanced_victim_is_critical(as_officer, victim, officer):
    EntitlementFactory(participant=victim, from_on=date(2026, 11, 16))
    record_event(case=victim.case, kind=Kind.SUSPECT_BAILED, occurred=london(2026, 11, 19, 9), by=officer)
    assert "Critically overdue" in text(as_officer.get("/"))


def test_an_update_a_promise_and_a_first_contact_are_on_the_day(as_officer, victim, officer):
    ContactPlanFactory(participant=victim, due_on=date(2026, 11, 23), words="Ring even if there is no news")
    contact = ContactFactory(participant=victim, by=officer)
    Promise.objects.create(
        participant=victim,
        contact=contact,
        what="send the leaflet",
        due_on=date(2026, 11, 24),
        made_by=officer,
    )
    new = ParticipantFactory(officer=officer, team=officer.team, person__given_names="Tomos")
    ReferralFactory(
        participant=new,
        status=Referral.Status.ALLOCATED,
        allocated_at=london(2026, 11, 20),
        due_on=date(2026, 11, 23),
    )
    page = text(as_officer.get("/"))
    assert "Ring even if there is no news" in page
    assert "send the leaflet" in page
    assert "First contact with" in page
    assert "Tomos Evans" in page
    SafeContact.objects.filter(person=victim.person).update(phone="N")
    assert "The plan says phone, which is not safe" in text(as_officer.get("/"))


def test_a_first_contact_that_was_tried_is_no_longer_new(as_officer, officer):
    new = ParticipantFactory(officer=officer, team=officer.team)
    ReferralFactory(
        participant=new,
        status=Referral.Status.ALLOCATED,
        allocated_at=london(2026, 11, 20),
        due_on=date(2026, 11, 23),
    )
    ContactFactory(participant=new, outcome=Contact.Outcome.NO_ANSWER, by=officer)
    assert "First contact" not in text(as_officer.get("/"))


def test_nothing_due_says_so(as_officer):
    assert "Nothing is due in the next three working days." in text(as_officer.get("/"))


def test_who_is_on_the_page_is_written_down_once(as_officer, victim, officer):
    arrested_and_bailed(victim, officer)
    as_officer.get("/")
    look = AccessEntry.objects.get(field_group="today")
    assert look.subjects == [victim.reference]


def test_another_victims_officer_does_not_see_it(sign_in, colleague, victim, officer):
    arrested_and_bailed(victim, officer)
    assert "about the arrest" not in text(sign_in(colleague).get("/"))


def test_cover_sees_what_the_colleague_who_is_away_owes(sign_in, colleague, victim, officer):
    arrested_and_bailed(victim, officer)
    LeaveFactory(user=officer, covered_by=colleague)
    page = text(sign_in(colleague).get("/"))
    assert "about the arrest and the bail" in page
    assert "You are covering for a colleague." in page


def test_a_case_restricted_away_from_its_officer_is_not_on_the_day(as_officer, victim, officer):
    arrested_and_bailed(victim, officer)
    victim.case.is_restricted = True
    victim.case.save()
    assert "about the arrest" not in text(as_officer.get("/"))


def test_the_officer_in_the_case_sees_what_is_owed_where_nobody_is_allocated(sign_in, victim, officer):
    oic = UserFactory(roles=[Role.OFFICER_IN_THE_CASE], collar="1234", team=TeamFactory(name="Response"))
    nobodys = ParticipantFactory(case=victim.case, person__given_names="Unallocated")
    arrested_and_bailed(victim, officer)
    page = text(sign_in(oic).get("/"))
    assert "Unallocated" in page
    assert "Log" in page
    assert victim.person.name not in page.replace(nobodys.person.name, "")


def test_a_supervisors_day_starts_with_the_team(as_supervisor, officer, victim):
    ReferralFactory(participant__team=officer.team)
    arrested_and_bailed(victim, officer)
    LeaveFactory(user=officer)
    page = text(as_supervisor.get("/"))
    assert "waiting to be allocated" in page
    assert "Olwen Officer" in page
    assert "Away until Fri 27 Nov" in page
    assert "Today: 1 waiting, 0 late" in page


def test_a_witness_care_officer_sees_hearings_and_who_is_not_warned(sign_in, witness_care, victim):
    victim.case.witness_care_officer = witness_care
    victim.case.save()
    hearing = HearingFactory(case=victim.case, court=CourtFactory(), listed_on=date(2026, 11, 26))
    WitnessRequirementFactory(hearing=hearing, participant=victim)
    page = text(sign_in(witness_care).get("/"))
    assert "Newport Crown Court" in page
    assert "1 witness not yet warned." in page


@pytest.mark.parametrize(
    "role", [Role.ANALYST, Role.AUDITOR, Role.ADMINISTRATOR, Role.ENGAGEMENT_COORDINATOR]
)
def test_whoever_has_no_casework_finds_the_way_to_their_own_pages(sign_in, role):
    response = sign_in(UserFactory(roles=[role], team=None)).get("/")
    assert response.status_code == 200
    assert response.context["places"]


def test_a_partner_goes_to_their_own_referrals(sign_in):
    response = sign_in(UserFactory(roles=[Role.PARTNER])).get("/")
    assert (response.status_code, response.url) == (302, "/referrals/to-us/")


def test_news_is_shown_and_marked_as_read(as_officer, officer, stranger):
    mine = Notification.objects.create(
        recipient=officer,
        kind="update_due",
        subject="P-1",
        level="overdue",
        due_on=date(2026, 11, 20),
        url="/cases/",
    )
    theirs = Notification.objects.create(
        recipient=stranger, kind="update_due", subject="P-2", level="news", url="/"
    )
    assert "An agreed update is due" in text(as_officer.get("/"))
    as_officer.post("/notifications/", {"which": [mine.pk, theirs.pk]})
    mine.refresh_from_db()
    theirs.refresh_from_db()
    assert mine.read_at
    assert theirs.read_at is None
    assert as_officer.post("/notifications/", {"which": "x" * 40}).status_code == 302


def a_busy_officer(officer, n):
    for number in range(n):
        victim = ParticipantFactory(officer=officer, team=officer.team)
        SafeContactFactory(person=victim.person)
        SuspectFactory(case=victim.case)
        arrested_and_bailed(victim, officer)
        ContactPlanFactory(participant=victim, due_on=date(2026, 11, 23))
        ContactFactory(participant=victim, by=officer, at=london(2026, 11, 16, 10 + number % 5))


def test_thirty_victims_cost_no_more_queries_than_three(sign_in, officer):
    counts = []
    for n in (3, 27):
        a_busy_officer(officer, n)
        browser = sign_in(officer)
        with CaptureQueriesContext(connection) as queries:
            assert browser.get("/").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 25
    assert Participant.objects.allocated_to(officer).count() == 30


def test_a_team_of_thirty_costs_its_supervisor_no_more_queries(as_supervisor, unit):
    counts = []
    for n in (3, 27):
        for _ in range(n):
            officer = UserFactory(team=unit)
            LeaveFactory(user=officer)
            arrested_and_bailed(ParticipantFactory(officer=officer, team=unit), officer)
            ReferralFactory(participant__team=unit)
        as_supervisor.get("/")
        with CaptureQueriesContext(connection) as queries:
            assert as_supervisor.get("/").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 25


def test_a_witness_care_officers_thirty_hearings_cost_the_same(sign_in, witness_care):
    browser, counts = sign_in(witness_care), []
    for n in (3, 27):
        for _ in range(n):
            victim = ParticipantFactory()
            victim.case.witness_care_officer = witness_care
            victim.case.save()
            hearing = HearingFactory(case=victim.case, court=CourtFactory(), listed_on=date(2026, 11, 26))
            WitnessRequirementFactory(hearing=hearing, participant=victim)
            record_event(
                case=victim.case,
                kind=Kind.HEARING_LISTED,
                occurred=london(2026, 11, 20),
                hearing=hearing.reference,
                by=None,
            )
        browser.get("/")
        with CaptureQueriesContext(connection) as queries:
            assert browser.get("/").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 25


def test_an_advisor_checks_each_measure_from_the_day(sign_in, victim, officer):
    advisor = UserFactory(roles=[Role.MEASURES_ADVISOR], team=TeamFactory(name="Measures"))
    victim.case.witness_care_team = advisor.team
    victim.case.save()
    SpecialMeasure.objects.create(
        participant=victim,
        measure="screens",
        status_on=date(2026, 11, 20),
        why="Afraid of him.",
        asked_by=officer,
    )
    page = text(sign_in(advisor).get("/"))
    assert "Check screens for" in page
    assert "Afraid of him." in page


def test_out_of_hours_the_number_is_shown_with_when_to_ring(as_officer, officer, monday):
    monday.move_to(london(2026, 11, 23, 7, 30))
    new = ParticipantFactory(officer=officer, team=officer.team, person__date_of_birth=date(2010, 1, 1))
    arrested_and_bailed(new, officer)
    page = text(as_officer.get("/"))
    assert new.person.phone_mobile in page
    assert "ring between 09:00 and 17:00 only" in page


@pytest.mark.parametrize("hour", [10, 18])
def test_the_day_says_what_fits(as_officer, victim, officer, monday, hour):
    record_event(case=victim.case, kind=Kind.SUSPECT_BAILED, occurred=london(2026, 11, 16), by=officer)
    monday.move_to(london(2026, 11, 23, hour))
    page = text(as_officer.get("/"))
    assert "20 minutes of work is due" in page
    assert ("does not fit" in page) is (hour == 18)


def test_nobody_is_offered_a_button_their_role_does_not_open(sign_in):
    oic = UserFactory(roles=[Role.OFFICER_IN_THE_CASE], collar="1234", team=TeamFactory(name="Response"))
    nobodys = ParticipantFactory()
    record_event(
        case=nobodys.case,
        kind=Kind.CRIME_REPORTED,
        occurred=london(2026, 11, 20),
        participant=nobodys,
        by=None,
    )
    (group,) = sign_in(oic).get("/").context["work"].groups
    buttons = [row["button"] for row in group["rows"]]
    assert [str(button["label"]) for button in buttons] == ["Record"]
    assert all(sign_in(oic).get(button["url"]).status_code == 200 for button in buttons)


@pytest.fixture
def saturday(monday):
    monday.move_to(london(2026, 11, 28, 10))


def test_at_the_weekend_the_team_is_off_and_the_day_says_so(saturday, as_supervisor, officer):
    works_weekends = UserFactory(team=officer.team, working_hours=[None] * 5 + [["09:00", "17:00"]] * 2)
    unknown = UserFactory(team=officer.team, working_hours=[])
    page = as_supervisor.get("/")
    whereabouts = {row[0]["text"]: row[3] for row in page.context["team"].officers}
    assert whereabouts == {
        "Olwen Officer": "Day off", works_weekends.display_name: "Here", unknown.display_name: "Here",
    }  # fmt: skip
    assert "Not a working day" in text(page)


def test_at_the_weekend_the_next_three_working_days_are_shown(saturday, as_officer, victim):
    ContactPlanFactory(participant=victim, due_on=date(2026, 12, 2))  # Wednesday
    (group,) = as_officer.get("/").context["work"].groups
    assert (group["heading"], len(group["rows"])) == ("Next three days", 1)


def test_what_is_critical_says_why(as_officer, victim, officer):
    record_event(case=victim.case, kind=Kind.SUSPECT_BAILED, occurred=london(2026, 11, 9), by=officer)
    page = text(as_officer.get("/"))
    assert "Late for somebody with enhanced rights, or late by 3 working days or more" in page


def test_the_hours_of_the_heading_are_those_of_now_and_later(as_officer, victim, officer):
    record_event(case=victim.case, kind=Kind.SUSPECT_BAILED, occurred=london(2026, 11, 16), by=officer)
    ContactPlanFactory(participant=victim, due_on=date(2026, 11, 25))
    page = text(as_officer.get("/"))
    assert "about 35 minutes" in page
    assert "20 minutes of the work is late or due today, 15 minutes falls due in the next three" in page
    assert "20 minutes of work is due today or late" in page


def test_the_officer_in_the_case_records_the_answer_about_support_from_the_day(sign_in, monday):
    oic = UserFactory(roles=[Role.OFFICER_IN_THE_CASE], collar="1234", team=TeamFactory(name="Response"))
    victim = ParticipantFactory()
    record_event(
        case=victim.case, kind=Kind.CRIME_REPORTED, occurred=london(2026, 11, 20), participant=victim, by=None
    )
    browser = sign_in(oic)
    rows = [row for group in browser.get("/").context["work"].groups for row in group["rows"]]
    (row,) = [row for row in rows if "Refer" in row["what"]]
    assert str(row["button"]["label"]) == "Record"
    browser.post(
        row["button"]["url"], {"kind": "SUPPORT_DECLINED", "on_day": 21, "on_month": 11, "on_year": 2026}
    )
    rows = [row for group in browser.get("/").context["work"].groups for row in group["rows"]]
    assert not [row for row in rows if "Refer" in row["what"]]
