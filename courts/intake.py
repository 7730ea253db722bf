"""A hearings extract becomes hearings, row by row. A row that cannot be used says why; the others go on.

The same row again changes nothing. A row that now carries its result adds only that.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import partial
from typing import IO, Any

from django.db import transaction
from django.utils.translation import gettext as _

from courts import actions
from courts.models import Court, Hearing
from courts.results import ResultKind, kinds_of
from victimcare import clock
from victimcare.accounts.models import User
from victimcare.cases.models import Case, Participant
from victimcare.faults import Refused
from victimcare.intake.cells import Wrong, moment, one_of, plain_cell, read_day, words
from victimcare.intake.extract import RawRow, Unreadable, open_extract

HEARING_COLUMNS = (
    "source_system", "hearing_id", "urn", "occurrence_no", "suspect_ref", "defendant", "court_ou",
    "hearing_type", "listed_on", "start_time", "courtroom", "listed_learned_at", "plea", "result_code",
    "verdict", "resulted_on", "result_learned_at",
)  # fmt: skip
TYPES = {"FH": "FH", "PTPH": "PTPH", "TRIAL": "TRIAL", "SENT": "SENT"}
PLEAS = {"": "", "G": "G", "NG": "NG", "NONE": "NONE"}
NEEDED = (
    "source_system", "hearing_id", "occurrence_no", "court_ou", "hearing_type", "listed_on",
    "listed_learned_at",
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One row of the extract, cleaned. Days are London's, moments UTC."""

    source_system: str
    hearing_id: str
    occurrence_no: str
    urn: str
    suspect_ref: str
    court_ou: str
    type: str
    listed_on: date
    start_time: time | None
    courtroom: str
    learned_at: datetime
    result_code: str
    plea: str
    verdict: str
    resulted_on: date | None
    result_learned_at: datetime | None


@dataclass
class Report:
    """What became of each row of one file."""

    received: int = 0
    listed: int = 0
    moved: int = 0
    resulted: int = 0
    unchanged: int = 0
    quarantined: list[dict[str, Any]] = field(default_factory=list)
    unknown_columns: list[str] = field(default_factory=list)


def read(stream: IO[bytes], *, by: User | None) -> Report:
    """List every hearing of an extract and record its results. Raises Unreadable for a file that is none."""
    extract = open_extract(stream)
    if extract.kind != "hearings":
        raise Unreadable(_("This is a %s extract. Import it where that is read.") % extract.kind)
    report = Report(unknown_columns=extract.unknown_columns)
    for raw in extract.rows():
        report.received += 1
        try:
            done = list(keep(clean(raw), by=by))
        except (Wrong, Refused) as fault:
            sentence = str(getattr(fault, "sentence", fault))
            report.quarantined.append({"row": raw.number, "reason": sentence, "cells": raw.cells})
            continue
        for what in done or ["unchanged"]:
            setattr(report, what, getattr(report, what) + 1)
    return report


def clean(raw: RawRow) -> Row:
    """The row as our own types. Raises Wrong with the column at fault."""
    if raw.fault:
        raise Wrong(raw.fault)
    cells = {}
    for column, cell in raw.cells.items():
        try:
            cells[column] = plain_cell(cell or "")
        except Wrong as fault:
            raise Wrong(f"{column}: {fault}") from None
    missing = next((column for column in NEEDED if not cells.get(column)), "")
    if missing:
        raise Wrong(_("%s is empty. Ask for the row again.") % missing)

    def said(column: str, reader: Any) -> Any:
        try:
            return reader(cells.get(column, ""))
        except Wrong as fault:
            raise Wrong(f"{column}: {fault}") from None

    now = clock.now()
    heard = partial(_heard, now)
    return Row(
        source_system=said("source_system", partial(words, 20)),
        hearing_id=said("hearing_id", partial(words, 31)),
        occurrence_no=said("occurrence_no", partial(words, 30)),
        urn=said("urn", partial(words, 20)),
        suspect_ref=said("suspect_ref", partial(words, 40)),
        court_ou=said("court_ou", partial(words, 10)).upper(),
        type=said("hearing_type", partial(one_of, TYPES)),
        listed_on=said("listed_on", read_day),
        start_time=said("start_time", _time),
        courtroom=said("courtroom", partial(words, 20)),
        learned_at=said("listed_learned_at", heard),
        result_code=said("result_code", partial(words, 10)),
        plea=said("plea", partial(one_of, PLEAS)),
        verdict=said("verdict", partial(one_of, PLEAS)),
        resulted_on=said("resulted_on", read_day) if cells.get("resulted_on") else None,
        result_learned_at=said("result_learned_at", heard) if cells.get("result_learned_at") else None,
    )


def _heard(now: datetime, cell: str) -> datetime:
    return min(moment(now, cell).at, now)


def _time(cell: str) -> time | None:
    try:
        return time.fromisoformat(cell) if cell else None
    except ValueError:
        raise Wrong(_("%s is not a time. Write it as 10:00.") % cell[:10]) from None


@transaction.atomic
def keep(row: Row, *, by: User | None) -> Iterator[str]:
    """List the hearing if it is new and record its result if that is new: "listed", "moved", "resulted".

    Raises Wrong for a case, court or defendant we do not know, Refused for what cannot be so.
    """
    done = []
    hearing = Hearing.objects.filter(source_system=row.source_system, source_id=row.hearing_id).first()
    if hearing is None:
        hearing = _list(row, by)
        done.append("listed" if hearing.moved_from is None else "moved")
    elif hearing.listed_on != row.listed_on:
        raise Wrong(
            _("listed_on: this hearing was listed for another day. A hearing that moves is a new row.")
        )
    if row.result_code and not hearing.has_result:
        actions.record_result(
            hearing=hearing,
            result_code=row.result_code,
            plea=row.plea,
            verdict=row.verdict,
            resulted_on=row.resulted_on or row.listed_on,
            learned_at=row.result_learned_at or clock.now(),
            source_id=row.hearing_id,
            by=by,
        )
        done.append("resulted")
    elif row.result_code and hearing.result_code != row.result_code:
        raise Wrong(_("result_code: this hearing has another result. Ask the court which is right."))
    return iter(done)


def _list(row: Row, by: User | None) -> Hearing:
    case, court = _case(row), Court.objects.filter(ou=row.court_ou).first()
    if court is None:
        raise Wrong(
            _("court_ou: no court has the code %s here. Have it added, then import again.") % row.court_ou
        )
    suspect = None
    if row.suspect_ref:
        suspect = Participant.objects.filter(
            case=case, role=Participant.Role.SUSPECT, person__source_id=row.suspect_ref
        ).first()
        if suspect is None:
            raise Wrong(
                _("suspect_ref: this case has no suspect %s. Import its referrals first.") % row.suspect_ref
            )
    return actions.list_hearing(
        case=case,
        court=court,
        type=row.type,
        listed_on=row.listed_on,
        learned_at=row.learned_at,
        start_time=row.start_time,
        courtroom=row.courtroom,
        urn=row.urn,
        suspect=suspect,
        moved_from=_put_off(case, row.type, suspect),
        source_system=row.source_system,
        source_id=row.hearing_id,
        by=by,
    )


def _case(row: Row) -> Case:
    """The case with this crime number; by the URN where two systems use the same number."""
    found = list(Case.objects.filter(occurrence_no=row.occurrence_no)[:2])
    if len(found) > 1 and row.urn:
        found = [case for case in found if case.urn == row.urn]
    if len(found) != 1:
        raise Wrong(
            _("occurrence_no: no one case has the number %s. Import its referrals first.") % row.occurrence_no
        )
    return found[0]


def _put_off(case: Case, type: str, suspect: Participant | None) -> Hearing | None:
    """The hearing of this kind that was put off to another day, and that no hearing has followed."""
    before = (
        Hearing.objects.standing().filter(case=case, type=type, suspect=suspect).order_by("-listed_on", "-pk")
    )
    found = before.exclude(result_code="").first()
    return found if found and ResultKind.ADJOURNED in kinds_of(found.result_code) else None
