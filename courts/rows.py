"""The rows of the hearings extract, read: court listings and results. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import partial
from typing import Any

from victimcare.intake.cells import (
    Clean,
    Problem,
    Wrong,
    also,
    digest,
    moment,
    one_of,
    plain_cell,
    read_day,
    unknown_cells,
    words,
    wrong_unknown,
)
from victimcare.intake.extract import RawRow
from victimcare.intake.said import said as _

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


def clean_hearing(raw: RawRow, *, now: datetime) -> tuple[Clean, list[Problem]]:
    """One row of the hearings extract, read, as a `Row` under "hearing"; and what is wrong with it."""
    problems: list[Problem] = [Problem("", raw.fault)] if raw.fault else []
    cells: dict[str, str] = {}
    for column in HEARING_COLUMNS:
        try:
            cells[column] = plain_cell(raw.cells.get(column) or "")
        except Wrong as wrong:
            cells[column] = ""
            problems.append(Problem(column, wrong.reason))
    key = "|".join((cells["source_system"], cells["hearing_id"]))[:200]
    said = [f"{column}\x1e{cell}" for column, cell in cells.items() if cell]
    unknown = unknown_cells(raw.cells, HEARING_COLUMNS)
    row: Clean = {
        "number": raw.number,
        "key": key,
        "digest": digest(said),
        "extra": {column[:80]: cell[:400] for column, cell in unknown.items()},
    }
    problems = also(problems, _missing(cells))
    if not (problems and not problems[0].column):
        row["hearing"], wrong = _read(cells, now)
        problems = also(problems, wrong)
    return row, problems + wrong_unknown(unknown)


def _missing(cells: dict[str, str]) -> list[Problem]:
    return [Problem(column, _("This is empty.")) for column in NEEDED if not cells[column]]


def _read(cells: dict[str, str], now: datetime) -> tuple[Row | None, list[Problem]]:
    """The row, and what is wrong with cells that are not empty. No row where anything is."""
    problems: list[Problem] = []

    def said(column: str, reader: Callable[[str], Any], *, unless_empty: bool = False) -> Any:
        try:
            return None if unless_empty and not cells[column] else reader(cells[column])
        except Wrong as wrong:
            problems.append(Problem(column, wrong.reason))
            return None

    heard = partial(_heard, now)
    row = Row(
        source_system=said("source_system", partial(words, 20)),
        hearing_id=said("hearing_id", partial(words, 31)),
        occurrence_no=said("occurrence_no", partial(words, 30)),
        urn=said("urn", partial(words, 20)),
        suspect_ref=said("suspect_ref", partial(words, 40)),
        court_ou=(said("court_ou", partial(words, 10)) or "").upper(),
        type=said("hearing_type", partial(one_of, TYPES)),
        listed_on=said("listed_on", _listing_day),
        start_time=said("start_time", _time),
        courtroom=said("courtroom", partial(words, 20)),
        learned_at=said("listed_learned_at", heard),
        result_code=said("result_code", partial(words, 10)),
        plea=said("plea", partial(one_of, PLEAS)),
        verdict=said("verdict", partial(one_of, PLEAS)),
        resulted_on=said("resulted_on", read_day, unless_empty=True),
        result_learned_at=said("result_learned_at", heard, unless_empty=True),
    )
    said("defendant", partial(words, 200))
    return (None if problems else row), problems


def _listing_day(cell: str) -> date:
    day = read_day(cell)
    if not 2000 <= day.year <= 2100:
        raise Wrong(_("%s is not a day on which a court sits. Check the year.") % cell[:30])
    return day


def _heard(now: datetime, cell: str) -> datetime:
    return min(moment(now, cell).at, now)


def _time(cell: str) -> time | None:
    try:
        return time.fromisoformat(cell).replace(tzinfo=None) if cell else None
    except ValueError:
        raise Wrong(_("%s is not a time. Write it as 10:00.") % cell[:10]) from None
