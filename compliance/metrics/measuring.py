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
from compliance.metrics.intervals import count_intervals
from compliance.metrics.populations import Population, Scope, holds
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


@dataclass(frozen=True)
class Share:
    """One share of one measure: which rows, of which others. `is_count`: the rows alone, with no share."""

    key: str
    part: str
    rows: Population
    numerator: Q
    denominator: Q
    is_by_duty: bool = False
    is_by_tier: bool = False
    is_count: bool = False


ALL = Q()
_RIGHT_6 = (
    *("R6-NO-INVEST", "R6-ARREST", "R6-INTERVIEW", "R6-NFA-RELEASE", "R6-BAIL", "R6-RUI", "R6-BAIL-CHANGE"),
    *("R6-CHARGE", "R6-FIRST-HEARING", "R6-OOCD-OUTCOME", "R6-NOPROS"),
)
_RELEASES = ("R6-NFA-RELEASE", "R6-BAIL", "R6-RUI", "R6-BAIL-CHANGE")
_OURS = of.THE_FORCES
_JUDGED = _OURS & of.JUDGED


def _of_rules(key: str, rules: Collection[str], *, is_by_duty: bool = True) -> Share:
    some = Q(rule__in=list(rules))
    return Share(key, "", of.DUTIES, some & _OURS & of.IN_TIME, some & _JUDGED, is_by_duty)


def _victims(key: str, part: str, numerator: Q, denominator: Q = ALL) -> Share:
    return Share(key, part, of.VICTIMS, numerator, denominator)


_REFERRAL_DUE = Q(support_matured=True) & ~Q(support__in=[Duty.Status.DECLINED, Duty.Status.NOT_APPLICABLE])

SHARES: tuple[Share, ...] = (
    _victims("Q1", "", Q(acknowledged=True)),
    _victims("Q2", "", _REFERRAL_DUE & Q(support=Duty.Status.MET), _REFERRAL_DUE),
    _of_rules("Q3", _RIGHT_6),
    _victims("Q4", "", of.ENHANCED & Q(vps=True), of.ENHANCED),
    _of_rules("Q5", _RELEASES),
    Share("M1", "", of.DUTIES, _OURS & of.IN_TIME, _JUDGED, is_by_duty=True, is_by_tier=True),
    Share("M1", "with_no_evidence", of.DUTIES, _OURS & of.IN_TIME, _OURS & (of.JUDGED | of.NO_EVIDENCE)),
    Share("M1", "missed", of.DUTIES, _OURS & of.MISSED, _JUDGED),
    Share("M1", "no_evidence", of.DUTIES, _OURS & of.NO_EVIDENCE, ALL, is_count=True),
    Share("M1", "good_reason", of.DUTIES, _OURS & of.EXCUSED, ALL, is_count=True),
    Share("M1", "declined", of.DUTIES, _OURS & Q(status=Duty.Status.DECLINED), ALL, is_count=True),
    Share(
        "M1", "not_applicable", of.DUTIES, _OURS & Q(status=Duty.Status.NOT_APPLICABLE), ALL, is_count=True
    ),
    Share("M1", "not_due", of.DUTIES, _OURS & of.NOT_DUE, ALL, is_count=True),
    Share("M2", "", of.DUTIES, _OURS & of.TOLD, _JUDGED, is_by_duty=True),
    Share("M2", "with_no_evidence", of.DUTIES, _OURS & of.TOLD, _OURS & (of.JUDGED | of.NO_EVIDENCE)),
    Share("M3", "", of.DUTIES, _OURS & of.IN_TIME, _JUDGED, is_by_duty=True),
    Share("M4", "", of.DUTIES, _OURS & (of.IN_TIME | of.EXCUSED), _JUDGED, is_by_duty=True),
    Share("M4", "good_reason", of.DUTIES, _OURS & of.EXCUSED, _JUDGED),
    _victims("M6", "", Q(assessed=True)),
    _victims("M7", "", Q(assessed_in_time=True)),
    _victims("M8", "", of.ENHANCED),
    _victims("M8", "provisional", Q(tier="provisional")),
    _victims("M8", "overlooked", Q(serious=True) & ~of.ENHANCED, ~of.ENHANCED),
    _victims("M9", "", Q(acknowledged=True)),
    _victims("M10", "offered", of.OFFERED),
    _victims("M10", "refused", of.REFUSED, of.OFFERED),
    _victims("M10", "made", of.REFERRED, of.OFFERED & ~of.REFUSED),
    _victims("M10", "in_time", Q(support=Duty.Status.MET), of.OFFERED & ~of.REFUSED),
    _victims("M10", "accepted", of.REFERRED & Q(accepted=True), of.REFERRED),
    Share("M11", "", of.RUNNING, Q(planned=True), ALL),
    Share("M13", "", of.OPEN_NOW, Q(overdue=True), ALL),
    _victims("M14", "", of.ENHANCED & Q(vps=True), of.ENHANCED),
    _of_rules("M17", ("R6-NO-INVEST", "R6-NOPROS")),
    Share("M19", "", of.HEARINGS, Q(in_time=True), ALL),
    Share("M20", "", of.SENTENCES, of.TOLD & Q(in_six=True), of.JUDGED),
    _of_rules("M21", ("R11-VCS-REFER",), is_by_duty=False),
    Share("M23", "", of.COMPLAINTS, Q(matured=True, in_time=True), Q(matured=True)),
    Share("M24", "", of.DUTIES, _JUDGED & Q(tried=True) & ~of.IN_TIME, _JUDGED, is_by_duty=True),
)

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
    shares = [share for share in SHARES if share.key in keys]
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
    order = {key: place for place, key in enumerate(METRICS)}
    return sorted(figures, key=lambda figure: (order[figure.key], figure.part, figure.group))


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
