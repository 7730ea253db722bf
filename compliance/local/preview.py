"""What a version of one of our own standards would have made of the last three months."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from django.db.models import Count, Max

from compliance.catalogue import Rulebook
from compliance.engine import last_day, owed_to, standing
from compliance.facts import facts_of, local_rule
from compliance.models import Duty, LocalStandard
from victimcare.accounts.models import User
from victimcare.cases.counting import may_count
from victimcare.cases.models import Event, Participant
from victimcare.lookups import is_any
from victimcare.working_days import LONDON, england_and_wales

LOOKS_BACK = timedelta(days=91)
LOOKED_AT = 2_000  # cases: what a page has time to work out


@dataclass(frozen=True)
class Verdicts:
    """How many were told in time, told late, are open past their day, and are open still."""

    in_time: int = 0
    late: int = 0
    overdue: int = 0
    open: int = 0


def compared(row: LocalStandard, today: date, *, user: User) -> tuple[Verdicts, Verdicts]:
    """The duties of this standard whose clock started in the last three months, in this person's figures: as they
    stand, and as they would by this version, changes of entitlement meanwhile aside. One query.
    """
    recent = Duty.objects.current().filter(
        may_count(user),
        is_local=True,
        rule=row.key,
        due_on__gte=today - LOOKS_BACK,
        clock_on__gte=today - LOOKS_BACK,
    )
    groups = recent.order_by().values_list(
        "clock_on", "enhanced_at_trigger", "due_on", "settled_on", "status"
    )
    now: Counter[str] = Counter()
    then: Counter[str] = Counter()
    for clock_on, is_enhanced, due_on, settled_on, status, n in groups.annotate(n=Count("pk")):
        if status in (Duty.Status.MET, Duty.Status.MET_LATE, Duty.Status.OPEN):
            limit = row.enhanced if is_enhanced else row.standard
            would_be = last_day(clock_on, limit, bank_holidays=england_and_wales())
            now[_verdict(due_on, settled_on, today)] += n
            then[_verdict(would_be, settled_on, today)] += n
    return Verdicts(**now), Verdicts(**then)


@dataclass(frozen=True)
class Opened:
    """What a standard that there was not would have opened, and in how many cases; of those, open now."""

    verdicts: Verdicts
    cases: int
    open_cases: int
    first_due: date | None  # of what is not told yet
    last_due: date | None
    is_cut: bool  # only the newest `LOOKED_AT` cases were looked at


def would_open(row: LocalStandard, today: date, *, user: User) -> Opened:
    """What would be owed by this standard, had it counted for the last three months: worked out as duties are, in the
    cases of this person's figures. Five queries.
    """
    since = today - LOOKS_BACK
    cases = _cases_with(row.trigger, since, user)
    rule = replace(local_rule(row), in_force_from=date.min)
    facts = facts_of(cases[:LOOKED_AT], by=Rulebook((rule,)))
    found: Counter[str] = Counter()
    touched: set[int] = set()
    due: list[date] = []
    for case, people in facts.served.items():
        events = standing(facts.events.get(case, ()))
        for served in people:
            told = facts.told.get(served.id, ())
            for owed in owed_to(
                served, events, told, facts.rulebook, bank_holidays=facts.calendar.bank_holidays
            ):
                if owed.due_on is None or owed.clock_on < since:
                    continue
                found[_verdict(owed.due_on, owed.settled_on, today)] += 1
                touched.add(case)
                due += [owed.due_on] if owed.settled_on is None else []
    still_open = Participant.objects.victims().open().filter(is_any("case_id", touched))
    return Opened(
        Verdicts(**found),
        len(touched),
        still_open.values("case_id").distinct().count(),
        min(due, default=None),
        max(due, default=None),
        is_cut=len(cases) > LOOKED_AT,
    )


def _cases_with(kind: str, since: date, user: User) -> list[int]:
    """The cases in which this was written down since that day, the newest first; one more than are looked at."""
    recorded = Event.objects.current().filter(
        may_count(user), kind=kind, recorded_at__gte=datetime.combine(since, time.min, tzinfo=LONDON)
    )
    newest = recorded.order_by().values("case_id").annotate(last=Max("pk")).order_by("-last")
    return list(newest.values_list("case_id", flat=True)[: LOOKED_AT + 1])


def _verdict(due_on: date, settled_on: date | None, today: date) -> str:
    if settled_on is not None:
        return "in_time" if settled_on <= due_on else "late"
    return "overdue" if due_on < today else "open"
