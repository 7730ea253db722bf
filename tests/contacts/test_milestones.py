"""At a charge, a plea, a trial fixed and a sentence somebody asks how often the victim wants to hear from now on."""

from datetime import date

import pytest
from django.urls import reverse

from contacts import planning
from contacts.milestones import milestone_of
from contacts.models import PlanReview
from contacts.tasks import ask_for_plans_again
from tests.contacts.test_plan import agree
from tests.factories import ContactPlanFactory, ParticipantFactory, london
from victimcare.cases.events import correct_event, record_event
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Standard
from victimcare.faults import Refused, Stale

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]


def charged(victim, by, on=(2026, 11, 20, 9)):
    return record_event(case=victim.case, kind=Kind.SUSPECT_CHARGED, occurred=london(*on), by=by)


@pytest.mark.parametrize(
    ("kind", "data", "milestone"),
    [
        (Kind.SUSPECT_CHARGED, {}, "charge"),
        (Kind.HEARING_LISTED, {"type": "TRIAL"}, "trial"),
        (Kind.HEARING_LISTED, {"type": "PTPH"}, None),
        (Kind.HEARING_MOVED, {"type": "TRIAL"}, None),
        (Kind.RESULT_RECEIVED, {"plea": "NG", "result_kind": ["adjourned"]}, "plea"),
        (Kind.RESULT_RECEIVED, {"plea": "G", "result_kind": ["outcome", "sentence"]}, "sentence"),
        (Kind.RESULT_RECEIVED, {"plea": ""}, None),
        (Kind.SUSPECT_BAILED, {}, None),
    ],
)
def test_which_events_are_milestones(kind, data, milestone):
    assert milestone_of(kind, data) == milestone


def test_a_charge_asks_for_the_plan_again_within_five_working_days(victim, officer):
    ContactPlanFactory(participant=victim)
    charged(victim, officer)
    review = PlanReview.objects.open().get()
    assert (review.milestone, review.due_on) == ("charge", date(2026, 11, 30))


def test_it_is_asked_once_however_often_the_case_is_looked_at(victim, officer):
    ContactPlanFactory(participant=victim)
    charged(victim, officer)
    assert planning.ask_again([victim.case_id]) == 0
    assert PlanReview.objects.count() == 1


def test_what_a_crash_left_unasked_is_asked_by_the_sweep_once(victim, officer, monday, monkeypatch):
    ContactPlanFactory(participant=victim)
    with monkeypatch.context() as crash:
        crash.setattr("contacts.planning._ask", lambda _wanted: 0)
        charged(victim, officer)
    assert (ask_for_plans_again(), PlanReview.objects.count()) == (0, 0)  # too young: it is being asked
    monday.move_to(london(2026, 11, 23, 10, 2))
    assert [ask_for_plans_again(), ask_for_plans_again()] == [1, 0]
    assert PlanReview.objects.open().get().participant == victim


def test_nobody_without_a_plan_and_nobody_elses_victim_is_asked_for(victim, officer):
    other = ParticipantFactory()
    ContactPlanFactory(participant=other)
    charged(victim, officer)
    assert not PlanReview.objects.exists()


def test_a_plan_agreed_after_the_charge_was_known_is_not_asked_for(victim, officer, monday):
    charged(victim, officer)
    monday.shift(60)
    agree(victim, officer)
    assert planning.ask_again([victim.case_id]) == 0


def test_agreeing_anew_settles_it(victim, officer, monday):
    agree(victim, officer)
    monday.shift(60)
    charged(victim, officer, on=(2026, 11, 23, 10))
    agree(victim, officer, number=1)
    assert PlanReview.objects.get().ended_as == PlanReview.Ended.AGREED


def test_keeping_it_as_it_is_settles_it_and_says_who_said_so(victim, officer, as_officer):
    plan = ContactPlanFactory(participant=victim)
    charged(victim, officer)
    url = reverse("contacts:keep-plan", args=[victim.case.reference, victim.reference])
    key = "5d1c0c6a-2f0b-4d7e-9a55-0d8a5e8f7c01"
    assert as_officer.post(url, {"version": plan.number, "kept_with": "", "form_key": key}).status_code == 422
    assert (
        as_officer.post(url, {"version": plan.number, "kept_with": "Siân", "form_key": key}).status_code
        == 302
    )
    review = PlanReview.objects.get()
    assert (review.ended_as, review.kept_with, review.ended_by) == ("kept", "Siân", officer)


def test_nothing_is_kept_that_nobody_asked_for_and_no_plan_that_was_replaced(victim, officer):
    plan = agree(victim, officer)
    with pytest.raises(Refused):
        planning.keep_plan(participant=victim, number=plan.number, kept_with="Siân", by=officer)
    with pytest.raises(Stale):
        planning.keep_plan(participant=victim, number=0, kept_with="Siân", by=officer)


def test_a_charge_that_never_happened_asks_for_nothing(victim, officer):
    ContactPlanFactory(participant=victim)
    event = charged(victim, officer)
    correct_event(event=event, occurred=None, detail="Another person", by=officer)
    assert PlanReview.objects.get().ended_as == PlanReview.Ended.WITHDRAWN


def test_a_unit_may_ask_after_no_charge(victim, officer):
    Standard.objects.create(key="review_charge", value=0, effective_from=date(2026, 1, 1))
    ContactPlanFactory(participant=victim)
    charged(victim, officer)
    assert not PlanReview.objects.exists()


def test_the_page_of_the_plan_says_what_it_is_asked_for(victim, officer, as_officer):
    ContactPlanFactory(participant=victim)
    charged(victim, officer)
    url = reverse("contacts:plan", args=[victim.case.reference, victim.reference])
    assert "Charged, Fri 20 Nov" in as_officer.get(url).text
