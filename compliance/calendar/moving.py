"""What a change of the calendar does to the duties that are open: which are counted over its days, and by when they
would be due.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import or_

from django.db.models import Count, OuterRef, Q, Subquery

from compliance.catalogue import Rule, Rulebook
from compliance.engine import last_day
from compliance.facts import rulebook
from compliance.models import Duty, DutyQuerySet
from victimcare.accounts.models import User
from victimcare.calendars import Calendar, Change, calendars_of
from victimcare.cases.counting import may_count
from victimcare.cases.models import Entitlement

SHOWN = 25
LOOKED_AT = 200  # to find those that are shown
COUNTED_BY = ("code", "rule", "clock_on", "limit", "due_on", "becomes_enhanced")


@dataclass(frozen=True)
class Moves:
    """The open duties that another calendar would move."""

    duties: int
    later: int
    earlier: int
    by_day: list[tuple[date, date, int]]  # from, to, how many
    first: list[tuple[Duty, date]]  # those due first that may be shown, with the day they would be due


def counted_over(days: Iterable[date]) -> DutyQuerySet:
    """The open duties with one of these days between their day 0 and their last."""
    windows = [Q(clock_on__lt=day, first_due_on__gte=day) for day in days]
    return Duty.objects.open().timed().filter(reduce(or_, windows, Q(pk__in=[])))


def with_the_change(changes: Iterable[Change], change: Change) -> Calendar:
    """The last calendar that was approved, changed by this one too."""
    return calendars_of([*changes, change])[-1]


def would_move(change: Change, calendar: Calendar, *, user: User) -> Moves:
    """The open duties that `calendar`, which has this change, would move: all that this person's figures count, and
    of those they may see the ones due first. Three queries.
    """
    rules = _by_version(rulebook())
    started = Entitlement.objects.filter(
        participant=OuterRef("participant"), is_enhanced=True, from_on__gt=OuterRef("clock_on")
    )
    first_start = Subquery(started.order_by("from_on").values("from_on")[:1])
    open_over = counted_over(change.days)
    found: Counter[tuple[date, date]] = Counter()
    counting = open_over.filter(may_count(user)).annotate(becomes_enhanced=first_start)
    groups = counting.order_by().values_list(*COUNTED_BY)
    for *counted, n in groups.annotate(n=Count("pk")):
        code, rule, clock_on, limit, due_on, becomes_enhanced = counted
        now_due = _due(rules.get((code, rule), ()), clock_on, limit, becomes_enhanced, calendar)
        if now_due != due_on:
            found[due_on, now_due] += n
    later = sum(n for (was, is_now), n in found.items() if is_now > was)
    total = found.total()
    by_day = [(was, is_now, n) for (was, is_now), n in sorted(found.items())]
    seen = open_over.visible_to(user).annotate(becomes_enhanced=first_start)
    seen = seen.select_related("participant__person", "case").order_by("due_on", "pk")
    first = _that_move(seen[:LOOKED_AT], rules, calendar)
    return Moves(
        total, later, total - later, by_day, [each for each, _n in zip(first, range(SHOWN), strict=False)]
    )


def _by_version(book: Rulebook) -> dict[tuple[str, str], list[Rule]]:
    found: dict[tuple[str, str], list[Rule]] = {}
    for rule in book.rules:
        found.setdefault((rule.code, rule.key), []).append(rule)
    return found


def _that_move(
    duties: Iterable[Duty], rules: dict[tuple[str, str], list[Rule]], calendar: Calendar
) -> Iterator[tuple[Duty, date]]:
    for duty in duties:
        becomes_enhanced = getattr(duty, "becomes_enhanced", None)
        versions = rules.get((duty.code, duty.rule), ())
        now_due = _due(versions, duty.clock_on, duty.limit or 0, becomes_enhanced, calendar)
        if now_due != duty.due_on:
            yield duty, now_due


def _due(
    rules: Iterable[Rule], clock_on: date, limit: int, becomes_enhanced: date | None, calendar: Calendar
) -> date:
    """As the engine counts an open duty: to its limit, or shorter where the victim became enhanced meanwhile."""
    holidays = calendar.bank_holidays
    due_on = last_day(clock_on, limit, bank_holidays=holidays)
    versions = list(rules)
    then = (each for each in versions if each.in_force_from <= clock_on < each.in_force_until)
    rule = next(then, versions[0] if versions else None)
    shorter = rule.enhanced if rule else None
    if rule is None or shorter is None or rule.standard is None or shorter >= rule.standard:
        return due_on
    if becomes_enhanced and becomes_enhanced <= due_on:
        return min(due_on, last_day(becomes_enhanced, shorter, bank_holidays=holidays))
    return due_on
