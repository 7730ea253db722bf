"""What is owed: facts in, duties out. No Django, no database, no clock; the days are passed in.

Day 0 is the day the rule's clock starts (the event, or when we heard of it); a duty is in time until the
end of its last working day, London time. Duties are owed to each victim alone, whoever works the case.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

from compliance.catalogue import Rule, Rulebook
from victimcare.working_days import add_working_days

OPEN, MET, MET_LATE, DECLINED = "open", "met", "met_late", "declined"
WITHDRAWN, REQUIRED, NOT_REQUIRED = "WITHDRAWN", "WITNESS_REQUIRED", "WITNESS_NOT_REQUIRED"
EXCUSED = "DUTY_EXCUSED"

last_day = lru_cache(maxsize=100_000)(add_working_days)

Key = tuple[str, str, int, int]  # of a duty: Code version, rule, event, participant


@dataclass(frozen=True, slots=True)
class Happened:
    """An event, as far as duties care. `participant` None concerns everybody in the case.

    `corrects` are the ids of events of the same kind that this one replaced: what was told of those was
    told of this.
    """

    id: int
    kind: str
    occurred_on: date
    learned_on: date
    reference: str = ""
    participant: int | None = None
    suspect: int | None = None
    hearing: str = ""
    detail: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    replaces: int | None = None
    corrects: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """A contact or letter that told one event to the victim, or to somebody who acts for them."""

    event: int
    on: date
    reference: str


@dataclass(frozen=True, slots=True)
class Served:
    """One victim or witness. `enhanced_from` is (day, enhanced?) by day, provisional ones included."""

    id: int
    role: str = "VICTIM"
    enhanced_from: tuple[tuple[date, bool], ...] = ()
    reported_on: date | None = None


class Owed(NamedTuple):
    """One duty as it stands. `first_due_on` is by the entitlement at its trigger, before any change."""

    rule: Rule
    event: int
    participant: int
    owner: str
    clock_on: date
    limit: int | None
    due_on: date | None
    first_due_on: date | None
    enhanced_at_trigger: bool
    enhanced_applied: bool
    status: str = OPEN
    settled_on: date | None = None
    met_by: str = ""


def standing(events: Iterable[Happened]) -> list[Happened]:
    """The events that stand: not replaced, not withdrawals; each knows which of its own kind it corrects."""
    by_id = {event.id: event for event in events}
    replaced = {event.replaces for event in by_id.values() if event.replaces}
    return [
        _with_chain(event, by_id) if event.replaces else event
        for event in by_id.values()
        if event.id not in replaced and event.kind != WITHDRAWN
    ]


def _with_chain(event: Happened, by_id: Mapping[int, Happened]) -> Happened:
    chain: list[int] = []
    before = by_id.get(event.replaces or 0)
    while before is not None:
        if before.kind == event.kind:
            chain.append(before.id)
        before = by_id.get(before.replaces or 0)
    # dataclasses.replace is slow, and this runs for every case of a year.
    return Happened(
        event.id, event.kind, event.occurred_on, event.learned_on, event.reference, event.participant,
        event.suspect, event.hearing, event.detail, event.data, event.replaces, tuple(chain),
    )  # fmt: skip


def owed_to(
    served: Served,
    events: Sequence[Happened],
    told: Sequence[Told],
    rulebook: Rulebook,
    *,
    bank_holidays: frozenset[date],
    settled_by: Mapping[Key, frozenset[date]] = MappingProxyType({}),
) -> list[Owed]:
    """Everything owed to one victim or witness because of the events that stand, each with its verdict.

    `events` are the case's (`standing`); another person's own are left out here. `told` is this person's.
    `settled_by` are the bank holidays of another calendar by which a duty was settled: while it is, it keeps them.
    """
    mine = [event for event in events if event.participant is None or event.participant == served.id]
    excused = {
        (event.data.get("rule"), event.data.get("event")): event for event in mine if event.kind == EXCUSED
    }

    by_kind: dict[str, list[Happened]] = {}
    for event in mine:
        by_kind.setdefault(event.kind, []).append(event)

    def counted(rule: Rule, event: Happened, holidays: frozenset[date]) -> Owed:
        found = _counted(rule, event, served, by_kind, told, holidays)
        return _excused(found, event, excused) if excused else found

    def owed(rule: Rule, event: Happened) -> Owed:
        then = settled_by.get((rule.code, rule.key, event.id, served.id)) if settled_by else None
        if then is not None and (as_settled := counted(rule, event, then)).status != OPEN:
            return as_settled
        return counted(rule, event, bank_holidays)

    return [
        owed(rule, event)
        for event in mine
        for rule in rulebook.opened_by.get(event.kind, ())
        if _concerns(rule, event, served, mine)
    ]


def _concerns(rule: Rule, event: Happened, served: Served, mine: Sequence[Happened]) -> bool:
    """Whether this rule is owed to this person because of this event."""
    if not rule.is_in_force(trigger_on=_day_0(rule, event), reported_on=served.reported_on):
        return False
    if rule.results and not set(rule.results).intersection(result_kinds(event)):
        return False
    if rule.when and any(event.data.get(name) != value for name, value in rule.when.items()):
        return False
    if served.role == "WITNESS" and "REQUIRED_WITNESS" in rule.owed_to:
        return _is_required(mine, event.learned_on)
    return served.role in rule.owed_to


def result_kinds(event: Happened) -> tuple[str, ...]:
    """What a court's result was: bail, warrant, rearrest, outcome, sentence, adjourned; or several."""
    said = event.data.get("result_kind", ())
    return (said,) if isinstance(said, str) else tuple(said)


def _is_required(mine: Sequence[Happened], on: date) -> bool:
    """Whether this witness had to come to court, as known at the end of this day."""
    heard = [event for event in mine if event.kind in (REQUIRED, NOT_REQUIRED) and event.learned_on <= on]
    last = max(heard, key=lambda event: (event.learned_on, event.id), default=None)
    return last is not None and last.kind == REQUIRED


def _day_0(rule: Rule, event: Happened) -> date:
    return event.learned_on if rule.counts_from == "learned" else event.occurred_on


def is_enhanced_on(served: Served, day: date) -> bool:
    """The entitlement set last for the latest day up to this one; standard when nobody has said."""
    latest, answer = date.min, False
    for start, is_enhanced in served.enhanced_from:
        if latest <= start <= day:
            latest, answer = start, is_enhanced
    return answer


def _counted(
    rule: Rule,
    event: Happened,
    served: Served,
    by_kind: Mapping[str, Sequence[Happened]],
    told: Sequence[Told],
    bank_holidays: frozenset[date],
) -> Owed:
    """The duty as it was on the day its clock started, and after everything that happened since: met, late, declined
    or open, by its last due date.
    """
    start = _day_0(rule, event)
    is_enhanced = at_trigger = is_enhanced_on(served, start)
    limit = rule.limit(is_enhanced=at_trigger)
    due_on = first_due_on = None if limit is None else last_day(start, limit, bank_holidays=bank_holidays)
    status, settled_on, evidence = _end(rule, event, by_kind, told)
    if due_on is not None and served.enhanced_from:
        due_on, is_enhanced = _moved(rule, start, due_on, at_trigger, served, settled_on, bank_holidays)
    if status == MET and due_on and settled_on and settled_on > due_on:
        status = MET_LATE
    return Owed(
        rule, event.id, served.id, _owner(rule, event), start, limit, due_on, first_due_on, at_trigger,
        is_enhanced, status, settled_on, evidence,
    )  # fmt: skip


def _owner(rule: Rule, event: Happened) -> str:
    if not rule.owner_when_detail_says:
        return rule.owned_by
    said = f"{event.detail} {event.data.get('decided_by', '')}".upper()
    return next((who for word, who in rule.owner_when_detail_says.items() if word in said), rule.owned_by)


def _excused(owed: Owed, event: Happened, excused: Mapping[tuple[Any, Any], Happened]) -> Owed:
    """The duty as two people decided it stands: exempt, declined or not applicable; unless it was met in time."""
    if owed.status not in (OPEN, MET_LATE):
        return owed
    decision = next(
        (found for about in (event.id, *event.corrects) if (found := excused.get((owed.rule.key, about)))),
        None,
    )
    if decision is None:
        return owed
    return owed._replace(
        status=decision.data["status"], settled_on=decision.occurred_on, met_by=decision.reference
    )


def _moved(
    rule: Rule,
    clock_on: date,
    due_on: date,
    is_enhanced: bool,
    served: Served,
    settled_on: date | None,
    bank_holidays: frozenset[date],
) -> tuple[date, bool]:
    """The due date and entitlement that apply.

    On becoming enhanced an open duty takes the earlier of its date and so many working days after the
    assessment; on losing it, it keeps the shorter date.
    """
    if rule.enhanced is None or rule.standard is None or rule.enhanced >= rule.standard:
        return due_on, is_enhanced
    for start, becomes_enhanced in served.enhanced_from:
        if becomes_enhanced and clock_on < start <= due_on and (settled_on is None or settled_on >= start):
            due_on = min(due_on, last_day(start, rule.enhanced, bank_holidays=bank_holidays))
            is_enhanced = True
    return due_on, is_enhanced


def _end(
    rule: Rule, event: Happened, by_kind: Mapping[str, Sequence[Happened]], told: Sequence[Told]
) -> tuple[str, date | None, str]:
    """How the duty ended, on which day, by what evidence; open when it has not. The first counts."""
    if rule.is_told:
        for telling in told:
            is_about_it = telling.event == event.id or telling.event in event.corrects
            if is_about_it and telling.on >= event.occurred_on:
                return MET, telling.on, telling.reference
        return OPEN, None, ""
    ends = sorted(
        (settled_on, other.id, MET if other.kind in rule.met_by else DECLINED, other.reference)
        for kind in {*rule.met_by, *rule.declined_by}
        for other in by_kind.get(kind, ())
        if (_meets(rule, other) or other.kind in rule.declined_by)
        and _same_matter(event, other)
        and (settled_on := other.learned_on if rule.met_clock == "receipt" else other.occurred_on)
        >= event.occurred_on
    )
    return (ends[0][2], ends[0][0], ends[0][3]) if ends else (OPEN, None, "")


def _meets(rule: Rule, other: Happened) -> bool:
    return other.kind in rule.met_by and all(
        other.data.get(name) in allowed for name, allowed in rule.met_when.items()
    )


def _same_matter(event: Happened, other: Happened) -> bool:
    """Whether two events are of one hearing and one suspect, where both say."""
    same_hearing = not event.hearing or not other.hearing or event.hearing == other.hearing
    return same_hearing and (event.suspect is None or other.suspect is None or event.suspect == other.suspect)
