"""Figures that are ready when a dashboard asks: tallies, the changes not yet folded in, and the recount of both.

The database writes a change whenever a duty, its case or its victim changes (migration 0006). What is read is always
the tallies and the changes together, in one statement: current to the last commit, however late the fold is.
"""

# The SQL is put together from this file and from names of columns; nothing of it is typed by anybody.
# ruff: noqa: S608

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from time import monotonic
from typing import Any

from django.db import connection, transaction

from compliance.models import Duty, DutyTally, Recount
from victimcare import clock
from victimcare.accounts.models import User
from victimcare.accounts.permissions import Role
from victimcare.cases.counting import leads_witness_care, only_counts
from victimcare.cases.models import Case, Exclusion
from victimcare.working_days import LONDON

Cut = DutyTally.Cut
ONE_FOLDER = "compliance.fold"  # the advisory lock: two folds at once would wait for each other's rows
AT_ONCE = 50_000  # changes in one fold
NIGHT = range(1, 5)

# --- What the statements are put together from -----------------------------------------------------

# What a tally has of a change besides its cut, value and right.
SHARED = ("team_id", "due_on", "status", "owner", "is_ours", "is_local", "is_closed", "is_restricted")
VALUES = {
    Cut.TIER: "CASE WHEN is_enhanced THEN 'enhanced' ELSE 'standard' END",
    Cut.DUTY: "rule",
    # The officer answers for what the force owes; what others owe is nobody's of the unit.
    Cut.OFFICER: "CASE WHEN owner = 'FORCE' THEN coalesce(officer_id::text, '') ELSE '' END",
    Cut.AREA: "area",
    Cut.OFFENCE: "offence",
}
_SHARED = ", ".join(SHARED)
_TALLY = f'cut, value, "right", {_SHARED}'
_CUTS = ", ".join(
    f"""('{cut.value}', {value}, {'"right"' if cut is Cut.DUTY else "0"})""" for cut, value in VALUES.items()
)
# The day under which a duty is counted: see `DutyTally`. The database has the same as `tally_day`.
_DAY = """CASE WHEN duty.status = 'open' THEN duty.due_on ELSE greatest(
    duty.due_on - (extract(isodow FROM duty.due_on)::int - 1), duty.due_on - (extract(day FROM duty.due_on)::int - 1)
) END"""
# Every duty that counts, as a change has it: straight from the rows, knowing nothing of changes and tallies.
_EACH = f"""
SELECT duty.team_id, {_DAY} AS due_on, duty.status, duty.owner,
       duty.owner = 'WCU' OR (duty.owner = 'FORCE' AND duty.officer_id IS NOT NULL) AS is_ours, duty.is_local,
       duty.status = 'open' AND part.closed_at IS NOT NULL AS is_closed, its.is_restricted,
       duty.officer_id, duty."right", duty.rule, duty.enhanced_applied AS is_enhanced,
       its.policing_area AS area, its.offence_code AS offence
"""
_FROM = """
  FROM compliance_duty duty
  JOIN cases_case its ON its.id = duty.case_id
  JOIN cases_participant part ON part.id = duty.participant_id
"""
_COUNTS = "duty.is_current AND duty.due_on IS NOT NULL"

# --- Folding ---------------------------------------------------------------------------------------

_FOLD = f"""
WITH taken AS (
    DELETE FROM compliance_dutychange
     WHERE id IN (SELECT id FROM compliance_dutychange ORDER BY id LIMIT %s) RETURNING *
), folded AS (
    INSERT INTO compliance_dutytally AS kept ({_TALLY}, n)
    SELECT cut, value, of_right, {_SHARED}, sum(n) FROM taken, LATERAL (VALUES {_CUTS}) AS cuts (cut, value, of_right)
     GROUP BY cut, value, of_right, {_SHARED} HAVING sum(n) <> 0
    ON CONFLICT ({_TALLY}) DO UPDATE SET n = kept.n + EXCLUDED.n
)
SELECT count(*) FROM taken
"""


def fold() -> int:
    """Fold the changes that wait into the tallies. Returns how many. Safe to run twice, or beside another."""
    total = 0
    while taken := _fold_some():
        total += taken
        if taken < AT_ONCE:
            break
    return total


@transaction.atomic
def _fold_some() -> int:
    with connection.cursor() as cursor:
        if not _has_the_lock(cursor):
            return 0
        cursor.execute(_FOLD, [AT_ONCE])
        [taken] = cursor.fetchone()
        if taken:
            cursor.execute("DELETE FROM compliance_dutytally WHERE n = 0")
        return int(taken)


def _has_the_lock(cursor: Any) -> bool:
    """Whether nobody else folds or repairs until this transaction ends."""
    cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext(%s))", [ONE_FOLDER])
    return bool(cursor.fetchone()[0])


# --- Reading ---------------------------------------------------------------------------------------

STANDING = """
CASE status WHEN 'met' THEN 'in_time' WHEN 'met_late' THEN 'late'
    WHEN 'open' THEN CASE WHEN due_on >= %s THEN 'not_due' WHEN is_ours THEN 'missed' ELSE 'no_evidence' END
    ELSE status END
"""


@dataclass(frozen=True)
class Asked:
    """Which duties are counted. `start` and `end` (both in) are those of whole weeks or months, for what is settled."""

    cut: DutyTally.Cut = Cut.TIER
    start: date | None = None
    end: date | None = None
    team: int | None = None
    owners: tuple[str, ...] = ()
    is_local: bool | None = None
    only_open: bool = False
    of_open_victims: bool = False  # leaves out what is open of victims who are closed

    def where(self) -> tuple[str, list[Any]]:
        """The condition in SQL, of a tally as of a change."""
        said: list[tuple[str, Any]] = []
        if self.start:
            said.append(("due_on >= %s", self.start))
        if self.end:
            said.append(("due_on <= %s", self.end))
        if self.team:
            said.append(("team_id = %s", self.team))
        if self.owners:
            said.append(("owner = ANY(%s)", list(self.owners)))
        if self.is_local is not None:
            said.append(("is_local = %s", self.is_local))
        if self.only_open:
            said.append(("status = %s", Duty.Status.OPEN.value))
        if self.of_open_victims:
            said.append(("is_closed = %s", False))
        return " AND ".join(condition for condition, _ in said) or "true", [value for _, value in said]


def counts(user: User, asked: Asked, by: tuple[str, ...], today: date) -> dict[tuple[Any, ...], int]:
    """How many duties, as this person is shown them, by these: columns of a tally, or "standing". One query.

    A standing is in_time, late, missed, no_evidence, not_due, declined, exempt or not_applicable.
    """
    sql, params = _source(user, asked)
    columns = [f"{STANDING} AS standing" if name == "standing" else f'"{name}"' for name in by]
    dates = [today for name in by if name == "standing"]
    places = ", ".join(str(n + 1) for n in range(len(by)))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join(columns)}, sum(n)::int FROM ({sql}) AS counted GROUP BY {places} HAVING sum(n) <> 0",
            [*dates, *params],
        )
        return {tuple(row[:-1]): row[-1] for row in cursor.fetchall()}


def _source(user: User, asked: Asked) -> tuple[str, list[Any]]:
    """The tallies, the changes not yet folded, and what this person alone must or must not have counted."""
    condition, given = asked.where()
    if is_counted_by_hand(user):
        theirs, of_them = _own_duties(user)
        return f"{_as_tallies(asked.cut, theirs)} WHERE {condition}", [*of_them, *given]
    whose, of_team = _whose(user)
    tallies = f"""SELECT value, "right", {_SHARED}, n FROM compliance_dutytally
        WHERE cut = '{asked.cut.value}' AND {condition} AND {whose}"""
    waiting = f"{_as_tallies(asked.cut, 'SELECT * FROM compliance_dutychange')} WHERE {condition} AND {whose}"
    parts, params = [tallies, waiting], [*given, *of_team, *given, *of_team]
    if not only_counts(user):
        apart, of_apart = _counted_apart(user)
        parts.append(f"{_as_tallies(asked.cut, apart)} WHERE {condition}")
        params += [*of_apart, *given]
    return " UNION ALL ".join(parts), params


def _as_tallies(cut: DutyTally.Cut, source: str) -> str:
    right = '"right"' if cut is Cut.DUTY else "0"
    return f"""SELECT * FROM (
        SELECT {VALUES[cut]} AS value, {right} AS "right", {_SHARED}, n FROM ({source}) AS raw
    ) AS cut"""


def is_counted_by_hand(user: User) -> bool:
    """Somebody who is shown their own duties alone: so few that they are counted from the rows.

    So is what witness care owes, for its supervisor as for its officers: a tally knows the victim's team alone.
    """
    if only_counts(user):
        return False
    return leads_witness_care(user) or not user.has_role(Role.SUPERVISOR)


def _whose(user: User) -> tuple[str, list[Any]]:
    """The tallies this person is shown; the same as `DutyQuerySet.in_the_figures_of`, without what is restricted."""
    if only_counts(user):
        return "true", []
    if user.team_id is None:
        return "team_id IS NULL AND NOT is_restricted", []
    return "(team_id = %s OR team_id IS NULL) AND NOT is_restricted", [user.team_id]


def _own_duties(user: User) -> tuple[str, list[Any]]:
    """Each of the duties that this person is shown as their own, as one change."""
    own = Duty.objects.current().timed().in_the_figures_of(user).order_by().values("pk")
    sql, params = own.query.sql_with_params()
    return f"{_EACH}, 1 AS n {_FROM} WHERE {_COUNTS} AND duty.id IN ({sql})", list(params)


def _counted_apart(user: User) -> tuple[str, list[Any]]:
    """What makes a team's figures this person's: restricted cases they are named on, less those they are kept from.

    Both are few, and found from the person.
    """
    named = Case.restricted_to.through._meta.db_table
    barred = f"SELECT case_id FROM {Exclusion._meta.db_table} WHERE user_id = %s AND lifted_at IS NULL"
    sql = f"""{_EACH}, CASE WHEN its.is_restricted THEN 1 ELSE -1 END AS n
        FROM (SELECT case_id FROM {named} WHERE user_id = %s UNION {barred}) AS mine
        JOIN compliance_duty duty ON duty.case_id = mine.case_id
        JOIN cases_case its ON its.id = duty.case_id
        JOIN cases_participant part ON part.id = duty.participant_id
       WHERE {_COUNTS} AND (duty.team_id = %s OR duty.team_id IS NULL)
         AND its.is_restricted <> (its.id IN ({barred}))"""
    return sql, [user.pk, user.pk, user.team_id, user.pk]


# --- Counting anew ---------------------------------------------------------------------------------

_RECOUNT = f"""
WITH counted AS (
    SELECT cut, value, of_right AS "right", {_SHARED}, sum(n) AS n
      FROM (SELECT *, 1 AS n FROM ({_EACH} {_FROM} WHERE {_COUNTS}) AS each_one) AS raw,
           LATERAL (VALUES {_CUTS}) AS cuts (cut, value, of_right)
     GROUP BY cut, value, of_right, {_SHARED}
), kept AS (
    SELECT {_TALLY}, sum(n) AS n FROM (
        SELECT {_TALLY}, n FROM compliance_dutytally
        UNION ALL
        SELECT cut, value, of_right, {_SHARED}, n
          FROM compliance_dutychange, LATERAL (VALUES {_CUTS}) AS cuts (cut, value, of_right)
    ) AS both_of_them GROUP BY {_TALLY}
), compared AS (
    SELECT {_TALLY}, coalesce(n, 0) AS n FROM counted
    UNION ALL SELECT {_TALLY}, -n FROM kept
), differing AS (
    SELECT {_TALLY}, sum(n) AS n FROM compared GROUP BY {_TALLY} HAVING sum(n) <> 0
), put_right AS (
    INSERT INTO compliance_dutytally AS kept ({_TALLY}, n) SELECT * FROM differing WHERE %s
    ON CONFLICT ({_TALLY}) DO UPDATE SET n = kept.n + EXCLUDED.n
)
SELECT (SELECT count(*) FROM counted), (SELECT coalesce(sum(n), 0)::int FROM counted WHERE cut = 'tier'),
       (SELECT count(*) FROM differing), (SELECT coalesce(sum(abs(n)), 0)::int FROM differing)
"""


def last_recount() -> Recount | None:
    return Recount.objects.order_by("-at").first()


def is_recount_due(now: datetime) -> bool:
    """Once a night between one and five, London time; at any hour after a night in which nobody counted."""
    last = last_recount()
    if last is None or now - last.at > timedelta(hours=30):
        return True
    return now.astimezone(LONDON).hour in NIGHT and now - last.at > timedelta(hours=12)


def recount(*, repairs: bool) -> Recount:
    """Hold every tally against the duties themselves; with `repairs`, add what differed.

    One statement sees one moment, so whatever is written or folded meanwhile is in both sides or in neither; and
    since a repair adds the difference, it does not undo what was folded while it counted.
    """
    started, at = monotonic(), clock.now()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_RECOUNT, [repairs])
        tallies, duties, differing, off_by = cursor.fetchone()
        cursor.execute("DELETE FROM compliance_dutytally WHERE n = 0")
    return Recount.objects.create(
        at=at,
        tallies=tallies,
        duties=duties,
        differing=differing,
        off_by=off_by,
        is_repaired=repairs and differing > 0,
        seconds=round(monotonic() - started, 2),
    )
