"""Every write of referrals: what arrives, what is mended, who takes it, what is referred on.

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

from django.db import DataError, IntegrityError, connection, transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from referrals import extract as extracts
from referrals import landing
from referrals.extract import Extract, RawRow, Unreadable, visible
from referrals.landing import Arrival, Landed
from referrals.models import ImportBatch, ImportRow, OnwardReferral, Partner, Referral
from referrals.rows import Clean, Problem, clean_event, clean_referral, raw_digest
from referrals.triage import Facts, due_on, in_words, triage
from victimcare import clock
from victimcare.accounts.models import Team, User
from victimcare.audit.actions import record_access
from victimcare.audit.models import AccessEntry
from victimcare.cases import actions as cases
from victimcare.cases.events import announce, record_event
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Participant
from victimcare.faults import Refused, Stale
from victimcare.http import AWAY
from victimcare.working_days import london_day

logger = logging.getLogger(__name__)

OF_THE_MACHINE = (*AWAY, OSError)  # no fault of the file: it is read again later
CHUNK = 5000
UNDO_WITHIN = timedelta(minutes=15)
SHARED_FOR = timedelta(days=183)  # how long a partner sees somebody referred to them
YEAR = timedelta(days=365)


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
def upload(*, file_name: str, content: bytes, by: User | None, is_history: bool = False) -> ImportBatch:
    """Keep an extract's bytes until a worker has read them.

    Raises Refused when the same file is waiting already.
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
            )
    except IntegrityError:  # somebody else sent the same file at the same moment
        _refuse_if_open(sha256)
        raise


def _refuse_if_open(sha256: str) -> None:
    same = ImportBatch.objects.filter(sha256=sha256, state__in=["waiting", "reading"]).first()
    if same is not None:
        raise Refused(
            _(
                "This file (%(batch)s) is already waiting or being read. Open it in the list to see "
                "how far it is."
            )
            % {"batch": same.reference}
        )


def begin(*, file_name: str, sha256: str, by: User | None, is_history: bool = False) -> ImportBatch:
    """Open a batch for a file read from disk, or go on with one whose reader died.

    Raises Refused while one lives.
    """
    batch = (
        ImportBatch.objects.filter(sha256=sha256, state__in=["waiting", "reading"]).defer("content").first()
    )
    if batch is None:
        return ImportBatch.objects.create(
            file_name=visible(file_name)[-200:], sha256=sha256,
            state=ImportBatch.State.READING, uploaded_by=by, is_history=is_history, claimed_at=clock.now(),
        )  # fmt: skip
    if batch.state == ImportBatch.State.WAITING or not _hold(batch):
        _refuse_if_open(sha256)
    return batch


def _hold(batch: ImportBatch) -> bool:
    """Whether this connection may read the batch: no living one does."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext('referrals.batch'), %s::int)", [batch.pk])
        return bool(cursor.fetchone()[0])


def _let_go(batch: ImportBatch) -> None:
    with suppress(*AWAY), connection.cursor() as cursor:  # a connection that is gone holds nothing
        cursor.execute("SELECT pg_advisory_unlock_all()")


@transaction.atomic
def claim() -> ImportBatch | None:
    """The next extract to be read, now ours; None when there is none. Safe with any number of workers.

    Those never begun come first: one that kills its reader each time holds up no other.
    """
    waiting = ImportBatch.objects.waiting().select_for_update(skip_locked=True)
    batch = waiting.order_by(F("claimed_at").asc(nulls_first=True), "id").first()
    if batch is not None:
        batch.state, batch.claimed_at = ImportBatch.State.READING, clock.now()
        batch.save(update_fields=["state", "claimed_at"])
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


def receive(*, batch: ImportBatch, stream: IO[bytes], progress: Progress | None = None) -> ImportBatch:
    """Read an extract and keep every row, from where an earlier reader stopped.

    The batch says what came of it, whatever the file holds. Raises only what is the machine's fault, such as
    a database that is away: then the batch stays as it is, to be gone on with.
    """
    _hold(batch)
    try:
        opened = extracts.open_extract(stream)
        if opened.kind not in extracts.READ_HERE:
            raise Unreadable(
                _(
                    "This is a %(kind)s extract. Those are not read yet; only referrals and events "
                    "are. Nothing was kept."
                )
                % {"kind": opened.kind}
            )
        batch.expected = opened.count()
        if not batch.expected:
            raise Unreadable(
                _("The file has a heading and no rows. Ask for the extract again, or wait for the next one.")
            )
        _describe(batch, opened)
        for chunk in _chunks(islice(opened.rows(), batch.received, None)):
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
        _let_go(batch)
    return _finish(batch)


def _chunks(rows: Iterator[RawRow]) -> Iterator[list[RawRow]]:
    while chunk := list(islice(rows, CHUNK)):
        yield chunk


@transaction.atomic
def _describe(batch: ImportBatch, opened: Extract) -> None:
    """What the file turned out to be, before any row of it is kept; and that personal data was collected."""
    batch.kind, batch.encoding = opened.kind, opened.encoding
    batch.unknown_columns, batch.claimed_at = opened.unknown_columns, clock.now()
    batch.save(update_fields=["kind", "encoding", "unknown_columns", "expected", "claimed_at"])
    record_access(
        by=batch.uploaded_by or _Feed(),
        op=AccessEntry.Op.COLLECT,
        field_group=f"extract {batch.kind}",
        path=batch.reference,
    )


@transaction.atomic
def _keep_chunk(batch: ImportBatch, chunk: list[RawRow]) -> set[int]:
    """One chunk and its counts, together or not at all.

    Raises Overtaken when another reader has got further.
    """
    here = ImportBatch.objects.select_for_update().defer("content").get(pk=batch.pk)
    if here.state != ImportBatch.State.READING or here.received != batch.received:
        raise Overtaken
    landing.one_at_a_time()
    counts, case_ids = _land(batch, chunk)
    now = clock.now()
    batch.received += len(chunk)
    for outcome in ImportRow.Outcome.values:
        setattr(batch, outcome, getattr(batch, outcome) + counts[outcome])
    batch.claimed_at = now
    batch.save(update_fields=["received", "claimed_at", *ImportRow.Outcome.values])
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


def _stumbled(batch: ImportBatch, fault: Exception) -> ImportBatch:
    """A fault of ours ends the batch. The log says where, never what: the words may be somebody's details."""
    where = " > ".join(f"{frame.name}:{frame.lineno}" for frame in extract_tb(fault.__traceback__))
    logger.error("Extract %s could not be read: %s in %s.", batch.reference, type(fault).__name__, where)
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


def _land(batch: ImportBatch, chunk: Sequence[RawRow]) -> tuple[Counter[str], set[int]]:
    """Every row of the chunk to its one outcome. Runs in the caller's transaction."""
    now = clock.now()
    is_referrals = batch.kind == ImportBatch.Kind.REFERRALS
    clean = clean_referral if is_referrals else clean_event
    outcomes: dict[int, str] = {}
    bad: list[tuple[RawRow, str, Problem]] = []
    good: list[Clean] = []
    raw_by_number = {raw.number: raw for raw in chunk}
    for raw in chunk:
        row, problems = clean(raw, now=now)
        if problems:
            bad.append((raw, row["key"], problems[0]))
        else:
            good.append(row)
    landed = Landed()
    for turn in _turns(good, outcomes, "referral" if is_referrals else "event"):
        part = _land_or_halve(batch, turn, now)
        landed.outcomes |= part.outcomes
        landed.reasons |= part.reasons
        landed.unknown |= part.unknown
        landed.case_ids |= part.case_ids
    by_number = {row["number"]: row for row in good}
    for number, (column, value) in landed.unknown.items():
        bad.append((raw_by_number[number], by_number[number]["key"], Problem(column, value)))
    outcomes |= landed.outcomes
    _settle_mended(landed, by_number)
    outcomes |= _quarantine(batch, bad)
    _keep_suppressed(batch, landed, by_number)
    return Counter(outcomes.values()), landed.case_ids


def _turns(rows: list[Clean], outcomes: dict[int, str], kind: str) -> Iterator[list[Clean]]:
    """Rows that say something new, in turns in which no key comes twice. The others are unchanged at once."""
    by_key: dict[str, list[Clean]] = {}
    for row in rows:
        by_key.setdefault(row["key"], []).append(row)
    held = landing.digests(kind, list(by_key))
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
    change = f"extract {batch.reference}"
    by = batch.uploaded_by
    try:
        with transaction.atomic():
            if batch.kind == ImportBatch.Kind.EVENTS:
                landed = landing.land_events(
                    rows, received_at=batch.arrived_at, batch_id=batch.pk, change=change, by=by, now=now
                )
                landed.unknown = {
                    number: (
                        column,
                        _("We hold no crime %s. It may come in a later referrals extract.") % value,
                    )
                    for number, (column, value) in landed.unknown.items()
                }
                return landed
            return landing.land_referrals(
                _arrivals(batch, rows), batch_id=batch.pk, change=change, by=by, now=now
            )
    except (IntegrityError, DataError):
        if len(rows) == 1:
            reason = _(
                "This row contradicts what is already held, such as a date of death before a date of birth."
            )
            return Landed(unknown={rows[0]["number"]: ("", reason)})
        middle = len(rows) // 2
        first, second = _land_or_halve(batch, rows[:middle], now), _land_or_halve(batch, rows[middle:], now)
        return Landed(
            first.outcomes | second.outcomes, first.reasons | second.reasons, first.unknown | second.unknown,
            first.case_ids | second.case_ids,
        )  # fmt: skip


def _arrivals(batch: ImportBatch, rows: list[Clean]) -> list[Arrival]:
    """Each row with its team, its moments and what triage makes of it."""
    teams = _Teams(list(Team.objects.filter(kind=Team.Kind.VICTIM_CARE).order_by("pk")))
    earlier = _Earlier(rows)
    people = _People(rows)
    arrivals = []
    for row in map(people.filled, rows):
        recorded, reported = row["recorded_at"], row["reported_at"]
        received = recorded.at if batch.is_history and recorded else batch.arrived_at
        crime = reported or recorded
        crime_at = (
            min(crime.at, received) if crime and not crime.is_date_only else crime.at if crime else received
        )
        received_on = london_day(received)
        is_victim = row["role"] == "VICTIM"
        day = london_day(recorded.at) if recorded else received_on
        made = triage(_facts(people.as_known(row), day, earlier)) if is_victim else None
        arrivals.append(
            Arrival(
                row=row,
                team_id=teams.for_area(row["policing_area"]),
                received_at=received,
                received_on=received_on,
                crime_at=crime_at,
                crime_on=london_day(crime_at),
                crime_precision="date" if crime is None or crime.is_date_only else "moment",
                triage=made,
                due_on=due_on(received_on, made.priority) if made and not made.suppressed_because else None,
                entitlement_reason=_("From triage: %s.") % ", ".join(in_words(made.reasons)) if made else "",
            )
        )
    return arrivals


class _Teams:
    """Which victim care team a policing area reaches; the team that names no area takes the rest."""

    def __init__(self, teams: list[Team]) -> None:
        self.by_area = {area: team.pk for team in teams for area in team.policing_areas}
        self.rest = next((team.pk for team in teams if not team.policing_areas), None)

    def for_area(self, area: str) -> int | None:
        return self.by_area.get(area, self.rest)


# What one person's rows say of them: an empty cell in a later row removes nothing that an earlier one said.
_OF_THE_PERSON = (*landing.PERSON_WORDS, "date_of_birth", "date_of_death", "welsh_preference")


class _People:
    """What is known of the people in a chunk, from its earlier rows and from what is held."""

    def __init__(self, rows: list[Clean]) -> None:
        self.held = landing.known_people((row["source_system"], row["person_id"]) for row in rows)
        self.said: dict[tuple[str, str], Clean] = {}

    def filled(self, row: Clean) -> Clean:
        """A copy with what this person's earlier rows said in the cells that this one leaves empty."""
        row = dict(row)
        said = self.said.setdefault((row["source_system"], row["person_id"]), {})
        for column in _OF_THE_PERSON:
            if row[column]:
                said[column] = row[column]
            elif column in said:
                row[column] = said[column]
        return row

    def as_known(self, row: Clean) -> Clean:
        """The row as triage sees it: with what we hold, and with a person's own answers before the feed's."""
        held = self.held.get((row["source_system"], row["person_id"]))
        if held is None:
            return row
        wins = held["is_confirmed"]
        return row | {
            column: value
            for column, value in held.items()
            if column in row and (not row[column] or (wins and column.startswith("safe_to_")))
        }


class _Earlier:
    """What is held of the people in a chunk: their crimes, and where they are suspects. Grows row by row."""

    def __init__(self, rows: list[Clean]) -> None:
        self.crimes: dict[tuple[str, str], dict[str, date]] = {}
        self.suspected: set[tuple[str, str, str]] = {
            (row["source_system"], row["suspect_ref"], row["occurrence_no"])
            for row in rows
            if row["suspect_ref"]
        }
        people = [(row["source_system"], row["person_id"]) for row in rows if row["role"] == "VICTIM"]
        for system, number, occurrence, recorded, role in landing.known_parts(people):
            if role == "SUSPECT":
                self.suspected.add((system, number, occurrence))
            elif role == "VICTIM" and recorded is not None:
                self.crimes.setdefault((system, number), {})[occurrence] = london_day(recorded)

    def crimes_in_year_to(self, row: Clean, day: date) -> int:
        crimes = self.crimes.setdefault((row["source_system"], row["person_id"]), {})
        crimes[row["occurrence_no"]] = day
        return sum(1 for recorded in crimes.values() if day - YEAR < recorded <= day)

    def is_suspect(self, row: Clean) -> bool:
        return (row["source_system"], row["person_id"], row["occurrence_no"]) in self.suspected


def _facts(row: Clean, day: date, earlier: _Earlier) -> Facts:
    born = row["date_of_birth"]
    safe_to = (
        ("phone", row["safe_to_call"], row["phone_mobile"] or row["phone_home"]),
        ("text", row["safe_to_text"], row["phone_mobile"]),
        ("email", row["safe_to_email"], row["email"]),
        ("post", row["safe_to_post"], row["address_line_1"]),
    )
    return Facts(
        flags=frozenset(row["flags"]),
        offence_code=row["offence_code"],
        age=day.year - born.year - ((day.month, day.day) < (born.month, born.day)) if born else None,
        risk_level=row["risk_level"],
        disability=row["disability"],
        crimes_in_12_months=earlier.crimes_in_year_to(row, day),
        has_died=row["date_of_death"] is not None,
        is_suspect_here=earlier.is_suspect(row),
        is_nameless_business=bool(row["organisation_name"]) and not row["surname"] and not row["given_names"],
        safe_to=tuple((channel, answer) for channel, answer, destination in safe_to if destination),
    )


def _quarantine(batch: ImportBatch, bad: list[tuple[RawRow, str, Problem]]) -> dict[int, str]:
    """Keep what cannot land, with its reason. Of one key only the newest waits; what it replaces is settled.

    A row that was settled before, when nothing of its key waits, is unchanged.
    """
    if not bad:
        return {}
    digests = {raw.number: raw_digest(raw.cells) for raw, _key, _problem in bad}
    same = Q(digest__in=set(digests.values()))
    seen = set(
        ImportRow.objects.filter(same, outcome=ImportRow.Outcome.QUARANTINED).values_list("digest", flat=True)
    )
    keys = {key for _raw, key, _problem in bad if _is_whole(key)}
    open_rows = ImportRow.objects.in_quarantine().filter(same | Q(natural_key__in=keys))
    waiting: dict[str, list[int]] = {}
    for pk, key, digest in open_rows.values_list("pk", "natural_key", "digest"):
        waiting.setdefault(_identity(key, digest), []).append(pk)
    replacement = {
        "settled_at": clock.now(),
        "settlement": _("Replaced by a later row, in %s.") % batch.file_name,
        "content": {},
    }
    outcomes: dict[int, str] = {}
    kept: list[ImportRow] = []
    newest: dict[str, ImportRow] = {}
    replaced: list[int] = []
    for raw, key, problem in sorted(bad, key=lambda one: one[0].number):
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
                column=problem.column[:60],
                reason=visible(problem.reason)[:300],
                content={visible(name): visible(cell[:2000]) for name, cell in raw.cells.items()},
            )
        )
        newest[identity] = kept[-1]
    ImportRow.objects.in_quarantine().filter(pk__in=replaced).update(**replacement)
    ImportRow.objects.bulk_create(kept)
    return outcomes


def _is_whole(key: str) -> bool:
    """Whether every part of a natural key is known. Without one, two rows are the same only word for word."""
    return all(key.split("|"))


def _identity(key: str, digest: str) -> str:
    return key if _is_whole(key) else digest


def _keep_suppressed(batch: ImportBatch, landed: Landed, rows: Mapping[int, Clean]) -> None:
    """Suppressed rows with their reason; the batch page lists them."""
    ImportRow.objects.bulk_create(
        ImportRow(
            batch=batch,
            number=number,
            natural_key=rows[number]["key"],
            outcome=ImportRow.Outcome.SUPPRESSED,
            reason=reason,
        )
        for number, reason in landed.reasons.items()
    )


def _settle_mended(landed: Landed, rows: Mapping[int, Clean]) -> None:
    """A row that lands settles the one in quarantine under the same key: the feed mended it itself."""
    if not ImportRow.objects.in_quarantine().exists():
        return
    keys = [rows[number]["key"] for number in landed.outcomes]
    ImportRow.objects.in_quarantine().filter(natural_key__in=keys).update(
        settled_at=clock.now(), settlement=_("The feed sent it again and it could be kept."), content={}
    )


# --- Quarantine ------------------------------------------------------------------------------------


def problems_of(row: ImportRow, cells: Mapping[str, str]) -> list[Problem]:
    """What would still be wrong with a quarantined row that said this. Writes nothing."""
    clean = clean_event if row.batch.kind == ImportBatch.Kind.EVENTS else clean_referral
    return clean(RawRow(row.number, dict(cells)), now=clock.now())[1]


@transaction.atomic
def mend(*, row: ImportRow, cells: Mapping[str, str], by: User) -> ImportRow:
    """Send a mended row on by the way all rows go.

    Raises Stale when it was settled, Refused when it still cannot land.
    """
    landing.one_at_a_time()  # first, as an extract does: two that wait for each other would both fail
    row = _in_quarantine(row)
    batch = row.batch
    clean = clean_event if batch.kind == ImportBatch.Kind.EVENTS else clean_referral
    now = clock.now()
    mended, problems = clean(RawRow(row.number, dict(cells)), now=now)
    if problems:
        raise Refused(problems[0].reason)
    kind = "event" if batch.kind == ImportBatch.Kind.EVENTS else "referral"
    outcome, case_ids = "unchanged", set[int]()
    if landing.digests(kind, [mended["key"]]).get(mended["key"]) != mended["digest"]:
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


# --- Allocation ------------------------------------------------------------------------------------


@transaction.atomic
def allocate(*, choices: Mapping[Referral, User], by: User) -> int:
    """Give each referral to its officer. Returns how many were given: one that a colleague gave meanwhile
    is left.

    Somebody chosen for a restricted victim is put on the list of those who may see them, when nobody is on
    it.
    Raises Refused for an officer who cannot take the victim.
    """
    now, given = clock.now(), 0
    by_officer: dict[User, list[Referral]] = {}
    wanted = {referral.pk: officer for referral, officer in choices.items()}
    locked = (
        Referral.objects.to_allocate_by(by)
        .filter(pk__in=wanted, status=Referral.Status.RECEIVED)
        .select_for_update(of=("self",))
        .select_related("participant__case")
        .order_by("pk")
    )
    for referral in locked:
        officer = wanted[referral.pk]
        _let_see(referral.participant, officer, by)
        by_officer.setdefault(officer, []).append(referral)
    for officer, referrals in by_officer.items():
        cases.allocate(participants=[referral.participant for referral in referrals], officer=officer, by=by)
        for referral in referrals:
            referral.status, referral.allocated_at, referral.allocated_by = Referral.Status.ALLOCATED, now, by
            _save(referral, by)
            given += 1
    return given


def _let_see(participant: Participant, officer: User, by: User) -> None:
    """Refuse an officer who must not see this case; put the first one chosen on a restricted case's list."""
    case = participant.case
    if case.exclusions.filter(user=officer, lifted_at=None).exists():
        raise Refused(
            _("%s must not see one of these cases. Choose somebody else for it.") % officer.display_name
        )
    if case.is_restricted and not case.restricted_to.filter(pk=officer.pk).exists():
        if case.restricted_to.exists():
            raise Refused(
                _("%s is not on the list of a restricted case. Choose someone on it.") % officer.display_name
            )
        case.restricted_to.add(officer)
        record_access(
            by=by, op=AccessEntry.Op.ALTER, case=case.reference, subject=participant.reference,
            field_group="restricted list", justification=officer.reference,
        )  # fmt: skip


def last_saved(by: User) -> list[Referral]:
    """What this supervisor allocated in one go in the last fifteen minutes, if anything."""
    mine = Referral.objects.allocated().filter(allocated_by=by, allocated_at__gte=clock.now() - UNDO_WITHIN)
    newest = mine.order_by("-allocated_at").values_list("allocated_at", flat=True).first()
    return list(mine.filter(allocated_at=newest).select_related("participant__case")) if newest else []


@transaction.atomic
def undo_allocation(*, by: User) -> int:
    """Take back the last allocation this person saved. Returns how many.

    Raises Refused when it is too late.
    """
    saved = last_saved(by)
    if not saved:
        raise Refused(
            _("There is nothing to undo: an allocation can be undone for 15 minutes. Allocate again instead.")
        )
    locked = Referral.objects.select_for_update(of=("self",)).filter(
        pk__in=[referral.pk for referral in saved], status=Referral.Status.ALLOCATED, allocated_by=by
    )
    for referral in locked.select_related("participant__case"):
        cases.take_back(participant=referral.participant, by=by)
        referral.status, referral.allocated_at, referral.allocated_by = Referral.Status.RECEIVED, None, None
        _save(referral, by)
    return len(saved)


def _save(row: Referral | OnwardReferral, by: User) -> None:
    row.version += 1
    row._history_user = by  # type: ignore[union-attr]
    row.save()


# --- Referring on ----------------------------------------------------------------------------------


@transaction.atomic
def refer_on(
    *, participant: Participant, partner: Partner, shares: str, agreed_on: date, by: User
) -> OnwardReferral:
    """Refer a victim to a partner, sharing what they agreed to share.

    Raises Refused without their agreement.
    """
    participant = (
        Participant.objects.select_for_update(of=("self",))
        .select_related("case", "person")
        .get(pk=participant.pk)
    )
    if participant.consent_to_refer == "N":
        raise Refused(
            _(
                "This victim said no to being referred. Ask again when you next speak, and record "
                "their answer first."
            )
        )
    if participant.person.date_of_death:
        raise Refused(_("This person has died. Refer those who act for them instead."))
    if agreed_on > clock.today():
        raise Refused(_("They cannot have agreed in the future. Enter the day they agreed."))
    if not Partner.objects.contracted_on(clock.today()).filter(pk=partner.pk).exists():
        raise Refused(_("%s takes no referrals now. Choose another service.") % partner.name)
    if participant.onward_referrals.filter(partner=partner, status__in=["sent", "accepted"]).exists():
        raise Refused(_("They are already referred to %s. It is on their page.") % partner.name)
    now = clock.now()
    onward = OnwardReferral(
        participant=participant, partner=partner, shares=shares, agreed_on=agreed_on,
        expires_on=clock.today() + SHARED_FOR, made_at=now, made_by=by,
    )  # fmt: skip
    onward._history_user = by  # type: ignore[attr-defined]
    onward.save()
    record_event(
        case=participant.case, kind=Kind.REFERRED_TO_SUPPORT, occurred=now, participant=participant,
        detail=partner.name, data={"onward_referral": onward.reference}, by=by,
    )  # fmt: skip
    record_access(
        by=by, op=AccessEntry.Op.DISCLOSE, case=participant.case.reference, subject=participant.reference,
        field_group="onward referral", justification=partner.name[:120],
    )  # fmt: skip
    return onward


@transaction.atomic
def accept(*, onward: OnwardReferral, version: int, by: User) -> OnwardReferral:
    """The partner takes the victim on. Raises Stale when a colleague answered first."""
    return _answer(onward, OnwardReferral.Status.ACCEPTED, "", version, by)


@transaction.atomic
def decline(*, onward: OnwardReferral, reason: str, version: int, by: User) -> OnwardReferral:
    """The partner cannot take the victim on, and why. Raises Stale when a colleague answered first."""
    return _answer(onward, OnwardReferral.Status.DECLINED, reason, version, by)


def _answer(onward: OnwardReferral, status: str, answer: str, version: int, by: User) -> OnwardReferral:
    fresh = OnwardReferral.objects.select_for_update(of=("self",)).visible_to(by).filter(pk=onward.pk).first()
    if fresh is None:
        raise Refused(
            _("This referral is no longer open. Ask the Victim Care Unit if you think it should be.")
        )
    if fresh.version != version or fresh.status != OnwardReferral.Status.SENT:
        raise Stale(
            _("A colleague has answered this referral meanwhile. Open the list again to see the answer.")
        )
    fresh.status, fresh.answer, fresh.answered_at, fresh.answered_by = status, answer, clock.now(), by
    _save(fresh, by)
    return fresh
