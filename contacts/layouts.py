"""The extract whose rows are kept here: what officers in the case have told victims."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from contacts import landing, planning
from contacts.column_names import CONTACT_NAMES, CONTACT_NEEDED
from contacts.models import Contact
from contacts.rows import CONTACT_COLUMNS, clean_contact
from victimcare.intake.cells import Clean
from victimcare.intake.layouts import Landed, Layout
from victimcare.intake.models import FeedRow, ImportBatch


def _land(batch: ImportBatch, rows: Sequence[Clean], now: datetime) -> Landed:
    landed = landing.land_contacts(
        rows,
        received_at=None if batch.is_history else batch.arrived_at,
        batch=(batch.pk, batch.reference),
        by=batch.uploaded_by,
        now=now,
    )
    moved = [number for number, outcome in landed.outcomes.items() if outcome != "unchanged"]
    planning.roll_plans_forward(reached=landing.reached_last(moved), by=batch.uploaded_by)
    return landed


def _rows(keys: Sequence[str]) -> dict[str, tuple[int, int, int]]:
    """By natural key, the contact, its case and whom it is for."""
    pairs = {tuple(key.split("|", 1)): key for key in keys}
    found = Contact.objects.filter(
        source_system__in={pair[0] for pair in pairs}, source_id__in={pair[-1] for pair in pairs}
    ).values_list("source_system", "source_id", "pk", "participant__case_id", "participant_id")
    return {pairs[system, number]: tuple(pks) for system, number, *pks in found if (system, number) in pairs}


def _about(keys: Sequence[str]) -> dict[str, tuple[int, int | None]]:
    return {key: (case, part) for key, (_pk, case, part) in _rows(keys).items()}


def _held_as(keys: Sequence[str]) -> dict[str, list[tuple[Any, int]]]:
    return {key: [(Contact, pk)] for key, (pk, _case, _part) in _rows(keys).items()}


_CAME_IN = {name: name for name in ("by_collar", "channel", "at", "outcome", "note")}
LAYOUTS = (
    Layout(
        kind=ImportBatch.Kind.CONTACTS,
        feed=FeedRow.Kind.CONTACT,
        columns=CONTACT_COLUMNS,
        key=("source_system", "contact_id"),
        telling=frozenset({"source_system", "contact_id", "occurrence_no", "person_id"}),
        clean=lambda raw, now: clean_contact(raw, now=now),
        land=_land,
        names=CONTACT_NAMES,
        needed=CONTACT_NEEDED,
        makes="contacts.Contact",
        about=_about,
        held_as=_held_as,
        came_in={Contact._meta.label: _CAME_IN},
    ),
)
