"""Taking a batch back: what people see is as before, and the log keeps both.

What it created and the log does not name is deleted, with its history. People, cases and their parts stay as
empty shells, because events name them; nothing leads to a shell. Its events are withdrawn by further events.
What it changed is put back, field by field, where nobody has changed it since. The caller holds the
transaction and the lock that lets one chunk land at a time.
"""

# The SQL is put together from names of tables; values are always parameters.
# ruff: noqa: S608

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any

from django.db import connection, models
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from victimcare import clock
from victimcare.accounts.models import User
from victimcare.accounts.notify import settle_about
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Case, Entitlement, Event, Participant, Person
from victimcare.http import AWAY
from victimcare.intake.brought import SHELLS, created, events_of, of_history, told_of, tracked, withdrawn
from victimcare.intake.models import FeedRow, ImportBatch, ImportRow
from victimcare.intake.staging import Land
from victimcare.lookups import is_any

SIZE = 1000
AT_ONCE = 5000  # events, or references, that one statement names
Say = Callable[[int], None]  # told how many hundredths are done
# A case that an extract restricted stays so: it takes two people to open it again.
NOT_PUT_BACK = {"id", "version", "changed_at", "is_restricted"}
STAYS_OF_A_SHELL = {"id", "reference", "version", "opened_at", "changed_at"}


def take_back(*, batch: ImportBatch, by: User, now: datetime, say: Say) -> set[int]:
    """Undo what a batch did. Returns the cases whose duties may move. The caller has seen that nobody worked on it."""
    with connection.cursor() as cursor:
        undo = _Undo(cursor, change=f"withdrawal of {batch.reference}", by=by, now=now)
        undo.of(batch, say)
        undo.events()
        undo.changes()
        undo.creations()
        undo.feed()
        undo.announce_later(undo.case_ids)
    return undo.case_ids


@contextmanager
def said_beside(batch: ImportBatch) -> Iterator[Say]:
    """How far it is, said from a connection of its own: the transaction that undoes shows nothing until its end."""
    was_used = False

    def keep(percent: int) -> None:
        with suppress(*AWAY):  # only the figure is late
            ImportBatch.objects.filter(pk=batch.pk).update(undone_percent=percent, claimed_at=clock.now())

    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="beside") as beside:

        def say(percent: int) -> None:
            nonlocal was_used
            was_used = True
            beside.submit(keep, percent)

        try:
            yield say
        finally:
            if was_used:
                beside.submit(lambda: connection.close())  # the thread's own: looked up there, not here


def _parts(of: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (of[start : start + AT_ONCE] for start in range(0, len(of), AT_ONCE))


class _Undo(Land):
    """The steps of one withdrawal, in order."""

    def of(self, batch: ImportBatch, say: Say) -> None:
        self.taken, self.say, self.done = batch, say, 0
        self.gone = {batch.reference, *withdrawn()}
        self.ids: dict[type[models.Model], list[int]] = {}
        for model in tracked():
            if found := list(created(model, batch).values_list("id", flat=True)):
                self.ids[model] = found
        self.recorded = list(events_of(batch).order_by("pk").values_list("pk", flat=True))
        self.case_ids = {*events_of(batch).values_list("case_id", flat=True), *self.ids.get(Case, ())}
        self.all = len(self.recorded) + sum(len(ids) for ids in self.ids.values())
        parts = Participant.objects.filter(is_any("pk", self.ids.get(Participant, ())))
        self.case_ids |= set(parts.values_list("case_id", flat=True))
        self.references = list(parts.values_list("reference", flat=True))
        contacts = [model for model in self.ids if model not in SHELLS]
        for model in contacts:
            if any(field.name == "reference" for field in model._meta.fields):
                named = model._base_manager.filter(is_any("pk", self.ids[model]))
                self.references += named.values_list("reference", flat=True)

    def is_done(self, rows: int) -> None:
        """So many more rows are undone. Said when it takes long enough to be waited for."""
        self.done += rows
        if self.all > AT_ONCE:
            self.say(min(99, 100 * self.done // self.all))

    def events(self) -> None:
        """Each event it recorded is withdrawn; one that replaced another gives way to what it replaced."""
        held = Event.objects.filter(is_any("replaces_id", self.recorded))
        replaced = set(held.values_list("replaces_id", flat=True))
        for some in _parts(self.recorded):
            events = Event.objects.filter(is_any("pk", some)).select_related("replaces").order_by("pk")
            self._withdraw_events(list(events), replaced)
            self.is_done(len(some))

    def _withdraw_events(self, recorded: list[Event], replaced: set[int]) -> None:
        standing = [event for event in recorded if event.pk not in replaced]
        undone = [(event, self._undoing(event)) for event in standing]
        Event.objects.bulk_create([undoing for _event, undoing in undone], batch_size=SIZE)
        first = {event.pk: undoing for event, undoing in undone}
        rows = list(FeedRow.objects.filter(is_any("event_id", first)))
        for row in rows:
            row.event = first[row.event_id] if row.event_id else None
        FeedRow.objects.bulk_update(rows, ["event"], batch_size=SIZE)
        provisional = Entitlement.objects.filter(
            is_any("participant_id", {e.participant_id for e in recorded if e.kind == Kind.ENTITLEMENT_SET}),
            is_provisional=True,
            set_at__in={e.recorded_at for e in recorded},
        )
        provisional.delete()

    def _undoing(self, event: Event) -> Event:
        """The event that undoes this one: what stood before the batch, or that nothing happened."""
        stood = event.replaces
        while stood is not None and self._is_undone(stood):
            stood = stood.replaces
        said = stood or event
        data = {"corrects": event.reference, "was": event.kind, "withdraws": self.taken.reference}
        return Event(
            case_id=said.case_id,
            kind=stood.kind if stood else Kind.WITHDRAWN,
            participant_id=said.participant_id,
            suspect_id=said.suspect_id,
            hearing=said.hearing,
            occurred_at=said.occurred_at,
            precision=said.precision,
            learned_at=said.learned_at,
            source_system=stood.source_system if stood else "",
            detail=stood.detail if stood else "",
            data=(stood.data | data) if stood else data,
            replaces=event,
            by_id=self.by_id,
        )

    def _is_undone(self, event: Event) -> bool:
        """Of this batch, of one withdrawn before, or what withdrew that: not what stood before them all."""
        return event.data.get("batch") in self.gone or "withdraws" in event.data

    def changes(self) -> None:
        """What it changed and did not create: each field as it was, unless it was changed since."""
        for model in tracked():
            mine: dict[int, list[Any]] = defaultdict(list)
            for row in of_history(model, self.taken, "~").order_by("history_id"):
                mine[row.id].append(row)
            for pk in self.ids.get(model, ()):
                mine.pop(pk, None)
            if mine:
                self._put_back(model, mine)

    def _put_back(self, model: Any, mine: dict[int, list[Any]]) -> None:
        fields = [
            field.attname for field in model.history.model.tracked_fields if field.attname not in NOT_PUT_BACK
        ]
        first = {pk: rows[0].history_id for pk, rows in mine.items()}
        before: dict[int, Any] = {}
        earlier = model.history.filter(is_any("id", mine), history_id__lt=max(first.values()))
        for row in earlier.order_by("history_id").iterator():
            if row.history_id < first[row.id]:
                before[row.id] = row
        moved = []
        for row in model._base_manager.filter(is_any("pk", before)).select_for_update(of=("self",)):
            was, said = before[row.pk], mine[row.pk][-1]
            back = {
                name: getattr(was, name)
                for name in fields
                if getattr(was, name) != getattr(said, name) and getattr(row, name) == getattr(said, name)
            }
            for name, value in back.items():
                setattr(row, name, value)
            if back:
                row.version += 1
                moved.append(row)
                self.case_ids |= _cases_of(row)
        model._base_manager.bulk_update(moved, [*fields, "version"], batch_size=SIZE)
        self.history(model, [row.pk for row in moved], "~")

    def creations(self) -> None:
        for model, ids in self.ids.items():
            if model not in SHELLS:
                self._delete(model, ids)
                self.is_done(len(ids))
        self._empty_parts(self.ids.get(Participant, []))
        self.is_done(len(self.ids.get(Participant, ())))
        self._empty(Person, self.ids.get(Person, []))
        self.is_done(len(self.ids.get(Person, ())))
        self._empty(Case, self.ids.get(Case, []), is_restricted=True)
        self.is_done(len(self.ids.get(Case, ())))
        for some in _parts(self.references):
            settle_about(subjects=list(some))

    def _delete(self, model: type[models.Model], ids: list[int]) -> None:
        """With its history. Constraints are asked at the end of the transaction, so any order will do."""
        self.history(model, ids, "-")
        for link in model._meta.many_to_many:
            through: Any = link.remote_field.through
            self.run(f'DELETE FROM "{through._meta.db_table}" WHERE {link.m2m_column_name()} = ANY(%s)', ids)
        self.run(f'DELETE FROM "{model._meta.db_table}" WHERE id = ANY(%s)', ids)

    def _empty_parts(self, ids: list[int]) -> None:
        """Parts in cases, or of people, that were there before move to an empty case and an empty person.

        So does the second part of one person in one case, such as a victim who is a suspect as well: withdrawn,
        both would be the same.
        """
        if not ids:
            return
        parts = Participant.objects.filter(is_any("pk", ids))
        strangers = list(parts.filter(is_any("pk", self._strangers(parts))))
        shells = Person.objects.bulk_create([Person() for _part in strangers], batch_size=SIZE)
        self.history(Person, [person.pk for person in shells], "+")
        for part, shell in zip(strangers, shells, strict=True):
            part.person = shell
        Participant.objects.bulk_update(strangers, ["person"], batch_size=SIZE)
        guests = parts.exclude(is_any("case_id", self.ids.get(Case, ())))
        if guests.exists():
            shell_case = Case.objects.bulk_create([Case(is_restricted=True)])[0]
            self.history(Case, [shell_case.pk], "+")
            guests.update(case=shell_case)
        parts.update(role=Participant.Role.WITHDRAWN, team=None, officer=None, represents=None)
        self._empty(Participant, ids, keeps={"case_id", "person_id", "role", "closed_at", "closure_reason"})

    def _strangers(self, parts: QuerySet[Participant]) -> list[int]:
        """The parts that cannot stay with their person."""
        own_people, own_cases = set(self.ids.get(Person, ())), set(self.ids.get(Case, ()))
        found, taken = [], set()
        for pk, case, person in parts.order_by("pk").values_list("pk", "case_id", "person_id"):
            place = case if case in own_cases else None, person  # guests come to one empty case
            if person not in own_people or place in taken:
                found.append(pk)
            taken.add(place)
        return found

    def _empty(
        self, model: type[models.Model], ids: list[int], *, keeps: set[str] | None = None, **values: Any
    ) -> None:
        """A shell: every field as in a new row, so that nothing of it is found or shown. History has the rest."""
        if not ids:
            return
        kept = STAYS_OF_A_SHELL | (keeps or set())
        blank = {
            field.name: field.get_default()
            for field in model._meta.concrete_fields
            if field.attname not in kept and field.name not in kept
        } | values
        model._base_manager.filter(is_any("pk", ids)).update(**blank, version=models.F("version") + 1)
        self.history(model, ids, "~")

    def feed(self) -> None:
        """The feed may say it all again: as new where it was new, as a change where it was one."""
        said = FeedRow.objects.filter(batch=self.taken)
        made = is_any("participant_id", self.ids.get(Participant, ()))
        said.filter(made, kind=FeedRow.Kind.REFERRAL).delete()
        said.update(digest="", participant=None)
        rows = ImportRow.objects.filter(batch=self.taken)
        rows.in_quarantine().update(
            settled_at=self.now,
            settled_by_id=self.by_id,
            content={},
            settlement=_("Withdrawn with its extract."),
        )
        # What its rows had settled waits again.
        ImportRow.objects.filter(told_of(self.taken)).exclude(content={}).update(
            settled_at=None, settled_in=None, settlement=""
        )


def _cases_of(row: Any) -> set[int]:
    """The cases whose duties may follow from this row."""
    if isinstance(row, Case):
        return {row.pk}
    if isinstance(row, Person):
        return set(Participant.objects.filter(person=row).values_list("case_id", flat=True))
    case_id = getattr(row, "case_id", None)
    if case_id is None and getattr(row, "participant_id", None):
        case_id = row.participant.case_id
    return {case_id} if case_id else set()
