"""Somebody does not want to hear, and later does; and nobody is kept from release news in silence."""

from datetime import date

import pytest
from django.urls import reverse

from compliance.models import Duty
from contacts import planning
from contacts.call_sheet import wanted
from contacts.models import ContactPlan, OptOut
from desk import words
from tests.contacts.test_plan import agree
from tests.factories import ContactFactory, ContactPlanFactory, UserFactory, london
from victimcare.accounts.models import Notification
from victimcare.accounts.permissions import Role
from victimcare.cases.events import record_event
from victimcare.cases.kinds import Kind
from victimcare.faults import Refused, Stale

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]
KEY = "5d1c0c6a-2f0b-4d7e-9a55-0d8a5e8f7d01"


def opts_out(victim, by, **answers):
    return planning.choose_updates(
        **{
            "participant": victim,
            "standing": 0,
            "is_everything": True,
            "topics": [],
            "from_on": date(2026, 11, 23),
            "said_by": "Siân Evans",
            "by": by,
        }
        | answers
    )


def url(victim, name):
    return reverse(f"contacts:{name}", args=[victim.case.reference, victim.reference])


def test_whoever_opts_out_of_all_updates_has_none_due(victim, officer):
    ContactPlanFactory(participant=victim, due_on=date(2026, 11, 30))
    opts_out(victim, officer)
    plan = ContactPlan.objects.get()
    assert (plan.due_on, plan.is_paused) == (None, True)


def test_an_update_due_before_they_opted_out_stays_due(victim, officer):
    ContactPlanFactory(participant=victim, due_on=date(2026, 11, 25))
    opts_out(victim, officer, from_on=date(2026, 12, 1))
    assert ContactPlan.objects.get().due_on == date(2026, 11, 25)
    planning.roll_forward(victim, date(2026, 11, 24), officer)
    assert ContactPlan.objects.get().is_paused


def test_a_plan_agreed_meanwhile_stays_silent(victim, officer):
    opts_out(victim, officer)
    assert agree(victim, officer).due_on is None


def test_opting_back_in_counts_from_that_day(victim, officer):
    ContactPlanFactory(participant=victim, frequency_days=14, due_on=date(2026, 11, 30))
    choice = opts_out(victim, officer)
    opts_out(victim, officer, standing=choice.pk, is_everything=False, from_on=date(2026, 11, 24))
    choice.refresh_from_db()
    assert (choice.ended_on, choice.ended_to) == (date(2026, 11, 24), officer)
    assert ContactPlan.objects.get().due_on == date(2026, 12, 8)


def test_opting_out_of_a_topic_leaves_the_updates(victim, officer):
    ContactPlanFactory(participant=victim, due_on=date(2026, 11, 30))
    choice = opts_out(victim, officer, is_everything=False, topics=["court"])
    assert ContactPlan.objects.get().due_on == date(2026, 11, 30)
    assert choice.covers(Kind.HEARING_LISTED) and not choice.covers(Kind.SUSPECT_CHARGED)


def test_a_mistyped_year_is_asked_about_and_the_day_alone_can_be_put_right(victim, officer, as_officer):
    ContactPlanFactory(participant=victim, due_on=date(2026, 11, 30))
    with pytest.raises(Refused, match="more than 90 days ahead"):
        opts_out(victim, officer, from_on=date(2027, 11, 23))
    choice = opts_out(victim, officer, from_on=date(2027, 1, 23))
    answers = {"what": "all", "from_on": "2026-11-23", "said_by": "Siân Evans", "version": str(choice.pk)}
    shown = as_officer.post(url(victim, "opt-out"), answers | {"from_on": "2027-01-23"})
    assert shown.status_code == 422 and "Change something" in shown.text
    assert as_officer.post(url(victim, "opt-out"), answers).status_code == 302
    assert OptOut.objects.standing().get().from_on == date(2026, 11, 23)
    assert ContactPlan.objects.get().is_paused


def test_a_later_day_brings_the_updates_back_until_then(victim, officer):
    ContactPlanFactory(participant=victim, frequency_days=14, due_on=date(2026, 11, 30))
    choice = opts_out(victim, officer)
    opts_out(victim, officer, standing=choice.pk, from_on=date(2027, 1, 23))
    assert ContactPlan.objects.get().due_on == date(2026, 12, 7)


@pytest.mark.parametrize(
    "wrong",
    [
        {"is_everything": False},  # nothing to opt back into
        {"said_by": ""},
    ],
)
def test_a_choice_that_cannot_be_is_refused(victim, officer, wrong):
    with pytest.raises(Refused):
        opts_out(victim, officer, **wrong)


def test_a_choice_from_an_old_page_is_refused_and_shows_the_other(victim, officer, colleague):
    theirs = opts_out(victim, colleague)
    with pytest.raises(Stale) as stale:
        opts_out(victim, officer, is_everything=False, topics=["court"])
    assert stale.value.theirs == {"choice": theirs}


def test_a_list_of_work_says_from_when_be_it_past_or_to_come():
    said = [words.opted_out("all updates", date(2026, 11, on), date(2026, 11, 23)) for on in (23, 24)]
    assert said == [
        "Since Mon 23 Nov they have opted out of this: all updates.",
        "From Tue 24 Nov they do not want to hear this: all updates. Until then they do.",
    ]


def test_an_opt_out_is_no_evidence_that_anybody_was_told(victim, officer):
    record_event(case=victim.case, kind=Kind.SUSPECT_BAILED, occurred=london(2026, 11, 20, 9), by=officer)
    opts_out(victim, officer)
    assert (
        Duty.objects.owed_to(victim).filter(event__kind=Kind.SUSPECT_BAILED).get().status == Duty.Status.OPEN
    )


def test_it_is_kept_in_the_story_of_the_case(victim, officer):
    opts_out(victim, officer)
    event = victim.case.events.get(kind=Kind.UPDATES_DECLINED)
    assert event.data == {"is_everything": True, "topics": [], "from_on": "2026-11-23"}


@pytest.mark.parametrize(
    ("topics", "is_everything", "hear"), [(["court"], False, 0), (["bail"], False, 1), ([], True, 1)]
)
def test_the_supervisors_hear_of_release_news_that_would_go_unsaid(
    victim, officer, supervisor, topics, is_everything, hear
):
    opts_out(victim, officer, topics=topics, is_everything=is_everything)
    assert Notification.objects.filter(recipient=supervisor, kind="release_news_off").count() == hear


def test_a_supervisor_acknowledges_it_with_what_was_decided(victim, officer, supervisor, as_supervisor):
    opts_out(victim, officer)
    assert victim.person.name in as_supervisor.get(reverse("contacts:opt-outs")).text
    page = url(victim, "acknowledge-opt-out")
    assert as_supervisor.post(page, {"note": "", "form_key": KEY}).status_code == 422
    assert as_supervisor.post(page, {"note": "Sue rings.", "form_key": KEY}).status_code == 302
    choice = OptOut.objects.get()
    assert (choice.seen_by, choice.seen_note) == (supervisor, "Sue rings.")
    assert as_supervisor.get(reverse("contacts:opt-outs")).context["rows"] == []


def test_a_supervisor_of_another_unit_finds_nobody_there(victim, officer, sign_in):
    opts_out(victim, officer)
    other = UserFactory(roles=[Role.SUPERVISOR], team=None)
    assert sign_in(other).get(reverse("contacts:opt-outs")).context["rows"] == []


def test_an_officer_may_not_acknowledge(victim, officer, as_officer):
    opts_out(victim, officer)
    assert as_officer.get(url(victim, "acknowledge-opt-out")).status_code == 403


def test_the_page_takes_the_choice_and_back(victim, as_officer):
    said = {"version": "0", "what": "some", "from_on": "2026-11-23", "said_by": "Siân", "form_key": KEY}
    assert as_officer.post(url(victim, "opt-out"), said).status_code == 422
    assert as_officer.post(url(victim, "opt-out"), said | {"topics": ["court"]}).status_code == 302
    assert "Opted out of this: court dates and results" in as_officer.get(url(victim, "list")).text
    back = said | {"what": "nothing", "version": OptOut.objects.get().pk, "form_key": KEY[:-1] + "2"}
    assert as_officer.post(url(victim, "opt-out"), back).status_code == 302
    assert not OptOut.objects.standing().exists()


def test_what_is_written_leaves_out_their_topics_but_never_release_news(victim, officer):
    for kind in (Kind.SUSPECT_CHARGED, Kind.SUSPECT_ARRESTED, Kind.SUSPECT_BAILED):
        record_event(case=victim.case, kind=kind, occurred=london(2026, 11, 20, 9), by=officer)
    events = list(victim.case.events.filter(kind__startswith="SUSPECT"))
    opts_out(victim, officer)
    assert [event.kind for event in wanted(victim, events, [])] == [Kind.SUSPECT_BAILED]
    charge = next(event for event in events if event.kind == Kind.SUSPECT_CHARGED)
    assert charge in wanted(victim, events, [charge.reference])


# --- From a day in the past ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("from_on", "spoke_on", "says"),
    [
        (date(2019, 3, 1), 1, "more than 7 days ago"),
        (date(2026, 11, 15), 1, "more than 7 days ago"),
        (date(2026, 11, 18), 19, "before the last contact"),
        (date(2026, 11, 18), None, "No contact"),
        (date(2026, 11, 16), 16, "before the plan was agreed"),
    ],
)
def test_an_opt_out_from_a_day_too_long_ago_is_refused_and_changes_nothing(
    victim, officer, from_on, spoke_on, says
):
    ContactPlanFactory(participant=victim, due_on=date(2026, 11, 20), agreed_on=date(2026, 11, 17))
    if spoke_on:
        ContactFactory(participant=victim, at=london(2026, 11, spoke_on), outcome="reached")
    with pytest.raises(Refused, match=says):
        opts_out(victim, officer, from_on=from_on)
    assert ContactPlan.objects.get().due_on == date(2026, 11, 20)
    assert not OptOut.objects.exists()


def test_what_they_said_when_last_spoken_to_holds_from_that_day(victim, officer):
    ContactPlanFactory(participant=victim, due_on=date(2026, 11, 20), agreed_on=date(2026, 10, 1))
    ContactFactory(participant=victim, at=london(2026, 11, 17), outcome="reached")
    opts_out(victim, officer, from_on=date(2026, 11, 17))
    assert ContactPlan.objects.get().due_on is None


def test_an_update_late_before_they_opted_out_stays_due_until_a_supervisor_knows(victim, officer, supervisor):
    ContactPlanFactory(participant=victim, due_on=date(2026, 11, 16), agreed_on=date(2026, 10, 1))
    ContactFactory(participant=victim, at=london(2026, 11, 17), outcome="reached")
    choice = opts_out(victim, officer, from_on=date(2026, 11, 17))
    assert ContactPlan.objects.get().due_on == date(2026, 11, 16)
    planning.acknowledge_opt_out(choice=choice, note="She was rung.", by=supervisor)
    plan = ContactPlan.objects.get()
    assert (plan.due_on, plan.is_paused) == (None, True)
