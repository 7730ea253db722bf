"""The first contact from the page: what is next is said, kept, owed on its day and ended when they are reached."""

from datetime import date

import pytest
from django.urls import reverse

from contacts import actions, trying
from contacts.attempts import Because, Step
from contacts.models import Contact, ContactSeries, Promise
from contacts.reaching import clearance_for
from contacts.series import in_words
from desk.day import What
from desk.owed import attempts, first_contacts
from desk.worklist import worklist
from tests.factories import (
    CaseFactory,
    ContactFactory,
    ParticipantFactory,
    PersonFactory,
    ReferralFactory,
    SafeContactFactory,
    london,
)
from victimcare.cases import actions as cases
from victimcare.cases import changing
from victimcare.cases.models import Participant, Question
from victimcare.cases.questions import answer, ask_officer
from victimcare.cases.safe_contact import Channel
from victimcare.faults import Refused

pytestmark = pytest.mark.django_db


def tried(victim, by, at, outcome="no_answer", **more):
    asked = {
        "participant": victim, "direction": "out", "channel": "phone", "outcome": outcome, "at": at,
        "note": "", "tells": [], "by": by, "clearance": clearance_for(victim, Channel.PHONE, at),
    }  # fmt: skip
    return actions.log(**asked | more)


def three_times(victim, by, monday):
    """On Monday morning, Tuesday afternoon and Wednesday evening; it is Wednesday evening then."""
    tried(victim, by, london(2026, 11, 23, 9))
    monday.move_to(london(2026, 11, 24, 14))
    tried(victim, by, london(2026, 11, 24, 14))
    monday.move_to(london(2026, 11, 25, 18))
    tried(victim, by, london(2026, 11, 25, 18))


def series_of(victim) -> ContactSeries:
    return ContactSeries.objects.get(participant=victim)


def test_a_call_nobody_answers_begins_the_series(victim, officer, monday):
    contact = tried(victim, officer, london(2026, 11, 23, 9))
    series = series_of(victim)
    assert (series.step, series.attempt, series.wanted, series.band) == ("ring", 2, 3, "afternoon")
    assert series.next_on == date(2026, 11, 24)
    assert contact.number_used == victim.person.phone_mobile


def test_a_call_that_reaches_them_begins_none(victim, officer, monday):
    tried(victim, officer, london(2026, 11, 23, 9), outcome="reached")
    assert not ContactSeries.objects.exists()


def test_reaching_them_ends_it_and_nothing_begins_again(victim, officer, monday):
    tried(victim, officer, london(2026, 11, 23, 9))
    tried(victim, officer, london(2026, 11, 23, 9, 30), outcome="reached")
    assert series_of(victim).ended_as == "reached"
    tried(victim, officer, london(2026, 11, 23, 9, 45))
    assert ContactSeries.objects.count() == 1


def test_a_victim_who_rings_us_is_reached(victim, officer, monday):
    tried(victim, officer, london(2026, 11, 23, 9))
    tried(victim, officer, london(2026, 11, 23, 9, 30), outcome="reached", direction="in")
    assert series_of(victim).ended_as == "reached"


def test_the_next_attempt_is_owed_on_its_day_with_a_button(victim, officer, monday):
    tried(victim, officer, london(2026, 11, 23, 9))
    thing = next(t for t in worklist(officer).day.shown if t.what is What.ATTEMPT)
    assert (thing.participant, thing.due_on) == (victim.pk, date(2026, 11, 24))
    row = next(row for group in worklist(officer).groups for row in group["rows"])
    assert (
        "Try again to reach Siân Evans" in row["what"]
        and "Attempt 2 of 3: Tue 24 Nov, afternoon" in row["why"]
    )
    assert row["button"]["url"].endswith("/contacts/log")


def test_a_victim_tried_once_is_owed_either_a_first_call_or_the_next(victim, officer, monday):
    ReferralFactory(participant=victim, status="allocated", allocated_at=london(2026, 11, 20))
    assert (first_contacts().count(), attempts().count()) == (1, 0)
    tried(victim, officer, london(2026, 11, 23, 9))
    assert (first_contacts().count(), attempts().count()) == (0, 1)


def test_the_third_call_in_the_same_hour_is_refused_without_a_reason(victim, officer, monday):
    tried(victim, officer, london(2026, 11, 23, 9))
    monday.move_to(london(2026, 11, 24, 14))
    tried(victim, officer, london(2026, 11, 24, 14))
    monday.move_to(london(2026, 11, 25, 14))
    with pytest.raises(Refused, match="Say why it was tried again"):
        tried(victim, officer, london(2026, 11, 25, 13))
    contact = tried(victim, officer, london(2026, 11, 25, 13), why_again="Works nights.")
    assert contact.why_again == "Works nights."


def test_no_reason_is_asked_when_the_third_call_reaches_them(victim, officer, monday):
    tried(victim, officer, london(2026, 11, 23, 9))
    tried(victim, officer, london(2026, 11, 23, 9, 30))
    assert tried(victim, officer, london(2026, 11, 23, 9, 45), outcome="reached")


def test_after_three_calls_the_day_says_to_write(victim, officer, monday):
    three_times(victim, officer, monday)
    assert (series_of(victim).step, series_of(victim).next_on) == ("write", date(2026, 11, 26))
    monday.move_to(london(2026, 11, 26, 10))
    row = next(row for group in worklist(officer).groups for row in group["rows"])
    assert row["button"]["url"].endswith("/contacts/log?channel=text")


def test_a_text_sent_then_begins_the_wait(victim, officer, monday):
    three_times(victim, officer, monday)
    monday.move_to(london(2026, 11, 26, 10))
    actions.log(
        participant=victim, direction="out", channel="text", outcome="sent", note="", tells=[],
        at=london(2026, 11, 26, 10), clearance=clearance_for(victim, Channel.TEXT, london(2026, 11, 26, 10)),
        by=officer,
    )  # fmt: skip
    assert (series_of(victim).step, series_of(victim).next_on) == ("close", date(2026, 12, 3))


def test_for_the_first_priority_the_officer_in_the_case_is_asked_before_closing(victim, officer, monday):
    ReferralFactory(participant=victim, priority=1, status="allocated", allocated_at=london(2026, 11, 20))
    three_times(victim, officer, monday)
    assert (series_of(victim).step, series_of(victim).because) == ("ask", Because.SERIOUS)
    ask_officer(case=victim.case, participant=victim, kind="unreachable", words="Where is she?", by=officer)
    assert series_of(victim).step == Step.WRITE


def test_a_wrong_number_goes_back_and_another_number_is_rung(victim, officer, monday):
    tried(victim, officer, london(2026, 11, 23, 9), outcome="wrong_number", ask_officer_about="wrong_number")
    question = Question.objects.get()
    assert question.kind == "wrong_number" and "Siân Evans" in question.words
    victim.person.refresh_from_db()
    changing.change_details(
        person=victim.person, version=victim.person.version, verified_by="PC Pugh saw her", by=officer,
        phone_mobile="07700 900456",
    )  # fmt: skip
    answer(question=question, reply="It is 07700 900456.", version=1, by=officer)
    assert (series_of(victim).step, series_of(victim).because) == ("ring", Because.NEW_NUMBER)


def test_the_sweep_sees_that_a_number_changed(victim, officer, monday):
    tried(victim, officer, london(2026, 11, 23, 9), outcome="wrong_number")
    assert series_of(victim).step == "ask"
    changing.change_details(
        person=victim.person, version=victim.person.version, verified_by="Saw her", by=officer,
        phone_mobile="07700 900456",
    )  # fmt: skip
    trying.replan_due(date(2026, 11, 24))
    assert series_of(victim).step == "ring"


def test_a_decision_not_to_contact_needs_a_reason_and_holds_until_its_day(victim, officer, monday):
    asked = {"direction": "out", "channel": "phone", "outcome": "not_contacted", "tells": []}
    at = london(2026, 11, 23, 9)
    with pytest.raises(Refused, match="Say why nobody was contacted"):
        actions.log(participant=victim, at=at, note="", by=officer, **asked)
    actions.log(
        participant=victim, at=at, note="He is at home until Monday.", task="Ring her",
        task_due_on=date(2026, 11, 30), by=officer, **asked,
    )  # fmt: skip
    assert (series_of(victim).step, series_of(victim).next_on) == ("ring", date(2026, 11, 30))
    assert series_of(victim).attempt == 1


def test_a_decision_not_to_contact_at_all_ends_it_with_the_reason(victim, officer, monday):
    actions.log(
        participant=victim, direction="out", channel="phone", outcome="not_contacted", tells=[],
        at=london(2026, 11, 23, 9), note="The family liaison officer speaks for us.",
        no_task_because="The liaison officer keeps them told.", by=officer,
    )  # fmt: skip
    series = series_of(victim)
    assert (series.ended_as, series.reason) == ("decided", "The family liaison officer speaks for us.")


def test_closing_ends_it_and_opening_again_begins_another(victim, officer, monday):
    tried(victim, officer, london(2026, 11, 23, 9))
    closed = cases.close(participant=victim, reason="declined", version=victim.version, by=officer)
    assert series_of(victim).ended_as == "closed"
    cases.reopen(participant=closed, reason="She rang.", version=closed.version, by=officer)
    again = ContactSeries.objects.open().get(participant=victim)
    assert (again.step, again.attempt) == ("ring", 1)
    assert in_words(again) == (
        "Attempt 1 of 3: by Mon 23 Nov, because they were opened again, and nobody has reached them yet."
    )


def test_calls_of_the_officer_in_the_case_are_no_attempts_of_ours(victim, monday):
    ContactFactory(participant=victim, by=None, is_by_unit=False, outcome=Contact.Outcome.NO_ANSWER)
    assert trying.replan([victim.case_id]) == 0


def test_attempts_that_a_feed_brought_begin_a_series_too(victim, officer, monday):
    ContactFactory(participant=victim, by=officer, outcome=Contact.Outcome.NO_ANSWER)
    assert trying.replan([victim.case_id]) == 1
    assert series_of(victim).attempt == 2


def test_what_is_owed_to_a_hundred_cases_nobody_is_trying_costs_two_queries(
    victim, django_assert_max_num_queries
):
    ids = [CaseFactory().pk for _n in range(20)]
    with django_assert_max_num_queries(4):  # two of them open and close the transaction
        trying.replan(ids)


# --- The page --------------------------------------------------------------------------------------


def page(victim, name="log"):
    return reverse(f"contacts:{name}", args=[victim.case.reference, victim.reference])


def answers(**changes):
    return {
        "channel": "phone", "direction": "out", "outcome": "no_answer", "note": "", "on": "2026-11-23",
        "at_time": "09:55", "next": "series",
    } | changes  # fmt: skip


def test_the_page_says_which_attempt_it_is_and_what_was_tried(monday, victim, officer, as_officer):
    assert "Attempt 1 of 3" in as_officer.get(page(victim)).text
    tried(victim, officer, london(2026, 11, 23, 9))
    shown = as_officer.get(page(victim)).text
    assert "Attempt 2 of 3: Tue 24 Nov, afternoon" in shown and "Mon 23 Nov, 09:00: no answer" in shown
    assert "Tried at this hour before" in shown
    assert "Attempt 2 of 3" in as_officer.get(page(victim, "list")).text


def test_the_page_asks_why_it_is_tried_again_and_loses_nothing(monday, victim, officer, as_officer):
    tried(victim, officer, london(2026, 11, 23, 9))
    response = as_officer.post(page(victim), answers(note="Rang twice."))
    assert response.status_code == 422 and "Say why it was tried again then" in response.text
    assert "Rang twice." in response.text and Contact.objects.count() == 1
    assert as_officer.post(page(victim), answers(why_again="She is in at ten.")).status_code == 302


def test_the_page_says_what_is_next_when_it_is_saved(monday, victim, as_officer):
    response = as_officer.post(page(victim), answers(), follow=True)
    assert (
        "Attempt 2 of 3: Tue 24 Nov, afternoon, because nobody has rung in the afternoon yet" in response.text
    )


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"next": ""}, "Choose what is to be done next"),
        ({"next": "none"}, "Say why there is nothing to do."),
        ({"next": "task"}, "Enter what is to be done."),
        ({"next": "task", "task": "Send the form"}, "Enter the day by which it is done"),
        ({"next": "series"}, "You reached them, so choose what comes next."),
        ({"outcome": "not_contacted"}, "Say why nobody was contacted."),
    ],
)
def test_the_next_task_is_always_asked(monday, victim, as_officer, changes, sentence):
    response = as_officer.post(page(victim), answers(outcome="reached") | changes)
    assert response.status_code == 422 and sentence in response.text
    assert not Contact.objects.exists()


def test_the_next_task_falls_on_its_day(monday, victim, officer, as_officer):
    as_officer.post(
        page(victim), answers(outcome="reached", next="task", task="Send the form", task_due_on="2026-11-24")
    )
    task = Promise.objects.get()
    assert (task.kind, task.what, task.falls_to) == ("task", "Send the form", officer)
    rows = [row for group in worklist(officer).groups for row in group["rows"]]
    assert "Siân Evans: Send the form" in [row["what"] for row in rows]


def test_a_promise_is_a_next_task(monday, victim, as_officer):
    body = answers(outcome="reached", next="", promise="Ring back", promise_due_on="2026-11-24")
    assert as_officer.post(page(victim), body).status_code == 302


def test_a_wrong_number_is_sent_back_in_the_same_breath(monday, victim, as_officer):
    as_officer.post(page(victim), answers(outcome="wrong_number", next="officer"))
    question = Question.objects.get()
    assert (question.kind, question.due_on) == ("wrong_number", date(2026, 11, 25))


def test_the_page_costs_no_more_queries_after_many_attempts(
    monday, victim, officer, as_officer, django_assert_max_num_queries
):
    for n in range(12):
        ContactFactory(
            participant=victim, by=officer, outcome=Contact.Outcome.NO_ANSWER, at=london(2026, 11, 20, 9, n)
        )
    trying.replan([victim.case_id])
    as_officer.get("/")
    with django_assert_max_num_queries(13):
        as_officer.get(page(victim))
    with django_assert_max_num_queries(20):
        as_officer.get(page(victim, "list"))


def test_who_acts_for_a_child_is_rung_on_their_own_number_and_that_is_an_attempt(monday, victim, officer):
    mother = ParticipantFactory(
        case=victim.case, role=Participant.Role.REPRESENTATIVE, represents=victim, team=officer.team,
        person=PersonFactory(given_names="Nesta"),
    )  # fmt: skip
    SafeContactFactory(person=mother.person)
    at = london(2026, 11, 23, 9)
    tried(victim, officer, at, spoke_to=mother, clearance=clearance_for(mother, Channel.PHONE, at))
    assert series_of(victim).attempt == 2


# --- Written down late, and opened again -----------------------------------------------------------


def test_calls_written_down_late_count_in_whatever_order(victim, officer, monday):
    tried(victim, officer, london(2026, 11, 23, 9))
    tried(victim, officer, london(2026, 11, 20, 15))
    tried(victim, officer, london(2026, 11, 20, 15, 30), why_again="He was about to leave.")
    series = series_of(victim)
    assert (series.step, series.next_on) == ("write", date(2026, 11, 24))
    assert series.started_at == london(2026, 11, 20, 15)


def test_the_last_call_is_compared_with_those_written_down_late(victim, officer, monday):
    tried(victim, officer, london(2026, 11, 23, 9))
    tried(victim, officer, london(2026, 11, 20, 15))
    with pytest.raises(Refused, match="Fri 20 Nov"):
        tried(victim, officer, london(2026, 11, 20, 15, 30))


def decided_closed_and_opened_again(victim, by, monday):
    actions.log(
        participant=victim, direction="out", channel="phone", outcome="not_contacted", note="She moved.",
        tells=[], at=london(2026, 11, 23, 9), no_task_because="Nothing to do.", by=by,
    )  # fmt: skip
    monday.move_to(london(2026, 11, 24, 9))
    victim.refresh_from_db()
    closed = cases.close(participant=victim, reason="no_further_need", version=victim.version, by=by)
    monday.move_to(london(2026, 11, 25, 9))
    cases.reopen(participant=closed, reason="Her mother rang.", version=closed.version, by=by)


def test_whoever_is_opened_again_and_was_never_reached_is_on_today(
    victim, officer, monday, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        decided_closed_and_opened_again(victim, officer, monday)
    again = ContactSeries.objects.open().get(participant=victim)
    assert (again.step, again.attempt, again.next_on) == ("ring", 1, date(2026, 11, 25))
    assert any(thing.what is What.ATTEMPT for thing in worklist(officer).day.shown)


def test_a_decision_before_the_opening_does_not_end_what_begins_after_it(
    victim, officer, monday, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        decided_closed_and_opened_again(victim, officer, monday)
    for day, is_open in ((24, True), (25, False)):
        actions.log(
            participant=victim, direction="out", channel="phone", outcome="not_contacted", note="Not now.",
            tells=[], at=london(2026, 11, day, 9), no_task_because="Nothing to do.", by=officer,
        )  # fmt: skip
        assert ContactSeries.objects.open().exists() is is_open
    trying.replan([victim.case_id])
    assert not ContactSeries.objects.open().exists()


def test_the_first_attempt_says_by_when(client, victim, officer, monday):
    ReferralFactory(
        participant=victim, status="allocated", allocated_at=london(2026, 11, 20), due_on=date(2026, 11, 25)
    )
    client.force_login(officer)
    page = client.get(reverse("contacts:log", args=[victim.case.reference, victim.reference])).text
    assert "Attempt 1 of 3: by Wed 25 Nov, because nobody has tried yet." in page


def test_a_text_that_was_sent_leaves_the_series_to_say_what_is_next(victim, officer, sign_in, monday):
    three_times(victim, officer, monday)
    monday.move_to(london(2026, 11, 26, 10))
    address, browser = page(victim) + "?channel=text", sign_in(officer)
    assert "Siân answered" in browser.get(address).text
    sent = answers(channel="text", outcome="sent", on="2026-11-26")
    assert browser.post(address, sent).status_code == 302
    assert series_of(victim).step == "close"
