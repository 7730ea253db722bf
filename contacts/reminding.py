"""One pass of reminders: what ought to be said today is compared with what stands, and the two are made one.

Nothing is remembered between passes but the reminders themselves, so a pass that died, was missed or ran
twice is made good by the next. PostgreSQL does the comparing: a row never travels here.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, QuerySet

from contacts.reminders import Span, Staff, answers_for, answers_for_team, spans
from contacts.subjects import SUBJECTS, Subject
from victimcare import clock
from victimcare.accounts.models import Leave, Notification, User
from victimcare.accounts.notify import Notice
from victimcare.accounts.permissions import Role
from victimcare.cases.standards import Key, numbers_on
from victimcare.prepared import Given, Prepared, ask_together
from victimcare.working_days import england_and_wales, london_day

journal = logging.getLogger("contacts")

TOGETHER = 20_000  # about how many due things one transaction looks at
ONE_SWEEPER = 4_016_016  # the advisory lock: two passes at once would wait for each other's rows
KEEPS_CASES = (Role.VICTIM_CARE_OFFICER, Role.WITNESS_CARE_OFFICER)


@dataclass
class Sweep:
    """What one pass did."""

    created: Counter[tuple[str, str]] = field(default_factory=Counter)  # by kind and level
    settled: int = 0  # reminders that need not be read any more
    unheard: int = 0  # due, and nobody of that team works here to be told
    unheard_teams: set[int | None] = field(default_factory=set)  # which teams those are; None: no team
    was_busy: bool = False  # another pass was under way
    notices: list[Notice] = field(default_factory=list)  # only where they were asked for

    @property
    def total(self) -> int:
        return self.created.total()


def remind(as_of: datetime, *, keep: bool = False, wait: float = 0) -> Sweep:
    """Make the reminders what they ought to be on the London day of `as_of`; the oldest due first.

    Each is unique by kind, subject, due date, level and recipient. One that is not true any more is settled;
    one that is true again stands again, and is no new one. `keep` gives each new one back; `wait` is for how
    many seconds to wait for another pass to end.
    """
    day, sweep = london_day(as_of), Sweep()
    numbers = numbers_on(day)
    said = spans(
        day,
        remind_before=numbers[Key.REMIND],
        escalate_after=numbers[Key.ESCALATE],
        bank_holidays=england_and_wales(),
    )
    staff, give_up = staff_on(day), time.monotonic() + wait
    for subject, days in _what_is_due(max(span.last for span in said)):
        for part in days:
            while not _compare(subject, part, day, said, staff, sweep, keep=keep):
                if time.monotonic() > give_up:
                    sweep.was_busy = True
                    return sweep
                time.sleep(0.1)
    if sweep.unheard:
        journal.warning("reminders: %d due things have nobody to be told", sweep.unheard)
    return sweep


@Prepared
def _who_works_here() -> QuerySet[User, Any]:
    found: QuerySet[User, Any] = User.objects.active().order_by("pk").values_list("pk", "team_id", "roles")
    return found


@Prepared
def _who_is_away() -> QuerySet[Leave, Any]:
    away = Leave.objects.standing().between(Given("day"), Given("day"))
    return away.values_list("user_id", "covered_by_id")


def staff_on(day: date) -> Staff:
    """Who works here, who is away that day and who covers. One journey to the database."""
    supervisors: dict[int, list[int]] = {}
    officers: dict[int, list[int]] = {}
    active = set()
    here, away = ask_together(_who_works_here.of(), _who_is_away.of(day=day))
    for pk, team, roles in here:
        active.add(pk)
        if team is not None and Role.SUPERVISOR in roles:
            supervisors.setdefault(team, []).append(pk)
        elif team is not None and any(role in roles for role in KEEPS_CASES):
            officers.setdefault(team, []).append(pk)
    return Staff(frozenset(active), dict(away), supervisors, officers)


def due_days(subject: Subject, until: date) -> QuerySet[Any, Any]:
    """How many fall due on each day up to `until`, oldest first. For updates read from `plan_due` alone."""
    return _by_day(subject.days(), until)


def _by_day(rows: QuerySet[Any], until: date | Given) -> QuerySet[Any, Any]:
    days = rows.filter(due_on__lte=until).order_by("due_on").values_list("due_on")
    counted: QuerySet[Any, Any] = days.annotate(number=Count("*"))
    return counted


@cache
def _due_days(days: Callable[[], QuerySet[Any]]) -> Prepared[Any]:
    return Prepared(lambda: _by_day(days(), Given("until")))


@Prepared
def _one_that_stands() -> QuerySet[Notification, Any]:
    return Notification.objects.standing().filter(kind=Given("kind")).values_list("pk")[:1]


def _what_is_due(until: date) -> Iterator[tuple[Subject, list[tuple[date, date]]]]:
    """Each kind with its parts. One journey to the database: most minutes have nothing to do, and ask no more."""
    subjects = SUBJECTS.values()
    all_days = list(dict.fromkeys(subject.days for subject in subjects))  # questions are of three kinds
    answers = ask_together(
        *(_due_days(days).of(until=until) for days in all_days),
        *(_one_that_stands.of(kind=subject.kind) for subject in subjects),
    )
    due, standing = dict(zip(all_days, answers, strict=False)), answers[len(all_days) :]
    for subject, stands in zip(subjects, standing, strict=True):
        yield subject, list(_in_parts(due[subject.days], until, stands=bool(stands)))


def _in_parts(due: Iterable[tuple[date, int]], until: date, *, stands: bool) -> Iterator[tuple[date, date]]:
    """Due days in order, a transaction's worth at a time. The parts leave no day out.

    None where nothing is due and nothing stands: there is nothing to compare.
    """
    first, together = date.min, 0
    for due_on, number in due:
        if together and together + number > TOGETHER:
            yield first, due_on - timedelta(days=1)
            first, together = due_on, 0
        together += number
    if together or stands:
        yield first, until


# The lock, and for this transaction what pages are told too (`settings.WEB`): nothing is compiled, and what is due is
# looked up by index even when it is thousands. Memory, so that a part is hashed and sorted without a file.
BEGIN = """
SELECT pg_try_advisory_xact_lock(%s), set_config('jit', 'off', true), set_config('random_page_cost', '1.1', true),
    set_config('work_mem', '32MB', true)
"""
# What ought to be said of one kind, and to whom, beside the reminders that stand: each due row is looked at once,
# the two are joined once, and only where they differ is anything else read. Hashed subplans, no loops.
HEARD = """
WITH said AS (SELECT * FROM unnest(%s::text[], %s::date[], %s::date[]) AS said(level, first, last)),
officers AS (SELECT * FROM unnest(%s::bigint[], %s::bigint[]) AS officers(officer, recipient)),
teams AS (
    SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::boolean[]) AS teams(team, recipient, is_supervisor)
),
due AS MATERIALIZED (
    SELECT * FROM ({rows}) AS due(subject, due_on, officer, team, case_id, is_restricted, url)
    WHERE due_on BETWEEN %s AND %s
),
heard AS MATERIALIZED (
    SELECT due.subject, due.due_on, said.level, coalesce(officers.recipient, teams.recipient) AS recipient,
        min(due.url) AS url, min(due.team) AS team
    FROM due
    JOIN said ON due.due_on BETWEEN said.first AND said.last
    LEFT JOIN officers ON said.level <> 'escalated' AND officers.officer = due.officer AND {may_officers}
    LEFT JOIN teams ON officers.recipient IS NULL AND teams.team = due.team
        AND (said.level <> 'escalated' OR teams.is_supervisor) AND {may_teams}
    GROUP BY 1, 2, 3, 4
),
snoozed AS MATERIALIZED (
    SELECT subject, due_on, recipient_id, max(snoozed_until) AS until, min(snooze_reason) AS reason
    FROM accounts_notification WHERE snoozed_until > %s AND kind = %s GROUP BY 1, 2, 3
),
differs AS MATERIALIZED (
    SELECT stands.id, heard.*
    FROM (
        SELECT heard.subject, heard.due_on, heard.level, heard.recipient, heard.url, snoozed.until, snoozed.reason
        FROM heard
        LEFT JOIN snoozed ON heard.level <> 'escalated' AND snoozed.subject = heard.subject
            AND snoozed.due_on = heard.due_on AND snoozed.recipient_id = heard.recipient
        WHERE heard.recipient IS NOT NULL
    ) AS heard
    FULL JOIN (
        SELECT id, subject, due_on, level, recipient_id FROM accounts_notification
        WHERE settled_at IS NULL AND level <> 'news' AND kind = %s AND due_on BETWEEN %s AND %s
    ) AS stands
        ON stands.subject = heard.subject AND stands.due_on = heard.due_on
            AND stands.level = heard.level AND stands.recipient_id = heard.recipient
    WHERE stands.id IS NULL OR heard.subject IS NULL
),
made AS (
    INSERT INTO accounts_notification
        (recipient_id, kind, subject, level, due_on, url, created_at, snoozed_until, snooze_reason)
    SELECT recipient, %s, subject, level, due_on, url, %s, until, coalesce(reason, '')
    FROM differs WHERE id IS NULL
    ORDER BY subject, due_on  -- as in the unique index: a third less time than by the day
    ON CONFLICT ON CONSTRAINT one_notification_per_subject_due_level_recipient
        DO UPDATE SET settled_at = NULL, read_at = NULL
    RETURNING xmax = 0 AS is_new, recipient_id, subject, level, due_on, url
),
gone AS (
    UPDATE accounts_notification AS stands SET settled_at = %s, read_at = coalesce(stands.read_at, %s)
    WHERE stands.id = ANY (ARRAY(SELECT id FROM differs WHERE id IS NOT NULL)) AND stands.settled_at IS NULL
    RETURNING 1
)
"""
# Nobody hears of a case that is closed to them.
MAY = """(due.case_id IS NULL OR (
    (due.case_id, {who}.recipient) NOT IN (
        SELECT case_id, user_id FROM cases_exclusion WHERE lifted_at IS NULL)
    AND (NOT due.is_restricted OR (due.case_id, {who}.recipient) IN (
        SELECT case_id, user_id FROM cases_case_restricted_to))))"""
COUNTED = """
SELECT 'made', level, count(*) FROM made WHERE is_new GROUP BY level
UNION ALL SELECT 'gone', '', count(*) FROM gone
UNION ALL SELECT 'unheard', team::text, count(DISTINCT (subject, due_on)) FROM heard WHERE recipient IS NULL
    GROUP BY team
"""
LISTED = """
SELECT 'made', level, 1, recipient_id, subject, due_on, url FROM made WHERE is_new
UNION ALL SELECT 'gone', '', count(*), NULL, NULL, NULL, NULL FROM gone
UNION ALL SELECT 'unheard', team::text, count(DISTINCT (subject, due_on)), NULL, NULL, NULL, NULL
    FROM heard WHERE recipient IS NULL GROUP BY team
"""


@cache
def _sql_of(rows: Callable[[], QuerySet[Any, Any]]) -> tuple[str, tuple[Any, ...]]:
    """Put together once a process: to do so takes longer than to ask."""
    sql, parameters = rows().query.sql_with_params()
    return sql, tuple(parameters)


@transaction.atomic
def _compare(
    subject: Subject,
    part: tuple[date, date],
    day: date,
    said: Iterable[Span],
    staff: Staff,
    sweep: Sweep,
    *,
    keep: bool,
) -> bool:
    """Compare one part of one kind, and put what differs right. False while another pass is at it."""
    rows, params = _sql_of(subject.rows)
    spoken = [span for span in said if span.level in subject.said]
    officers = list(answers_for(staff).items())
    teams = [(team, each) for team, heard in answers_for_team(staff).items() for each in heard]
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(BEGIN, [ONE_SWEEPER])
        if not cursor.fetchone()[0]:
            return False
        cursor.execute(
            HEARD.format(
                rows=rows, may_officers=MAY.format(who="officers"), may_teams=MAY.format(who="teams")
            )
            + (LISTED if keep else COUNTED),
            [
                [span.level.value for span in spoken],
                [span.first for span in spoken],
                [span.last for span in spoken],
                [officer for officer, _ in officers],
                [hears for _, hears in officers],
                [team for team, _ in teams],
                [hears.person for _, hears in teams],
                [hears.is_supervisor for _, hears in teams],
                *params,
                *part,
                day,
                subject.kind,
                subject.kind,
                *part,
                subject.kind,
                now,
                now,
                now,
            ],
        )
        for what, level, number, *notice in cursor.fetchall():
            if what == "made":
                sweep.created[subject.kind, level] += number
                if notice:
                    recipient, about, due_on, url = notice
                    sweep.notices.append(Notice(recipient, subject.kind, about, level, url, due_on))
            elif what == "gone":
                sweep.settled += number
            else:
                sweep.unheard += number
                if number:
                    sweep.unheard_teams.add(int(level) if level else None)
    return True
