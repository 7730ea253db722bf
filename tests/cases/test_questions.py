"""Questions go back to the officer in the case with a clock; they answer in a box, and whoever asked is told."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from contacts.models import Promise
from tests.factories import CaseFactory, ParticipantFactory, UserFactory, london
from victimcare.accounts.models import Notification
from victimcare.accounts.permissions import Role
from victimcare.audit.models import AccessEntry
from victimcare.cases.actions import decide_standard, propose_standard
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Case, Event, Exclusion, Question, Standard
from victimcare.cases.questions import answer, ask_officer
from victimcare.cases.standards import numbers_on
from victimcare.faults import NotAllowed, Refused, Stale

pytestmark = pytest.mark.django_db


@pytest.fixture
def pugh(db):
    """The officer in Siân Evans' case."""
    return UserFactory(
        username="pugh", display_name="PC Pugh", roles=[Role.OFFICER_IN_THE_CASE], collar="1234", team=None
    )


@pytest.fixture
def another(db):
    return UserFactory(roles=[Role.OFFICER_IN_THE_CASE], collar="9999", team=None)


def ask(victim, by, **changes):
    asked = {"case": victim.case, "participant": victim, "kind": "wrong_number", "words": "Which number?"}
    return ask_officer(**asked | changes, by=by)


def test_a_question_is_due_in_two_working_days(victim, officer, pugh, monday):
    monday.move_to(london(2026, 11, 27, 15))
    question = ask(victim, officer)
    assert (question.due_on, question.to_collar, question.to_team) == (
        date(2026, 12, 1), "1234", "Response Blackwood",
    )  # fmt: skip
    assert Notification.objects.get(recipient=pugh).kind == "question_asked"
    event = Event.objects.get(kind=Kind.OFFICER_ASKED)
    assert (event.participant, event.detail) == (victim, "The number is wrong")


def test_the_clock_is_the_number_that_two_supervisors_agreed(victim, officer, supervisor, monday):
    other = UserFactory(roles=[Role.SUPERVISOR])
    standard = propose_standard(
        key="officer_reply", value=4, effective_from=date(2026, 11, 23), reason="Agreed", number=1,
        by=supervisor,
    )  # fmt: skip
    assert numbers_on(date(2026, 11, 23))["officer_reply"] == 2
    with pytest.raises(NotAllowed):
        decide_standard(standard=standard, is_approved=True, by=supervisor)
    decide_standard(standard=standard, is_approved=True, by=other)
    assert ask(victim, officer).due_on == date(2026, 11, 27)
    assert numbers_on(date(2026, 11, 22))["officer_reply"] == 2


@pytest.mark.parametrize("value", [0, 11])
def test_a_number_out_of_range_is_refused(supervisor, monday, value):
    with pytest.raises(Refused, match="from 1 to 10"):
        propose_standard(
            key="officer_reply", value=value, effective_from=date(2026, 11, 23), reason="x", number=1,
            by=supervisor,
        )  # fmt: skip


def test_two_versions_written_at_once_are_one(supervisor, monday):
    def propose():
        propose_standard(
            key="attempts", value=4, effective_from=date(2026, 11, 23), reason="x", number=1, by=supervisor
        )

    propose()
    with pytest.raises(Stale):
        propose()


def test_an_unconfirmed_number_says_so(monday, as_officer, as_supervisor):
    assert "Not confirmed" in as_officer.get(reverse("cases:standards")).text
    page = as_supervisor.post(
        reverse("cases:standard", args=["attempts"]),
        {"version": "1", "value": "4", "effective_from": "2026-11-24", "reason": "Agreed on Monday"},
    )
    assert page.status_code == 302 and Standard.objects.get(number=2).value == 4
    assert "You wrote this" in as_supervisor.get(reverse("cases:standards")).text


def test_the_same_is_not_asked_twice_while_it_waits(victim, officer, monday):
    ask(victim, officer)
    with pytest.raises(Refused, match="asked already"):
        ask(victim, officer)
    assert ask(victim, officer, kind="needs")


def test_a_question_nobody_can_answer_is_refused(officer, monday):
    victim = ParticipantFactory(
        officer=officer, team=officer.team, case=CaseFactory(oic_collar="", oic_team="")
    )
    with pytest.raises(Refused, match="No officer in the case is known"):
        ask(victim, officer)
    assert ask(victim, officer, to_team="Response Newport").to_team == "Response Newport"


def test_a_row_of_an_extract_goes_back_without_a_case(supervisor, monday):
    question = ask_officer(
        case=None, kind="row", words="No phone number.", about_row="B-7K2M9QWD, row 17", to_collar="1234",
        by=supervisor,
    )  # fmt: skip
    assert question.about_row == "B-7K2M9QWD, row 17"
    with pytest.raises(IntegrityError), transaction.atomic():
        Question.objects.filter(pk=question.pk).update(about_row="")


def test_the_officer_in_the_case_answers_and_whoever_asked_is_told(sign_in, victim, officer, pugh, monday):
    question = ask(victim, officer)
    browser = sign_in(pugh)
    assert "Answer about" in browser.get("/").text
    page = browser.get(reverse("cases:answer", args=[question.reference]))
    assert "Which number?" in page.text and "Siân Evans" in page.text
    sent = browser.post(
        reverse("cases:answer", args=[question.reference]), {"version": "1", "reply": "07700 900456"}
    )
    assert sent.status_code == 302
    question.refresh_from_db()
    assert (question.reply, question.replied_by) == ("07700 900456", pugh)
    assert Notification.objects.get(recipient=officer).kind == "question_answered"
    task = Promise.objects.get(participant=victim, kind="task")
    assert (task.falls_to, task.due_on) == (victim.officer or officer, date(2026, 11, 24))
    assert "The officer in the case answered: read it" in sign_in(officer).get("/").text
    assert Notification.objects.get(recipient=pugh).read_at is not None
    assert "The officer in the case answered: Siân Evans" in sign_in(officer).get("/notifications/").text


def test_an_officer_sees_and_answers_only_their_own(sign_in, victim, officer, another, monday):
    question = ask(victim, officer)
    browser = sign_in(another)
    assert browser.get(reverse("cases:answer", args=[question.reference])).status_code == 404
    assert "Which number?" not in browser.get(reverse("cases:questions-to-me")).text
    assert browser.get(reverse("cases:questions")).status_code == 403
    with pytest.raises(NotAllowed):
        answer(question=question, reply="x", version=1, by=another)


def test_an_excluded_officer_is_asked_nothing_they_can_read(sign_in, victim, officer, pugh, monday):
    question = ask(victim, officer)
    Exclusion.objects.create(case=victim.case, user=pugh, reason="Neighbour", declared_by=officer)
    assert sign_in(pugh).get(reverse("cases:answer", args=[question.reference])).status_code == 404


def test_a_question_passes_to_whoever_has_the_case_now(victim, officer, pugh, another, monday):
    question = ask(victim, officer)
    Case.objects.filter(pk=victim.case_id).update(oic_collar="9999")
    assert list(Question.objects.asked_of(another)) == [question]
    assert not Question.objects.asked_of(pugh).exists()


def test_the_unit_writes_down_what_an_officer_said_on_the_phone(victim, officer, colleague, monday):
    question = ask(victim, officer)
    answer(question=question, reply="He rang: no change.", version=1, by=colleague)
    assert Notification.objects.get(recipient=officer).kind == "question_answered"
    with pytest.raises(Refused, match="answered already"):
        answer(question=question, reply="Again", version=2, by=colleague)


def test_a_stale_answer_is_not_kept(victim, officer, monday):
    with pytest.raises(Stale):
        answer(question=ask(victim, officer), reply="x", version=7, by=officer)


def test_a_late_answer_is_on_the_day_of_the_asker_and_the_supervisor(
    sign_in, victim, officer, colleague, supervisor, monday
):
    ask(victim, officer)
    assert "Chase the answer" not in sign_in(officer).get("/").text
    monday.move_to(london(2026, 11, 26, 10))
    for person in (officer, supervisor):
        assert "Chase the answer about" in sign_in(person).get("/").text
    assert "Chase the answer" not in sign_in(colleague).get("/").text


def test_the_list_counts_by_team_and_only_what_the_reader_may_see(sign_in, victim, officer, stranger, monday):
    ask(victim, officer)
    answered = ask(victim, officer, kind="needs")
    answer(question=answered, reply="None", version=1, by=officer)
    monday.move_to(london(2026, 11, 26, 10))
    page = sign_in(officer).get(reverse("cases:questions"))
    assert page.context["league"][0][0]["text"] == "Response Blackwood"
    late, waiting, in_time = page.context["league"][0][1:4]
    assert (late["text"], waiting, in_time) == (1, 1, "1 of 1")
    assert sign_in(stranger).get(reverse("cases:questions")).context["league"] == []
    assert AccessEntry.objects.filter(field_group="questions").exists()


def test_many_questions_cost_no_more_queries_than_a_few(
    sign_in, officer, pugh, monday, django_assert_max_num_queries
):
    for _n in range(30):
        victim = ParticipantFactory(officer=officer, team=officer.team, case=CaseFactory(oic_collar="1234"))
        ask(victim, officer)
    for person, name in ((officer, "cases:questions"), (pugh, "cases:questions-to-me")):
        browser = sign_in(person)
        browser.get(reverse(name))
        with django_assert_max_num_queries(10):
            shown = browser.get(reverse(name))
        assert len(shown.context["rows"]) == 25


def test_it_is_asked_from_the_page_of_the_victim(monday, as_officer, victim):
    address = reverse("cases:ask", args=[victim.case.reference, victim.reference])
    page = as_officer.get(address + "?kind=safe_contact")
    assert "How can Siân Evans be reached safely" in page.text
    sent = as_officer.post(address, {"kind": "safe_contact", "words": "Is post safe?"})
    assert sent.status_code == 302 and Question.objects.get().words == "Is post safe?"
    again = as_officer.post(address, {"kind": "safe_contact", "words": "Is post safe?"})
    assert again.status_code == 422 and "asked already" in again.text


def test_what_is_not_a_number_is_not_found(monday, as_supervisor):
    assert as_supervisor.get(reverse("cases:standard", args=["nonsense"])).status_code == 404
