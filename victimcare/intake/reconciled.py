"""Whether what came adds up to what is held: rows received, their outcomes, and the tables. Reads only."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from victimcare.cases.models import Participant
from victimcare.intake import layouts
from victimcare.intake.brought import events_of, of_history, tracked
from victimcare.intake.models import ImportBatch, ImportRow
from victimcare.working_days import LONDON

WORDS = {
    "outcomes": _("Rows received and the sum of their outcomes"),
    "to_the_end": _("Rows in the file and rows received"),
    "quarantined": _("Rows quarantined and rows kept in quarantine"),
    "suppressed": _("Rows suppressed and rows listed as suppressed"),
    "people": _("New rows about people and parts in cases that they made"),
    "made": _("New rows and what they made"),
    "referrals": _("Victims it brought and those of them without a referral"),
    "gone": _("What it made and what is still there"),
}


def batches_of(day: date) -> QuerySet[ImportBatch]:
    """The batches that were read to their end on a London day and not withdrawn since."""
    start = datetime.combine(day, time(0), LONDON)
    end = datetime.combine(day + timedelta(days=1), time(0), LONDON)
    read = ImportBatch.objects.filter(
        state=ImportBatch.State.DONE, finished_at__gte=start, finished_at__lt=end
    )
    return read.defer("content", "preview").order_by("pk")


def findings_of(batch: ImportBatch) -> list[dict[str, Any]]:
    """What does not agree, each with the figure expected and the figure found; nothing when all does."""
    return [
        {"batch": batch.reference, "what": what, "expected": expected, "found": found}
        for what, expected, found in _compared(batch)
        if expected != found
    ]


def _compared(batch: ImportBatch) -> Iterator[tuple[str, int, int]]:
    yield "outcomes", batch.received, sum(getattr(batch, name) for name in ImportRow.Outcome.values)
    yield "to_the_end", batch.expected, batch.received
    rows = ImportRow.objects.filter(batch=batch)
    yield "quarantined", batch.quarantined, rows.filter(outcome=ImportRow.Outcome.QUARANTINED).count()
    yield "suppressed", batch.suppressed, rows.filter(outcome=ImportRow.Outcome.SUPPRESSED).count()
    layout = layouts.of(batch.kind)
    if layout.makes:
        made = _in_time(next(m for m in tracked() if m._meta.label == layout.makes), batch)
        if layout.makes == Participant._meta.label:
            found = made.filter(role__in=Participant.SERVED).count()
            # A suppressed row is a new one or a change: which, its counts do not say.
            yield "people", min(max(found, batch.accepted), batch.accepted + batch.suppressed), found
        else:
            yield "made", batch.accepted, made.count()
    else:
        held = events_of(batch).filter(recorded_at__lte=batch.finished_at)
        yield "made", batch.accepted + batch.updated, held.count()
    if layout.without is not None:
        yield "referrals", 0, layout.without(_in_time(Participant, batch).values("id"))
    for model in tracked():
        brought = _in_time(model, batch).values("id")
        count = brought.count()
        if count:
            # What somebody deleted since left its history: it is not gone unseen.
            deleted = model.history.filter(history_type="-", id__in=brought).count()
            yield "gone", count - deleted, model._base_manager.filter(pk__in=brought).count()


def _in_time(model: Any, batch: ImportBatch) -> QuerySet[Any]:
    """The history of what was created while the file was read; a row mended later is not of its counts."""
    return of_history(model, batch, "+").filter(history_date__lte=batch.finished_at)
