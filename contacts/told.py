"""What somebody was last told, beside what is so now. Pure: events and tellings in, rows out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from victimcare.cases.kinds import Kind

HEARINGS = frozenset({Kind.HEARING_LISTED.value, Kind.HEARING_MOVED.value})
# It happened, and what was told before it is so all the same.
TAKE_NOTHING_BACK = frozenset({Kind.SUSPECT_INTERVIEWED.value})

# What a victim asks about, and the kinds of event that answer it. The newest is what is so now.
TOPICS: tuple[tuple[Promise, frozenset[str]], ...] = (
    (
        _("The suspect"),
        frozenset(
            {
                Kind.SUSPECT_ARRESTED,
                Kind.SUSPECT_INTERVIEWED,
                Kind.SUSPECT_RELEASED_NO_CHARGE,
                Kind.SUSPECT_RELEASED_UNDER_INVESTIGATION,
            }
        ),
    ),
    (_("Bail"), frozenset({Kind.SUSPECT_BAILED, Kind.BAIL_CHANGED, Kind.APPEAL_BAIL})),
    (
        _("Charge"),
        frozenset({Kind.SUSPECT_CHARGED, Kind.PROSECUTION_ALTERED, Kind.DECISION_NOT_TO_PROSECUTE}),
    ),
    (
        _("Investigation"),
        frozenset({Kind.NOT_INVESTIGATED, Kind.OUT_OF_COURT_DISPOSAL, Kind.INVESTIGATION_CLOSED_NO_SUSPECT}),
    ),
    (_("Next hearing"), HEARINGS),
    (_("Giving evidence"), frozenset({Kind.WITNESS_REQUIRED, Kind.WITNESS_NOT_REQUIRED})),
    (_("Result in court"), frozenset({Kind.RESULT_RECEIVED})),
    (_("Appeal"), frozenset({Kind.APPEAL_NOTICE, Kind.APPEAL_LISTED, Kind.APPEAL_RESULT})),
)


@dataclass(frozen=True)
class Fact:
    """One event that somebody can be told about. What was corrected is `is_so=False`: it was told and is wrong.

    `of` is whom it concerns: two suspects are bailed each for themselves. `hearing` and `moved_from` are the
    references of a hearing and of the one it replaces. A withdrawal ("it never happened") `undoes` the facts it
    takes back, by their ids; `was` is their kind, and it was `known_at` a moment.
    """

    id: int
    kind: str
    words: str
    occurred_at: datetime
    of: str = ""
    hearing: str = ""
    moved_from: str = ""
    reference: str = ""
    is_so: bool = True
    undoes: frozenset[int] = frozenset()
    was: str = ""
    known_at: datetime | None = None


@dataclass(frozen=True)
class Telling:
    """When and how an event was first told."""

    at: datetime
    how: str


@dataclass(frozen=True)
class Row:
    """`told` and `telling` are None when nothing about it was told yet.

    `is_stale`: what is so now was not told. `misleads`: something else was, and is no longer so.
    """

    about: Promise
    told: Fact | None
    telling: Telling | None
    now: Fact
    is_stale: bool

    @property
    def misleads(self) -> bool:
        return self.is_stale and self.told is not None and self.now.kind not in TAKE_NOTHING_BACK


def last_told(facts: Iterable[Fact], tellings: Mapping[int, Telling]) -> list[Row]:
    """A row for each thing that has happened: the newest thing told of it, the newest thing that is so."""
    newest_first = sorted(
        _that_matter(facts, tellings), key=lambda fact: (fact.occurred_at, fact.id), reverse=True
    )
    chains = _chains(newest_first)
    rows = []
    for about, kinds in TOPICS:
        groups: dict[str, list[Fact]] = {}
        for fact in newest_first:
            if (fact.was or fact.kind) in kinds:
                groups.setdefault(chains.get(fact.hearing) or fact.of, []).append(fact)
        for group in groups.values():
            row = _row(about, group, tellings)
            rows += [row, *_undone(row, group, tellings)] if row else []
    return rows


def _that_matter(facts: Iterable[Fact], tellings: Mapping[int, Telling]) -> list[Fact]:
    """Without the withdrawals of what was never told: nobody believes it."""
    return [fact for fact in facts if not fact.undoes or not fact.undoes.isdisjoint(tellings)]


def _row(about: Promise, group: list[Fact], tellings: Mapping[int, Telling]) -> Row | None:
    """Of facts about one thing, newest first; None where none of them is so any more."""
    now = next((fact for fact in group if fact.is_so), None)
    told = next((fact for fact in group if fact.id in tellings), None)
    if now is None:
        return None
    if now.id in tellings:
        told = now
    elif now.undoes:
        told = _told_of(now, group, tellings)
    return Row(about, told, tellings[told.id] if told else None, now, told != now)


def _told_of(withdrawal: Fact, group: list[Fact], tellings: Mapping[int, Telling]) -> Fact | None:
    """What was told and this takes back."""
    return next((fact for fact in group if fact.id in withdrawal.undoes and fact.id in tellings), None)


def _undone(row: Row, group: list[Fact], tellings: Mapping[int, Telling]) -> list[Row]:
    """What else was told of it and never happened, and nobody has said so since."""
    told_now = tellings.get(row.now.id)
    found = []
    for fact in group:
        if not fact.undoes or fact == row.now or fact.id in tellings:
            continue
        told = _told_of(fact, group, tellings)
        is_said = not row.now.undoes and (
            told_now.at >= fact.known_at if told_now and fact.known_at else row.misleads
        )
        if told and not is_said:
            found.append(Row(row.about, told, tellings[told.id], fact, True))
    return found


def _chains(facts: Iterable[Fact]) -> dict[str, str]:
    """The first hearing of each chain of hearings that moved, by each of its hearings."""
    before = {fact.hearing: fact.moved_from for fact in facts if fact.kind in HEARINGS and fact.hearing}
    chains = {}
    for hearing in before:
        first, seen = hearing, {hearing}
        while (earlier := before.get(first, "")) and earlier not in seen:
            first = earlier
            seen.add(first)
        chains[hearing] = before.get(first) or first
    return chains
