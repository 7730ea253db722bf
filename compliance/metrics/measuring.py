"""Counts the measures of a period: a handful of set-based queries, whatever the size of the year."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import CharField, Count, Q, QuerySet, Value

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
People = tuple[int, int, int]
# The measures of which one person may be counted more than once: of duties, contacts, complaints and intervals.
OF_SEVERAL = frozenset(
    {share.key for share in (*SHARES, *GUARD_SHARES) if share.rows.through == "participant__"} | {"M5", "M12"}
)


@dataclass(frozen=True)
class Figure:
    """One number of one measure. `value` is `numerator` of `denominator` in per cent, unless `unit` says else.

    `part` is a duty's key, with its tier after a colon, or a step of the measure; `group` is one value of what it is
    split by, "" for all of them together. Where nothing is collected, `note` says so and there is no number.
    `people`, where one person may be counted more than once and it was asked: how many stand behind the numerator,
    behind the others, and behind the denominator.
    """

    key: str
    part: str
    group: str
    numerator: int | None
    denominator: int | None
    value: float | None
    unit: str = PERCENT
    note: str = ""
    people: People | None = None


Key = tuple[str, str, str]  # measure, part, group


def measure(
    since: date,
    until: date,
    *,
    by: str = "",
    snapshot_on: date,
    user: User | None = None,
    keys: Collection[str] = tuple(METRICS),
    counts_people: bool = False,
) -> list[Figure]:
    """Every figure of these measures for a period of London days, both in, as judged on `snapshot_on`.

    Split by one of BREAKDOWNS, the whole (group "") stands before its groups. For a user, only what is in the
    figures they are shown; for none, everything. With `counts_people`, how many people stand behind each, for who
    is shown no figure of few. Raises KeyError for a `by` that is not known.
    """
    scope = Scope(since, until, snapshot_on)
    split = BREAKDOWNS[by] if by else None
    counted: dict[Key, tuple[int, int | None]] = {}
    people: dict[Key, People] = {}
    shares = [share for share in (*SHARES, *GUARD_SHARES) if share.key in keys]
    for rows in dict.fromkeys(share.rows for share in shares):
        tallied = list(_tally(rows, scope, split, user))
        for share in shares:
            if share.rows is rows:
                counted |= _counted(share, tallied)
        if counts_people and rows.through == "participant__":
            people |= _people([share for share in shares if share.rows is rows], scope, split, user)
    figures = [_figure(key, *numbers, people.get(key)) for key, numbers in counted.items()]
    if "M5" in keys:
        figures += _lateness(scope, split, user)
    if "M12" in keys:
        figures += [
            _figure(("M12", "", group), met, ended, each)
            for group, (met, ended, each) in count_intervals(scope, split, user).items()
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


def _figure(key: Key, numerator: int, denominator: int | None, people: People | None = None) -> Figure:
    if denominator is None:
        return Figure(*key, numerator, None, float(numerator), COUNT, people=people)
    value = round(100 * numerator / denominator, 1) if denominator else None
    return Figure(*key, numerator, denominator, value, people=people)


def _people(
    shares: list[Share], scope: Scope, split: Breakdown | None, user: User | None
) -> dict[Key, People]:
    """How many people stand behind each number of shares of the same rows, of all and of each duty."""
    rows = shares[0].rows
    found = in_the_figures_of(rows.rows(scope), rows, user)
    by_duty = [share for share in shares if share.is_by_duty]
    counted: dict[Key, People] = {}
    for each in (None, split) if split is not None and may_split(split, rows) else (None,):
        grouped = found.annotate(
            group=each.of(rows) if each else Value(WHOLE, output_field=CharField())
        ).order_by()
        for some, names in ((shares, ("group",)), (by_duty, ("group", "rule"))):
            behind = {
                f"{name}_{place}": Count("participant", distinct=True, filter=condition)
                for place, share in enumerate(some)
                for name, condition in _sides(share).items()
            }
            for row in grouped.values(*names).annotate(**behind) if some else ():
                for place, share in enumerate(some):
                    numbers = row[f"were_{place}"], row[f"not_{place}"], row[f"all_{place}"]
                    for group in each.groups(row["group"]) if each else (WHOLE,):
                        key = share.key, row.get("rule", share.part), group
                        before = counted.get(key, (0, 0, 0))
                        counted[key] = before[0] + numbers[0], before[1] + numbers[1], before[2] + numbers[2]
    return counted


def _sides(share: Share) -> dict[str, Q]:
    """Those counted, the others, and all; of a number without a whole, those counted alone."""
    were = share.numerator & share.denominator
    if share.is_count:
        return {"were": were, "not": were & ~were, "all": were}
    return {"were": were, "not": share.denominator & ~share.numerator, "all": share.denominator}


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
    people: dict[tuple[str, str], set[int]] = defaultdict(set)
    one = ("rule", "due_on", "settled_on", "group", "participant")
    for row in found.order_by().values(*one).annotate(n=Count("pk")):
        between = working_days_between(row["due_on"], row["settled_on"], bank_holidays=england_and_wales())
        for part in ("", row["rule"]):
            for group in (WHOLE, *(split.groups(row["group"]) if split else ())):
                days[part, group][between] += row["n"]
                people[part, group].add(row["participant"])
    return [
        Figure("M5", f"{name}:{part}" if part else name, group, None, late.total(), _percentile(late, share), WORKING_DAYS,
               people=(0, 0, len(people[part, group])))
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
