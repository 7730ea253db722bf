"""The log every app writes and reads: something happened, and when. The only signal in the project."""

from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Any

from django.db import transaction
from django.dispatch import Signal
from django.utils.translation import gettext as _

from victimcare import clock
from victimcare.accounts.models import User
from victimcare.cases.kinds import OF_ONE_PERSON, Kind
from victimcare.cases.models import Case, Event, Participant
from victimcare.faults import Refused
from victimcare.working_days import LONDON

# Sent after commit with `case_ids`, and `joined`: those of them in which nothing happened but that people were added,
# so that nobody in them was contacted; `contacted`: those in which nothing happened but that somebody was contacted,
# so that nobody is new in them and no suspect was released. Listeners are robust: their failure never stops the
# person who recorded.
events_recorded = Signal()

MIDDAY = time(12, 0)


class Announcement:
    """What one transaction tells the listeners when it is committed: all of its cases, once each."""

    def __init__(self) -> None:
        self.case_ids: set[int] = set()
        self.joined: set[int] = set()
        self.contacted: set[int] = set()

    def __call__(self) -> None:
        # send_robust: on_commit(..., robust=True) raises from its own handler for what has no __qualname__.
        events_recorded.send_robust(
            Event,
            case_ids=sorted(self.case_ids),
            joined=frozenset(self.joined),
            contacted=frozenset(self.contacted),
        )

    def add(self, case_ids: Iterable[int], joined: Iterable[int], contacted: Iterable[int]) -> None:
        # Where something else happened in the same transaction, before or after, that is not all.
        self.joined = (self.joined - set(case_ids)) | (set(joined) - self.case_ids)
        self.contacted = (self.contacted - set(case_ids)) | (set(contacted) - self.case_ids)
        self.case_ids.update(case_ids)


def announce(case_ids: Iterable[int], *, joined: Iterable[int] = (), contacted: Iterable[int] = ()) -> None:
    """Tell the listeners, once this transaction is committed. `changed_at` stays set until they are done.

    However many events it records, they work each case out once. A part of it that is taken back to its savepoint
    may leave a case announced to which nothing happened: they find it as it was. `joined` are those of the cases in
    which nothing happened but that people were added, `contacted` those in which somebody was only contacted.
    """
    waiting = [each for _savepoints, each, _is_robust in transaction.get_connection().run_on_commit]
    announcement = next((each for each in waiting if isinstance(each, Announcement)), None)
    ids = list(case_ids)
    if announcement is not None:
        announcement.add(ids, joined, contacted)
        return
    announcement = Announcement()
    announcement.add(ids, joined, contacted)
    transaction.on_commit(announcement)


def new_event(
    *,
    case: Case,
    kind: Kind,
    occurred: datetime | date,
    learned_at: datetime | None = None,
    participant: Participant | None = None,
    detail: str = "",
    data: dict[str, Any] | None = None,
    by: User | None,
    **also: Any,
) -> Event:
    """An event that is not kept yet. Whoever keeps it marks its case and announces it: see `record_event`.

    Raises Refused for a future moment, or when a kind that concerns one person names nobody.
    """
    now = clock.now()
    if isinstance(occurred, datetime):
        moment, precision = occurred, Event.Precision.MOMENT
    else:
        moment, precision = datetime.combine(occurred, MIDDAY, LONDON), Event.Precision.DATE
    if (precision == Event.Precision.DATE and moment.date() > clock.today()) or (
        precision == Event.Precision.MOMENT and moment > now
    ):
        raise Refused(_("That is in the future. Enter when it happened."))
    if kind in OF_ONE_PERSON and participant is None:
        raise Refused(_("Say whom this concerns."))
    return Event(
        case=case,
        kind=kind,
        occurred_at=moment,
        precision=precision,
        learned_at=learned_at or max(now, moment),
        participant=participant,
        detail=detail,
        data=data or {},
        by=by,
        **also,
    )


@transaction.atomic
def record_event(
    *,
    case: Case,
    kind: Kind,
    occurred: datetime | date,
    learned_at: datetime | None = None,
    participant: Participant | None = None,
    suspect: Participant | None = None,
    hearing: str = "",
    detail: str = "",
    data: dict[str, Any] | None = None,
    source_system: str = "",
    source_id: str = "",
    replaces: Event | None = None,
    by: User | None,
) -> Event:
    """Write down that something happened. Listeners run once it is committed.

    `occurred` is a moment where it is known, or a London date where only that is known. `learned_at` is
    when victim services heard (now, unless said). Raises Refused for a future moment, or when a kind that
    concerns one person names nobody.
    """
    event = new_event(
        case=case,
        kind=kind,
        occurred=occurred,
        learned_at=learned_at,
        participant=participant,
        suspect=suspect,
        hearing=hearing,
        detail=detail,
        data=data,
        source_system=source_system,
        source_id=source_id,
        replaces=replaces,
        by=by,
    )
    event.save()
    Case.objects.filter(pk=case.pk).update(changed_at=clock.now())
    announce([case.pk])
    return event


@transaction.atomic
def correct_event(*, event: Event, occurred: datetime | date | None, detail: str, by: User) -> Event:
    """Replace a wrong event by a right one; `occurred=None` says it never happened. The wrong one is kept.

    Raises Refused when the event was corrected already, or is not one that a person may write by hand.
    """
    event = Event.objects.select_for_update().select_related("case").get(pk=event.pk)
    if Event.objects.filter(replaces=event).exists():
        raise Refused(_("This was corrected already. Open the timeline to see the correction."))
    if not event.is_by_hand:
        raise Refused(_("This was written by the application itself and is corrected where it was made."))
    withdrawn = occurred is None
    return record_event(
        case=event.case,
        kind=Kind.WITHDRAWN if withdrawn else Kind(event.kind),
        occurred=event.occurred_at if occurred is None else occurred,
        learned_at=event.learned_at if not withdrawn and _keeps_learned(event, occurred) else None,
        participant=event.participant,
        suspect=event.suspect,
        hearing=event.hearing,
        detail=detail,
        data={"corrects": event.reference, "was": event.kind},
        replaces=event,
        by=by,
    )


def _keeps_learned(event: Event, occurred: datetime | date | None) -> bool:
    """We heard when we heard, unless the corrected moment is later than that."""
    return not isinstance(occurred, datetime) or occurred <= event.learned_at
