"""Every write of intake: what arrives, what of it waits in quarantine, and what is mended.

An extract lands in chunks, each committed by itself with its counts, so that a reader killed at any moment
is resumed where it stopped and every row is kept exactly once.
"""

import hashlib
import io
import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import islice
from time import monotonic
from traceback import extract_tb
from typing import IO

from django.db import DataError, IntegrityError, OperationalError, connection, transaction
from django.db.models import F, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from victimcare import clock
from victimcare.accounts.models import Notification, User
from victimcare.accounts.notify import notify, settle
from victimcare.accounts.permissions import Role
from victimcare.audit.actions import record_access
from victimcare.audit.models import AccessEntry
from victimcare.cases.events import announce
from victimcare.cases.models import Participant, Question
from victimcare.cases.questions import ask_officer
from victimcare.faults import Refused, Stale
from victimcare.http import AWAY
from victimcare.intake import extract as extracts
from victimcare.intake import layouts
from victimcare.intake.ahead import one_ahead
from victimcare.intake.brought import Obstacle, created, obstacles
from victimcare.intake.cells import Clean, Problem, raw_digest
from victimcare.intake.checking import Preview, Tried
from victimcare.intake.extract import Extract, RawRow, Unreadable, visible
from victimcare.intake.layouts import Landed, Layout
from victimcare.intake.models import FeedRow, FeedToken, ImportBatch, ImportRow, Reconciliation
from victimcare.intake.reconciled import batches_of, findings_of
from victimcare.intake.tokens import ImportService, digest_of, new_secret
from victimcare.intake.withdrawal import said_beside, take_back
from victimcare.lookups import is_any
from victimcare.working_days import london_day

logger = logging.getLogger(__name__)

OF_THE_MACHINE = (*AWAY, OSError)  # no fault of the file: it is read again later
CHUNK = 5000
ATTEMPTS = 5
MOST_PROBLEMS = 60  # of one row
PARKED = "extract_parked"  # what these notifications are about; the subject is the batch's reference

Read = tuple[RawRow, Clean, list[Problem]]  # a row as it came, as it was read, and what is wrong with it


class AlreadyHere(Refused):
    """The same file is here and not yet dealt with: the batch that holds it says how far it is."""

    def __init__(self, sentence: str, *, batch: ImportBatch) -> None:
        super().__init__(sentence)
        self.batch = batch


class Overtaken(Exception):
    """Another reader has taken this batch over. Stop without a word: nothing was kept twice."""


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
    if batch.state != ImportBatch.State.READING or not _hold(batch):
        _refuse_if_open(sha256)
    else:
        _let_go(batch)  # `receive` holds it; two that come here at once are told apart by their first chunk
    return batch


def _hold(batch: ImportBatch) -> bool:
    """Whether this connection may read the batch: no living one does."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext('referrals.batch'), %s::int)", [batch.pk])
        return bool(cursor.fetchone()[0])


def _let_go(batch: ImportBatch) -> None:
    """Undo one `_hold` that succeeded."""
    with suppress(*AWAY), connection.cursor() as cursor:  # a connection that is gone holds nothing
        cursor.execute("SELECT pg_advisory_unlock(hashtext('referrals.batch'), %s::int)", [batch.pk])


@transaction.atomic
def claim() -> ImportBatch | None:
    """The next extract to be read, checked or withdrawn, now ours; None when there is none.

    Safe with any number of workers.
    Those never begun come first: one that kills its reader each time holds up no other, and is parked after
    five readers that got no further.
    """
    while (batch := _next()) is not None:
        if batch.attempts >= ATTEMPTS:
            _give_up(batch)
            continue
        batch.state = _BEGUN[batch.state]
        batch.claimed_at, batch.attempts = clock.now(), batch.attempts + 1
        batch.save(update_fields=["state", "claimed_at", "attempts"])
        return batch
    return None


State = ImportBatch.State
_BEGUN = {
    State.CHECK: State.CHECKING,
    State.CHECKING: State.CHECKING,
    State.WAITING: State.READING,
    State.READING: State.READING,
    State.UNDOING: State.UNDOING,
}


def _give_up(batch: ImportBatch) -> None:
    """Five workers got no further: a person has to look."""
    if batch.state == State.UNDOING:
        sentence = _(
            "Withdrawing it stopped five times. Nothing was taken back. Tell whoever looks after the system, with "
            "the number %(batch)s."
        ) % {"batch": batch.reference}
        _leave_as_it_was(batch, sentence)
    else:
        _park(batch)


def _next() -> ImportBatch | None:
    waiting = ImportBatch.objects.waiting().select_for_update(skip_locked=True)
    return waiting.order_by(F("claimed_at").asc(nulls_first=True), "id").first()


def _park(batch: ImportBatch) -> None:
    """Stop trying, keep the bytes for whoever looks after the system, and tell the supervisors."""
    batch.state, batch.finished_at = ImportBatch.State.PARKED, clock.now()
    batch.sentence = _(
        "Reading stopped five times without getting further than row %(row)d. Rows before it are kept. Tell "
        "whoever looks after the system, with the number %(batch)s; then have it read once more."
    ) % {"row": batch.received, "batch": batch.reference}
    batch.save(update_fields=["state", "finished_at", "sentence"])
    tell_supervisors(kind=PARKED, batch=batch, level=Notification.Level.OVERDUE)


def tell_supervisors(*, kind: str, batch: ImportBatch, level: str) -> None:
    """Each supervisor who may import hears of this extract once."""
    notify(
        recipients=User.objects.active().with_role(Role.SUPERVISOR),
        kind=kind,
        subject=batch.reference,
        level=level,
        url=reverse("intake:batch", args=[batch.reference]),
        due_on=clock.today(),
    )


def tell_of_refused(*, batch: ImportBatch) -> None:
    """The supervisors hear of a dropped file that could not be read."""
    tell_supervisors(kind=REFUSED_FILE, batch=batch, level=Notification.Level.DUE_TODAY)


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


def put_back(*, batch: ImportBatch) -> None:
    """The machine failed, not the file: this reader does not count against it."""
    with suppress(*AWAY):
        ImportBatch.objects.filter(pk=batch.pk, attempts__gt=0).update(attempts=F("attempts") - 1)


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
            preview.count(_try(batch, chunk, earlier, room=preview.room))
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
def _try(batch: ImportBatch, chunk: list[Read], earlier: dict[str, str], *, room: int) -> Tried:
    """What would become of a chunk after the chunks before it: it lands, is looked at, and is rolled back."""
    _one_at_a_time()
    counts, _case_ids = _land(batch, chunk, earlier)
    bad = ImportRow.objects.filter(batch=batch, outcome=ImportRow.Outcome.QUARANTINED).order_by("number")
    problems = [
        {
            "number": row.number,
            "column": row.column,
            "reason": row.reason,
            "more": max(0, len(row.problems) - 1),
        }
        for row in bad.only("number", "column", "reason", "problems")[:room]
    ]
    reasons = Counter(
        ImportRow.objects.filter(batch=batch, outcome=ImportRow.Outcome.SUPPRESSED).values_list(
            "reason", flat=True
        )
    )
    transaction.set_rollback(True)
    return Tried(counts, problems, reasons)


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
    is_held = _hold(batch)
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
            _announce(batch, case_ids)
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
            _let_go(batch)
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
    _one_at_a_time()
    counts, case_ids = _land(batch, chunk)
    now = clock.now()
    batch.received += len(chunk)
    for outcome in ImportRow.Outcome.values:
        setattr(batch, outcome, getattr(batch, outcome) + counts[outcome])
    batch.claimed_at, batch.attempts = now, 0
    batch.save(update_fields=["received", "claimed_at", "attempts", *ImportRow.Outcome.values])
    return case_ids


def _announce(batch: ImportBatch, case_ids: set[int]) -> None:
    """After the chunk is safe, and timed apart: duties are assessed by whoever listens."""
    started = monotonic()
    if case_ids:
        with transaction.atomic():
            announce(case_ids)
    batch.duties_seconds = getattr(batch, "duties_seconds", 0.0) + monotonic() - started  # type: ignore[attr-defined]


@transaction.atomic
def _finish(batch: ImportBatch) -> ImportBatch:
    batch.state, batch.finished_at, batch.content = ImportBatch.State.DONE, clock.now(), None
    batch.save(update_fields=["state", "finished_at", "content"])
    return batch


def _log_fault(batch: ImportBatch, fault: Exception) -> None:
    """The log says where, never what: the words may be somebody's details."""
    where = " > ".join(f"{frame.name}:{frame.lineno}" for frame in extract_tb(fault.__traceback__))
    logger.error("Extract %s could not be read: %s in %s.", batch.reference, type(fault).__name__, where)


def _stumbled(batch: ImportBatch, fault: Exception) -> ImportBatch:
    """A fault of ours ends the batch."""
    _log_fault(batch, fault)
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


# --- A chunk of it lands ---------------------------------------------------------------------------


def _land(
    batch: ImportBatch, chunk: Sequence[Read], earlier: dict[str, str] | None = None
) -> tuple[Counter[str], set[int]]:
    """Every row of the chunk to its one outcome. Runs in the caller's transaction.

    `earlier`: the keys and digests of chunks that landed before and were rolled back; this one's are added.
    """
    now = clock.now()
    layout = layouts.of(batch.kind)
    outcomes: dict[int, str] = {}
    bad: list[tuple[RawRow, str, list[Problem]]] = []
    good: list[Clean] = []
    raw_by_number = {raw.number: raw for raw, _row, _problems in chunk}
    for raw, row, problems in chunk:
        if problems:
            bad.append((raw, row["key"], problems))
        else:
            good.append(row)
    landed = Landed()
    for turn in _turns(good, outcomes, layout.feed, earlier or {}):
        landed |= _land_or_halve(batch, turn, now)
    by_number = {row["number"]: row for row in good}
    for number, (column, value) in landed.unknown.items():
        bad.append((raw_by_number[number], by_number[number]["key"], [Problem(column, value)]))
    outcomes |= landed.outcomes
    if earlier is not None:
        _remember(earlier, landed, by_number, outcomes)
    _settle_mended(batch, landed, by_number)
    outcomes |= _quarantine(batch, bad)
    _keep_noted(batch, landed, by_number)
    return Counter(outcomes.values()), landed.case_ids


def _one_at_a_time(patience: str = "10min") -> None:
    """Let one chunk land at a time, so that two imports never meet in the same row.

    Held to the end of the transaction. Waits as long as a large withdrawal takes, unless told less; raises
    OperationalError when that was not long enough.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT set_config('lock_timeout', %s, true), pg_advisory_xact_lock(hashtext('referrals.landing')),
                   set_config('lock_timeout', reset_val, true)
              FROM pg_settings WHERE name = 'lock_timeout'
            """,
            [patience],
        )


def _digests(kind: str, keys: Sequence[str]) -> dict[str, str]:
    """What the feed last said under each of these keys."""
    return dict(FeedRow.objects.filter(is_any("key", keys), kind=kind).values_list("key", "digest"))


def _remember(
    earlier: dict[str, str], landed: Landed, rows: Mapping[int, Clean], outcomes: dict[int, str]
) -> None:
    """What a check would have kept; a key that an earlier chunk brought is updated, not accepted again."""
    for number, outcome in landed.outcomes.items():
        key = rows[number]["key"]
        if key in earlier and outcome == ImportRow.Outcome.ACCEPTED:
            outcomes[number] = ImportRow.Outcome.UPDATED
        earlier[key] = rows[number]["digest"]


def _turns(
    rows: list[Clean], outcomes: dict[int, str], kind: str, earlier: Mapping[str, str]
) -> Iterator[list[Clean]]:
    """Rows that say something new, in turns in which no key comes twice. The others are unchanged at once."""
    by_key: dict[str, list[Clean]] = {}
    for row in rows:
        by_key.setdefault(row["key"], []).append(row)
    held = _digests(kind, list(by_key)) | {key: earlier[key] for key in by_key if key in earlier}
    turns: list[list[Clean]] = []
    for key, same in by_key.items():
        before = held.get(key)
        if same[-1]["digest"] == before:  # the feed says in the end what it said before
            outcomes |= {row["number"]: "unchanged" for row in same}
            continue
        turn = 0
        for row in same:
            if row["digest"] == before:
                outcomes[row["number"]] = "unchanged"
                continue
            before = row["digest"]
            if turn == len(turns):
                turns.append([])
            turns[turn].append(row)
            turn += 1
    for rows_of_turn in turns:
        rows_of_turn.sort(key=lambda row: int(row["number"]))
        yield rows_of_turn


def _land_or_halve(batch: ImportBatch, rows: list[Clean], now: datetime) -> Landed:
    """Land them together; where the database refuses, find the row that contradicts what is held and land
    the rest.
    """
    try:
        with transaction.atomic():
            return layouts.of(batch.kind).land(batch, rows, now)
    except (IntegrityError, DataError):
        if len(rows) == 1:
            reason = _(
                "This row contradicts what is already held, such as a date of death before a date of birth."
            )
            return Landed(unknown={rows[0]["number"]: ("", reason)})
        middle = len(rows) // 2
        return _land_or_halve(batch, rows[:middle], now) | _land_or_halve(batch, rows[middle:], now)


def _quarantine(batch: ImportBatch, bad: list[tuple[RawRow, str, list[Problem]]]) -> dict[int, str]:
    """Keep what cannot land, with its reason. Of one key only the newest waits; what it replaces is settled.

    A row that was settled before, when nothing of its key waits, is unchanged.
    """
    if not bad:
        return {}
    digests = {raw.number: raw_digest(raw.cells) for raw, _key, _problems in bad}
    same = Q(is_any("digest", set(digests.values())))
    seen = set(
        ImportRow.objects.filter(same, outcome=ImportRow.Outcome.QUARANTINED)
        .exclude(batch__state=ImportBatch.State.WITHDRAWN)
        .values_list("digest", flat=True)
    )
    keys = {key for _raw, key, _problems in bad if _is_whole(key)}
    open_rows = ImportRow.objects.in_quarantine().filter(same | Q(is_any("natural_key", keys)))
    waiting: dict[str, list[int]] = {}
    for pk, key, digest in open_rows.values_list("pk", "natural_key", "digest"):
        waiting.setdefault(_identity(key, digest), []).append(pk)
    replacement = {
        "settled_at": clock.now(),
        "settled_in": batch,
        "settlement": _("Replaced by a later row, in %s.") % batch.file_name,
    }
    outcomes: dict[int, str] = {}
    kept: list[ImportRow] = []
    newest: dict[str, ImportRow] = {}
    replaced: list[int] = []
    for raw, key, problems in sorted(bad, key=lambda one: one[0].number):
        digest = digests[raw.number]
        identity = _identity(key, digest)
        if digest in seen and identity not in waiting and identity not in newest:
            outcomes[raw.number] = "unchanged"
            continue
        outcomes[raw.number] = "quarantined"
        replaced += waiting.pop(identity, [])
        if identity in newest:
            for name, value in replacement.items():
                setattr(newest[identity], name, value)
        kept.append(
            ImportRow(
                batch=batch,
                number=raw.number,
                natural_key=key,
                digest=digest,
                outcome=ImportRow.Outcome.QUARANTINED,
                column=problems[0].column[:60],
                reason=visible(problems[0].reason)[:300],
                problems=_as_kept(problems),
                content={visible(name): visible(cell[:2000]) for name, cell in raw.cells.items()},
            )
        )
        newest[identity] = kept[-1]
    ImportRow.objects.in_quarantine().filter(is_any("pk", replaced)).update(**replacement)
    ImportRow.objects.bulk_create(kept)
    return outcomes


def _as_kept(problems: Sequence[Problem]) -> list[dict[str, str]]:
    """As JSON that can be stored, the first of many."""
    return [
        {"column": one.column[:60], "reason": visible(one.reason)[:300]} for one in problems[:MOST_PROBLEMS]
    ]


def _is_whole(key: str) -> bool:
    """Whether every part of a natural key is known. Without one, two rows are the same only word for word."""
    return all(key.split("|"))


def _identity(key: str, digest: str) -> str:
    return key if _is_whole(key) else digest


def _keep_noted(batch: ImportBatch, landed: Landed, rows: Mapping[int, Clean]) -> None:
    """Suppressed rows with their reason, and rows that a person's word stood against; the batch page lists them."""
    noted = dict.fromkeys([*landed.reasons, *landed.kept])
    ImportRow.objects.bulk_create(
        ImportRow(
            batch=batch,
            number=number,
            natural_key=rows[number]["key"],
            outcome=landed.outcomes[number],
            reason=landed.reasons.get(number, ""),
            kept=landed.kept.get(number, []),
        )
        for number in noted
    )


def _settle_mended(batch: ImportBatch, landed: Landed, rows: Mapping[int, Clean]) -> None:
    """A row that lands settles the one in quarantine under the same key: the feed mended it itself."""
    if not ImportRow.objects.in_quarantine().exists():
        return
    keys = [rows[number]["key"] for number in landed.outcomes]
    ImportRow.objects.in_quarantine().filter(is_any("natural_key", keys)).update(
        settled_at=clock.now(),
        settled_in=batch,
        settlement=_("The feed sent it again and it could be kept."),
    )


# --- Tokens of other systems --------------------------------------------------------------------------

LONGEST_TOKEN = 90  # days
SAME_CLICK = timedelta(minutes=1)  # within which a form that is sent again is answered as before
MOST_IN_A_MINUTE = 60


@transaction.atomic
def make_token(
    *, name: str, scopes: list[str], days: int, by: User, form_key: str = ""
) -> tuple[FeedToken, str]:
    """A token for another system, and its secret, which is shown once and kept nowhere.

    The same form sent twice is one token with one secret: the second answer is what a double click shows.
    Raises Refused for more than ninety days, or for one that may do nothing, or a form sent again later.
    """
    if not 1 <= days <= LONGEST_TOKEN:
        raise Refused(_("A token lasts from 1 to 90 days."))
    if not scopes:
        raise Refused(_("Say what this token is for."))
    secret, now = new_secret(f"{by.pk}:{form_key}" if form_key else ""), clock.now()
    made = FeedToken.objects.filter(digest=digest_of(secret)).first()
    if made is not None:
        if (made.name, made.scopes) != (name, [*scopes]) or made.made_at < now - SAME_CLICK:
            raise Refused(_("This form made a token already. Open the page again to make another."))
        return made, secret
    token = FeedToken(
        name=name,
        digest=digest_of(secret),
        scopes=[FeedToken.Scope(scope).value for scope in scopes],
        made_by=by,
        made_at=now,
        expires_at=now + timedelta(days=days),
    )
    token._history_user = by  # type: ignore[attr-defined]
    token.save()
    return token, secret


@transaction.atomic
def revoke_token(*, token: FeedToken, by: User) -> FeedToken:
    """From now on nobody comes in with it. Revoking it again changes nothing."""
    token = FeedToken.objects.select_for_update(of=("self",)).get(pk=token.pk)
    if token.revoked_at is None:
        token.revoked_at, token.revoked_by = clock.now(), by
        token._history_user = by  # type: ignore[attr-defined]
        token.save()
    return token


def note_use(*, token: FeedToken) -> int:
    """That it was used today, and how often in this minute by the clock, whichever process answered."""
    now = clock.now()
    minute = now.replace(second=0, microsecond=0)
    used_at = token.used_at if token.used_at and london_day(token.used_at) == london_day(now) else now
    with connection.cursor() as cursor:  # one statement, so that requests at once are all counted
        cursor.execute(
            """
            UPDATE intake_feedtoken SET used_at = %s, minute = %s,
                   used_in_minute = CASE WHEN minute = %s THEN used_in_minute + 1 ELSE 1 END
             WHERE id = %s RETURNING used_in_minute
            """,
            [used_at, minute, minute, token.pk],
        )
        return int(cursor.fetchone()[0])


# --- Every night -------------------------------------------------------------------------------------

FIGURES_DIFFER = "figures_differ"  # what these notifications are about; the subject is the day
REFUSED_FILE = "extract_refused"
UNDECIDED_FOR = timedelta(days=7)  # a checked extract that nobody decided about is dropped
REMEMBERED_FOR = timedelta(days=90)  # content of rows that a feed settled, should its batch be withdrawn


@transaction.atomic
def reconcile(*, day: date) -> Reconciliation:
    """Add up what came on a London day and compare it with what the tables hold. Safe to run again."""
    batches = list(batches_of(day))
    findings = [finding for batch in batches for finding in findings_of(batch)]
    totals = {
        name: sum(getattr(batch, name) for batch in batches)
        for name in ("received", *ImportRow.Outcome.values)
    }
    made, _is_new = Reconciliation.objects.update_or_create(
        day=day,
        defaults={"batches": len(batches), "findings": findings, "made_at": clock.now(), **totals},
    )
    if findings:
        notify(
            recipients=User.objects.active().with_role(Role.SUPERVISOR),
            kind=FIGURES_DIFFER,
            subject=day.isoformat(),
            level=Notification.Level.OVERDUE,
            url=reverse("intake:reconciliation"),
            due_on=clock.today(),
        )
    else:
        settle(kind=FIGURES_DIFFER, subject=day.isoformat())
    return made


def reconcile_days_before(*, today: date) -> int:
    """Reconcile yesterday, and each day of the last fourteen that was missed. Returns how many days."""
    days = [today - timedelta(days=n) for n in range(14, 0, -1)]
    done = set(Reconciliation.objects.filter(day__in=days).values_list("day", flat=True))
    missed = [day for day in days if day not in done]
    for day in missed:
        reconcile(day=day)
    return len(missed)


@transaction.atomic
def forget() -> int:
    """Let go of what is not needed any more: undecided extracts, and content of rows settled long ago."""
    now = clock.now()
    undecided = ImportBatch.objects.filter(
        state=ImportBatch.State.CHECKED, arrived_at__lt=now - UNDECIDED_FOR
    ).update(state=ImportBatch.State.DROPPED, preview={}, content=None, finished_at=now)
    settled = ImportRow.objects.filter(settled_at__lt=now - REMEMBERED_FOR).exclude(content={})
    return undecided + settled.update(content={})


# --- Taking a batch back ----------------------------------------------------------------------------

KEPT_SOMETHING = (ImportBatch.State.DONE, ImportBatch.State.UNREADABLE, ImportBatch.State.PARKED)


def what_stands_in_the_way(batch: ImportBatch) -> list[Obstacle]:
    """What somebody did with what this batch brought; nothing when it can be withdrawn. Reads only."""
    return obstacles(batch)


@transaction.atomic
def withdraw(*, batch: ImportBatch, reason: str, by: User) -> ImportBatch:
    """Ask for all that a batch brought to be taken back: a worker does it within seconds, see `undo`.

    Raises Refused with what stands in the way when somebody has worked on it, Stale when it was withdrawn.
    """
    batch = ImportBatch.objects.select_for_update(of=("self",)).defer("content").get(pk=batch.pk)
    if batch.state not in KEPT_SOMETHING:
        raise Stale(_("This extract has nothing to be withdrawn. Open it again to see what became of it."))
    if not reason.strip():
        raise Refused(_("Say why it is withdrawn."))
    if in_the_way := obstacles(batch):
        raise Refused(_in_the_way(in_the_way))
    batch.state_before, batch.state = batch.state, State.UNDOING
    batch.withdrawn_by, batch.withdrawn_because = by, reason.strip()[:300]
    batch.claimed_at, batch.attempts, batch.undone_percent, batch.not_withdrawn_because = None, 0, 0, ""
    batch.save(update_fields=[*_OF_A_WITHDRAWAL, "state", "claimed_at", "attempts"])
    settle(kind=NOT_WITHDRAWN, subject=batch.reference)
    return batch


_OF_A_WITHDRAWAL = (
    "state_before", "withdrawn_by", "withdrawn_because", "undone_percent", "not_withdrawn_because",
)  # fmt: skip
NOT_WITHDRAWN = "extract_not_withdrawn"  # what these notifications are about; the subject is the batch


def _in_the_way(found: Sequence[Obstacle]) -> str:
    what = "; ".join(obstacle.words for obstacle in found[:6])
    return _("Somebody has worked on what this extract brought: %(what)s.") % {"what": what}


def undo(*, batch: ImportBatch) -> ImportBatch:
    """Take back all that a claimed batch brought: what people see is as before, and the log keeps both.

    All of it or nothing: a worker that is killed leaves everything as it was, and the next begins again. Where
    somebody has worked on it since it was asked for, the batch is as before, and says so.
    """
    is_held = _hold(batch)
    try:
        if is_held:  # else another worker is at it
            case_ids = _undo(batch)
            for start in range(0, len(case_ids), CHUNK):
                _announce(batch, set(case_ids[start : start + CHUNK]))
    except Overtaken:
        return batch
    except OF_THE_MACHINE:
        raise
    except Refused as refused:
        _leave_as_it_was(batch, str(refused.sentence))
    except Exception as fault:
        _log_fault(batch, fault)
        _leave_as_it_was(
            batch,
            _(
                "Withdrawing it stopped because of a fault in this system. Nothing was taken back. Tell whoever "
                "looks after the system, with the number %(batch)s."
            )
            % {"batch": batch.reference},
        )
    finally:
        if is_held:
            _let_go(batch)
    return batch


@transaction.atomic
def _undo(batch: ImportBatch) -> list[int]:
    """Returns the cases whose duties may move. Raises Refused with what stands in the way, Overtaken."""
    _one_at_a_time()
    # Nobody can refer to what it brought until this is decided.
    list(
        Participant.objects.filter(pk__in=created(Participant, batch))
        .select_for_update(of=("self",))
        .order_by("pk")
        .values_list("pk")
    )
    if found := obstacles(batch):
        raise Refused(_in_the_way(found))
    by = User.objects.get(pk=batch.withdrawn_by_id)
    now = clock.now()
    with said_beside(batch) as say:
        case_ids = take_back(batch=batch, by=by, now=now, say=say)
    # Only now: until here the row is free for the worker to say how far it is.
    fresh = ImportBatch.objects.select_for_update(of=("self",)).defer("content").get(pk=batch.pk)
    if fresh.state != State.UNDOING:
        raise Overtaken
    batch.state, batch.content, batch.withdrawn_at = State.WITHDRAWN, None, now
    batch.undone_percent = 100
    batch.save(update_fields=["state", "content", "withdrawn_at", "undone_percent"])
    record_access(by=by, op=AccessEntry.Op.ERASE, field_group=f"extract {batch.kind}", path=batch.reference)
    return sorted(case_ids)


@transaction.atomic
def _leave_as_it_was(batch: ImportBatch, sentence: str) -> None:
    """A withdrawal that could not be done: the batch is as before, says why, and whoever asked is told."""
    fresh = ImportBatch.objects.select_for_update(of=("self",)).defer("content").get(pk=batch.pk)
    if fresh.state != State.UNDOING:
        return
    by = fresh.withdrawn_by
    fresh.state, fresh.state_before = fresh.state_before, ""
    fresh.withdrawn_by, fresh.withdrawn_because, fresh.attempts = None, "", 0
    fresh.undone_percent, fresh.not_withdrawn_because = 0, sentence[:400]
    fresh.save(update_fields=[*_OF_A_WITHDRAWAL, "state", "attempts"])
    if by is not None:
        notify(
            recipients=User.objects.active().filter(pk=by.pk),
            kind=NOT_WITHDRAWN,
            subject=fresh.reference,
            level=Notification.Level.DUE_TODAY,
            url=reverse("intake:batch", args=[fresh.reference]),
            due_on=clock.today(),
        )


# --- Quarantine ------------------------------------------------------------------------------------


def problems_of(row: ImportRow, cells: Mapping[str, str]) -> list[Problem]:
    """What would still be wrong with a quarantined row that said this. Writes nothing."""
    return layouts.of(row.batch.kind).clean(RawRow(row.number, dict(cells)), clock.now())[1]


@transaction.atomic
def mend(*, row: ImportRow, cells: Mapping[str, str], by: User) -> ImportRow:
    """Send a mended row on by the way all rows go.

    Raises Stale when it was settled, Refused when it still cannot land.
    """
    try:
        with transaction.atomic():  # first, as an extract does: two that wait for each other would both fail
            _one_at_a_time(patience="5s")
    except OperationalError:
        raise Refused(
            _(
                "Extracts are landing or being withdrawn just now. Nothing was saved: wait a minute, then save again."
            )
        ) from None
    row = _in_quarantine(row)
    batch = row.batch
    layout = layouts.of(batch.kind)
    now = clock.now()
    mended, problems = layout.clean(RawRow(row.number, dict(cells)), now)
    if problems:
        raise Refused(" ".join(problem.reason for problem in problems))
    outcome, case_ids = "unchanged", set[int]()
    if _digests(layout.feed, [mended["key"]]).get(mended["key"]) != mended["digest"]:
        batch.uploaded_by = by  # who mended it is who wrote what lands
        landed = _land_or_halve(batch, [mended], now)
        for _column, reason in landed.unknown.values():
            raise Refused(reason)
        outcome, case_ids = landed.outcomes[row.number], landed.case_ids
    _settle(row, _("Mended and sent on: %s.") % ImportRow.Outcome(outcome).label.lower(), by)
    if case_ids:
        announce(case_ids)
    return row


@transaction.atomic
def set_aside(*, row: ImportRow, reason: str, by: User) -> ImportRow:
    """Say why a row will not be kept. Raises Stale when it was settled meanwhile."""
    row = _in_quarantine(row)
    return _settle(row, _("Set aside: %s") % reason, by)


BULK = 5_000  # rows set aside by one click


@transaction.atomic
def set_aside_all(*, rows: QuerySet[ImportRow], reason: str, by: User) -> int:
    """Say of many rows at once why they will not be kept. Returns how many; those settled meanwhile are left."""
    found = list(
        ImportRow.objects.in_quarantine()
        .filter(pk__in=rows.order_by("pk").values("pk")[:BULK])
        .select_for_update(of=("self",), skip_locked=True)
        .values_list("pk", flat=True)
    )
    return ImportRow.objects.filter(pk__in=found).update(
        settled_at=clock.now(),
        settled_by=by,
        settlement=(_("Set aside: %s") % reason)[:300],
        content={},
    )


@transaction.atomic
def return_to_officer(
    *, row: ImportRow, words: str, to_collar: str = "", to_team: str = "", by: User
) -> Question:
    """Ask the officer in the case about a row that waits. The row goes on waiting; the answer is shown with it.

    Raises Stale when the row was settled, Refused when nobody is named or it was asked already.
    """
    row = _in_quarantine(row)
    question = ask_officer(
        case=None,
        kind=Question.Kind.ROW,
        words=words,
        about_row=_("%(batch)s, row %(row)d") % {"batch": row.batch.reference, "row": row.number},
        to_collar=to_collar,
        to_team=to_team,
        by=by,
    )
    row.question = question.reference
    row.save(update_fields=["question"])
    return question


def _in_quarantine(row: ImportRow) -> ImportRow:
    fresh = (
        ImportRow.objects.select_for_update(of=("self",))
        .select_related("batch")
        .defer("batch__content")
        .get(pk=row.pk)
    )
    if fresh.settled_at is not None or fresh.outcome != ImportRow.Outcome.QUARANTINED:
        raise Stale(_("Somebody else has settled this row meanwhile. Go back to the list for the next one."))
    return fresh


def _settle(row: ImportRow, settlement: str, by: User) -> ImportRow:
    row.settled_at, row.settled_by, row.settlement, row.content = clock.now(), by, settlement[:300], {}
    row.save(update_fields=["settled_at", "settled_by", "settlement", "content"])
    return row
