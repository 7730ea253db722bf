"""A short assessment gives enhanced rights, keeps what was said, and brings help the same day."""

from datetime import date

import pytest
from django.urls import reverse

from needs_assessments import actions
from needs_assessments.actions import Answers
from needs_assessments.enhanced import Decision, decide
from needs_assessments.models import NeedsAssessment
from tests.factories import EntitlementFactory, ParticipantFactory
from victimcare.accounts.models import Notification
from victimcare.audit.models import AccessEntry
from victimcare.cases.entitlements import in_force
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Entitlement, Event
from victimcare.faults import Refused, Stale

TODAY = date(2026, 11, 23)
AFRAID = {"intimidated": ("Y", "He drives past her house.")}


@pytest.mark.parametrize(
    ("answers", "held", "decision"),
    [
        ({"intimidated": "Y"}, [], Decision(True, ("intimidated",))),
        ({"intimidated": "N"}, [], Decision(False, ())),
        ({"intimidated": ""}, [], Decision(False, ())),
        ({"intimidated": "Y"}, ["vulnerable"], Decision(True, ("intimidated", "vulnerable"))),
        ({"vulnerable": "", "intimidated": "N"}, ["vulnerable"], Decision(True, ("vulnerable",))),
        ({"vulnerable": "N"}, ["vulnerable"], Decision(False, ())),
    ],
)
def test_one_yes_is_enough_and_not_asked_is_not_no(answers, held, decision):
    assert decide(answers, in_force=held) == decision


pytestmark = pytest.mark.django_db


def complete(victim, by, version=0, **answers):
    return actions.complete(
        participant=victim, version=version, answers=Answers(**{"is_in_danger_now": "N", **answers}), by=by
    )


def test_a_yes_gives_enhanced_rights_today_and_says_why(victim, officer, monday):
    assessment = complete(victim, officer, categories=AFRAID, needs={"safety": (4, "Locks")})
    entitlement = in_force(victim, TODAY)
    assert (entitlement.is_enhanced, entitlement.categories, entitlement.set_by) == (
        True,
        ["intimidated"],
        officer,
    )
    assert "intimidated" in entitlement.reason
    assert assessment.needs.get().level == 4
    kinds = set(Event.objects.filter(participant=victim).values_list("kind", flat=True))
    assert kinds == {Kind.ASSESSMENT_COMPLETED, Kind.ENTITLEMENT_SET}


def test_the_same_decision_again_changes_nothing(victim, officer, monday):
    complete(victim, officer, categories=AFRAID)
    complete(victim, officer, categories=AFRAID)
    assert Entitlement.objects.count() == 1
    assert NeedsAssessment.objects.filter(status="completed").count() == 2


def test_what_triage_supposed_is_confirmed_or_taken_away(victim, officer, monday):
    EntitlementFactory(participant=victim, is_provisional=True)
    complete(victim, officer, categories=AFRAID)
    assert not in_force(victim, TODAY).is_provisional
    complete(victim, officer, categories={"intimidated": ("N", "")})
    assert not in_force(victim, TODAY).is_enhanced


def test_a_standard_victim_found_standard_gets_no_row(victim, officer, monday):
    complete(victim, officer, categories={"intimidated": ("N", "")})
    assert not Entitlement.objects.exists()


def test_danger_now_reaches_the_officer_and_the_supervisors_the_same_day(
    victim, officer, supervisor, colleague, monday
):
    complete(victim, officer, is_in_danger_now="Y")
    told = set(Notification.objects.filter(kind="danger").values_list("recipient__username", "due_on"))
    assert told == {("officer", TODAY), ("supervisor", TODAY)}


def test_danger_must_be_asked_before_it_is_finished(victim, officer, monday):
    with pytest.raises(Refused, match="in danger now"):
        complete(victim, officer, is_in_danger_now="")


def test_a_draft_decides_nothing_and_is_finished_later(victim, officer, monday):
    draft = actions.save_draft(participant=victim, version=0, answers=Answers(categories=AFRAID), by=officer)
    assert in_force(victim, TODAY) is None and not Event.objects.exists()
    finished = complete(victim, officer, version=draft.version, categories=AFRAID)
    assert finished.pk == draft.pk and finished.status == "completed"


def test_two_people_assessing_at_once_lose_nothing(victim, officer, colleague, monday):
    actions.save_draft(participant=victim, version=0, answers=Answers(summary="Hers"), by=colleague)
    with pytest.raises(Stale):
        complete(victim, officer, summary="Mine")
    assert NeedsAssessment.objects.get().summary == "Hers"


# --- The pages --------------------------------------------------------------------------------------


def page(victim, name="assess"):
    return reverse(f"needs_assessments:{name}", args=[victim.case.reference, victim.reference])


def answers(**changes):
    return {
        "version": "0",
        "is_in_danger_now": "N",
        "level_safety": "3",
        "note_safety": "Wants a doorbell camera.",
        "category_intimidated": "Y",
        "why_intimidated": "He drives past.",
        "summary": "I cannot sleep.",
        "form_key": "5d1c0c6a-2f0b-4d7e-9a55-0d8a5e8f7c01",
    } | changes


def test_an_assessment_is_made_on_its_page_once(monday, victim, as_officer):
    assert as_officer.get(page(victim)).status_code == 200
    for _ in range(2):
        assert as_officer.post(page(victim), answers()).url == page(victim, "list")
    assert NeedsAssessment.objects.count() == 1
    shown = as_officer.get(page(victim, "list")).text
    assert (
        "I cannot sleep." in shown
        and "3 Significant. Wants a doorbell camera." in shown
        and "Intimidated" in shown
    )


def test_save_and_finish_later_asks_for_nothing(monday, victim, as_officer):
    assert (
        as_officer.post(page(victim), {"version": "0", "later": "1", "summary": "Half a"}).status_code == 302
    )
    assert "Half a" in as_officer.get(page(victim)).text
    assert "under way" in as_officer.get(page(victim, "list")).text


def test_a_page_saved_by_somebody_else_meanwhile_shows_both(monday, victim, as_officer, colleague):
    actions.save_draft(participant=victim, version=0, answers=Answers(summary="Theirs first."), by=colleague)
    response = as_officer.post(page(victim), answers())
    assert response.status_code == 409
    assert "Theirs first." in response.text and "I cannot sleep." in response.text
    assert as_officer.post(page(victim), answers(version="1")).status_code == 302


@pytest.mark.parametrize(
    "wrong",
    [
        {"is_in_danger_now": ""},
        {"is_in_danger_now": "maybe"},
        {"level_safety": "5"},
        {"level_safety": ""},
        {"why_intimidated": ""},
        {"review_on": "2026-11-22"},
        {"version": "x"},
    ],
)
def test_a_bad_answer_gets_a_sentence_and_keeps_the_rest(monday, victim, as_officer, wrong):
    response = as_officer.post(page(victim), answers(**wrong))
    assert response.status_code == 422 and "I cannot sleep." in response.text


def test_a_victim_under_18_is_vulnerable(monday, officer, as_officer):
    child = ParticipantFactory(officer=officer, person__date_of_birth=date(2012, 1, 1))
    assert as_officer.post(page(child), answers(category_vulnerable="N")).status_code == 422


def test_a_stranger_and_the_wrong_role(monday, victim, as_stranger, as_supervisor):
    assert (
        as_stranger.get(page(victim)).status_code == as_stranger.get(page(victim, "list")).status_code == 404
    )
    assert as_supervisor.get(page(victim)).status_code == 403
    assert as_supervisor.get(page(victim, "list")).status_code == 200


def test_a_look_at_the_needs_is_written_down(monday, victim, as_officer, officer):
    as_officer.get(page(victim, "list"))
    assert AccessEntry.objects.get().field_group == "needs"


def test_one_victims_needs_are_not_on_anothers_page(monday, victim, officer, as_officer):
    other = ParticipantFactory(case=victim.case, officer=officer)
    complete(other, officer, summary="Hidden at her sister's.", categories=AFRAID)
    shown = as_officer.get(page(victim, "list")).text + as_officer.get(page(victim)).text
    assert "sister" not in shown and "Standard rights" in shown


def test_the_pages_ask_little_of_the_database(
    monday, victim, officer, as_officer, django_assert_max_num_queries
):
    for _ in range(10):
        complete(victim, officer, categories=AFRAID, needs={"safety": (4, "Locks")})
    for name in ("list", "assess"):
        with django_assert_max_num_queries(25):
            as_officer.get(page(victim, name))
