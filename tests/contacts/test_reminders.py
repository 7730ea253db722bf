"""An update that is late is noticed once, by whoever can do something about it."""

import json
from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from contacts import actions
from contacts.models import ContactPlan
from contacts.tasks import remind_of_due_updates
from tests.factories import ContactPlanFactory, LeaveFactory, ParticipantFactory, UserFactory, london
from victimcare.accounts.models import Heartbeat, Notification
from victimcare.accounts.tasks import heartbeat

pytestmark = pytest.mark.django_db
DUE = date(2026, 11, 23)


@pytest.fixture
def plan(victim):
    return ContactPlanFactory(participant=victim, due_on=DUE, agreed_on=date(2026, 10, 26))


def heard():
    return set(Notification.objects.values_list("recipient__username", "level"))


def test_the_officer_hears_on_the_day_it_is_due_and_only_once(plan, officer, victim):
    assert len(actions.remind(london(2026, 11, 23, 9)).created) == 1
    assert len(actions.remind(london(2026, 11, 23, 9, 1)).created) == 0
    note = Notification.objects.get()
    assert (note.recipient, note.kind, note.subject, note.level) == (
        officer,
        "update_due",
        victim.reference,
        "due_today",
    )
    assert note.url.endswith(f"/{victim.reference}/contacts/")


def test_nobody_hears_the_day_before(plan):
    assert not actions.remind(london(2026, 11, 22, 23, 59)).created


def test_the_supervisor_hears_after_two_working_days(plan, supervisor):
    for day in (23, 24, 25, 26):
        actions.remind(london(2026, 11, day, 9))
    assert heard() == {("officer", "due_today"), ("officer", "overdue"), ("supervisor", "escalated")}


def test_after_days_of_downtime_what_is_true_now_is_said(plan, supervisor):
    actions.remind(london(2026, 11, 30, 9))
    assert heard() == {("officer", "overdue"), ("supervisor", "escalated")}


def test_whoever_covers_hears_during_leave(plan, officer, colleague):
    LeaveFactory(user=officer, covered_by=colleague)
    actions.remind(london(2026, 11, 23, 9))
    assert heard() == {("colleague", "due_today")}


def test_a_leavers_updates_go_to_the_supervisor(plan, officer, supervisor):
    officer.is_active = False
    officer.save()
    actions.remind(london(2026, 11, 23, 9))
    assert heard() == {("supervisor", "due_today")}


def test_a_plan_with_nobody_to_hear_is_counted_and_asked_again_tomorrow(plan, victim, supervisor):
    supervisor.is_active = False
    supervisor.save()
    victim.officer = None
    victim.save()
    assert actions.remind(london(2026, 11, 23, 9)).unheard == 1
    supervisor.is_active = True
    supervisor.save()
    assert len(actions.remind(london(2026, 11, 24, 9)).created) == 1


def test_a_closed_victim_is_not_chased_and_is_again_when_reopened(plan, victim):
    victim.closed_at, victim.closure_reason = london(2026, 11, 20), "declined"
    victim.save()
    assert not actions.remind(london(2026, 11, 23, 9)).created
    victim.closed_at, victim.closure_reason = None, ""
    victim.save()
    assert actions.remind(london(2026, 11, 24, 9)).created


def test_a_crash_between_writing_and_marking_loses_and_doubles_nothing(plan, monkeypatch):
    def crash(self, *args, **kwargs):
        raise RuntimeError("killed")

    with monkeypatch.context() as patch, pytest.raises(RuntimeError):
        patch.setattr(type(ContactPlan.objects.all()), "update", crash)
        actions.remind(london(2026, 11, 23, 9))
    assert not Notification.objects.exists()
    assert len(actions.remind(london(2026, 11, 23, 9)).created) == 1


def test_a_reminder_that_was_written_already_is_not_written_again(plan, officer, victim):
    actions.remind(london(2026, 11, 23, 9))
    ContactPlan.objects.update(reminded_on=None)
    assert not actions.remind(london(2026, 11, 23, 9)).created
    assert Notification.objects.count() == 1


def test_a_call_settles_the_reminder(plan, victim, officer, monday):
    actions.remind(london(2026, 11, 23, 9))
    actions.log(
        participant=victim,
        direction="in",
        channel="phone",
        outcome="reached",
        at=london(2026, 11, 23, 9, 30),
        note="",
        tells=[],
        by=officer,
    )
    assert Notification.objects.get().read_at
    assert not actions.remind(london(2026, 11, 24, 9)).created


def test_many_are_reminded_in_batches_without_a_query_each(
    officer, monkeypatch, django_assert_max_num_queries
):
    monkeypatch.setattr(actions, "BATCH", 20)
    by = UserFactory()
    for _ in range(50):
        ContactPlanFactory(participant=ParticipantFactory(officer=officer), due_on=DUE, agreed_by=by)
    with django_assert_max_num_queries(40):
        assert len(actions.remind(london(2026, 11, 23, 9)).created) == 50


def test_what_is_due_is_read_from_the_covering_index_alone(officer):
    by, part = UserFactory(), ParticipantFactory()
    rows = [
        ContactPlan(
            participant=part, number=n, channels=["phone"], agreed_on=DUE, agreed_with="x", agreed_by=by,
            due_on=date(2027, 1, 1), ended_at=london(2026, 1, 1),
        )
        for n in range(1, 3001)
    ]  # fmt: skip
    ContactPlan.objects.bulk_create(rows)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE contacts_contactplan")
    shape = json.dumps(json.loads(actions.due_plans(DUE).explain(format="json")))
    assert '"Index Name": "plan_due"' in shape and '"Index Only Scan"' in shape and "Seq Scan" not in shape


def test_the_sweep_command_prints_what_it_created_and_then_zero(plan, officer, victim):
    def sweep(*args):
        out = StringIO()
        call_command("sweep", "--as-of", "2026-11-24T09:00", *args, stdout=out)
        return out.getvalue()

    first = json.loads(sweep("--json"))
    assert (first["created"], first["as_of"]) == (1, "2026-11-24T09:00:00+00:00")
    assert first["reminders"] == [
        {"kind": "update_due", "subject": victim.reference, "level": "overdue", "due_on": "2026-11-23",
         "recipient": officer.reference}
    ]  # fmt: skip
    assert sweep().startswith("0 reminders created")


def test_the_sweep_command_says_how_to_write_a_moment():
    with pytest.raises(CommandError, match="Write it like"):
        call_command("sweep", "--as-of", "yesterday")


def test_beat_runs_the_sweep_and_says_it_is_alive(plan, monday):
    assert remind_of_due_updates() == 1
    heartbeat()
    heartbeat()
    assert Heartbeat.objects.get().name == "beat"
