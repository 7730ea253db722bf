"""One person's case: what is owed next, what they were told, the story, the rights, who looked."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from compliance.models import Duty
from contacts.models import Contact
from tests.factories import (
    ContactFactory,
    ContactPlanFactory,
    EntitlementFactory,
    EventFactory,
    HearingFactory,
    ParticipantFactory,
    PersonFactory,
    SuspectFactory,
    TeamFactory,
    UserFactory,
    london,
)
from victimcare import clock
from victimcare.accounts.permissions import Role
from victimcare.audit.models import AccessEntry
from victimcare.cases.events import correct_event, record_event
from victimcare.cases.kinds import Kind

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]


def text(response) -> str:
    return response.content.decode()


@pytest.fixture
def at(victim):
    return lambda page="": f"/cases/{victim.case.reference}/{victim.reference}/{page}"


@pytest.fixture
def bailed(victim, officer):
    return record_event(
        case=victim.case,
        kind=Kind.SUSPECT_BAILED,
        occurred=london(2026, 11, 17, 9),
        detail="No contact.",
        by=officer,
    )


def test_what_is_owed_next_is_one_sentence_with_one_button(as_officer, at, bailed):
    page = text(as_officer.get(at()))
    assert "Tell Siân about the bail and its conditions" in page
    assert f"tell={bailed.reference}" in page
    assert "Day 0 is Tue 17 Nov." in page


def test_nothing_owed_says_so(as_officer, at):
    assert "Nothing with a date is owed" in text(as_officer.get(at()))


def test_what_she_was_last_told_stands_beside_what_is_so_now(as_officer, victim, officer, at, bailed):
    contact = ContactFactory(participant=victim, by=officer, at=london(2026, 11, 18, 10))
    contact.tells.add(bailed)
    (row,) = as_officer.get(at()).context["told"]
    assert (row["told"], row["is_stale"]) == ("Suspect released on bail, Tue 17 Nov. No contact.", False)
    record_event(
        case=victim.case,
        kind=Kind.BAIL_CHANGED,
        occurred=london(2026, 11, 20, 9),
        detail="May return.",
        by=officer,
    )
    (row,) = as_officer.get(at()).context["told"]
    assert (row["now"], row["is_stale"]) == ("Bail conditions changed, Fri 20 Nov. May return.", True)


def test_a_call_that_reached_nobody_told_nothing(as_officer, victim, officer, at, bailed):
    contact = ContactFactory(participant=victim, by=officer, outcome=Contact.Outcome.MESSAGE_LEFT)
    contact.tells.add(bailed)
    (row,) = as_officer.get(at()).context["told"]
    assert row["told"] == "Nothing yet"


def test_the_plan_the_people_and_the_dates_are_beside_it(as_officer, victim, officer, at):
    ContactPlanFactory(participant=victim, words="Ring me every two weeks", due_on=date(2026, 12, 14))
    HearingFactory(case=victim.case, listed_on=date(2026, 12, 4))
    page = text(as_officer.get(at()))
    for words in ("Ring me every two weeks", "PC Pugh", "Olwen Officer", "Newport Crown Court", "Mon 14 Dec"):
        assert words in page


def test_an_officer_in_the_case_sees_what_is_owed_but_not_what_she_told_us(
    sign_in, victim, officer, at, bailed
):
    oic = UserFactory(roles=[Role.OFFICER_IN_THE_CASE], collar="1234", team=TeamFactory(name="Response"))
    ContactFactory(participant=victim, by=officer, note="She is afraid of him")
    page = text(sign_in(oic).get(at()))
    assert "about the bail" in page
    assert "She is afraid of him" not in page
    assert sign_in(oic).get(at("timeline/")).status_code == 403


def test_what_is_owed_next_says_whose_duty_it_is(as_officer, as_supervisor, victim, at, bailed):
    assert "Whose duty: yours." in text(as_officer.get(at()))
    assert "Whose duty: Olwen Officer, for the unit." in text(as_supervisor.get(at()))
    victim.officer = None
    victim.save()
    assert "Whose duty: the officer in the case, PC Pugh." in text(as_supervisor.get(at()))


def test_where_nothing_is_left_for_us_it_says_what_another_agency_owes(as_officer, victim, at):
    event = EventFactory(case=victim.case, kind=Kind.PROSECUTION_ALTERED, occurred_at=london(2026, 11, 20, 9))
    Duty.objects.filter(participant=victim).delete()
    Duty.objects.create(
        case=victim.case, participant=victim, code="2021-01", rule="R6-CPS-ALTER", right=6, owner="CPS",
        event=event, clock_on=date(2026, 11, 20), due_on=date(2026, 11, 27), limit=5, computed_at=clock.now(),
    )  # fmt: skip
    page = text(as_officer.get(at()))
    assert "Whose duty: Crown Prosecution Service." in page and "Nothing with a date is owed" not in page


def test_the_menu_of_parts_names_the_open_one_or_none(as_officer, at):
    assert "Part of the case: <b>Summary</b>" in text(as_officer.get(at()))
    assert "<summary>Parts of the case</summary>" in text(as_officer.get(at("close")))


# --- Timeline --------------------------------------------------------------------------------------


def test_the_story_is_newest_first_and_shows_what_failed(as_officer, victim, officer, at, bailed):
    ContactFactory(
        participant=victim, by=officer, outcome=Contact.Outcome.NO_ANSWER, at=london(2026, 11, 18, 10)
    )
    ContactFactory(
        participant=victim, by=officer, note="She will stay with her sister", at=london(2026, 11, 16, 10)
    )
    page = text(as_officer.get(at("timeline/")))
    failed, police, talked = (page.index(words) for words in ("no answer", "released on bail", "her sister"))
    assert failed < police < talked


def test_a_day_alone_says_that_it_is_only_that(as_officer, victim, officer, at):
    record_event(case=victim.case, kind=Kind.SUSPECT_CHARGED, occurred=date(2026, 11, 19), by=officer)
    assert "Thu 19 Nov (date only)" in text(as_officer.get(at("timeline/")))


def test_a_corrected_entry_stands_struck_with_who_corrected_it(as_officer, officer, at, bailed):
    correct_event(event=bailed, occurred=date(2026, 11, 18), detail="The custody record says so.", by=officer)
    page = text(as_officer.get(at("timeline/")))
    assert "<del>Suspect released on bail</del>" in page
    assert "It happened Wed 18 Nov (date only). Corrected by Olwen Officer on Mon 23 Nov." in page
    assert "This corrects an earlier entry." in page


def test_a_withdrawn_entry_says_that_it_never_happened_once(as_officer, officer, at, bailed):
    correct_event(event=bailed, occurred=None, detail="Another man.", by=officer)
    page = text(as_officer.get(at("timeline/")))
    assert page.count("It did not happen.") == 1
    assert "Withdrawn" not in page


def test_another_victims_own_story_is_not_here(as_officer, victim, officer, at):
    other = ParticipantFactory(case=victim.case)
    EventFactory(
        case=victim.case, participant=other, kind=Kind.COMPLAINT_RECEIVED, detail="about the neighbour"
    )
    ContactFactory(participant=other, by=officer, note="he told us in confidence")
    for page in ("", "timeline/"):
        said = text(as_officer.get(at(page)))
        assert "about the neighbour" not in said
        assert "in confidence" not in said


def test_words_somebody_typed_are_not_markup(as_officer, victim, officer, at):
    ContactFactory(participant=victim, by=officer, note="<script>alert(1)</script>")
    record_event(
        case=victim.case,
        kind=Kind.SUSPECT_BAILED,
        occurred=london(2026, 11, 17),
        detail="<b>bold</b>",
        by=officer,
    )
    page = text(as_officer.get(at("timeline/")))
    assert "<script>alert" not in page
    assert "<b>bold" not in page


@pytest.mark.parametrize(
    ("show", "there", "gone"), [("police", "bail", "sister"), ("contacts", "sister", "on bail")]
)
def test_the_story_of_one_kind(as_officer, victim, officer, at, bailed, show, there, gone):
    ContactFactory(participant=victim, by=officer, note="With her sister")
    page = text(as_officer.get(at(f"timeline/?show={show}")))
    story = page[page.index("desk-timeline") :]
    assert there in story
    assert gone not in story


def test_a_long_story_comes_in_pages_that_lose_nothing(as_officer, victim, officer, at):
    for n in range(120):
        EventFactory(case=victim.case, occurred_at=london(2026, 11, 1 + n % 10, 12), detail=f"entry {n};")
    url, seen, pages = at("timeline/"), "", 0
    while url and pages < 5:
        response = as_officer.get(url)
        seen, pages = seen + text(response), pages + 1
        url = (
            at("timeline/") + response.context["older_url"].partition("timeline/")[2]
            if response.context["older_url"]
            else ""
        )
    assert pages == 2  # a page runs over rather than end between two entries of one moment
    assert all(seen.count(f"entry {n};") == 1 for n in range(120))


@pytest.mark.parametrize(
    "query", ["before=nonsense", "before=2026-13-45T00:00", "before=2026-11-01", "show=x"]
)
def test_an_address_somebody_mistyped_shows_the_newest(as_officer, at, query):
    assert as_officer.get(at(f"timeline/?{query}")).status_code == 200


# --- Rights ----------------------------------------------------------------------------------------


def test_the_twelve_rights_each_say_how_they_stand(as_officer, victim, officer, at, bailed):
    page = text(as_officer.get(at("rights/")))
    assert "12. To make a complaint" in page
    assert "Police bail" in page
    assert "Day 0 is Tue 17 Nov." in page


def test_past_its_day_is_missed_when_ours_and_no_evidence_when_another_owes_it(
    as_officer, victim, officer, at
):
    EntitlementFactory(participant=victim)
    record_event(case=victim.case, kind=Kind.SUSPECT_BAILED, occurred=london(2026, 11, 17), by=officer)
    duty = Duty.objects.get(rule="R6-BAIL")
    assert {"text": "Missed 1", "colour": "red"} in as_officer.get(at("rights/")).context["counts"]
    Duty.objects.filter(pk=duty.pk).update(owner="CPS")
    assert {"text": "No evidence 1", "colour": "grey"} in as_officer.get(at("rights/")).context["counts"]
    Duty.objects.filter(pk=duty.pk).update(status=Duty.Status.EXEMPT)
    assert {"text": "Excused 1", "colour": "grey"} in as_officer.get(at("rights/")).context["counts"]


# --- Who looked, and which person ------------------------------------------------------------------


def test_a_supervisor_sees_who_has_looked(as_officer, as_supervisor, at):
    as_officer.get(at())
    page = text(as_supervisor.get(at("who-looked/")))
    assert "Olwen Officer" in page
    assert "allocated to me" in page
    assert as_officer.get(at("who-looked/")).status_code == 403


def test_a_case_with_one_person_opens_them(as_officer, victim, at):
    assert as_officer.get(f"/cases/{victim.case.reference}/").url == at()


def test_a_case_with_two_asks_whose_record_and_never_names_the_suspect(as_officer, victim):
    other = ParticipantFactory(case=victim.case, person=PersonFactory(given_names="Ffion"))
    SuspectFactory(case=victim.case)
    page = text(as_officer.get(f"/cases/{victim.case.reference}/"))
    assert "Siân Evans" in page
    assert "Ffion Evans" in page
    assert "Probert" not in page
    assert AccessEntry.objects.filter(subjects=[victim.reference, other.reference]).exists()


@pytest.mark.parametrize("page", ["", "timeline/", "rights/", "who-looked/"])
def test_a_stranger_cannot_tell_that_the_case_exists(as_stranger, sign_in, at, page):
    stranger = (
        as_stranger
        if page != "who-looked/"
        else sign_in(UserFactory(roles=[Role.SUPERVISOR], team=TeamFactory(name="X")))
    )
    assert stranger.get(at(page)).status_code == 404
    assert as_stranger.get("/cases/VC-ANYTHING/").status_code == 404


def test_a_long_case_costs_no_more_queries_than_a_short_one(sign_in, officer, supervisor, victim, at):
    browser, counts = sign_in(supervisor), {"": [], "timeline/": [], "rights/": [], "who-looked/": []}
    for n in (3, 57):
        for number in range(n):
            event = record_event(
                case=victim.case, kind=Kind.BAIL_CHANGED, occurred=london(2026, 11, 17, 9, number % 60),
                suspect=SuspectFactory(case=victim.case), by=officer,
            )  # fmt: skip
            contact = ContactFactory(participant=victim, by=officer, at=london(2026, 11, 18, 9, number % 60))
            contact.tells.add(event)
            EventFactory(case=victim.case, kind=Kind.OFFICER_ALLOCATED, participant=victim)
            ParticipantFactory(case=victim.case, role="REPRESENTATIVE", represents=victim)
        for page, found in counts.items():
            browser.get(at(page))
            with CaptureQueriesContext(connection) as queries:
                assert browser.get(at(page)).status_code == 200
            found.append(len(queries))
    for page, (few, many) in counts.items():
        assert few == many <= 25, page
