"""When the next update is due, and who hears that it is late. No database."""

from datetime import date

import pytest

from contacts.plan_dates import next_update_on
from contacts.reminders import Level, Staff, levels, who_hears
from victimcare.working_days import england_and_wales

HOLIDAYS = england_and_wales()
OFFICER, COVER, SUPERVISOR, TEAM = 1, 2, 3, 7


@pytest.mark.parametrize(
    ("told", "every", "due"),
    [
        (date(2026, 11, 23), 28, date(2026, 12, 21)),
        (date(2026, 11, 28), 28, date(2026, 12, 24)),  # Saturday 26 and Christmas Day: the Thursday before
        (date(2026, 12, 18), 7, date(2026, 12, 24)),
        (date(2026, 11, 23), 0, None),
    ],
)
def test_the_next_update_is_due_on_a_working_day_not_after_the_agreed_interval(told, every, due):
    assert next_update_on(told, every, bank_holidays=HOLIDAYS) == due


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (date(2026, 11, 26), ()),
        (date(2026, 11, 27), (Level.DUE_TODAY,)),
        (date(2026, 11, 28), (Level.OVERDUE,)),
        (date(2026, 11, 30), (Level.OVERDUE,)),
        (date(2026, 12, 1), (Level.OVERDUE, Level.ESCALATED)),
    ],
)
def test_the_supervisor_hears_after_two_working_days(day, said):
    assert levels(date(2026, 11, 27), day, escalate_after=2, bank_holidays=HOLIDAYS) == said


def hears(level=Level.OVERDUE, officer=OFFICER, active=(OFFICER, COVER, SUPERVISOR), away=None):
    staff = Staff(frozenset(active), away or {}, {TEAM: (SUPERVISOR,)})
    return who_hears(level, officer=officer, team=TEAM, staff=staff)


def test_the_officer_is_reminded():
    assert hears() == (OFFICER,)


def test_whoever_covers_is_reminded_during_leave():
    assert hears(away={OFFICER: COVER}) == (COVER,)


def test_the_supervisors_are_reminded_where_cover_is_away_too_or_there_is_none():
    assert hears(away={OFFICER: COVER, COVER: None}) == (SUPERVISOR,)
    assert hears(away={OFFICER: None}) == (SUPERVISOR,)


def test_a_leavers_work_is_not_orphaned():
    assert hears(active=(COVER, SUPERVISOR)) == (SUPERVISOR,)
    assert hears(officer=None) == (SUPERVISOR,)


def test_an_escalation_goes_to_the_supervisors():
    assert hears(Level.ESCALATED) == (SUPERVISOR,)
