"""The rows of the contacts extract, read: what officers in the case told victims. Pure."""

from datetime import datetime
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
    same,
    unknown_cells,
    words,
    wrong_unknown,
)
from victimcare.intake.extract import RawRow
from victimcare.intake.said import said as _

CONTACT_COLUMNS = (
    "source_system", "contact_id", "occurrence_no", "person_id", "by_collar", "channel", "at", "outcome",
    "event_ids", "note",
)  # fmt: skip
CHANNELS = same("PHONE IN_PERSON TEXT EMAIL LETTER")
OUTCOMES = same("REACHED NO_ANSWER MESSAGE_LEFT")
LONGEST = {
    "source_system": 20, "contact_id": 40, "occurrence_no": 30, "person_id": 40, "by_collar": 20, "note": 4000,
}  # fmt: skip
MOST_EVENTS = 40


def clean_contact(raw: RawRow, *, now: datetime) -> tuple[Clean, list[Problem]]:
    """One row of the contacts extract, read; and what is wrong with it. Never raises."""
    row: Clean = dict.fromkeys(CONTACT_COLUMNS, "")
    row["at"], row["event_ids"] = None, []
    problems: list[Problem] = [Problem("", raw.fault)] if raw.fault else []
    seen: list[str] = []
    for column in CONTACT_COLUMNS:
        try:
            cell = plain_cell(raw.cells.get(column) or "")
            if not cell:
                continue
            seen.append(f"{column}\x1e{cell}")
            row[column] = _cell(column, cell, now)
        except Wrong as wrong:
            problems.append(Problem(column, wrong.reason))
    problems = also(problems, (Problem(column, reason) for column, reason in _missing() if not row[column]))
    row["number"], row["digest"] = raw.number, digest(seen)
    row["key"] = "|".join((row["source_system"], row["contact_id"]))[:200]
    unknown = unknown_cells(raw.cells, CONTACT_COLUMNS)
    row["extra"] = {column[:80]: cell[:400] for column, cell in unknown.items()}
    return row, problems + wrong_unknown(unknown)


def _missing() -> tuple[tuple[str, str], ...]:
    return (
        ("source_system", _("The system it came from is missing.")),
        ("contact_id", _("The contact's number in the force's system is missing.")),
        ("occurrence_no", _("The occurrence number is missing: we cannot tell which crime this is about.")),
        ("person_id", _("The person's number is missing: we cannot tell who was contacted.")),
        ("channel", _("How they were contacted is missing.")),
        ("at", _("When they were contacted is missing.")),
        ("outcome", _("Whether they were reached is missing.")),
    )


def _cell(column: str, cell: str, now: datetime) -> Any:
    if column == "at":
        return moment(now, cell)
    if column == "channel":
        return one_of(CHANNELS, cell.replace(" ", "_")).lower()
    if column == "outcome":
        return one_of(OUTCOMES, cell.replace(" ", "_")).lower()
    if column == "event_ids":
        return _events(cell)
    return words(LONGEST[column], cell)


def _events(cell: str) -> list[str]:
    ids = list(dict.fromkeys(part.strip() for part in cell.split(";") if part.strip()))
    if len(ids) > MOST_EVENTS:
        raise Wrong(_("This names more than %d events. Send them in several contacts.") % MOST_EVENTS)
    return [words(40, event) for event in ids]
