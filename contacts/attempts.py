"""The first contact as a series: when to ring next, when to write, ask or close. Pure: facts in, a step out.

Three calls on three days and at three times of day, one of them in the evening or at the weekend where the
safe hours allow it; then a text or letter where that is safe; then, for the most serious, the officer in the
case is asked before anybody is closed as unable to contact. The numbers are the unit's own and are passed in.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from victimcare.working_days import add_working_days, is_working_day


class Band(StrEnum):
    """A time of day at which somebody may be in who was out before."""

    MORNING = "morning"
    AFTERNOON = "afternoon"
    EVENING = "evening"
    WEEKEND = "weekend"


class Step(StrEnum):
    """What is done next to reach somebody for the first time."""

    RING = "ring"
    ASK = "ask"
    WRITE = "write"
    CLOSE = "close"


class Because(StrEnum):
    """Why that, and why then."""

    FIRST = "first"
    REOPENED = "reopened"
    UNTRIED = "untried"
    ONLY_SAFE_HOURS = "only_safe_hours"
    NEW_NUMBER = "new_number"
    HELD = "held"
    WRONG_NUMBER = "wrong_number"
    UNSAFE = "unsafe"
    SERIOUS = "serious"
    CHILD = "child"
    NOBODY_ACTS = "nobody_acts"  # as CHILD, where there is an officer in the case to ask
    NOBODY_REACHED = "nobody_reached"
    CANNOT_RING = "cannot_ring"
    NO_ANSWER = "no_answer"
    NO_SAFE_WAY = "no_safe_way"


WRONG_NUMBER, UNSAFE = "wrong_number", "unsafe"  # as a contact's outcome says them


@dataclass(frozen=True)
class Numbers:
    """The unit's own: calls, working days between them, hours at which parts of the day begin, days to wait."""

    attempts: int = 3
    gap: int = 1
    afternoon_from: int = 12
    evening_from: int = 17
    wait: int = 7


@dataclass(frozen=True)
class Attempt:
    """One call that did not reach them. `at` is London time; `number` in figures, "" for a visit."""

    at: datetime
    outcome: str
    number: str = ""


@dataclass(frozen=True)
class Facts:
    """Everything the next step follows from."""

    attempts: Sequence[Attempt] = ()  # since the series began, oldest first
    number: str = ""  # the one we would ring today, in figures
    can_ring: bool = True
    can_write: bool = True
    hours: tuple[time, time] | None = None  # when it is safe to ring; None: at any hour
    works_weekends: bool = False
    is_serious: bool = False
    asked_safely_at: datetime | None = None  # when somebody last asked them how to reach them safely
    wrote_at: datetime | None = None
    asked_officer_at: datetime | None = None
    answer_due_on: date | None = None  # while the officer has not answered
    held_until: date | None = None  # somebody decided not to try before this day
    first_on: date | None = None  # by when the first call is due
    written_on: date | None = (
        None  # when the last of them was written down: nothing is planned before that day
    )
    is_reopened: bool = False  # nobody was reached before they were closed, and they were opened again
    has_nobody_to_act: bool = False  # a young child without a safe adult
    has_no_decider: bool = False  # a young child without a safe adult, in a case without an officer in it


@dataclass(frozen=True)
class Next:
    """The step, the London date by which it is due, and why. `attempt` is the number of the next call."""

    step: Step
    on: date | None
    because: Because
    attempt: int
    band: Band | None = None
    tried: frozenset[Band] = field(default_factory=frozenset)


def band_of(at: datetime, numbers: Numbers) -> Band:
    """The time of day of a London moment."""
    if at.weekday() >= 5:
        return Band.WEEKEND
    if at.hour < numbers.afternoon_from:
        return Band.MORNING
    return Band.AFTERNOON if at.hour < numbers.evening_from else Band.EVENING


def repeats(at: datetime, attempts: Sequence[Attempt], numbers: Numbers) -> Attempt | None:
    """The earlier call on the same day or at the same time of day, the latest first; None for a fresh one."""
    for earlier in reversed(attempts):
        same_day = earlier.at.date() == at.date()
        if same_day or band_of(earlier.at, numbers) is band_of(at, numbers):
            return earlier
    return None


def what_next(facts: Facts, numbers: Numbers, *, bank_holidays: Collection[date]) -> Next:
    """The next step of a series that has reached nobody yet."""
    counted = [each for each in facts.attempts if each.number in ("", facts.number)]
    last = facts.attempts[-1].at.date() if facts.attempts else None
    bad = _bad_number(counted, facts)
    if bad is None and facts.can_ring and len(counted) < numbers.attempts:
        return _ring(counted, last, facts, numbers, bank_holidays)
    if facts.has_no_decider:
        return Next(Step.ASK, last or facts.first_on, Because.CHILD, len(counted))
    said = {"attempt": len(counted), "tried": frozenset(band_of(each.at, numbers) for each in counted)}
    if bad is not None and not _since(facts.asked_officer_at, bad.at):
        why = Because.UNSAFE if bad.outcome == UNSAFE else Because.WRONG_NUMBER
        return Next(Step.ASK, last, why, **said)  # type: ignore[arg-type]
    if facts.is_serious and facts.asked_officer_at is None:
        why = Because.SERIOUS if facts.attempts else Because.CANNOT_RING
        if facts.has_nobody_to_act:
            why = Because.NOBODY_ACTS
        return Next(Step.ASK, last, why, **said)  # type: ignore[arg-type]
    is_unsafe = bad is not None and bad.outcome == UNSAFE
    wrote = facts.wrote_at if last is None or _since(facts.wrote_at, facts.attempts[-1].at) else None
    if facts.can_write and wrote is None and not is_unsafe:
        on = add_working_days(last, numbers.gap, bank_holidays=bank_holidays) if last else None
        why = Because.NOBODY_REACHED if counted else Because.CANNOT_RING
        return Next(Step.WRITE, _not_before(on, facts.held_until), why, **said)  # type: ignore[arg-type]
    began = wrote.date() if wrote else last
    on = began + timedelta(days=numbers.wait) if began else None
    why = Because.UNSAFE if is_unsafe else Because.NO_ANSWER if wrote else Because.NO_SAFE_WAY
    on = _not_before(_not_before(on, facts.answer_due_on), facts.held_until)
    return Next(Step.CLOSE, on, why, **said)  # type: ignore[arg-type]


def _bad_number(counted: Sequence[Attempt], facts: Facts) -> Attempt | None:
    """The latest call that found this number wrong or unsafe, unless somebody has asked them since."""
    for each in reversed(counted):
        if each.outcome in (WRONG_NUMBER, UNSAFE) and not _since(facts.asked_safely_at, each.at):
            return each
    return None


def _since(moment: datetime | None, then: datetime) -> bool:
    return moment is not None and moment >= then


def _not_before(on: date | None, earliest: date | None) -> date | None:
    return max((day for day in (on, earliest) if day is not None), default=None)


def _working_day_from(day: date, bank_holidays: Collection[date]) -> date:
    """This day, or the first working day after it."""
    if is_working_day(day, bank_holidays=bank_holidays):
        return day
    return add_working_days(day, 1, bank_holidays=bank_holidays)


def _ring(
    counted: Sequence[Attempt],
    last: date | None,
    facts: Facts,
    numbers: Numbers,
    bank_holidays: Collection[date],
) -> Next:
    """The next call: another day, another time of day, the last one in the evening or at the weekend."""
    attempt = len(counted) + 1
    if last is None:
        on = _not_before(facts.first_on, facts.held_until)
        first = Because.FIRST
        if facts.is_reopened and facts.first_on:
            first, opened = Because.REOPENED, _working_day_from(facts.first_on, bank_holidays)
            on = _not_before(opened, facts.held_until)
        return Next(Step.RING, on, Because.HELD if facts.held_until else first, attempt)
    tried = frozenset(band_of(each.at, numbers) for each in counted)
    band: Band | None = _band(attempt, tried, facts, numbers)
    on = add_working_days(last, numbers.gap, bank_holidays=bank_holidays)
    if facts.written_on and on < facts.written_on:
        on = _working_day_from(facts.written_on, bank_holidays)
    if band is Band.WEEKEND:
        began = max(last, (facts.written_on or last) - timedelta(days=1))
        on = began + timedelta(days=(5 - began.weekday()) % 7 or 7)
    why = Because.ONLY_SAFE_HOURS if band in tried else Because.UNTRIED
    if not counted:
        why, band = Because.NEW_NUMBER, None
    if facts.held_until and facts.held_until > on:
        on, why = facts.held_until, Because.HELD
    return Next(Step.RING, on, why, attempt, band, tried)


def _band(attempt: int, tried: Collection[Band], facts: Facts, numbers: Numbers) -> Band:
    """A time of day not tried yet, among those that are safe; the earliest safe one when all were tried."""
    safe = [band for band in Band if _is_safe(band, facts, numbers)]
    out_of_hours = [band for band in safe if band in (Band.EVENING, Band.WEEKEND)]
    if attempt >= numbers.attempts and not set(out_of_hours) & set(tried):
        safe = out_of_hours + safe
    untried = [band for band in safe if band not in tried]
    return (untried or safe or [Band.MORNING])[0]


def _is_safe(band: Band, facts: Facts, numbers: Numbers) -> bool:
    """True when some of that time of day lies within the hours at which it is safe to ring."""
    if band is Band.WEEKEND:
        return facts.works_weekends
    if facts.hours is None:
        return True
    start, end = facts.hours
    afternoon, evening = time(numbers.afternoon_from), time(numbers.evening_from)
    return {
        Band.MORNING: start < afternoon,
        Band.AFTERNOON: start < evening and end > afternoon,
        Band.EVENING: end > evening,
    }[band]
