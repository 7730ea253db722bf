"""Who is reminded of a late update, and how loudly. Pure: days and people in, levels and people out."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from victimcare.working_days import working_days_between


class Level(StrEnum):
    """As `Notification.Level` says them."""

    DUE_TODAY = "due_today"
    OVERDUE = "overdue"
    ESCALATED = "escalated"


@dataclass(frozen=True)
class Staff:
    """Who works here today, by primary key."""

    active: Collection[int]
    away: Mapping[int, int | None]  # who is on leave today, and who covers
    supervisors: Mapping[int, Collection[int]]  # by team


def levels(
    due_on: date, day: date, *, escalate_after: int, bank_holidays: Collection[date]
) -> tuple[Level, ...]:
    """What is said on `day` of an update due on `due_on`; the supervisor hears after so many working days."""
    if day < due_on:
        return ()
    if day == due_on:
        return (Level.DUE_TODAY,)
    late = working_days_between(due_on, day, bank_holidays=bank_holidays)
    return (Level.OVERDUE, Level.ESCALATED) if late >= escalate_after else (Level.OVERDUE,)


def who_hears(level: Level, *, officer: int | None, team: int | None, staff: Staff) -> tuple[int, ...]:
    """The officer, else who covers, else the team's supervisors. An escalation goes to the supervisors.

    Nobody is skipped in silence: an empty answer means that no supervisor of that team works here.
    """
    supervisors = tuple(staff.supervisors.get(team, ())) if team is not None else ()
    if level is Level.ESCALATED or officer is None or officer not in staff.active:
        return supervisors
    if officer not in staff.away:
        return (officer,)
    cover = staff.away[officer]
    if cover is not None and cover in staff.active and cover not in staff.away:
        return (cover,)
    return supervisors
