"""One email a person a day, when their shift starts: how much is due, and no name."""

from datetime import date, time, timedelta

import pytest

from contacts.digests import write_digests
from contacts.models import Digest
from contacts.reminding import remind
from tests.factories import ContactPlanFactory, LeaveFactory, ParticipantFactory, TeamFactory, london
from victimcare.accounts.models import Notification, StaffMail
from victimcare.messaging.staff_mail import send_staff_mail

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]


@pytest.fixture
def due(victim, officer):
    """Two updates of the officer's: one due today, one overdue."""
    ContactPlanFactory(participant=victim, due_on=date(2026, 11, 23))
    other = ParticipantFactory(officer=officer, team=officer.team)
    ContactPlanFactory(participant=other, due_on=date(2026, 11, 20))


def pass_at(*moment):
    at = london(*moment)
    remind(at)
    return write_digests(at)


def test_it_is_written_at_the_start_of_the_shift_and_not_before(due, officer):
    assert pass_at(2026, 11, 23, 8, 59) == 0
    assert pass_at(2026, 11, 23, 9) == 1
    mail = StaffMail.objects.get()
    assert (mail.recipient, mail.subject) == (officer, "Your work today")
    assert mail.body.startswith("1 thing is overdue.\n\n1 thing is due today.\n\nSign in")


def test_nobody_is_named_in_it(due, victim):
    pass_at(2026, 11, 23, 9)
    said = StaffMail.objects.get().subject + StaffMail.objects.get().body
    for secret in (victim.person.surname, victim.reference, victim.case.reference):
        assert secret not in said


def test_there_is_one_a_day_however_often_beat_asks(due, victim):
    for minute in range(0, 60, 7):
        pass_at(2026, 11, 23, 9, minute)
    pass_at(2026, 11, 23, 16)
    assert StaffMail.objects.count() == 1
    pass_at(2026, 11, 24, 9)
    assert StaffMail.objects.count() == 2


def test_whoever_had_nothing_due_at_the_start_is_not_emailed_at_noon(victim, officer):
    assert pass_at(2026, 11, 23, 9) == 0
    ContactPlanFactory(participant=victim, due_on=date(2026, 11, 23))
    assert pass_at(2026, 11, 23, 12) == 0
    assert Digest.objects.filter(user=officer).count() == 1


def test_after_three_days_of_downtime_there_is_one(due, officer, monday):
    pass_at(2026, 11, 26, 11)
    assert [mail.key for mail in StaffMail.objects.filter(recipient=officer)] == ["digest 2026-11-26"]


def test_a_crash_between_the_row_and_the_email_leaves_neither(due, monkeypatch):
    def crash(**_):
        raise RuntimeError("killed")

    with monkeypatch.context() as patch, pytest.raises(RuntimeError):
        patch.setattr("contacts.digests.mail_staff", crash)
        pass_at(2026, 11, 23, 9)
    assert not Digest.objects.filter(overdue=1).exists()
    assert pass_at(2026, 11, 23, 9) == 1


def test_each_has_their_own_hours_and_the_team_where_they_are_missing(due, officer):
    officer.working_hours = [["07:00", "15:00"]] * 5
    officer.save()
    assert pass_at(2026, 11, 23, 7) == 1
    Digest.objects.all().delete()
    officer.working_hours = []
    officer.save()
    officer.team.day_starts = time(10)
    officer.team.save()
    pass_at(2026, 11, 23, 9, 59)
    assert not Digest.objects.filter(user=officer).exists()
    pass_at(2026, 11, 23, 10)
    assert Digest.objects.filter(user=officer).exists()


def test_nobody_is_emailed_on_leave_at_the_weekend_or_on_a_bank_holiday(due, officer, colleague):
    assert pass_at(2026, 11, 28, 9) == 0
    assert pass_at(2026, 12, 25, 9) == 0
    LeaveFactory(user=officer, covered_by=colleague)
    pass_at(2026, 11, 24, 9)
    assert list(StaffMail.objects.values_list("recipient__username", flat=True)) == ["colleague"]


def test_an_escalation_is_counted_for_the_supervisor(due, supervisor):
    pass_at(2026, 11, 25, 9)
    mail = StaffMail.objects.get(recipient=supervisor)
    assert mail.body.startswith("2 things are so late that they came to you as the supervisor.")


def test_what_was_put_off_is_not_counted(due, officer):
    remind(london(2026, 11, 23, 8))
    Notification.objects.filter(level="overdue").update(
        snoozed_until=date(2026, 11, 25), snooze_reason="She is away"
    )
    pass_at(2026, 11, 23, 9)
    assert "overdue" not in StaffMail.objects.get().body


def test_one_written_late_at_night_is_dropped_for_tomorrows(due, officer, monday):
    monday.move_to(london(2026, 11, 23, 21))
    pass_at(2026, 11, 23, 21)
    assert send_staff_mail() == 0
    monday.move_to(london(2026, 11, 24, 7))
    assert send_staff_mail() == 0
    assert StaffMail.objects.get().status == "dropped"


def test_somebody_without_hours_or_a_team_has_no_digest(due, officer):
    officer.working_hours, officer.team = [], None
    officer.save()
    pass_at(2026, 11, 23, 12)
    assert not Digest.objects.filter(user=officer).exists()


@pytest.mark.parametrize("night", [date(2026, 3, 29), date(2026, 10, 25)])
def test_the_clock_change_makes_no_digest_early_late_or_twice(victim, officer, night):
    officer.working_hours = [["09:00", "17:00"]] * 7
    officer.save()
    ContactPlanFactory(participant=victim, due_on=night)
    moment = london(night.year, night.month, night.day, 0)
    written = []
    for _ in range(24 * 4 + 4):
        remind(moment)
        written += [moment] * write_digests(moment)
        moment += timedelta(minutes=15)
    assert written == [london(night.year, night.month, night.day, 9)]


def test_another_teams_work_is_not_counted(due, stranger):
    ContactPlanFactory(
        participant=ParticipantFactory(team=TeamFactory(name="Far away")), due_on=date(2026, 11, 20)
    )
    pass_at(2026, 11, 23, 9)
    assert not StaffMail.objects.filter(recipient=stranger).exists()
