"""Taking a batch back: what people see is as before, and the log keeps both.

What it created and the log does not name is deleted, with its history. People, cases and their parts stay as
empty shells, because events name them; nothing leads to a shell. Its events are withdrawn by further events.
What it changed is put back, field by field, where nobody has changed it since. The caller holds the
transaction and the lock that lets one chunk land at a time.
"""

# The SQL is put together from names of tables; values are always parameters.
# ruff: noqa: S608

from collections import defaultdict
from datetime import datetime
from typing import Any

from django.db import connection, models
from django.utils.translation import gettext as _

from victimcare.accounts.models import User
from victimcare.accounts.notify import settle_about
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Case, Entitlement, Event, Participant, Person
from victimcare.intake.brought import SHELLS, created, events_of, of_history, told_of, tracked, withdrawn
from victimcare.intake.models import FeedRow, ImportBatch, ImportRow
from victimcare.intake.staging import Land

SIZE = 1000
# A case that an extract restricted stays so: it takes two people to open it again.
NOT_PUT_BACK = {"id", "version", "changed_at", "is_restricted"}
STAYS_OF_A_SHELL = {"id", "reference", "version", "opened_at", "changed_at"}


def take_back(*, batch: ImportBatch, by: User, now: datetime) -> set[int]:
    """Undo what a batch did. Returns the cases whose duties may move. The caller has seen that nobody worked on it."""
    with connection.cursor() as cursor:
        undo = _Undo(cursor, change=f"withdrawal of {batch.reference}", by=by, now=now)
        undo.of(batch)
        undo.events()
        undo.changes()
        undo.creations()
        undo.feed()
        undo.announce_later(undo.case_ids)
    return undo.case_ids


class _Undo(Land):
    """The steps of one withdrawal, in order."""

    def of(self, batch: ImportBatch) -> None:
        self.taken = batch
        self.gone = {batch.reference, *withdrawn()}
        self.ids: dict[type[models.Model], list[int]] = {}
        for model in tracked():
            if found := list(created(model, batch).values_list("id", flat=True)):
                self.ids[model] = found
        self.recorded = list(events_of(batch).select_related("replaces").order_by("pk"))
        self.case_ids = {event.case_id for event in self.recorded} | set(self.ids.get(Case, ()))
        parts = Participant.objects.filter(pk__in=self.ids.get(Participant, ()))
        self.case_ids |= set(parts.values_list("case_id", flat=True))
        self.references = list(parts.values_list("reference", flat=True))
        contacts = [model for model in self.ids if model not in SHELLS]
        for model in contacts:
            if any(field.name == "reference" for field in model._meta.fields):
                named = model._base_manager.filter(pk__in=self.ids[model])
                self.references += named.values_list("reference", flat=True)

    def events(self) -> None:
        """Each event it recorded is withdrawn; one that replaced another gives way to what it replaced."""
        replaced = set(Event.objects.filter(replaces__in=self.recorded).values_list("replaces_id", flat=True))
        standing = [event for event in self.recorded if event.pk not in replaced]
        undone = [(event, self._undoing(event)) for event in standing]
        Event.objects.bulk_create([undoing for _event, undoing in undone], batch_size=SIZE)
        first = {event.pk: undoing for event, undoing in undone}
        rows = list(FeedRow.objects.filter(event__in=list(first)))
        for row in rows:
            row.event = first[row.event_id] if row.event_id else None
        FeedRow.objects.bulk_update(rows, ["event"], batch_size=SIZE)
        provisional = Entitlement.objects.filter(
            is_provisional=True,
            participant__in={e.participant_id for e in self.recorded if e.kind == Kind.ENTITLEMENT_SET},
            set_at__in={e.recorded_at for e in self.recorded},
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
        earlier = model.history.filter(id__in=list(mine), history_id__lt=max(first.values()))
        for row in earlier.order_by("history_id").iterator():
            if row.history_id < first[row.id]:
                before[row.id] = row
        moved = []
        for row in model._base_manager.filter(pk__in=list(before)).select_for_update(of=("self",)):
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
        self._empty_parts(self.ids.get(Participant, []))
        self._empty(Person, self.ids.get(Person, []))
        self._empty(Case, self.ids.get(Case, []), is_restricted=True)
        settle_about(subjects=self.references)

    def _delete(self, model: type[models.Model], ids: list[int]) -> None:
        """With its history. Constraints are asked at the end of the transaction, so any order will do."""
        self.history(model, ids, "-")
        for link in model._meta.many_to_many:
            through: Any = link.remote_field.through
            self.run(f'DELETE FROM "{through._meta.db_table}" WHERE {link.m2m_column_name()} = ANY(%s)', ids)
        self.run(f'DELETE FROM "{model._meta.db_table}" WHERE id = ANY(%s)', ids)

    def _empty_parts(self, ids: list[int]) -> None:
        """Parts in cases, or of people, that were there before move to an empty case and an empty person."""
        if not ids:
            return
        parts = list(Participant.objects.filter(pk__in=ids).select_for_update(of=("self",)))
        own_people, own_cases = set(self.ids.get(Person, ())), set(self.ids.get(Case, ()))
        strangers = [part for part in parts if part.person_id not in own_people]
        shells = Person.objects.bulk_create([Person() for _part in strangers], batch_size=SIZE)
        self.history(Person, [person.pk for person in shells], "+")
        for part, shell in zip(strangers, shells, strict=True):
            part.person = shell
        guests = [part for part in parts if part.case_id not in own_cases]
        if guests:
            shell_case = Case.objects.bulk_create([Case(is_restricted=True)])[0]
            self.history(Case, [shell_case.pk], "+")
            for part in guests:
                part.case = shell_case
        for part in parts:
            part.role, part.team_id, part.officer_id, part.represents_id = (
                Participant.Role.WITHDRAWN,
                None,
                None,
                None,
            )
        Participant.objects.bulk_update(
            parts, ["person", "case", "role", "team", "officer", "represents"], batch_size=SIZE
        )
        self._empty(Participant, ids, keeps={"case_id", "person_id", "role", "closed_at", "closure_reason"})

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
        model._base_manager.filter(pk__in=ids).update(**blank, version=models.F("version") + 1)
        self.history(model, ids, "~")

    def feed(self) -> None:
        """The feed may say it all again: as new where it was new, as a change where it was one."""
        said = FeedRow.objects.filter(batch=self.taken)
        said.filter(kind=FeedRow.Kind.REFERRAL, participant__in=self.ids.get(Participant, ())).delete()
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
