"""The extract whose rows are kept here: court listings and results."""

from collections.abc import Sequence
from datetime import datetime

from courts.column_names import HEARING_NAMES
from courts.landing import land_hearings
from courts.rows import HEARING_COLUMNS, NEEDED, clean_hearing
from victimcare.intake.cells import Clean
from victimcare.intake.layouts import Landed, Layout
from victimcare.intake.models import FeedRow, ImportBatch


def _land(batch: ImportBatch, rows: Sequence[Clean], now: datetime) -> Landed:
    return land_hearings(rows, batch=batch, now=now)


LAYOUTS = (
    Layout(
        kind=ImportBatch.Kind.HEARINGS,
        feed=FeedRow.Kind.HEARING,
        columns=HEARING_COLUMNS,
        telling=frozenset({"source_system", "hearing_id", "court_ou", "listed_on"}),
        clean=lambda raw, now: clean_hearing(raw, now=now),
        land=_land,
        names=HEARING_NAMES,
        needed=frozenset(NEEDED),
        makes="courts.Hearing",
    ),
)
