"""Taking a batch back: asked for by a person, done by a worker, whole or not at all."""

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from victimcare import clock
from victimcare.accounts.models import User
from victimcare.accounts.notify import settle
from victimcare.audit.actions import record_access
from victimcare.audit.models import AccessEntry
from victimcare.cases.models import Participant
from victimcare.faults import Refused, Stale
from victimcare.intake.brought import Obstacle, created, obstacles
from victimcare.intake.chunks import announce_chunk, one_at_a_time
from victimcare.intake.claiming import (
    NOT_WITHDRAWN,
    OF_A_WITHDRAWAL,
    OF_THE_MACHINE,
    Overtaken,
    State,
    hold,
    leave_as_it_was,
    let_go,
    log_fault,
)
from victimcare.intake.models import ImportBatch
from victimcare.intake.withdrawal import AT_ONCE, said_beside, take_back

LARGE = 2000  # rows
KEPT_SOMETHING = (ImportBatch.State.DONE, ImportBatch.State.UNREADABLE, ImportBatch.State.PARKED)


def what_stands_in_the_way(batch: ImportBatch) -> list[Obstacle]:
    """What somebody did with what this batch brought; nothing when it can be withdrawn. Reads only.

    Of a large one nothing either: that takes longer than a page, so the worker finds out.
    """
    return obstacles(batch) if batch.received <= LARGE else []


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
    if in_the_way := what_stands_in_the_way(batch):
        raise Refused(_in_the_way(in_the_way))
    batch.state_before, batch.state = batch.state, State.UNDOING
    batch.withdrawn_by, batch.withdrawn_because = by, reason.strip()[:300]
    batch.claimed_at, batch.attempts, batch.undone_percent, batch.not_withdrawn_because = None, 0, 0, ""
    batch.save(update_fields=[*OF_A_WITHDRAWAL, "state", "claimed_at", "attempts"])
    settle(kind=NOT_WITHDRAWN, subject=batch.reference)
    return batch


def _in_the_way(found: Sequence[Obstacle]) -> str:
    what = "; ".join(obstacle.words for obstacle in found[:6])
    return _("Somebody has worked on what this extract brought: %(what)s.") % {"what": what}


def undo(*, batch: ImportBatch) -> ImportBatch:
    """Take back all that a claimed batch brought: what people see is as before, and the log keeps both.

    All of it or nothing: a worker that is killed leaves everything as it was, and the next begins again. Where
    somebody has worked on it since it was asked for, the batch is as before, and says so.
    """
    is_held = hold(batch)
    try:
        if is_held:  # else another worker is at it
            case_ids = _undo(batch)
            for start in range(0, len(case_ids), AT_ONCE):
                announce_chunk(batch, set(case_ids[start : start + AT_ONCE]))
    except Overtaken:
        return batch
    except OF_THE_MACHINE:
        raise
    except Refused as refused:
        leave_as_it_was(batch, str(refused.sentence))
    except Exception as fault:
        log_fault(batch, fault)
        leave_as_it_was(
            batch,
            _(
                "Withdrawing it stopped because of a fault in this system. Nothing was taken back. Tell whoever "
                "looks after the system, with the number %(batch)s."
            )
            % {"batch": batch.reference},
        )
    finally:
        if is_held:
            let_go(batch)
    return batch


@transaction.atomic
def _undo(batch: ImportBatch) -> list[int]:
    """Returns the cases whose duties may move. Raises Refused with what stands in the way, Overtaken."""
    one_at_a_time()
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
