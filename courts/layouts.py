"""The extract whose rows are kept here: court listings and results."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from courts.column_names import HEARING_NAMES
from courts.landing import land_hearings
from courts.models import Hearing
from courts.rows import HEARING_COLUMNS, NEEDED, clean_hearing
from victimcare.intake.cells import Clean
from victimcare.intake.layouts import Landed, Layout
from victimcare.intake.models import FeedRow, ImportBatch


def _land(batch: ImportBatch, rows: Sequence[Clean], now: datetime) -> Landed:
    return land_hearings(rows, batch=batch, now=now)


def _rows(keys: Sequence[str]) -> dict[str, tuple[int, int]]:
    """By natural key, the hearing and its case."""
    pairs = {tuple(key.split("|", 1)): key for key in keys}
    found = Hearing.objects.filter(
        source_system__in={pair[0] for pair in pairs}, source_id__in={pair[-1] for pair in pairs}
    ).values_list("source_system", "source_id", "pk", "case_id")
    return {
        pairs[system, number]: (pk, case) for system, number, pk, case in found if (system, number) in pairs
    }


def _about(keys: Sequence[str]) -> dict[str, tuple[int, int | None]]:
    return {key: (case, None) for key, (_pk, case) in _rows(keys).items()}


def _held_as(keys: Sequence[str]) -> dict[str, list[tuple[Any, int]]]:
    return {key: [(Hearing, pk)] for key, (pk, _case) in _rows(keys).items()}


_SAME = (
    "urn", "listed_on", "start_time", "courtroom", "listed_learned_at", "plea", "result_code", "verdict",
    "resulted_on", "result_learned_at",
)  # fmt: skip
_CAME_IN = {name: name for name in _SAME} | {"type": "hearing_type", "court": "court_ou"}
LAYOUTS = (
    Layout(
        kind=ImportBatch.Kind.HEARINGS,
        feed=FeedRow.Kind.HEARING,
        columns=HEARING_COLUMNS,
        key=("source_system", "hearing_id"),
        telling=frozenset({"source_system", "hearing_id", "court_ou", "listed_on"}),
        clean=lambda raw, now: clean_hearing(raw, now=now),
        land=_land,
        names=HEARING_NAMES,
        needed=frozenset(NEEDED),
        makes="courts.Hearing",
        about=_about,
        held_as=_held_as,
        came_in={Hearing._meta.label: _CAME_IN},
    ),
)
