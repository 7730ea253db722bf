"""When somebody is reminded of what is due, how loudly, and who hears. Pure: days and people in and out."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from victimcare.working_days import LONDON, add_working_days, is_working_day


class Level(StrEnum):
    """As `Notification.Level` says them."""

    DUE_SOON = "due_soon"
    DUE_TODAY = "due_today"
    OVERDUE = "overdue"
    ESCALATED = "escalated"


@dataclass(frozen=True)
class Span:
    """On one day, what is due from `first` to `last`, both included, is said at this level."""

    level: Level
    first: date
    last: date


def spans(
    day: date, *, remind_before: int, escalate_after: int, bank_holidays: Collection[date]
) -> tuple[Span, ...]:
    """What is said on `day`, by the day something is due. Days before and after are working days.

    What is late enough is said twice: to whoever owes it, and to the supervisors.
    """
    soon = add_working_days(day, remind_before, bank_holidays=bank_holidays)
    late = _escalated_by(day, escalate_after, bank_holidays)
    return (
        Span(Level.DUE_SOON, day + timedelta(days=1), soon),
        Span(Level.DUE_TODAY, day, day),
        Span(Level.OVERDUE, date.min, day - timedelta(days=1)),
        Span(Level.ESCALATED, date.min, late),
    )


def _escalated_by(day: date, working_days: int, bank_holidays: Collection[date]) -> date:
    """The last due date that is so many working days late on `day`."""
    due = day
    while working_days > 0:
        working_days -= is_working_day(due, bank_holidays=bank_holidays)
        due -= timedelta(days=1)
    return due


def levels(due_on: date, said: Iterable[Span]) -> tuple[Level, ...]:
    return tuple(span.level for span in said if span.first <= due_on <= span.last)


@dataclass(frozen=True)
class Staff:
    """Who works here on one day, by primary key."""

    active: Collection[int]
    away: Mapping[int, int | None]  # who is on leave today, and who covers
    supervisors: Mapping[int, Collection[int]]  # by team
    officers: Mapping[int, Collection[int]]  # by team: its other members who keep cases


def answers_for(staff: Staff) -> dict[int, int]:
    """Who hears in place of each officer: themselves, or who covers. Those missing are the team's to do."""
    found = {}
    for officer in staff.active:
        hears = staff.away.get(officer, officer)
        if hears is not None and _is_here(hears, staff):
            found[officer] = hears
    return found


def _is_here(person: int, staff: Staff) -> bool:
    return person in staff.active and person not in staff.away


@dataclass(frozen=True)
class Hearer:
    """Somebody who hears for a team. What is escalated is said to supervisors only."""

    person: int
    is_supervisor: bool


def answers_for_team(staff: Staff) -> dict[int, tuple[Hearer, ...]]:
    """Who hears for each team: its supervisors, or who covers them; where it has none, its officers.

    When all of its supervisors are away and uncovered they hear all the same, rather than nobody.
    """
    answers = answers_for(staff)
    found = {}
    for team in {*staff.supervisors, *staff.officers}:
        supervisors = set(staff.supervisors.get(team, ()))
        here = {answers[each] for each in supervisors if each in answers} or supervisors
        heard = here or set(staff.officers.get(team, ()))
        found[team] = tuple(Hearer(each, bool(here)) for each in sorted(heard))
    return found


def shift_start(
    day: date,
    hours: list[list[str] | None],
    *,
    team_starts: time | None,
    bank_holidays: Collection[date],
) -> datetime | None:
    """When somebody with these weekly hours begins on this London day; None on a day off or bank holiday.

    Hours nobody wrote down are the team's, Monday to Friday.
    """
    if day in bank_holidays:
        return None
    if hours:
        today = hours[day.weekday()] if day.weekday() < len(hours) else None
        begins = time.fromisoformat(today[0]) if today else None
    else:
        begins = team_starts if is_working_day(day, bank_holidays=bank_holidays) else None
    return datetime.combine(day, begins, tzinfo=LONDON) if begins else None
