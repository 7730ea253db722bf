"""What somebody is not content with is taken down in a call, and answered by its day."""

from datetime import date

import pytest
from django.urls import reverse

from contacts import complaints
from contacts.complaints import Discontent
from contacts.models import Complaint
from tests.contacts.test_log import rang
from tests.factories import ParticipantFactory
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Event
from victimcare.faults import Refused, Stale

pytestmark = pytest.mark.django_db
NOBODY_RANG = Discontent("complaint", "police", "Nobody rang her for a month", "Inspector Jones")
SLOW = Discontent("dissatisfied", "unit", "She waited for the letter")


def test_a_complaint_is_owed_a_reply_in_ten_working_days(victim, officer, monday):
    rang(victim, officer, complaint=NOBODY_RANG)
    kept = Complaint.objects.get()
    assert (kept.participant, kept.reply_due_on) == (victim, date(2026, 12, 7))
    assert (kept.words, kept.passed_to) == ("Nobody rang her for a month", "Inspector Jones")
    event = Event.objects.get(kind=Kind.COMPLAINT_RECEIVED)
    assert (event.participant, event.data) == (victim, {"complaint": kept.reference})


def test_somebody_not_content_hears_the_next_working_day_and_no_clock_of_the_code_starts(
    victim, officer, monday
):
    rang(victim, officer, complaint=SLOW)
    assert Complaint.objects.get().reply_due_on == date(2026, 11, 24)
    assert not Event.objects.filter(kind=Kind.COMPLAINT_RECEIVED).exists()


def test_a_complaint_is_told_in_the_contacts(victim, officer, monday, as_officer):
    rang(victim, officer, complaint=NOBODY_RANG)
    page = as_officer.get(reverse("contacts:list", args=[victim.case.reference, victim.reference]))
    assert "Nobody rang her for a month" in page.content.decode()


def test_the_supervisor_sees_the_soonest_due_first_and_answers(
    victim, officer, monday, as_supervisor, supervisor
):
    rang(victim, officer, complaint=NOBODY_RANG)
    rang(victim, officer, complaint=SLOW)
    page = as_supervisor.get(reverse("contacts:complaints")).content.decode()
    assert page.index("She waited for the letter") < page.index("Nobody rang her")
    kept = Complaint.objects.get(kind="complaint")
    place = reverse("contacts:complaint", args=[victim.case.reference, victim.reference, kept.reference])
    body = {"version": kept.version, "passed_to": "Inspector Jones", "answer": "We said sorry, and why."}
    assert as_supervisor.post(place, body).status_code == 302
    kept.refresh_from_db()
    assert (kept.answer, kept.answered_by) == ("We said sorry, and why.", supervisor)
    assert Event.objects.filter(kind=Kind.COMPLAINT_ANSWERED).count() == 1
    answered = as_supervisor.get(reverse("contacts:complaints") + "?show=answered").content.decode()
    assert "Nobody rang her" in answered


def test_it_can_be_passed_on_before_it_is_answered(victim, officer, supervisor, monday):
    rang(victim, officer, complaint=SLOW)
    kept = Complaint.objects.get()
    complaints.answer(complaint=kept, words="", passed_to="Sue", version=1, by=supervisor)
    kept.refresh_from_db()
    assert (kept.passed_to, kept.answered_at) == ("Sue", None)
    with pytest.raises(Stale):
        complaints.answer(complaint=kept, words="Sorry", passed_to="Sue", version=1, by=supervisor)


def test_it_is_answered_once(victim, officer, supervisor, monday):
    rang(victim, officer, complaint=SLOW)
    kept = Complaint.objects.get()
    complaints.answer(complaint=kept, words="Sorry", passed_to="", version=1, by=supervisor)
    with pytest.raises(Refused, match="answered already"):
        complaints.answer(complaint=kept, words="Again", passed_to="", version=2, by=supervisor)


def test_an_answer_says_something(victim, officer, supervisor, monday):
    rang(victim, officer, complaint=SLOW)
    with pytest.raises(Refused, match="Say what they were told"):
        complaints.answer(
            complaint=Complaint.objects.get(), words=" ", passed_to="", version=1, by=supervisor
        )


def test_officers_do_not_open_the_list(as_officer):
    assert as_officer.get(reverse("contacts:complaints")).status_code == 403


def test_a_supervisor_of_another_unit_sees_none_of_them(victim, officer, monday, sign_in, stranger):
    rang(victim, officer, complaint=NOBODY_RANG)
    stranger.roles = ["supervisor"]
    stranger.save()
    browser = sign_in(stranger)
    assert "Nobody rang her" not in browser.get(reverse("contacts:complaints")).content.decode()
    kept = Complaint.objects.get()
    place = reverse("contacts:complaint", args=[victim.case.reference, victim.reference, kept.reference])
    assert browser.get(place).status_code == 404


def test_a_complaint_of_another_victim_is_not_found_here(victim, officer, monday, as_supervisor):
    rang(victim, officer, complaint=NOBODY_RANG)
    other = ParticipantFactory(case=victim.case, team=victim.team)
    kept = Complaint.objects.get()
    place = reverse("contacts:complaint", args=[victim.case.reference, other.reference, kept.reference])
    assert as_supervisor.get(place).status_code == 404


def test_many_complaints_cost_no_more_queries(
    victim, officer, monday, as_supervisor, django_assert_max_num_queries
):
    for _n in range(26):
        rang(victim, officer, complaint=SLOW)
    with django_assert_max_num_queries(12):
        page = as_supervisor.get(reverse("contacts:complaints"))
    assert "from=25" in page.content.decode()
