"""What falls due is said once, in time, to whoever can do something about it."""

import json
from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from contacts import actions, planning, reminding
from contacts.models import ContactPlan, Promise
from contacts.reminding import due_days, remind
from contacts.subjects import SUBJECTS
from contacts.tasks import remind_of_what_is_due
from tests.factories import (
    ContactPlanFactory,
    LeaveFactory,
    ParticipantFactory,
    SafeContactFactory,
    TeamFactory,
    UserFactory,
    london,
)
from victimcare.accounts.models import Heartbeat, Notification
from victimcare.accounts.permissions import Role
from victimcare.accounts.tasks import heartbeat
from victimcare.cases.models import Exclusion, Question, Standard

pytestmark = pytest.mark.django_db
DUE = date(2026, 11, 23)  # a Monday


@pytest.fixture
def plan(victim):
    return ContactPlanFactory(participant=victim, due_on=DUE, agreed_on=date(2026, 10, 26))


def heard():
    return set(Notification.objects.values_list("recipient__username", "level"))


def standing():
    return set(Notification.objects.filter(settled_at=None).values_list("recipient__username", "level"))


def on(day, hour=9, minute=0):
    return remind(london(2026, 11, day, hour, minute))


def test_the_officer_hears_on_the_day_it_is_due_and_only_once(plan, officer, victim):
    assert on(23).total == 1
    assert on(23, 9, 1).total == 0
    note = Notification.objects.get()
    assert (note.recipient, note.kind, note.subject, note.level) == (
        officer,
        "update_due",
        victim.reference,
        "due_today",
    )
    assert note.url == f"/cases/{victim.case.reference}/{victim.reference}/contacts/"


def test_the_officer_hears_a_working_day_before_too(plan):
    assert on(19).total == 0  # Thursday
    on(20)
    assert heard() == {("officer", "due_soon")}


def test_nobody_hears_before_the_standard_says(plan):
    Standard.objects.create(key="remind_before", number=2, value=0, effective_from=date(2026, 11, 1))
    assert not remind(london(2026, 11, 22, 23, 59)).total


def test_the_supervisor_hears_after_two_working_days(plan, supervisor):
    for day in (23, 24, 25, 26):
        on(day)
    assert heard() == {("officer", "due_today"), ("officer", "overdue"), ("supervisor", "escalated")}
    assert Notification.objects.get(level="escalated").created_at


def test_after_how_many_days_the_supervisor_hears_is_a_standard(plan, supervisor):
    Standard.objects.create(key="escalate_after", number=2, value=4, effective_from=date(2026, 11, 1))
    on(26)
    assert ("supervisor", "escalated") not in heard()
    on(27)
    assert ("supervisor", "escalated") in heard()


def test_a_standard_that_nobody_approved_does_not_count(plan, supervisor):
    Standard.objects.create(
        key="escalate_after", number=2, value=9, effective_from=date(2026, 11, 1), written_by=supervisor
    )
    on(25)
    assert ("supervisor", "escalated") in heard()


def test_a_louder_reminder_takes_the_place_of_the_one_before(plan):
    for day in (20, 23, 24):
        on(day)
    assert standing() == {("officer", "overdue")}


def test_after_days_of_downtime_what_is_true_now_is_said(plan, supervisor):
    on(30)
    assert heard() == {("officer", "overdue"), ("supervisor", "escalated")}


def test_whoever_covers_hears_during_leave_and_the_officer_afterwards(plan, officer, colleague):
    LeaveFactory(user=officer, covered_by=colleague, from_on=DUE, until_on=date(2026, 11, 24))
    on(24)
    assert heard() == {("colleague", "overdue")}
    on(25)
    assert standing() == {("officer", "overdue")}


def test_leave_written_down_at_noon_moves_the_reminder_the_same_day(plan, officer, colleague):
    on(23)
    LeaveFactory(user=officer, covered_by=colleague)
    on(23, 12)
    assert standing() == {("colleague", "due_today")}


def test_back_from_leave_the_reminder_of_before_stands_again(plan, officer, colleague):
    on(24)
    leave = LeaveFactory(user=officer, covered_by=colleague)
    on(24, 12)
    leave.cancelled_at = london(2026, 11, 24, 13)
    leave.save()
    assert on(24, 14).total == 0
    assert standing() == {("officer", "overdue")}
    assert Notification.objects.count() == 2


def test_leave_that_nobody_covers_goes_to_the_supervisor(plan, officer, supervisor):
    LeaveFactory(user=officer)
    on(23)
    assert heard() == {("supervisor", "due_today")}


def test_a_leavers_updates_go_to_the_supervisor(plan, officer, supervisor):
    officer.is_active = False
    officer.save()
    on(23)
    assert heard() == {("supervisor", "due_today")}


def test_a_leavers_promise_goes_to_the_victims_team(victim, supervisor, colleague):
    Promise.objects.create(participant=victim, what="Ring about the trial", due_on=DUE, made_by=colleague)
    on(23)
    assert heard() == {("colleague", "due_today")}
    colleague.is_active = False
    colleague.save()
    on(23, 10)
    assert standing() == {("supervisor", "due_today")}


def test_without_a_supervisor_the_team_hears(plan, officer, colleague):
    officer.is_active = False
    officer.save()
    on(23)
    assert ("colleague", "due_today") in heard()
    assert ("officer", "due_today") not in heard()


def test_an_escalation_goes_to_supervisors_and_to_nobody_else(plan, colleague):
    sweep = on(30)
    assert heard() == {("officer", "overdue")}
    assert sweep.unheard == 1


def test_a_plan_with_nobody_to_hear_is_counted_and_asked_again(victim, plan, officer, supervisor):
    victim.officer, victim.team = None, TeamFactory(name="Nobody's team")
    victim.save()
    assert on(23).unheard == 1
    victim.team = supervisor.team
    victim.save()
    assert on(23, 9, 1).total == 1


def test_whoever_must_not_know_of_a_case_never_hears_of_it(plan, victim, officer, supervisor):
    Exclusion.objects.create(case=victim.case, user=officer, reason="His sister", declared_by=supervisor)
    on(23)
    assert heard() == {("supervisor", "due_today")}


def test_of_a_restricted_case_only_those_named_hear(plan, victim, officer, supervisor):
    victim.case.is_restricted = True
    victim.case.save()
    victim.case.restricted_to.add(officer)
    on(30)
    assert heard() == {("officer", "overdue")}


def test_a_closed_victim_is_not_chased_and_is_again_when_reopened(plan, victim):
    victim.closed_at, victim.closure_reason = london(2026, 11, 20), "declined"
    victim.save()
    assert not on(23).total
    victim.closed_at, victim.closure_reason = None, ""
    victim.save()
    assert on(23, 9, 1).total == 1


def test_an_answer_that_is_late_is_said_to_whoever_asked_and_their_supervisor(victim, officer, supervisor):
    asked = {
        "asked_by": officer,
        "asked_at": london(2026, 11, 19),
        "due_on": DUE,
        "kind": "needs",
        "words": "?",
    }
    Question.objects.create(case=victim.case, participant=victim, to_collar="1234", **asked)
    pc = UserFactory(username="pc", roles=[Role.OFFICER_IN_THE_CASE], collar="1234")
    on(23)
    assert heard() == {("pc", "due_today")}
    on(25)
    assert standing() == {("pc", "overdue"), ("officer", "overdue"), ("supervisor", "escalated")}
    Question.objects.update(reply="Yes.", replied_at=london(2026, 11, 25, 10), replied_by=pc)
    on(25, 11)
    assert not standing()


def test_how_somebody_is_reached_safely_is_asked_again_when_its_day_comes(officer):
    part = ParticipantFactory(officer=officer, team=officer.team)
    SafeContactFactory(person=part.person, review_on=DUE)
    on(23)
    assert Notification.objects.get().kind == "review_due"
    assert not SUBJECTS["review_due"].may_be_snoozed


def test_a_reminder_that_was_written_already_is_not_written_again(plan, officer, victim):
    on(23)
    Notification.objects.update(read_at=london(2026, 11, 23, 9, 5))
    assert not on(23, 10).total
    assert Notification.objects.get().read_at


def test_a_call_settles_the_reminder(plan, victim, officer, monday):
    on(23)
    actions.log(
        participant=victim, direction="in", channel="phone", outcome="reached",
        at=london(2026, 11, 23, 9, 30), note="", tells=[], by=officer,
    )  # fmt: skip
    assert Notification.objects.get().settled_at
    assert not on(24).total


def test_what_was_done_elsewhere_is_settled_by_the_next_pass(plan):
    on(23)
    ContactPlan.objects.update(due_on=date(2026, 12, 21))
    assert on(23, 10).settled == 1
    assert not standing()


def test_a_crash_in_the_middle_loses_and_doubles_nothing(plan, victim, officer, monkeypatch):
    Promise.objects.create(participant=victim, what="Ring", due_on=DUE, made_by=officer)
    second = dict(list(SUBJECTS.items())[1:])

    def crash(*args):
        raise RuntimeError("killed")

    with monkeypatch.context() as patch, pytest.raises(RuntimeError):
        patch.setattr(reminding, "answers_for_team", crash)
        on(23)
    with monkeypatch.context() as patch:
        patch.setattr(reminding, "SUBJECTS", second)
        assert on(23).total == 1
    assert on(23).total == 1
    assert Notification.objects.count() == 2


def test_a_wrong_clock_that_is_put_right_says_nothing_twice(plan, supervisor):
    on(30)
    before = Notification.objects.count()
    assert on(23).total == 1  # due today, which nobody had been told
    on(30, 10)
    assert Notification.objects.count() == before + 1


@pytest.mark.parametrize("night", [date(2026, 3, 29), date(2026, 10, 25)])
def test_the_night_the_clocks_change_says_each_thing_once(victim, supervisor, night):
    ContactPlanFactory(participant=victim, due_on=night)
    created, moment = 0, london(night.year, night.month, night.day, 0) - timedelta(hours=1)
    for _ in range(5 * 12):
        created += remind(moment).total
        moment += timedelta(minutes=5)
    assert created == 2  # due soon before midnight, due today after it


def test_many_are_reminded_in_parts_without_a_query_each(
    officer, supervisor, monkeypatch, django_assert_max_num_queries
):
    monkeypatch.setattr(reminding, "TOGETHER", 20)
    by = UserFactory()
    for n in range(50):
        due = DUE - timedelta(days=n % 5)
        ContactPlanFactory(participant=ParticipantFactory(officer=officer), due_on=due, agreed_by=by)
    with django_assert_max_num_queries(60):
        assert on(23).total == 50 + 10  # those of Thursday go to the supervisor too


def test_what_is_due_is_found_in_the_covering_index_alone(officer):
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
    shape = json.dumps(json.loads(due_days(SUBJECTS["update_due"], DUE).explain(format="json")))
    assert '"Index Name": "plan_due"' in shape and '"Index Only Scan"' in shape and "Seq Scan" not in shape


def sweep(*args):
    out = StringIO()
    call_command("sweep", "--as-of", "2026-11-24T09:00", *args, stdout=out)
    return out.getvalue()


def test_the_sweep_command_prints_what_it_created_and_then_zero(plan, officer, victim):
    first = json.loads(sweep("--json"))
    assert (first["created"], first["as_of"]) == (1, "2026-11-24T09:00:00+00:00")
    assert first["by_level"] == {"overdue": 1}
    assert first["reminders"] == [
        {"kind": "update_due", "subject": victim.reference, "level": "overdue", "due_on": "2026-11-23",
         "recipient": officer.reference}
    ]  # fmt: skip
    assert sweep() == "0 reminders created\n"


def test_the_sweep_command_counts_by_level(plan, supervisor):
    out = StringIO()
    call_command("sweep", "--as-of", "2026-11-25T09:00", stdout=out)
    assert out.getvalue() == "2 reminders created\n  Overdue: 1\n  Escalated to the supervisor: 1\n"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("yesterday", "Write it like"),
        ("", "Write it like"),
        ("2026-13-45T09:00", "Write it like"),
        ("1066-10-14T09:00", "from 2020 to 2028"),
        ("9999-12-31T23:59", "from 2020 to 2028"),
    ],
)
def test_the_sweep_command_says_how_to_write_a_moment(typed, said):
    with pytest.raises(CommandError, match=said):
        call_command("sweep", "--as-of", typed)


def test_a_plan_agreed_today_and_due_today_is_said_at_the_next_pass(plan, victim, officer, monday):
    planning.roll_forward(victim, date(2026, 11, 23), officer)
    assert not on(23).total


def test_beat_runs_the_sweep_and_says_it_is_alive(plan, monday):
    assert remind_of_what_is_due() == 2  # the reminder, and the digest of a day that has begun
    heartbeat()
    heartbeat()
    assert Heartbeat.objects.get().name == "beat"


def test_the_sweep_command_names_the_teams_that_have_nobody_to_hear(victim, plan):
    ContactPlanFactory(participant=ParticipantFactory(officer=None, team=None), due_on=DUE)
    victim.officer, victim.team = None, TeamFactory(name="Nobody's team")
    victim.save()
    assert (
        "2 due things have nobody to be told: give a supervisor to Nobody's team; allocate what has no team\n"
        in sweep()
    )
