"""The extract whose rows are kept here: court listings and results."""

from collections.abc import Sequence
from datetime import datetime

from courts.column_names import HEARING_NAMES
from courts.landing import land_hearings
from courts.models import Hearing
from courts.rows import HEARING_COLUMNS, NEEDED, clean_hearing
from victimcare.intake.cells import Clean
from victimcare.intake.layouts import Landed, Layout
from victimcare.intake.models import FeedRow, ImportBatch


def _land(batch: ImportBatch, rows: Sequence[Clean], now: datetime) -> Landed:
    return land_hearings(rows, batch=batch, now=now)


def _about(keys: Sequence[str]) -> dict[str, tuple[int, int | None]]:
    pairs = {tuple(key.split("|", 1)): key for key in keys}
    found = Hearing.objects.filter(
        source_system__in={pair[0] for pair in pairs}, source_id__in={pair[-1] for pair in pairs}
    ).values_list("source_system", "source_id", "case_id")
    return {
        pairs[system, number]: (case, None) for system, number, case in found if (system, number) in pairs
    }


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
        about=_about,
    ),
)
