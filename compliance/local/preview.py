"""What a version of one of our own standards would have made of the last three months."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count

from compliance.engine import last_day
from compliance.models import Duty, LocalStandard
from victimcare.accounts.models import User
from victimcare.cases.counting import may_count
from victimcare.working_days import england_and_wales

LOOKS_BACK = timedelta(days=91)


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


def _verdict(due_on: date, settled_on: date | None, today: date) -> str:
    if settled_on is not None:
        return "in_time" if settled_on <= due_on else "late"
    return "overdue" if due_on < today else "open"
