"""Every write of compliance. Duties are computed here and typed nowhere."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import islice
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from compliance.catalogue import Code, codes
from compliance.engine import OPEN, Key, Owed, owed_to, standing
from compliance.facts import Care, facts_of
from compliance.models import CodeVersion, Duty, RuleCheck
from victimcare import clock
from victimcare.accounts.models import User
from victimcare.calendars import Calendar, numbered
from victimcare.cases.models import Case, Event
from victimcare.faults import Refused, Stale
from victimcare.lookups import is_any
from victimcare.prepared import Given, Prepared
from victimcare.working_days import LONDON

CHUNK = 2_000

# What may change while a duty stays the same duty, and what makes it another revision of it.
MOVES = ("owner", "due_on", "enhanced_applied", "status", "settled_on", "met_by", "team_id", "officer_id")
REVISES = ("clock_on", "limit", "first_due_on", "enhanced_at_trigger")

Row = tuple[Any, ...]  # one duty, in the order of `_COLUMNS`


@dataclass(frozen=True)
class Assessed:
    """What an assessment did, in rows."""

    cases: int = 0
    opened: int = 0
    changed: int = 0
    ended: int = 0

    def __add__(self, other: "Assessed") -> "Assessed":
        return Assessed(
            self.cases + other.cases,
            self.opened + other.opened,
            self.changed + other.changed,
            self.ended + other.ended,
        )


def assess(case_ids: Iterable[int]) -> Assessed:
    """Work out what is owed in these cases and keep the difference. Safe to run twice, for any number.

    A case that somebody is writing to right now is waited for at the end, one at a time, so that two
    assessments never wait for each other.
    """
    done = Assessed()
    left: list[int] = []
    for chunk in _chunks(sorted(set(case_ids)), CHUNK):
        assessed, missing = _assess_chunk(chunk, waits=False)
        done, left = done + assessed, [*left, *missing]
    for case_id in left:
        done += _assess_chunk([case_id], waits=True)[0]
    return done


def assess_left_behind(*, recorded_before: datetime, limit: int = CHUNK) -> int:
    """Assess cases whose events were recorded before this moment and not assessed since. Returns how many."""
    ids = list(
        Case.objects.filter(changed_at__lt=recorded_before)
        .order_by("changed_at")
        .values_list("pk", flat=True)[:limit]
    )
    return assess(ids).cases if ids else 0


@transaction.atomic
def _assess_chunk(case_ids: list[int], *, waits: bool) -> tuple[Assessed, list[int]]:
    """Assess these cases; returns what was done, and the cases somebody else holds."""
    # The lock makes each case's duties one writer's; nobody's event waits longer than this chunk takes.
    held = dict((_held_waiting if waits else _held_now)(cases=list(case_ids)))
    missing = [] if waits else _still_there(set(case_ids) - held.keys())
    if not held:
        return Assessed(), missing
    facts = facts_of(held.keys(), _current_duties.of(cases=list(held)))
    [kept] = facts.beside
    calendars = _settled_by_another(kept, facts.calendar)
    settled_by = {key: numbered(number).bank_holidays for key, number in calendars.items()}
    wanted: dict[Key, Row] = {}
    for case_id, people in facts.served.items():
        events = standing(facts.events.get(case_id, ()))
        for served in people:
            told, care = facts.told.get(served.id, ()), facts.care[served.id]
            for owed in owed_to(
                served,
                events,
                told,
                facts.rulebook,
                bank_holidays=facts.calendar.bank_holidays,
                settled_by=settled_by,
            ):
                key, calendar = _key(owed), facts.calendar.number
                if calendars and owed.status != OPEN:
                    calendar = calendars.get(key, calendar)
                wanted[key] = _row(owed, care, calendar)
    changed = [pk for pk, changed_at in held.items() if changed_at is not None]
    done = _keep(wanted, kept, changed)
    return Assessed(len(held), *done), missing


def _locking(*, waits: bool) -> QuerySet[Case, Any]:
    held = Case.objects.select_for_update(no_key=True, skip_locked=not waits)
    return held.filter(is_any("pk", Given("cases"))).order_by("pk").values_list("pk", "changed_at")


_held_now = Prepared(lambda: _locking(waits=False))
_held_waiting = Prepared(lambda: _locking(waits=True))


@Prepared
def _current_duties() -> QuerySet[Duty, Any]:
    """What is kept of these cases: key, revision, the event that corrected its own, and its columns."""
    rows = Duty.objects.current().filter(is_any("case_id", Given("cases"))).order_by("pk")
    return rows.values_list("pk", "revision", "event__replaced_by", *_COLUMNS)


def _settled_by_another(kept: Iterable[Row], now: Calendar) -> dict[Key, int]:
    """The settled duties that were counted by another version of the calendar, with its number.

    The event that corrected a settled duty's own is counted by the same calendar.
    """
    found: dict[Key, int] = {}
    for _pk, _revision, replaced_by, *row in kept:
        if row[_CALENDAR] != now.number and row[_STATUS] != OPEN:
            code, rule, event, participant = row[:4]
            found[code, rule, event, participant] = row[_CALENDAR]
            if replaced_by is not None:
                found[code, rule, replaced_by, participant] = row[_CALENDAR]
    return found


def _still_there(case_ids: set[int]) -> list[int]:
    return (
        list(Case.objects.filter(is_any("pk", case_ids)).order_by("pk").values_list("pk", flat=True))
        if case_ids
        else []
    )


def _key(owed: Owed) -> Key:
    return owed.rule.code, owed.rule.key, owed.event, owed.participant


_COLUMNS = (
    "code", "rule", "event_id", "participant_id", "case_id", "right", "is_local",
    *REVISES, *MOVES, "calendar",
)  # fmt: skip
_FIRST_COMPARED = _COLUMNS.index(REVISES[0])
_FIRST_MOVE = _COLUMNS.index(MOVES[0])
_STATUS = _COLUMNS.index("status")
# Which calendar counted it is written with whatever else changes: where nothing does, both say the same.
_CALENDAR = _COLUMNS.index("calendar")
_WRITTEN = (*MOVES, "calendar")


def _row(owed: Owed, care: Care, calendar: int) -> Row:
    """One duty in the order of `_COLUMNS`."""
    return (
        owed.rule.code, owed.rule.key, owed.event, owed.participant, care.case, owed.rule.right,
        owed.rule.is_local, owed.clock_on, owed.limit, owed.first_due_on, owed.enhanced_at_trigger,
        owed.owner, owed.due_on, owed.enhanced_applied, owed.status, owed.settled_on, owed.met_by,
        care.team, care.officer, calendar,
    )  # fmt: skip


def _keep(wanted: dict[Key, Row], kept: Iterable[Row], changed: list[int]) -> tuple[int, int, int]:
    """Store the difference: opened, moved, ended; and that these changed cases were looked at.

    A duty no longer owed is kept as not current.
    """
    new = dict(wanted)
    ended: list[int] = []
    moved: list[Row] = []
    revisions: dict[Key, int] = {}
    replaced: dict[Key, int] = {}
    for pk, revision, replaced_by, *row in kept:
        key: Key = (row[0], row[1], row[2], row[3])
        was = tuple(row)
        row_now = new.get(key)
        if row_now is None or row_now[_FIRST_COMPARED:_FIRST_MOVE] != was[_FIRST_COMPARED:_FIRST_MOVE]:
            ended.append(pk)
            revisions[key] = revision + 1
            if replaced_by is not None:  # the event that corrected it opens the next revision
                replaced[key[0], key[1], replaced_by, key[3]] = revision + 1
            continue
        if row_now[_FIRST_MOVE:_CALENDAR] != was[_FIRST_MOVE:_CALENDAR]:
            moved.append((pk, *row_now[_FIRST_MOVE:]))
        del new[key]
    opened = [(*row, (revisions | replaced).get(key, 1)) for key, row in new.items()]
    if opened or moved or ended or changed:
        _write(opened, moved, ended, changed)
    return len(opened), len(moved), len(ended)


_TYPES = {
    "code": "text", "rule": "text", "event_id": "bigint", "participant_id": "bigint", "case_id": "bigint",
    "right": "int", "is_local": "boolean", "clock_on": "date", "limit": "int", "first_due_on": "date",
    "enhanced_at_trigger": "boolean", "owner": "text", "due_on": "date", "enhanced_applied": "boolean",
    "status": "text", "settled_on": "date", "met_by": "text", "team_id": "bigint", "officer_id": "bigint",
    "calendar": "int", "revision": "int",
}  # fmt: skip
_OPENED = (*_COLUMNS, "revision")


def _named(columns: Iterable[str]) -> str:
    return ", ".join(f'"{column}"' for column in columns)


def _columns_of(columns: Iterable[str]) -> str:
    return ", ".join(f"%s::{_TYPES[column]}[]" for column in columns)


# One statement. What opens waits for what ended, since only one duty of a kind may be current.
_WRITE = f"""
WITH ended AS (
    UPDATE compliance_duty SET is_current = false, computed_at = %s WHERE id = ANY(%s::bigint[]) RETURNING id
), moved AS (
    UPDATE compliance_duty AS duty
    SET computed_at = %s, {", ".join(f"{column} = v.{column}" for column in _WRITTEN)}
    FROM unnest(%s::bigint[], {_columns_of(_WRITTEN)}) AS v(id, {_named(_WRITTEN)})
    WHERE duty.id = v.id
), looked_at AS (
    UPDATE cases_case SET changed_at = NULL WHERE id = ANY(%s::bigint[])
)
INSERT INTO compliance_duty ({_named(_OPENED)}, is_current, computed_at)
SELECT v.*, true, %s FROM unnest({_columns_of(_OPENED)}) AS v
WHERE (SELECT count(*) FROM ended) >= 0
"""  # noqa: S608 - the names of columns, nothing anybody typed


def _write(opened: list[Row], moved: list[Row], ended: list[int], changed: list[int]) -> None:
    now = clock.now()
    moves = _by_column(moved, 1 + len(_WRITTEN))
    # A changed case is unchanged since it was read: this transaction holds the row.
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, [now, ended, now, *moves, changed, now, *_by_column(opened, len(_OPENED))])


def _by_column(rows: list[Row], width: int) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(width)]


def _chunks(ids: list[int], size: int) -> Iterator[list[int]]:
    rest = iter(ids)
    while chunk := list(islice(rest, size)):
        yield chunk


@transaction.atomic
def load_code(*, key: str, by: User, transition: str = "") -> CodeVersion:
    """Load a Code file, not yet in force; what decides between it and the one before is as its file says, unless
    `transition` says otherwise. Raises Refused when there is none, or it is loaded already.
    """
    code = codes().get(key)
    if code is None:
        raise Refused(_("There is no Code file of that name. Add the file first."))
    if CodeVersion.objects.filter(key=key).exists():
        raise Refused(_("This version is loaded already."))
    version = _version_of(code)
    version.transition = transition or code.transition
    version.loaded_by = by
    version._history_user = by  # type: ignore[attr-defined]
    version.save()
    return version


def _version_of(code: Code) -> CodeVersion:
    return CodeVersion(key=code.key, title=code.title, sha256=code.sha256, in_force_from=code.in_force_from)


@transaction.atomic
def bring_into_force(*, version_id: int, version: int, by: User) -> CodeVersion:
    """Approve a loaded version; it counts from its own date. Raises Refused for whoever loaded it."""
    row = CodeVersion.objects.select_for_update().filter(pk=version_id).first()
    if row is None:
        raise Refused(_("That version is not there. Open the page again."))
    if row.version != version:
        raise Stale(
            _("Someone else changed this while you were working. Open it again to see what they did.")
        )
    if row.approved_at is not None:
        raise Refused(_("This version is in force already."))
    if row.loaded_by_id == by.pk:
        raise Refused(_("You loaded this version. Ask another supervisor to bring it into force."))
    if codes()[row.key].sha256 != row.sha256:
        raise Refused(
            _("The file changed after it was loaded. Load it again, so that both of you saw the same.")
        )
    row.approved_by, row.approved_at, row.version = by, clock.now(), row.version + 1
    row._history_user = by  # type: ignore[attr-defined]
    row.save()
    look_again_since(row.in_force_from)
    return row


def look_again_since(day: date) -> None:
    """Have every case in which something happened, or was heard, from this day on assessed by the next sweeps."""
    moment = datetime.combine(day, time.min, tzinfo=LONDON)
    since = Event.objects.filter(case=OuterRef("pk")).filter(
        Q(occurred_at__gte=moment) | Q(learned_at__gte=moment)
    )
    Case.objects.filter(Exists(since), changed_at=None).update(changed_at=clock.now())


@transaction.atomic
def check_rule(
    *, code: str, rule: str, paragraph: str, agrees: bool, note: str, checked_on: date, by: User
) -> RuleCheck:
    """Write down that somebody held this rule against the published Code, on which day, and where it stands there.

    Raises Refused for a rule that the file does not have, a day to come, or a difference nobody describes.
    """
    found = codes().get(code)
    if found is None or rule not in found.by_key:
        raise Refused(_("There is no such rule. Open the Code again."))
    if checked_on > clock.today():
        raise Refused(_("Enter the day it was checked: today or before."))
    if not agrees and not note.strip():
        raise Refused(_("Say what the published Code says instead."))
    return RuleCheck.objects.create(
        code=code,
        sha256=found.sha256,
        rule=rule,
        paragraph=paragraph,
        agrees=agrees,
        note=note,
        checked_on=checked_on,
        by=by,
        at=clock.now(),
    )
