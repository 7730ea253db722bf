"""Counts the measures of a period: a handful of set-based queries, whatever the size of the year."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import CharField, Count, QuerySet, Value

from compliance.metrics import populations as of
from compliance.metrics.breakdowns import BREAKDOWNS, Breakdown, may_split
from compliance.metrics.definitions import COUNT, METRICS, NOT_COLLECTED, PERCENT, WORKING_DAYS
from compliance.metrics.figures_of import in_the_figures_of
from compliance.metrics.guards import GUARD_SHARES, GUARDS
from compliance.metrics.intervals import count_intervals
from compliance.metrics.populations import Population, Scope, holds
from compliance.metrics.shares import SHARES, Share
from compliance.models import Duty
from victimcare.accounts.models import User
from victimcare.working_days import england_and_wales, working_days_between

WHOLE = ""


@dataclass(frozen=True)
class Figure:
    """One number of one measure. `value` is `numerator` of `denominator` in per cent, unless `unit` says else.

    `part` is a duty's key, with its tier after a colon, or a step of the measure; `group` is one value of what it is
    split by, "" for all of them together. Where nothing is collected, `note` says so and there is no number.
    """

    key: str
    part: str
    group: str
    numerator: int | None
    denominator: int | None
    value: float | None
    unit: str = PERCENT
    note: str = ""


Key = tuple[str, str, str]  # measure, part, group


def measure(
    since: date,
    until: date,
    *,
    by: str = "",
    snapshot_on: date,
    user: User | None = None,
    keys: Collection[str] = tuple(METRICS),
) -> list[Figure]:
    """Every figure of these measures for a period of London days, both in, as judged on `snapshot_on`.

    Split by one of BREAKDOWNS, the whole (group "") stands before its groups. For a user, only what is in the
    figures they are shown; for none, everything. Raises KeyError for a `by` that is not known.
    """
    scope = Scope(since, until, snapshot_on)
    split = BREAKDOWNS[by] if by else None
    counted: dict[Key, tuple[int, int | None]] = {}
    shares = [share for share in (*SHARES, *GUARD_SHARES) if share.key in keys]
    for rows in dict.fromkeys(share.rows for share in shares):
        tallied = list(_tally(rows, scope, split, user))
        for share in shares:
            if share.rows is rows:
                counted |= _counted(share, tallied)
    figures = [_figure(key, *numbers) for key, numbers in counted.items()]
    if "M5" in keys:
        figures += _lateness(scope, split, user)
    if "M12" in keys:
        figures += [
            _figure(("M12", "", group), met, ended)
            for group, (met, ended) in count_intervals(scope, split, user).items()
        ]
    figures += [
        Figure(key, part, "", None, None, None, note=str(note))
        for key, parts in NOT_COLLECTED.items()
        if key in keys
        for part, note in parts.items()
    ]
    order = {key: place for place, key in enumerate((*METRICS, *GUARDS))}
    return sorted(figures, key=lambda figure: (order[figure.key], figure.part.split(":"), figure.group))


def _tally(
    rows: Population, scope: Scope, split: Breakdown | None, user: User | None
) -> Iterator[tuple[dict[str, Any], tuple[str, ...], int]]:
    """How many rows have the same facts, and the groups they are in, the whole first. One query."""
    found = in_the_figures_of(rows.rows(scope), rows, user)
    if split is not None and may_split(split, rows):
        grouped = found.annotate(group=split.of(rows))
    else:
        grouped, split = found.annotate(group=Value("", output_field=CharField())), None
    for row in grouped.order_by().values(*rows.facts, "group").annotate(n=Count("pk")):
        group = row.pop("group")
        yield row, (WHOLE, *(split.groups(group) if split else ())), row.pop("n")


def _counted(
    share: Share, tallied: Iterable[tuple[dict[str, Any], tuple[str, ...], int]]
) -> dict[Key, tuple[int, int | None]]:
    """The numbers of one share, for each of its parts and groups; the whole even where there is nothing."""
    above: Counter[Key] = Counter()
    below: Counter[Key] = Counter({(share.key, share.part, WHOLE): 0})
    for facts, groups, n in tallied:
        is_above, is_below = holds(share.numerator, facts), holds(share.denominator, facts)
        if not is_below:
            continue
        for part in _parts(share, facts):
            for group in groups:
                below[share.key, part, group] += n
                above[share.key, part, group] += n if is_above else 0
    return {key: (above[key], None if share.is_count else below[key]) for key in below}


def _parts(share: Share, facts: dict[str, Any]) -> Iterator[str]:
    yield share.part
    if share.is_by_duty:
        yield facts["rule"]
    if share.is_by_tier:
        yield f"{facts['rule']}:{'enhanced' if facts['enhanced_applied'] else 'standard'}"


def _figure(key: Key, numerator: int, denominator: int | None) -> Figure:
    if denominator is None:
        return Figure(*key, numerator, None, float(numerator), COUNT)
    value = round(100 * numerator / denominator, 1) if denominator else None
    return Figure(*key, numerator, denominator, value)


# --- Lateness --------------------------------------------------------------------------------------


def _lateness(scope: Scope, split: Breakdown | None, user: User | None) -> list[Figure]:
    """The median and ninetieth percentile of the working days late, of what was told late. One query."""
    late: QuerySet[Any] = of.DUTIES.rows(scope).filter(
        status=Duty.Status.MET_LATE, due_on__lt=scope.snapshot_on
    ).exclude(owner__in=of.EXTERNAL)  # fmt: skip
    found = in_the_figures_of(late, of.DUTIES, user).annotate(
        group=split.of(of.DUTIES) if split else Value("", output_field=CharField())
    )
    days: dict[tuple[str, str], Counter[int]] = defaultdict(Counter, {("", WHOLE): Counter()})
    for row in found.order_by().values("rule", "due_on", "settled_on", "group").annotate(n=Count("pk")):
        between = working_days_between(row["due_on"], row["settled_on"], bank_holidays=england_and_wales())
        for part in ("", row["rule"]):
            for group in (WHOLE, *(split.groups(row["group"]) if split else ())):
                days[part, group][between] += row["n"]
    return [
        Figure("M5", f"{name}:{part}" if part else name, group, None, late.total(), _percentile(late, share), WORKING_DAYS)
        for (part, group), late in days.items()
        for name, share in (("median", 0.5), ("ninetieth", 0.9))
    ]  # fmt: skip


def _percentile(counted: Counter[int], share: float) -> float | None:
    """The smallest number that this share of them does not pass."""
    wanted, so_far = share * counted.total(), 0
    for days in sorted(counted):
        so_far += counted[days]
        if so_far >= wanted:
            return float(days)
    return None
