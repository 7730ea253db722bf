"""Who works on an extract: one worker at a time, and after five that got no further, a person.

A worker claims a batch, and says while it works that it lives; one that is killed is followed by the next.
"""

import logging
from contextlib import suppress
from traceback import extract_tb

from django.db import connection, transaction
from django.db.models import F
from django.urls import reverse
from django.utils.translation import gettext as _

from victimcare import clock
from victimcare.accounts.models import Notification, User
from victimcare.accounts.notify import notify
from victimcare.accounts.permissions import Role
from victimcare.http import AWAY
from victimcare.intake.models import ImportBatch

logger = logging.getLogger(__name__)

OF_THE_MACHINE = (*AWAY, OSError)  # no fault of the file: it is read again later
ATTEMPTS = 5
PARKED = "extract_parked"  # what these notifications are about; the subject is the batch's reference
REFUSED_FILE = "extract_refused"
NOT_WITHDRAWN = "extract_not_withdrawn"  # what these notifications are about; the subject is the batch
OF_A_WITHDRAWAL = (
    "state_before", "withdrawn_by", "withdrawn_because", "undone_percent", "not_withdrawn_because",
)  # fmt: skip
State = ImportBatch.State
_BEGUN: dict[str, State] = {
    State.CHECK: State.CHECKING,
    State.CHECKING: State.CHECKING,
    State.WAITING: State.READING,
    State.READING: State.READING,
    State.UNDOING: State.UNDOING,
}


class Overtaken(Exception):
    """Another reader has taken this batch over. Stop without a word: nothing was kept twice."""


def hold(batch: ImportBatch) -> bool:
    """Whether this connection may read the batch: no living one does."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext('referrals.batch'), %s::int)", [batch.pk])
        return bool(cursor.fetchone()[0])


def let_go(batch: ImportBatch) -> None:
    """Undo one `hold` that succeeded."""
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


def _next() -> ImportBatch | None:
    waiting = ImportBatch.objects.waiting().select_for_update(skip_locked=True)
    return waiting.order_by(F("claimed_at").asc(nulls_first=True), "id").first()


def _give_up(batch: ImportBatch) -> None:
    """Five workers got no further: a person has to look."""
    if batch.state == State.UNDOING:
        sentence = _(
            "Withdrawing it stopped five times. Nothing was taken back. Tell whoever looks after the system, with "
            "the number %(batch)s."
        ) % {"batch": batch.reference}
        leave_as_it_was(batch, sentence)
    else:
        _park(batch)


def _park(batch: ImportBatch) -> None:
    """Stop trying, keep the bytes for whoever looks after the system, and tell the supervisors."""
    batch.state, batch.finished_at = ImportBatch.State.PARKED, clock.now()
    batch.sentence = _(
        "Reading stopped five times without getting further than row %(row)d. Rows before it are kept. Tell "
        "whoever looks after the system, with the number %(batch)s; then have it read once more."
    ) % {"row": batch.received, "batch": batch.reference}
    batch.save(update_fields=["state", "finished_at", "sentence"])
    tell_supervisors(kind=PARKED, batch=batch, level=Notification.Level.OVERDUE)


@transaction.atomic
def leave_as_it_was(batch: ImportBatch, sentence: str) -> None:
    """A withdrawal that could not be done: the batch is as before, says why, and whoever asked is told."""
    fresh = ImportBatch.objects.select_for_update(of=("self",)).defer("content").get(pk=batch.pk)
    if fresh.state != State.UNDOING:
        return
    by = fresh.withdrawn_by
    fresh.state, fresh.state_before = fresh.state_before, ""
    fresh.withdrawn_by, fresh.withdrawn_because, fresh.attempts = None, "", 0
    fresh.undone_percent, fresh.not_withdrawn_because = 0, sentence[:400]
    fresh.save(update_fields=[*OF_A_WITHDRAWAL, "state", "attempts"])
    if by is not None:
        notify(
            recipients=User.objects.active().filter(pk=by.pk),
            kind=NOT_WITHDRAWN,
            subject=fresh.reference,
            level=Notification.Level.DUE_TODAY,
            url=reverse("intake:batch", args=[fresh.reference]),
            due_on=clock.today(),
        )


def put_back(*, batch: ImportBatch) -> None:
    """The machine failed, not the file: this reader does not count against it."""
    with suppress(*AWAY):
        ImportBatch.objects.filter(pk=batch.pk, attempts__gt=0).update(attempts=F("attempts") - 1)


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


def log_fault(batch: ImportBatch, fault: Exception) -> None:
    """The log says where, never what: the words may be somebody's details."""
    where = " > ".join(f"{frame.name}:{frame.lineno}" for frame in extract_tb(fault.__traceback__))
    logger.error(
        "A fault stopped work on extract %s: %s in %s.", batch.reference, type(fault).__name__, where
    )
