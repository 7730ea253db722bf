"""When, how loudly and by whom: the rules of reminders, without a row."""

from datetime import date, time

import pytest

from contacts.reminders import (
    Hearer,
    Level,
    Staff,
    answers_for,
    answers_for_team,
    levels,
    shift_start,
    spans,
)
from victimcare.working_days import england_and_wales

BANK_HOLIDAYS = england_and_wales()
NINE_TO_FIVE = [["09:00", "17:00"]] * 5


@pytest.mark.parametrize(
    ("due", "said"),
    [
        ("2026-12-30", ()),
        ("2026-12-29", (Level.DUE_SOON,)),  # the next working day after Christmas Eve
        ("2026-12-25", (Level.DUE_SOON,)),
        ("2026-12-24", (Level.DUE_TODAY,)),
        ("2026-12-23", (Level.OVERDUE,)),
        ("2026-12-22", (Level.OVERDUE, Level.ESCALATED)),
        ("2020-01-01", (Level.OVERDUE, Level.ESCALATED)),
    ],
)
def test_what_is_said_on_christmas_eve(due, said):
    day = spans(date(2026, 12, 24), remind_before=1, escalate_after=2, bank_holidays=BANK_HOLIDAYS)
    assert levels(date.fromisoformat(due), day) == said


def test_days_nobody_works_do_not_make_a_thing_later():
    for day in ("2026-12-25", "2026-12-26", "2026-12-27", "2026-12-28"):
        said = spans(date.fromisoformat(day), remind_before=0, escalate_after=1, bank_holidays=BANK_HOLIDAYS)
        assert levels(date(2026, 12, 24), said) == (Level.OVERDUE,)


def staff(**said):
    return Staff(
        **{"active": {1, 2, 3, 4}, "away": {}, "supervisors": {7: [3]}, "officers": {7: [1, 2]}} | said
    )


def test_cover_who_is_away_too_or_has_left_hears_nothing():
    assert answers_for(staff(away={1: 2, 2: None})) == {3: 3, 4: 4}
    assert answers_for(staff(active={1}, away={1: 2})) == {}


def test_a_supervisor_on_leave_is_covered_or_hears_all_the_same():
    assert answers_for_team(staff(away={3: 4})) == {7: (Hearer(4, True),)}
    assert answers_for_team(staff(away={3: None})) == {7: (Hearer(3, True),)}


def test_a_team_without_a_supervisor_hears_itself():
    assert answers_for_team(staff(supervisors={})) == {7: (Hearer(1, False), Hearer(2, False))}


@pytest.mark.parametrize(
    ("day", "hours", "begins"),
    [
        (date(2026, 11, 23), NINE_TO_FIVE, "2026-11-23T09:00:00+00:00"),
        (date(2026, 7, 6), NINE_TO_FIVE, "2026-07-06T09:00:00+01:00"),
        (date(2026, 11, 22), NINE_TO_FIVE, None),  # Sunday
        (date(2026, 12, 25), NINE_TO_FIVE, None),
        (date(2026, 11, 23), [None, ["07:00", "15:00"]], None),
        (date(2026, 11, 24), [None, ["07:00", "15:00"]], "2026-11-24T07:00:00+00:00"),
        (date(2026, 11, 23), [], "2026-11-23T08:30:00+00:00"),  # as the team
        (date(2026, 11, 22), [], None),
    ],
)
def test_a_day_begins_with_ones_own_hours_or_the_teams(day, hours, begins):
    start = shift_start(day, hours, team_starts=time(8, 30), bank_holidays=BANK_HOLIDAYS)
    assert (start.isoformat() if start else None) == begins
