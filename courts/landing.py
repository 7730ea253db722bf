"""How a chunk of hearing rows lands: what is held is read at once, decided row by row, and written at once.

Rows of one chunk have different natural keys and stand in the file's order, so that a trial that was put
off finds its second row after it. The caller holds the transaction and the lock that lets one chunk land at
a time.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

from courts.actions import listing_said, required_at, result_events, result_said, said
from courts.models import Court, Hearing, WitnessRequirement
from courts.plausible import check_listing, check_result
from courts.results import ResultKind, kinds_of
from courts.rows import Row
from victimcare.accounts.models import Team
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Case, Event, Participant
from victimcare.faults import Refused
from victimcare.intake.cells import Clean, Problem
from victimcare.intake.layouts import Landed
from victimcare.intake.models import FeedRow, ImportBatch
from victimcare.intake.said import said as _
from victimcare.intake.staging import Land, remember
from victimcare.working_days import LONDON

LISTINGS = (Kind.HEARING_LISTED, Kind.HEARING_MOVED)
BATCH = 1000


class _Cannot(Exception):
    """This row cannot land; says which column and why."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.problem = Problem(column, reason)


def land_hearings(rows: Sequence[Clean], *, batch: ImportBatch, now: datetime) -> Landed:
    """List new hearings, add results, and change what the court changed. Returns what became of each row."""
    landed = Landed()
    chunk = _Chunk([row["hearing"] for row in rows], batch, now)
    for row in rows:
        try:
            hearing, outcome = chunk.keep(row["hearing"])
        except _Cannot as fault:
            landed.unknown[row["number"]] = (fault.problem.column, fault.problem.reason)
            continue
        landed.outcomes[row["number"]] = outcome
        if outcome != "unchanged":
            landed.case_ids.add(hearing.case_id)
    chunk.write(landed.case_ids)
    remember(
        FeedRow.Kind.HEARING,
        batch,
        {row["key"]: row["digest"] for row in rows if row["number"] in landed.outcomes},
    )
    return landed


@dataclass
class _Chunk:
    """What is held of the cases of some rows, and what those rows change."""

    rows: Sequence[Row]
    batch: ImportBatch
    now: datetime
    cases: dict[str, list[Case]] = field(default_factory=lambda: defaultdict(list))
    courts: dict[str, Court] = field(default_factory=dict)
    suspects: dict[tuple[int, str], Participant] = field(default_factory=dict)
    by_source: dict[tuple[str, str], Hearing] = field(default_factory=dict)
    of_case: dict[int, list[Hearing]] = field(default_factory=lambda: defaultdict(list))
    followed: set[str] = field(default_factory=set)  # references of hearings that were moved
    listed: list[Hearing] = field(default_factory=list)
    changed: dict[str, Hearing] = field(default_factory=dict)
    again: set[str] = field(default_factory=set)  # references of hearings whose listing is to be told anew
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Five queries, however many rows."""
        for case in Case.objects.filter(occurrence_no__in={row.occurrence_no for row in self.rows}):
            self.cases[case.occurrence_no].append(case)
        ids = [case.pk for same in self.cases.values() for case in same]
        self.courts = {court.ou: court for court in Court.objects.all()}
        for part in (
            Participant.objects.filter(case__in=ids, role=Participant.Role.SUSPECT)
            .exclude(person__source_id="")
            .select_related("person")
        ):
            self.suspects[part.case_id, part.person.source_id] = part
        held = Hearing.objects.filter(case__in=ids).select_related("court", "case")
        by_pk = {hearing.pk: hearing for hearing in held}
        for hearing in by_pk.values():
            self.of_case[hearing.case_id].append(hearing)
            if hearing.moved_from_id in by_pk:
                self.followed.add(by_pk[hearing.moved_from_id].reference)
        sources = Hearing.objects.filter(
            source_system__in={row.source_system for row in self.rows},
            source_id__in={row.hearing_id for row in self.rows},
        ).select_related("court", "case")
        for hearing in sources:
            known = by_pk.get(hearing.pk, hearing)
            self.by_source[known.source_system, known.source_id] = known

    # --- One row ---

    def keep(self, row: Row) -> tuple[Hearing, str]:
        """What this row says, decided and noted; raises _Cannot before anything is noted."""
        hearing = self.by_source.get((row.source_system, row.hearing_id))
        if hearing is None:
            return self._list(row), "accepted"
        if hearing.listed_on != row.listed_on:
            raise _Cannot(
                "listed_on", _("This hearing was listed for another day. A hearing that moves is a new row.")
            )
        if row.result_code and hearing.result_code and hearing.result_code != row.result_code:
            raise _Cannot("result_code", _("This hearing has another result. Ask the court which is right."))
        has_result = bool(row.result_code) and not hearing.has_result
        if has_result:
            self._check_result(row)
        is_changed = self._change(hearing, row)
        if has_result:
            self._result(hearing, row)
        return hearing, "updated" if has_result or is_changed else "unchanged"

    def _list(self, row: Row) -> Hearing:
        case, court = self._case(row), self.courts.get(row.court_ou)
        if court is None:
            raise _Cannot(
                "court_ou",
                _("No court has the code %s here. Have it added, then import again.") % row.court_ou,
            )
        suspect = self.suspects.get((case.pk, row.suspect_ref)) if row.suspect_ref else None
        if row.suspect_ref and suspect is None:
            raise _Cannot(
                "suspect_ref",
                _("This case has no suspect %s. Import its referrals first.") % row.suspect_ref,
            )
        try:
            check_listing(row.listed_on, row.learned_at, self.now)
        except Refused as refused:
            raise _Cannot("listed_on", refused.sentence) from None
        if row.result_code:
            self._check_result(row)
        standing = [
            held
            for held in self.of_case[case.pk]
            if held.reference not in self.followed
            and held.type == row.type
            and held.suspect_id == (suspect.pk if suspect else None)
        ]
        if any(held.court_id == court.pk and held.listed_on == row.listed_on for held in standing):
            raise _Cannot(
                "hearing_id", _("This hearing is listed already on that day at that court, under another number.")
            )  # fmt: skip
        put_off = [held for held in standing if ResultKind.ADJOURNED in kinds_of(held.result_code)]
        hearing = Hearing(
            case=case,
            court=court,
            type=row.type,
            listed_on=row.listed_on,
            listed_learned_at=row.learned_at,
            start_time=row.start_time,
            courtroom=row.courtroom,
            urn=row.urn or case.urn,
            suspect=suspect,
            moved_from=max(put_off, key=lambda held: held.listed_on, default=None),
            source_system=row.source_system,
            source_id=row.hearing_id,
        )
        self.listed.append(hearing)
        self.of_case[case.pk].append(hearing)
        self.by_source[row.source_system, row.hearing_id] = hearing
        if hearing.moved_from is not None:
            self.followed.add(hearing.moved_from.reference)
        self._note(
            hearing,
            Kind.HEARING_LISTED if hearing.moved_from is None else Kind.HEARING_MOVED,
            row.learned_at,
            said(hearing),
            listing_said(hearing),
            f"{row.hearing_id}:listed",
        )
        if row.result_code:
            self._result(hearing, row)
        return hearing

    def _case(self, row: Row) -> Case:
        """The case with this crime number; by the URN where two systems use the same number."""
        found = self.cases.get(row.occurrence_no, [])
        if len(found) > 1 and row.urn:
            found = [case for case in found if case.urn == row.urn]
        if len(found) != 1:
            raise _Cannot(
                "occurrence_no",
                _("No one case has the number %s. Import its referrals first.") % row.occurrence_no,
            )
        return found[0]

    def _check_result(self, row: Row) -> None:
        try:
            check_result(
                row.result_code,
                kinds_of(row.result_code),
                row.resulted_on or row.listed_on,
                row.result_learned_at or self.now,
                self.now,
            )
        except Refused as refused:
            raise _Cannot("result_code", refused.sentence) from None

    def _result(self, hearing: Hearing, row: Row) -> None:
        hearing.result_code, hearing.plea, hearing.verdict = row.result_code, row.plea, row.verdict
        hearing.resulted_on = row.resulted_on or row.listed_on
        hearing.result_learned_at = row.result_learned_at or self.now
        if hearing.pk:
            self.changed[hearing.reference] = hearing
        for event in result_events(hearing):
            self._note(
                hearing,
                event.kind,
                event.occurred,
                result_said(hearing),
                event.data,
                f"{row.hearing_id}:result" if event.is_the_result else "",
                learned_at=hearing.result_learned_at,
            )

    def _change(self, hearing: Hearing, row: Row) -> bool:
        """What the court said later of the same hearing. An empty cell removes nothing."""
        to: dict[str, Any] = {"start_time": row.start_time, "courtroom": row.courtroom, "urn": row.urn}
        if hearing.has_result and row.result_code:
            to |= {"plea": row.plea, "verdict": row.verdict}
        to = {name: value for name, value in to.items() if value and getattr(hearing, name) != value}
        for name, value in to.items():
            setattr(hearing, name, value)
        if to and hearing.pk:
            self.changed[hearing.reference] = hearing
            if "start_time" in to and not hearing.has_result:
                self.again.add(hearing.reference)
        return bool(to)

    def _note(
        self,
        hearing: Hearing,
        kind: Kind,
        occurred: Any,
        detail: str,
        data: dict[str, Any],
        source_id: str,
        *,
        learned_at: datetime | None = None,
        replaces: Event | None = None,
    ) -> None:
        """An event to be written with the chunk."""
        is_moment = isinstance(occurred, datetime)
        at = (
            occurred
            if is_moment
            else datetime(occurred.year, occurred.month, occurred.day, 12, tzinfo=LONDON)
        )
        self.events.append(
            Event(
                case=hearing.case,
                kind=kind,
                occurred_at=at,
                precision=Event.Precision.MOMENT if is_moment else Event.Precision.DATE,
                learned_at=learned_at or at,
                suspect=hearing.suspect,
                hearing=hearing.reference,
                detail=detail,
                data=data | {"batch": self.batch.reference},
                source_system=hearing.source_system if source_id else "",
                source_id=source_id,
                replaces=replaces,
                by=self.batch.uploaded_by,
            )
        )

    # --- The whole chunk ---

    def write(self, case_ids: set[int]) -> None:
        with connection.cursor() as cursor:
            land = Land(
                cursor,
                change=f"extract {self.batch.reference}",
                by=self.batch.uploaded_by,
                now=self.now,
            )
            self._write_hearings(land)
            self._bring_to_witness_care(land)
            self._carry_over(land)
            self._tell_anew()
            self._write_events()
            land.announce_later(case_ids)

    def _write_hearings(self, land: Land) -> None:
        waiting = self.listed
        while waiting:  # one that was put off before the one that follows it
            ready = [hearing for hearing in waiting if hearing.moved_from is None or hearing.moved_from.pk]
            for hearing in ready:
                hearing.moved_from = hearing.moved_from  # its number, known only now
            Hearing.objects.bulk_create(ready, batch_size=BATCH)
            waiting = [hearing for hearing in waiting if not hearing.pk]
        land.history(Hearing, [hearing.pk for hearing in self.listed], "+")
        changed = list(self.changed.values())
        for hearing in changed:
            hearing.version += 1
        Hearing.objects.bulk_update(
            changed,
            ["start_time", "courtroom", "urn", "plea", "verdict", "result_code", "resulted_on", "result_learned_at",
             "version"],
            batch_size=BATCH,
        )  # fmt: skip
        land.history(Hearing, [hearing.pk for hearing in changed], "~")

    def _bring_to_witness_care(self, land: Land) -> None:
        """The first listing gives the case to the Witness Care Unit, so that it can see it."""
        team = Team.objects.filter(kind=Team.Kind.WITNESS_CARE).order_by("pk").first()
        if team is None:
            return
        land.run(
            "UPDATE cases_case SET witness_care_team_id = %s, version = version + 1 "
            "WHERE id = ANY(%s) AND witness_care_team_id IS NULL RETURNING id",
            team.pk,
            list({hearing.case_id for hearing in self.listed}),
        )
        land.history(Case, [pk for (pk,) in land.cursor.fetchall()], "~")

    def _carry_over(self, land: Land) -> None:
        """Whoever had to come still has to, on the new day; each has to be warned again."""
        moved = {
            hearing.moved_from_id: hearing for hearing in self.listed if hearing.moved_from_id is not None
        }
        carried = [
            WitnessRequirement(
                hearing=moved[before.hearing_id],
                participant_id=before.participant_id,
                learned_at=moved[before.hearing_id].listed_learned_at,
                recorded_by=self.batch.uploaded_by,
            )
            for before in required_at(moved)
        ]
        WitnessRequirement.objects.bulk_create(carried, batch_size=BATCH)
        land.history(WitnessRequirement, [requirement.pk for requirement in carried], "+")

    def _tell_anew(self) -> None:
        """A new time is a new listing: its event replaces the one before, heard of now."""
        before = Event.objects.current().filter(hearing__in=self.again, kind__in=LISTINGS)
        by_reference = {hearing.reference: hearing for hearing in self.changed.values()}
        for event in before.select_related("case"):
            hearing = by_reference[event.hearing]
            heard = hearing.listed_learned_at if self.batch.is_history else self.batch.arrived_at
            data = listing_said(hearing)
            self._note(
                hearing, Kind(event.kind), max(event.occurred_at, heard), said(hearing), data, "", replaces=event
            )  # fmt: skip

    def _write_events(self) -> None:
        """All of them; one that a withdrawn batch brought before replaces what withdrew it."""
        sources = [event.source_id for event in self.events if event.source_id]
        taken = {
            (event.source_system, event.source_id): event
            for event in Event.objects.filter(source_id__in=sources)
        }
        for event in self.events:
            before = taken.get((event.source_system, event.source_id)) if event.source_id else None
            if before is not None:
                event.source_id = ""
                event.replaces = _last_of(before)
        Event.objects.bulk_create(self.events, batch_size=BATCH)


def _last_of(event: Event) -> Event:
    """The end of the chain of corrections that begins here."""
    while (later := Event.objects.filter(replaces=event).first()) is not None:
        event = later
    return event
