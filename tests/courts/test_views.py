"""The court pages as witness care, the advisor and a stranger see them."""

import re
from datetime import date

import pytest
from django.urls import reverse

from contacts.models import Contact
from courts import actions
from courts.models import Hearing, SpecialMeasure, Warning, WitnessRequirement
from tests.factories import CourtFactory, HearingFactory, ParticipantFactory, UserFactory, london
from victimcare.accounts.permissions import Role
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Case, Event, SafeContact
from victimcare.letters.models import Letter

pytestmark = [pytest.mark.usefixtures("monday"), pytest.mark.django_db]

NINE = london(2026, 11, 23, 9)


@pytest.fixture
def required(trial, sian, witness_care):
    return actions.require_witness(hearing=trial, participant=sian, learned_at=NINE, by=witness_care)


def url(name, hearing, participant=None):
    args = [hearing.reference] + ([participant.reference] if participant else [])
    return reverse(f"courts:{name}", args=args)


def case_url(name, participant, *more):
    return reverse(f"courts:{name}", args=[participant.case.reference, participant.reference, *more])


def hidden(page):
    return dict(re.findall(r'name="(form_key|version)" value="([^"]*)"', page.content.decode()))


def listing(**said):
    return {
        "court": CourtFactory().pk, "type": "TRIAL", "listed_on": "2027-01-11", "start_time": "10:00",
        "learned_on": "2026-11-23",
    } | said  # fmt: skip


def test_a_listing_arrives_by_crime_number(as_witness_care, sian):
    page = as_witness_care.get(reverse("courts:list-hearing"))
    answers = hidden(page) | listing(number=sian.case.occurrence_no)
    for _ in range(2):
        answer = as_witness_care.post(reverse("courts:list-hearing"), answers)
    hearing = Hearing.objects.get()
    assert answer["Location"] == url("hearing", hearing)
    assert Event.objects.filter(kind=Kind.HEARING_LISTED).count() == 1


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"number": "0000"}, "No case has this number"),
        ({"number": ""}, "Enter the crime number"),
        ({"number": "9" * 40}, "Shorten this"),
        ({"listed_on": "2026-11-20"}, "on or after"),
        ({"court": "999999"}, "Choose one of the answers listed"),
        ({"start_time": "25:99"}, "Enter a time like"),
        ({"learned_on": "2027-01-01"}, "on or before"),
    ],
)
def test_a_listing_that_cannot_be_read_says_what_to_do(as_witness_care, sian, said, sentence):
    known = listing(number=sian.case.occurrence_no)
    answer = as_witness_care.post(reverse("courts:list-hearing"), known | said)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()


def test_the_trial_page_says_what_is_in_the_way_of_each(as_witness_care, trial, required, witness):
    page = as_witness_care.get(url("hearing", trial)).content.decode()
    assert "Siân Evans" in page and "Tom Price" in page
    assert "Not warned" in page


def test_a_call_warns_the_witness_and_tells_the_day(as_witness_care, trial, required, sian):
    page = as_witness_care.get(url("warn", trial, sian))
    said = {"channel": "phone", "outcome": "reached", "reply": "will_attend", "note": "Fine."}
    for _ in range(2):
        as_witness_care.post(url("warn", trial, sian), hidden(page) | said)
    contact = Contact.objects.get()
    assert set(contact.tells.values_list("kind", flat=True)) == {"WITNESS_REQUIRED", "HEARING_LISTED"}
    assert (Warning.objects.get().reply, contact.clearance_rule) == ("will_attend", "said_yes")
    assert "Nothing in the way" in as_witness_care.get(url("hearing", trial)).content.decode()


def test_a_call_nobody_answered_is_kept_and_warns_nobody(as_witness_care, trial, required, sian):
    page = as_witness_care.get(url("warn", trial, sian))
    as_witness_care.post(
        url("warn", trial, sian), hidden(page) | {"channel": "phone", "outcome": "no_answer"}
    )
    assert Contact.objects.get().tells.count() == 0
    assert not Warning.objects.exists()


def test_a_warning_says_whether_they_will_come(as_witness_care, trial, required, sian):
    answer = as_witness_care.post(url("warn", trial, sian), {"channel": "phone", "outcome": "reached"})
    assert answer.status_code == 422
    assert "Say whether they will come" in answer.content.decode()


def test_a_letter_in_welsh_first_warns_nobody_until_it_is_sent(as_witness_care, trial, required, sian):
    sian.person.prefers_welsh = True
    sian.person.save()
    page = as_witness_care.get(url("warn", trial, sian))
    answer = as_witness_care.post(url("warn", trial, sian), hidden(page) | {"way": "letter"})
    letter = Letter.objects.get()
    assert letter.reference in answer["Location"]
    assert letter.languages == "cy,en"
    assert "Llys y Goron Casnewydd" in str(letter.merged["cy"]["blocks"])
    assert set(letter.tells.values_list("kind", flat=True)) == {"WITNESS_REQUIRED", "HEARING_LISTED"}
    assert "Letter waits for approval" in as_witness_care.get(url("hearing", trial)).content.decode()


def test_where_post_is_unsafe_the_page_says_why_and_writes_nothing(as_witness_care, trial, required, sian):
    SafeContact.objects.filter(person=sian.person).update(post="N")
    page = as_witness_care.get(url("warn", trial, sian))
    assert "asked not to be reached this way" in page.content.decode()
    answer = as_witness_care.post(
        url("warn", trial, sian), {"way": "letter", "form_key": hidden(page)["form_key"]}
    )
    assert answer.status_code == 422
    assert not Letter.objects.exists()


def test_where_the_phone_is_unsafe_a_call_is_not_offered(as_witness_care, trial, required, sian):
    SafeContact.objects.filter(person=sian.person).update(phone="N")
    answer = as_witness_care.post(
        url("warn", trial, sian), {"channel": "phone", "outcome": "reached", "reply": "will_attend"}
    )
    assert answer.status_code == 422
    assert not Contact.objects.exists()


def test_the_prosecution_says_who_must_come_and_who_need_not(as_witness_care, trial, sian):
    as_witness_care.post(url("require", trial, sian), {"learned_on": "2026-11-20"})
    requirement = WitnessRequirement.objects.get()
    assert requirement.learned_at == london(2026, 11, 20, 12)
    page = as_witness_care.get(url("not-required", trial, sian))
    as_witness_care.post(url("not-required", trial, sian), hidden(page) | {"learned_on": "2026-11-23"})
    requirement.refresh_from_db()
    assert requirement.status == "not_required"


def test_somebody_of_another_case_is_not_on_this_hearing(as_witness_care, trial, required, witness_care):
    other = ParticipantFactory()
    Case.objects.filter(pk=other.case_id).update(witness_care_team=witness_care.team)
    for name in ("require", "not-required", "warn", "reply"):
        assert as_witness_care.get(url(name, trial, other)).status_code == 404


@pytest.mark.parametrize("name", ["hearing", "result"])
def test_a_hearing_of_a_case_one_may_not_see_is_not_there(as_witness_care, sign_in, trial, name):
    stranger = UserFactory(roles=[Role.WITNESS_CARE_OFFICER])
    assert sign_in(stranger).get(url(name, trial)).status_code == 404


def test_a_stranger_sees_no_name_in_the_week(sign_in, trial):
    stranger = UserFactory(roles=[Role.WITNESS_CARE_OFFICER])
    page = sign_in(stranger).get(reverse("courts:hearings") + "?from=2027-01-11").content.decode()
    assert "Siân" not in page and "No hearings this week" in page


@pytest.mark.parametrize("asked", ["2027-01-13", "", "nonsense", "9999-12-31", "0001-01-01"])
def test_any_week_may_be_asked_for(as_witness_care, trial, asked):
    assert (
        as_witness_care.get(reverse("courts:hearings"), {"from": asked, "court": "C62NG00"}).status_code
        == 200
    )


def test_the_week_and_the_trial_ask_no_more_however_many_there_are(
    as_witness_care, trial, required, sian, witness_care, django_assert_max_num_queries
):
    for n in range(12):
        part = ParticipantFactory(case=sian.case)
        row = actions.require_witness(hearing=trial, participant=part, learned_at=NINE, by=witness_care)
        actions.ask_for_measure(participant=part, measure="screens", why="Afraid.", by=witness_care)
        Warning.objects.create(requirement=row, warned_at=NINE, warned_by=witness_care)
        HearingFactory(case=sian.case, listed_on=date(2027, 1, 12), courtroom=str(n))
    for page in (
        reverse("courts:hearings") + "?from=2027-01-11",
        url("hearing", trial),
        case_url("case", sian),
        url("warn", trial, sian),
    ):
        with django_assert_max_num_queries(25):
            assert as_witness_care.get(page).status_code == 200


def test_a_result_is_recorded_once_and_the_page_says_it(as_witness_care, trial):
    page = as_witness_care.get(url("result", trial))
    answers = hidden(page) | {"result_code": "1116", "resulted_on": "2026-11-23", "learned_on": "2026-11-23"}
    for _ in range(2):
        as_witness_care.post(url("result", trial), answers)
    assert Event.objects.filter(kind=Kind.RESULT_RECEIVED).count() == 1
    assert "Community order" in as_witness_care.get(url("hearing", trial)).content.decode()


def test_another_result_needs_its_code_and_its_meaning(as_witness_care, trial):
    answers = {
        "version": "1",
        "result_code": "other",
        "resulted_on": "2026-11-23",
        "learned_on": "2026-11-23",
    }
    page = as_witness_care.post(url("result", trial), answers)
    assert "Enter the code of the result" in page.content.decode()


def test_a_hearing_changed_meanwhile_says_so(as_witness_care, trial):
    answers = {"version": "7", "result_code": "4506", "resulted_on": "2026-11-23", "learned_on": "2026-11-23"}
    assert as_witness_care.post(url("result", trial), answers).status_code == 409


def test_a_hearing_is_moved_from_its_page(as_witness_care, trial, required):
    address = reverse("courts:list-hearing") + f"?moves={trial.reference}"
    page = as_witness_care.get(address)
    as_witness_care.post(address, hidden(page) | listing(listed_on="2027-02-01"))
    moved = Hearing.objects.get(moved_from=trial)
    assert moved.requirements.count() == 1
    assert "This hearing was moved" in as_witness_care.get(url("hearing", trial)).content.decode()


def test_the_advisor_checks_what_others_asked_for(trial, sian, officer, sign_in, witness_care):
    advisor = UserFactory(roles=[Role.MEASURES_ADVISOR], team=witness_care.team)
    browser = sign_in(advisor)
    asked = actions.ask_for_measure(participant=sian, measure="screens", why="Afraid of him.", by=officer)
    assert "Afraid of him." in browser.get(reverse("courts:measures")).content.decode()
    page = browser.get(case_url("check-measure", sian, asked.reference))
    answers = hidden(page) | {"finding": "part", "check_note": "Ask about the live link too."}
    assert browser.post(case_url("check-measure", sian, asked.reference), answers).status_code == 302
    assert "Nothing to check" in browser.get(reverse("courts:measures")).content.decode()
    assert SpecialMeasure.objects.get().checked_by == advisor


def test_an_officer_asks_for_a_measure_and_sees_no_advisors_list(as_officer, sian):
    as_officer.post(case_url("ask-measure", sian), {"measure": "live_link", "why": "She cannot face him."})
    assert "Live link" in as_officer.get(case_url("case", sian)).content.decode()
    assert as_officer.get(reverse("courts:measures")).status_code == 403


def test_an_administrator_sees_no_court(administrator, sign_in, trial, sian):
    browser = sign_in(administrator)
    for page in (reverse("courts:hearings"), url("hearing", trial), case_url("case", sian)):
        assert browser.get(page).status_code == 403


@pytest.mark.parametrize(
    ("day", "monday_shown"), [(27, date(2026, 11, 23)), (28, date(2026, 11, 30)), (29, date(2026, 11, 30))]
)
def test_at_the_weekend_the_coming_week_in_court_opens(monday, sign_in, witness_care, day, monday_shown):
    monday.move_to(london(2026, 11, day, 10))
    page = sign_in(witness_care).get(reverse("courts:hearings"))
    assert page.context["monday"] == monday_shown
