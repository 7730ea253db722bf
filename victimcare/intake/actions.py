"""Every write of an extract that arrives: kept, checked first, and read row by row.

An extract lands in chunks, each committed by itself with its counts, so that a reader killed at any moment
is resumed where it stopped and every row is kept exactly once.
"""

import hashlib
import io
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import IO

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from victimcare import clock
from victimcare.accounts.models import User
from victimcare.accounts.notify import settle
from victimcare.audit.actions import record_access
from victimcare.audit.models import AccessEntry
from victimcare.faults import Refused, Stale
from victimcare.intake import extract as extracts
from victimcare.intake import layouts
from victimcare.intake.ahead import one_ahead
from victimcare.intake.checking import Preview, Tried
from victimcare.intake.chunks import Read, announce_chunk, land, one_at_a_time
from victimcare.intake.claiming import OF_THE_MACHINE, PARKED, Overtaken, hold, let_go, log_fault
from victimcare.intake.extract import Extract, RawRow, Unreadable, visible
from victimcare.intake.layouts import Layout
from victimcare.intake.models import FeedToken, ImportBatch, ImportRow
from victimcare.intake.tokens import ImportService
from victimcare.intake.what_changed import first_changes

CHUNK = 5000


class AlreadyHere(Refused):
    """The same file is here and not yet dealt with: the batch that holds it says how far it is."""

    def __init__(self, sentence: str, *, batch: ImportBatch) -> None:
        super().__init__(sentence)
        self.batch = batch


@dataclass
class _Feed:
    """Whoever brought an extract that nobody uploaded: the force's own feed."""

    reference: str = "FEED"
    display_name: str = "The force's feed"
    roles: list[str] = field(default_factory=list)


Progress = Callable[[ImportBatch], None]


# --- An extract arrives ----------------------------------------------------------------------------


@transaction.atomic
def upload(
    *,
    file_name: str,
    content: bytes,
    by: User | None,
    is_history: bool = False,
    checked_first: bool = False,
    came_by: str = ImportBatch.Way.PAGE,
    token: FeedToken | None = None,
) -> ImportBatch:
    """Keep an extract's bytes until a worker has read them.

    `checked_first`: a worker says what would become of it, and a person whether to import it. Raises
    AlreadyHere when the same file is waiting already.
    """
    sha256 = hashlib.sha256(content).hexdigest()
    _refuse_if_open(sha256)
    try:
        with transaction.atomic():
            return ImportBatch.objects.create(
                file_name=visible(file_name)[-200:],
                sha256=sha256,
                content=content,
                uploaded_by=by,
                is_history=is_history,
                came_by=came_by,
                token=token,
                state=ImportBatch.State.CHECK if checked_first else ImportBatch.State.WAITING,
                preview={"is_wanted": True} if checked_first else {},
            )
    except IntegrityError:  # somebody else sent the same file at the same moment
        _refuse_if_open(sha256)
        raise


def _refuse_if_open(sha256: str) -> None:
    same = ImportBatch.objects.open().filter(sha256=sha256).defer("content").first()
    if same is not None and same.state == ImportBatch.State.CHECKED:
        raise AlreadyHere(
            _(
                "This file (%(batch)s) was checked and waits for somebody to say whether to import it. "
                "Open it in the list."
            )
            % {"batch": same.reference},
            batch=same,
        )
    if same is not None:
        raise AlreadyHere(
            _(
                "This file (%(batch)s) is already waiting or being read. Open it in the list to see "
                "how far it is."
            )
            % {"batch": same.reference},
            batch=same,
        )


def begin(
    *,
    file_name: str,
    sha256: str,
    by: User | None,
    is_history: bool = False,
    came_by: str = ImportBatch.Way.COMMAND,
) -> ImportBatch:
    """Open a batch for a file read from disk, or go on with one whose reader died.

    Raises Refused while one lives.
    """
    batch = ImportBatch.objects.open().filter(sha256=sha256).defer("content").first()
    if batch is None:
        return ImportBatch.objects.create(
            file_name=visible(file_name)[-200:], sha256=sha256, state=ImportBatch.State.READING,
            uploaded_by=by, is_history=is_history, came_by=came_by, claimed_at=clock.now(),
        )  # fmt: skip
    if batch.state != ImportBatch.State.READING or not hold(batch):
        _refuse_if_open(sha256)
    else:
        let_go(batch)  # `receive` holds it; two that come here at once are told apart by their first chunk
    return batch


@transaction.atomic
def try_again(*, batch: ImportBatch, by: User) -> ImportBatch:
    """Have a parked extract read once more, from where it stopped. Raises Stale when it is not parked now."""
    batch = ImportBatch.objects.select_for_update(of=("self",)).defer("content").get(pk=batch.pk)
    if batch.state != ImportBatch.State.PARKED:
        raise Stale(_("This extract is not parked any more. Open it again to see how far it is."))
    _refuse_if_open(batch.sha256)
    batch.state = ImportBatch.State.CHECK if batch.preview else ImportBatch.State.WAITING
    batch.attempts, batch.sentence, batch.finished_at, batch.claimed_at = 0, "", None, None
    batch.save(update_fields=["state", "attempts", "sentence", "finished_at", "claimed_at"])
    settle(kind=PARKED, subject=batch.reference)
    return batch


def read(*, batch: ImportBatch, progress: Progress | None = None) -> ImportBatch:
    """Read a claimed batch to its end; its bytes go when every row is kept. An unreadable one says why."""
    content = batch.content
    if content is None:
        return _unreadable(
            batch,
            _("Reading stopped before the end. Import the file again: rows already kept come out unchanged."),
        )
    return receive(batch=batch, stream=io.BytesIO(content), progress=progress)


# --- Checked first -----------------------------------------------------------------------------------


def check(*, batch: ImportBatch) -> ImportBatch:
    """Find out what would become of a claimed extract, and keep nothing of it but that.

    Each chunk lands as it would, and is rolled back. An extract that cannot be read says why, as one that is
    imported does.
    """
    preview = Preview()
    try:
        opened = extracts.open_extract(io.BytesIO(batch.content or b""))
        preview.describe(opened)
        earlier: dict[str, str] = {}
        batch.kind, batch.encoding = opened.kind, opened.encoding
        for chunk in _chunks(batch.kind, opened.rows()):
            preview.look_at([raw for raw, _row, _problems in chunk])
            preview.count(_try(batch, chunk, earlier, preview))
            ImportBatch.objects.filter(pk=batch.pk).update(
                kind=batch.kind, claimed_at=clock.now(), attempts=0, received=preview.received
            )
        if not preview.received:
            raise Unreadable(_NO_ROWS)
    except Unreadable as fault:
        return _unreadable(batch, fault.sentence)
    except OF_THE_MACHINE:
        raise
    except Exception as fault:
        return _stumbled(batch, fault)
    return _checked(batch, opened, preview)


@transaction.atomic
def _try(batch: ImportBatch, chunk: list[Read], earlier: dict[str, str], preview: Preview) -> Tried:
    """What would become of a chunk after the chunks before it: it lands, is looked at, and is rolled back."""
    one_at_a_time()
    counts, _case_ids = land(batch, chunk, earlier)
    bad = ImportRow.objects.filter(batch=batch, outcome=ImportRow.Outcome.QUARANTINED).order_by("number")
    problems = [
        row.problems[0] | {"number": row.number, "more": len(row.problems) - 1}
        for row in bad.only("number", "problems")[: preview.room]
    ]
    reasons = Counter(
        ImportRow.objects.filter(batch=batch, outcome=ImportRow.Outcome.SUPPRESSED).values_list(
            "reason", flat=True
        )
    )
    changes = first_changes(batch, at_most=preview.room_for_changes)
    stood = ImportRow.objects.filter(batch=batch).exclude(kept=[]).order_by("number")
    kept = [
        {"number": number, "key": key, "columns": columns}
        for number, key, columns in stood.values_list("number", "natural_key", "kept")[
            : preview.room_for_kept
        ]
    ]
    transaction.set_rollback(True)
    return Tried(counts, problems, reasons, changes, kept)


@transaction.atomic
def _checked(batch: ImportBatch, opened: Extract, preview: Preview) -> ImportBatch:
    fresh = ImportBatch.objects.select_for_update(of=("self",)).only("state").get(pk=batch.pk)
    if fresh.state != ImportBatch.State.CHECKING:  # another reader was quicker
        return batch
    batch.state, batch.preview = ImportBatch.State.CHECKED, preview.as_json()
    batch.expected, batch.received, batch.attempts = preview.received, 0, 0
    batch.unknown_columns = opened.unknown_columns
    batch.save(
        update_fields=[
            "state", "preview", "expected", "received", "attempts", "kind", "encoding", "unknown_columns",
        ]
    )  # fmt: skip
    return batch


@transaction.atomic
def import_checked(*, batch: ImportBatch, by: User) -> ImportBatch:
    """Import an extract that was checked: a worker reads it within seconds. Raises Stale when that is decided."""
    batch = _undecided(batch)
    batch.state, batch.preview, batch.claimed_at = ImportBatch.State.WAITING, {}, None
    batch.uploaded_by = by
    batch.save(update_fields=["state", "preview", "claimed_at", "uploaded_by"])
    return batch


@transaction.atomic
def drop(*, batch: ImportBatch) -> ImportBatch:
    """Do not import an extract that was checked: its bytes go. Raises Stale when that is decided."""
    batch = _undecided(batch)
    batch.state, batch.preview, batch.content = ImportBatch.State.DROPPED, {}, None
    batch.finished_at = clock.now()
    batch.save(update_fields=["state", "preview", "content", "finished_at"])
    return batch


def _undecided(batch: ImportBatch) -> ImportBatch:
    fresh = ImportBatch.objects.select_for_update(of=("self",)).defer("content").get(pk=batch.pk)
    if fresh.state != ImportBatch.State.CHECKED:
        raise Stale(_("Somebody has decided about this file already. Open it again to see what."))
    return fresh


# --- Read and kept -----------------------------------------------------------------------------------


_NO_ROWS = gettext_lazy(
    "The file has a heading and no rows. Ask for the extract again, or wait for the next one."
)


def receive(*, batch: ImportBatch, stream: IO[bytes], progress: Progress | None = None) -> ImportBatch:
    """Read an extract and keep every row, from where an earlier reader stopped.

    The batch says what came of it, whatever the file holds. Raises only what is the machine's fault, such as
    a database that is away: then the batch stays as it is, to be gone on with.
    """
    is_held = hold(batch)
    try:
        opened = extracts.open_extract(stream)
        batch.expected = opened.count()
        if not batch.expected:
            raise Unreadable(_NO_ROWS)
        _describe(batch, opened)
        for chunk in _chunks(batch.kind, islice(opened.rows(), batch.received, None)):
            case_ids = _keep_chunk(batch, chunk)
            if progress is not None:
                progress(batch)
            announce_chunk(batch, case_ids)
    except Unreadable as fault:
        return _unreadable(batch, fault.sentence)
    except Overtaken:
        return batch
    except OF_THE_MACHINE:
        raise
    except Exception as fault:
        return _stumbled(batch, fault)
    finally:
        if is_held:
            let_go(batch)
    return _finish(batch)


def _chunks(kind: str, rows: Iterator[RawRow]) -> Iterator[list[Read]]:
    """The rows, read, in chunks that land together. While one lands, the next is read."""
    return one_ahead(_read_in_chunks(layouts.of(kind), rows))


def _read_in_chunks(layout: Layout, rows: Iterator[RawRow]) -> Iterator[list[Read]]:
    while chunk := list(islice(rows, CHUNK)):
        now = clock.now()
        yield [(raw, *layout.clean(raw, now)) for raw in chunk]


@transaction.atomic
def _describe(batch: ImportBatch, opened: Extract) -> None:
    """What the file turned out to be, before any row of it is kept; and that personal data was collected."""
    batch.kind, batch.encoding = opened.kind, opened.encoding
    batch.unknown_columns, batch.claimed_at = opened.unknown_columns, clock.now()
    batch.save(update_fields=["kind", "encoding", "unknown_columns", "expected", "claimed_at"])
    token = FeedToken.objects.filter(pk=batch.token_id).first() if batch.token_id else None
    sender = ImportService(token, token.reference, token.name) if token else _Feed()
    record_access(
        by=batch.uploaded_by or sender,
        op=AccessEntry.Op.COLLECT,
        field_group=f"extract {batch.kind}",
        path=batch.reference,
    )


@transaction.atomic
def _keep_chunk(batch: ImportBatch, chunk: list[Read]) -> set[int]:
    """One chunk and its counts, together or not at all.

    Raises Overtaken when another reader has got further.
    """
    here = ImportBatch.objects.select_for_update().defer("content").get(pk=batch.pk)
    if here.state != ImportBatch.State.READING or here.received != batch.received:
        raise Overtaken
    one_at_a_time()
    counts, case_ids = land(batch, chunk)
    now = clock.now()
    batch.received += len(chunk)
    for outcome in ImportRow.Outcome.values:
        setattr(batch, outcome, getattr(batch, outcome) + counts[outcome])
    batch.claimed_at, batch.attempts = now, 0
    batch.save(update_fields=["received", "claimed_at", "attempts", *ImportRow.Outcome.values])
    return case_ids


@transaction.atomic
def _finish(batch: ImportBatch) -> ImportBatch:
    batch.state, batch.finished_at, batch.content = ImportBatch.State.DONE, clock.now(), None
    batch.save(update_fields=["state", "finished_at", "content"])
    return batch


def _stumbled(batch: ImportBatch, fault: Exception) -> ImportBatch:
    """A fault of ours ends the batch."""
    log_fault(batch, fault)
    batch.refresh_from_db(fields=["received", *ImportRow.Outcome.values])
    return _unreadable(
        batch,
        _(
            "Reading stopped after %(rows)d rows because of a fault in this system, not in the file. "
            "Import it again: rows already kept come out unchanged. If it stops again, tell whoever looks "
            "after the system and give them the number %(batch)s."
        )
        % {"rows": batch.received, "batch": batch.reference},
    )


@transaction.atomic
def _unreadable(batch: ImportBatch, sentence: str) -> ImportBatch:
    batch.state, batch.sentence, batch.content = ImportBatch.State.UNREADABLE, sentence[:400], None
    batch.finished_at = clock.now()
    batch.save(update_fields=["state", "sentence", "content", "finished_at"])
    return batch
