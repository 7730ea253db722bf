"""Taking a batch back: what people see is as before, and the log keeps both.

What it created and the log does not name is deleted, with its history. People, cases and their parts stay as
empty shells, because events name them; nothing leads to a shell. Its events are withdrawn by further events.
What it changed is put back, field by field, where nobody has changed it since. The caller holds the
transaction and the lock that lets one chunk land at a time.
"""

# The SQL is put together from names of tables; values are always parameters.
# ruff: noqa: S608

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
from victimcare.intake.automatic import automatic
from victimcare.intake.brought import (
    SHELLS,
    change_of,
    created,
    events_of,
    of_history,
    told_of,
    tracked,
    withdrawn,
)
from victimcare.intake.models import FeedRow, ImportBatch, ImportRow
from victimcare.intake.staging import Land, listed, references
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
        undo.automatic()
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

    def automatic(self) -> None:
        """What opened by itself for its people or by its events, and nobody worked on, ends with it."""
        for opened in automatic().values():
            opened.end(self.ids.get(Participant, []), self.recorded)

    def events(self) -> None:
        """Each event it recorded is withdrawn; one that replaced another gives way to what it replaced."""
        held = Event.objects.filter(is_any("replaces_id", self.recorded))
        replaced = set(held.values_list("replaces_id", flat=True))
        for some in _parts([pk for pk in self.recorded if pk not in replaced]):
            events = Event.objects.filter(is_any("pk", some))
            after = events.exclude(replaces=None).select_related("replaces").order_by("pk")
            others = [self._undoing(event) for event in after]
            Event.objects.bulk_create(others, batch_size=SIZE)
            self._withdraw(sorted(set(some) - {each.replaces_id for each in others if each.replaces_id}))
            self.run(
                """
                UPDATE intake_feedrow feed SET event_id = undoing.id FROM cases_event undoing
                 WHERE feed.event_id = ANY(%s) AND undoing.replaces_id = feed.event_id
                """,
                some,
            )
        for some in _parts(self.recorded):
            self._forget_provisional_rights(some)
            self.is_done(len(some))

    def _withdraw(self, first_said: list[int]) -> None:
        """What nothing stood before did not happen: one statement for however many of them."""
        self.run(
            """
            INSERT INTO cases_event (reference, kind, case_id, participant_id, suspect_id, hearing, occurred_at,
                   precision, learned_at, recorded_at, by_id, source_system, source_id, detail, data, replaces_id)
            SELECT undoing.reference, %s, said.case_id, said.participant_id, said.suspect_id, said.hearing,
                   said.occurred_at, said.precision, said.learned_at, %s, %s, '', '', '',
                   jsonb_build_object('corrects', said.reference, 'was', said.kind, 'withdraws', %s::text), said.id
              FROM unnest(%s::bigint[], %s::text[]) AS undoing (id, reference)
              JOIN cases_event said ON said.id = undoing.id
             ORDER BY said.id
            """,
            Kind.WITHDRAWN.value, self.now, self.by_id, self.taken.reference, first_said,
            references("E", len(first_said), 9),
        )  # fmt: skip

    def _forget_provisional_rights(self, recorded: Sequence[int]) -> None:
        """The rights that triage gave with these events, where nobody has assessed since."""
        said = Event.objects.filter(is_any("pk", recorded), kind=Kind.ENTITLEMENT_SET)
        found = list(said.values_list("participant_id", "recorded_at"))
        Entitlement.objects.filter(
            is_any("participant_id", {participant for participant, _at in found}),
            is_provisional=True,
            set_at__in={at for _participant, at in found},
        ).delete()

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
            if of_history(model, self.taken, "~").exists():
                self._put_back(model)

    def _put_back(self, model: Any) -> None:
        """In one statement: what was said before its first change, where its last one still stands."""
        history = model.history.model
        table, then = model._meta.db_table, history._meta.db_table
        columns = [field.column for field in history.tracked_fields if field.attname not in NOT_PUT_BACK]
        is_back = {
            name: f'was."{name}" IS DISTINCT FROM said."{name}" AND t."{name}" IS NOT DISTINCT FROM said."{name}"'
            for name in columns
        }
        sets = listed(
            f'"{name}" = CASE WHEN {holds} THEN was."{name}" ELSE t."{name}" END'
            for name, holds in is_back.items()
        )
        self.run(
            f"""
            WITH mine AS MATERIALIZED (
                SELECT id, min(history_id) AS first, max(history_id) AS last FROM "{then}"
                 WHERE history_date >= %s AND history_change_reason = %s AND history_type = '~' AND id <> ALL(%s)
                 GROUP BY id),
            told AS MATERIALIZED (
                SELECT mine.id, mine.last, (SELECT max(earlier.history_id) FROM "{then}" earlier
                        WHERE earlier.id = mine.id AND earlier.history_id < mine.first) AS before FROM mine)
            UPDATE "{table}" t SET {sets}, version = t.version + 1
              FROM told JOIN "{then}" was ON was.history_id = told.before
                   JOIN "{then}" said ON said.history_id = told.last
             WHERE t.id = told.id AND ({" OR ".join(f"({holds})" for holds in is_back.values())})
            RETURNING t.id
            """,
            self.taken.arrived_at, change_of(self.taken), self.ids.get(model, []),
        )  # fmt: skip
        moved = [pk for (pk,) in self.cursor.fetchall()]
        self.history(model, moved, "~")
        self.case_ids |= _cases_of(model, moved)

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
        strangers = self._strangers(parts)
        shells = Person.objects.bulk_create([Person() for _part in strangers], batch_size=SIZE)
        self.history(Person, [person.pk for person in shells], "+")
        self.run(
            """
            UPDATE cases_participant part SET person_id = moved.person
              FROM unnest(%s::bigint[], %s::bigint[]) AS moved (part, person) WHERE part.id = moved.part
            """,
            strangers, [shell.pk for shell in shells],
        )  # fmt: skip
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


def _cases_of(model: Any, ids: Sequence[int]) -> set[int]:
    """The cases whose duties may follow from these rows. One query at most."""
    if model is Case:
        return set(ids)
    if model is Person:
        rows: Any = Participant.objects.filter(is_any("person_id", ids)).values_list("case_id", flat=True)
        return set(rows)
    names = {field.name for field in model._meta.concrete_fields}
    way = "case_id" if "case" in names else "participant__case_id" if "participant" in names else ""
    if not way or not ids:
        return set()
    found = model._base_manager.filter(is_any("pk", ids)).values_list(way, flat=True)
    return {case for case in found if case is not None}
