"""The extract whose rows are kept here: court listings and results."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from courts.intake import HEARING_COLUMNS, clean, keep
from victimcare.faults import Refused
from victimcare.intake.cells import Clean, Problem, Wrong, raw_digest
from victimcare.intake.extract import RawRow
from victimcare.intake.layouts import Landed, Layout
from victimcare.intake.models import FeedRow, ImportBatch


def _clean(raw: RawRow, now: datetime) -> tuple[Clean, list[Problem]]:
    key = "|".join(raw.cells.get(column, "") for column in ("source_system", "hearing_id"))[:200]
    row: Clean = {"number": raw.number, "key": key, "digest": raw_digest(raw.cells), "extra": {}}
    try:
        row["hearing"] = clean(raw)
    except Wrong as wrong:
        return row, [_problem(str(wrong))]
    return row, []


def _problem(sentence: str) -> Problem:
    """The column at fault, which the sentence begins with, and the rest."""
    column, colon, reason = sentence.partition(": ")
    return Problem(column, reason) if colon and column in HEARING_COLUMNS else Problem("", sentence)


def _land(batch: ImportBatch, rows: Sequence[Clean], now: datetime) -> Landed:
    landed = Landed()
    for row in rows:
        try:
            with transaction.atomic():
                done = list(keep(row["hearing"], by=batch.uploaded_by))
        except (Wrong, Refused) as fault:
            problem = _problem(str(getattr(fault, "sentence", fault)))
            landed.unknown[row["number"]] = (problem.column, problem.reason)
            continue
        landed.outcomes[row["number"]] = (
            "unchanged" if not done else "updated" if done == ["resulted"] else "accepted"
        )
        FeedRow.objects.update_or_create(
            kind=FeedRow.Kind.HEARING, key=row["key"], defaults={"digest": row["digest"], "batch": batch}
        )
    return landed


LAYOUTS = (
    Layout(
        kind=ImportBatch.Kind.HEARINGS,
        feed=FeedRow.Kind.HEARING,
        columns=HEARING_COLUMNS,
        telling=frozenset({"source_system", "hearing_id", "court_ou", "listed_on"}),
        clean=_clean,
        land=_land,
    ),
)
