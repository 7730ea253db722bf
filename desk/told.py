"""What somebody was last told, beside what is so now. Pure: events and tellings in, rows out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from victimcare.cases.kinds import Kind

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
    (_("Next hearing"), frozenset({Kind.HEARING_LISTED, Kind.HEARING_MOVED})),
    (_("Giving evidence"), frozenset({Kind.WITNESS_REQUIRED, Kind.WITNESS_NOT_REQUIRED})),
    (_("Result in court"), frozenset({Kind.RESULT_RECEIVED})),
    (_("Appeal"), frozenset({Kind.APPEAL_NOTICE, Kind.APPEAL_LISTED, Kind.APPEAL_RESULT})),
)


@dataclass(frozen=True)
class Fact:
    """One event that somebody can be told about, newest first where there are several."""

    id: int
    kind: str
    words: str
    occurred_at: datetime


@dataclass(frozen=True)
class Telling:
    """When and how an event was first told."""

    at: datetime
    how: str


@dataclass(frozen=True)
class Row:
    """`told` and `telling` are None when nothing about it was told yet."""

    about: Promise
    told: Fact | None
    telling: Telling | None
    now: Fact
    is_stale: bool


def last_told(facts: Iterable[Fact], tellings: Mapping[int, Telling]) -> list[Row]:
    """One row a topic that has happened: the newest thing told, the newest thing that is so."""
    newest_first = sorted(facts, key=lambda fact: (fact.occurred_at, fact.id), reverse=True)
    rows = []
    for about, kinds in TOPICS:
        matching = [fact for fact in newest_first if fact.kind in kinds]
        if not matching:
            continue
        told = next((fact for fact in matching if fact.id in tellings), None)
        rows.append(Row(about, told, tellings[told.id] if told else None, matching[0], told != matching[0]))
    return rows
