"""Friday night: who must be rung at once because a suspect walks free, by when, and by whom. Pure.

A standard of our own, beside the Code's clock and never counted in it. Moments come in and go out in UTC; what
is out of hours is asked of the clock on the wall in London.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from victimcare.working_days import LONDON, is_working_day

# The suspect is out, or may come nearer. Every change of bail counts: no feed says whether it became lighter,
# and a supervisor sets aside what did not.
RELEASES = frozenset(
    {
        "SUSPECT_RELEASED_NO_CHARGE",
        "SUSPECT_BAILED",
        "SUSPECT_RELEASED_UNDER_INVESTIGATION",
        "BAIL_CHANGED",
        "APPEAL_BAIL",
    }
)
# A release longer ago than this when it became known is told as the Code says: the hour is long over.
TOO_LONG_AGO = timedelta(hours=72)


class Danger(StrEnum):
    """Why this victim is rung at once."""

    ABUSE = "abuse"
    STALKING = "stalking"
    SEXUAL = "sexual"


FLAGS: Mapping[Danger, frozenset[str]] = {
    Danger.ABUSE: frozenset({"DA", "HBA"}),
    Danger.STALKING: frozenset({"STALKING"}),
    Danger.SEXUAL: frozenset({"RASSO", "CSE"}),
}
SEXUAL_CLASSES = frozenset(
    {
        "17A", "17B", "19C", "19D", "19E", "19F", "19G", "19H", "19J", "19K", "20A", "20B", "21", "22A", "22B",
        "23", "70", "71", "72", "73", "88A", "88C", "88D", "88E",
    }
)  # fmt: skip
# The Home Office's classes for recorded crime: a flag is forgotten, the class of the crime is not.
CLASSES: Mapping[Danger, frozenset[str]] = {
    Danger.ABUSE: frozenset({"8U"}),
    Danger.STALKING: frozenset({"8Q"}),
    Danger.SEXUAL: SEXUAL_CLASSES,
}
PARTNERS = frozenset({"PARTNER", "EX_PARTNER"})


@dataclass(frozen=True)
class Standards:
    """The unit's numbers, as they hold on one day. Hours are of London."""

    within: timedelta
    dangers: frozenset[Danger]  # those that are rung about
    opens: int
    closes: int


def dangers(flags: Iterable[str], relationship: str, offence_class: str) -> frozenset[Danger]:
    """What puts this victim in danger from this suspect; a suspected partner is domestic abuse."""
    held = set(flags)
    found = {
        danger
        for danger in Danger
        if FLAGS[danger] & held or offence_class.strip().upper() in CLASSES[danger]
    }
    return frozenset(found | ({Danger.ABUSE} if relationship in PARTNERS else set()))


def is_rung_about(kind: str, occurred_at: datetime, known_at: datetime) -> bool:
    """A release, of which we heard before it was long over."""
    return kind in RELEASES and known_at - occurred_at <= TOO_LONG_AGO


def due_at(known_at: datetime, standards: Standards) -> datetime:
    """The moment by which the victim is to have been rung: so many minutes of real time after we knew."""
    return known_at + standards.within


def is_out_of_hours(moment: datetime, standards: Standards, *, bank_holidays: Collection[date]) -> bool:
    """True at night, at weekends and on bank holidays, as the clock in London has it."""
    here = moment.astimezone(LONDON)
    works = is_working_day(here.date(), bank_holidays=bank_holidays)
    return not works or not standards.opens <= here.hour < standards.closes


def on_call_day(moment: datetime, standards: Standards) -> date:
    """Whose day it is on the rota: each runs until the unit opens the next morning."""
    here = moment.astimezone(LONDON)
    return here.date() if here.hour >= standards.opens else here.date() - timedelta(days=1)
