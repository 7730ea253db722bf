"""The Code's page, each explained date, and the commands that say a date."""

import json
from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils.translation import override

from compliance import actions
from compliance.explain import explain
from compliance.models import Duty
from tests.factories import ContactFactory, EntitlementFactory, EventFactory, UserFactory, london
from victimcare.accounts.permissions import Role
from victimcare.audit.models import AccessEntry
from victimcare.cases.events import correct_event

pytestmark = pytest.mark.django_db


@pytest.fixture
def duty(victim, monday):
    """Arrested on Wednesday 23 December 2026, as if it were then."""
    monday.move_to(london(2026, 12, 23, 18))
    event = EventFactory(case=victim.case, occurred_at=london(2026, 12, 23, 10))
    actions.assess([victim.case_id])
    return Duty.objects.select_related("event").get(event=event)


def test_a_date_is_explained_with_the_holidays_skipped_by_name(duty):
    said = " ".join(f"{step['text']} {step.get('skipped', '')}" for step in explain(duty))
    assert "Suspect arrested on Wednesday 23 December 2026." in said
    assert "Victims' Code 2020, Right 6, rule R6-ARREST" in said
    assert "Standard rights were in force on Wed 23 Dec: within 5 working days." in said
    assert "Sat 26 Dec (Boxing Day), Sun 27 Dec (weekend), Mon 28 Dec (Boxing Day (observed))" in said
    assert "Due by the end of Monday 4 January 2027." in said
    assert "not yet checked against the published Code" in said


def test_a_date_is_explained_in_welsh_with_its_days_softened(duty):
    with override("cy"):
        said = " ".join(str(step["text"]) for step in explain(duty))
    assert "ar ddydd Mercher 23 Rhagfyr 2026" in said
    assert "erbyn diwedd dydd Llun 4 Ionawr 2027" in said
    assert "Mae'n cyfrif o'r diwrnod" in said
    assert "Dydd" not in said and "It counts" not in said


def test_a_date_that_moved_says_why_and_a_met_duty_says_by_what(duty, victim, officer, sign_in, monday):
    EntitlementFactory(participant=victim, from_on=date(2026, 12, 24))
    call = ContactFactory(participant=victim, at=london(2026, 12, 29))
    call.tells.add(duty.event)
    monday.move_to(london(2026, 12, 30, 10))
    actions.assess([victim.case_id])
    duty.refresh_from_db()
    said = " ".join(step["text"] for step in explain(duty))
    assert "within 5 working days" in said and "Due by the end of Monday 4 January 2027." in said
    assert "came into force on Thu 24 Dec: within 1 working day of that day" in said
    assert "Day 0 is Thu 24 Dec. Working days counted: 1 Tue 29 Dec." in said
    assert "became enhanced while this was open, so it is due by Tuesday 29 December 2026 instead" in said
    assert f"Met on Tuesday 29 December 2026. The evidence is {call.reference}." in said
    browser = sign_in(officer)
    page = browser.get(reverse("compliance:explain", args=[duty.pk]))
    assert f"Contact {call.reference} on the timeline" in page.content.decode()
    assert browser.get(page.context["evidence_url"]).context["items"][0]["when"] == call.at


def test_the_page_of_a_duty_goes_through_the_victims_door(
    duty, as_officer, as_stranger, officer, django_assert_max_num_queries
):
    url = reverse("compliance:explain", args=[duty.pk])
    with django_assert_max_num_queries(25):
        page = as_officer.get(url)
    assert "that the suspect was arrested" in page.content.decode()
    assert AccessEntry.objects.filter(actor=officer.reference).exists()
    assert as_stranger.get(url).status_code == 404
    assert as_stranger.get(reverse("compliance:explain", args=[999_999])).status_code == 404


def test_an_earlier_revision_is_still_there_with_who_made_the_next(duty, victim, as_officer, officer):
    EntitlementFactory(participant=victim, from_on=date(2026, 12, 20))
    actions.assess([victim.case_id])
    new = Duty.objects.current().get()
    page = as_officer.get(reverse("compliance:explain", args=[new.pk])).content.decode()
    assert "Revision 1" in page and "learned afterwards which rights" in page
    correct_event(event=duty.event, occurred=london(2026, 12, 22, 10), detail="A day sooner.", by=officer)
    then = Duty.objects.current().get()
    page = as_officer.get(reverse("compliance:explain", args=[duty.pk])).content.decode()
    assert "It no longer counts." in page and reverse("compliance:explain", args=[then.pk]) in page
    page = as_officer.get(reverse("compliance:explain", args=[then.pk])).content.decode()
    assert "corrected from Wed 23 Dec to Tue 22 Dec" in page and "Olwen Officer. A day sooner." in page
    assert "Revision 1" in page and "Revision 2" in page


def test_the_code_says_what_nobody_has_checked(as_officer):
    page = as_officer.get(reverse("compliance:code")).content.decode()
    assert "68 rules are not yet checked against the published Code" in page
    assert "R9-ULS" in page
    assert "R6-END" in page


@pytest.mark.parametrize("role", [Role.PARTNER, Role.MEASURES_ADVISOR, Role.OFFICER_IN_THE_CASE])
def test_a_role_without_the_code_does_not_open_it(sign_in, role):
    assert sign_in(UserFactory(roles=[role])).get(reverse("compliance:code")).status_code == 403


def test_an_officer_loads_no_code(as_officer):
    assert as_officer.post(reverse("compliance:load-code", args=["VCOP-2020"])).status_code == 403


def test_loading_a_version_twice_is_refused_in_a_sentence(as_supervisor):
    url = reverse("compliance:load-code", args=["VCOP-2020"])
    form_key = as_supervisor.get(url).context["form"]["form_key"].value()
    answer = as_supervisor.post(url, {"transition": "trigger", "form_key": form_key})
    assert (answer.status_code, "loaded already" in answer.content.decode()) == (422, True)


def said_by(*arguments, **options):
    out = StringIO()
    call_command(*arguments, stdout=out, **options)
    return out.getvalue()


@pytest.mark.parametrize(
    ("key", "on", "enhanced", "due_on"),
    [
        ("R6-ARREST", "2026-12-24", False, "2027-01-05"),
        ("R6-ARREST", "2026-12-24", True, "2026-12-29"),
        ("R4-REFERRAL", "2027-03-25", False, "2027-03-31"),
        ("R11-VLO-CONTACT", "2027-01-06", False, "2027-02-03"),
        ("R6-END", "2026-11-23", False, "2026-11-30"),
        ("R6-ARREST", "2028-12-22", False, "2029-01-03"),
    ],
)
def test_the_due_command_prints_one_document(key, on, enhanced, due_on):
    answer = json.loads(said_by("due", key, "--on", on, "--json", *(["--enhanced"] if enhanced else [])))
    assert (answer["key"], answer["due_on"]) == (key, due_on)
    assert answer["provisional"] is (due_on > "2029")
    assert answer["days"][0] == {"on": on, "number": 0}
    assert answer["days"][-1] == {"on": due_on, "number": answer["working_days"]}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["R6-ARREST", "--on", "23/11/2026"], "Write it as"),
        (["R6-NOTHING", "--on", "2026-11-23"], "no rule"),
        (["R3-ACK", "--on", "2026-11-23"], "no number"),
        (["R6-ARREST", "--on", "2031-11-23"], "Bank holidays are known"),
        (["R6-ARREST", "--on", "9999-12-31"], "Bank holidays are known"),
    ],
)
def test_the_due_command_says_what_it_cannot_do(arguments, sentence):
    with pytest.raises(CommandError, match=sentence):
        said_by("due", *arguments)


def test_the_due_command_in_words():
    assert "2026-12-25  Christmas Day" in said_by("due", "R6-ARREST", "--on", "2026-12-24", "--enhanced")
    assert "this day is provisional" in said_by("due", "R6-ARREST", "--on", "2028-12-29")
