"""How a chunk of clean event rows lands: COPY to a staging table, then match and insert in SQL.

Called by the layout only. The caller holds the transaction and the lock that lets one chunk land at a time.
"""

# The SQL is put together from names of columns; values are always parameters.
# ruff: noqa: S608

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from referrals.staged import PART_WORDS, PERSON_WORDS, TEXT
from victimcare.accounts.models import User
from victimcare.cases.models import Participant, Person
from victimcare.intake.cells import Clean
from victimcare.intake.layouts import Landed
from victimcare.intake.staging import (
    Land,
    listed,
    reference,
    stage,
)

STAGED_EVENTS: dict[str, str] = {
    "number": "int PRIMARY KEY", "key": TEXT, "digest": TEXT, "extra": "jsonb NOT NULL",
    "source_system": TEXT,
    "event_id": TEXT, "occurrence_no": TEXT, "suspect_id": TEXT, "kind": TEXT,
    "occurred_at": "timestamptz NOT NULL",
    "precision": TEXT, "learned_at": "timestamptz NOT NULL", "detail": TEXT, "event_ref": TEXT,
    "suspect_ref": TEXT,
    "suspect_part_ref": TEXT, "case_pk": "bigint", "suspect_pk": "bigint", "suspect_part_pk": "bigint",
    "was_pk": "bigint", "event_pk": "bigint", "wrong": "text", "wrong_value": "text",
}  # fmt: skip
# What a row says of a crime before this many days before its report is a slip in the day or the year.
DAYS_BEFORE_REPORT = 1
_IS_EARLY = f"(s.occurred_at AT TIME ZONE 'Europe/London')::date < known.reported - {DAYS_BEFORE_REPORT}"
_COPIED_EVENTS = [
    column for column in STAGED_EVENTS if not column.endswith("_pk") and not column.startswith("wrong")
]


def land_events(
    rows: Sequence[Clean],
    *,
    received_at: datetime,
    batch_id: int,
    change: str,
    by: User | None,
    now: datetime,
) -> Landed:
    """Land event rows with different keys. A row that cannot be kept comes back in `unknown`: what is wrong, by
    name (crime, early, other_case), and the value that shows it.
    """
    with connection.cursor() as cursor:
        staged = (_staged_event(row, received_at) for row in rows)
        stage(cursor, "staged_events", STAGED_EVENTS, _COPIED_EVENTS, staged)
        land = Land(cursor, change=change, by=by, now=now)
        land.run(
            f"""
            UPDATE staged_events s
               SET case_pk = CASE WHEN {_IS_EARLY} THEN NULL ELSE c.id END,
                   wrong = CASE WHEN {_IS_EARLY} THEN 'early' END,
                   wrong_value = to_char(known.reported, 'YYYY-MM-DD')
              FROM cases_case c, LATERAL (
                   SELECT (coalesce(c.reported_at, c.recorded_at) AT TIME ZONE 'Europe/London')::date AS reported
                   ) AS known
             WHERE c.source_system = s.source_system AND c.occurrence_no = s.occurrence_no
                AND c.occurrence_no <> ''
            """
        )
        # The event we hold for this row: the last that the feed made of it.
        land.run(
            """
            UPDATE staged_events s SET was_pk = f.event_id FROM intake_feedrow f WHERE f.kind = 'event'
                AND f.key = s.key
            """
        )
        land.run(
            """
            UPDATE staged_events s SET case_pk = NULL, wrong = 'other_case', wrong_value = c.occurrence_no
              FROM cases_event was JOIN cases_case c ON c.id = was.case_id
             WHERE was.id = s.was_pk AND was.case_id <> s.case_pk AND was.kind <> 'WITHDRAWN'
            """
        )
        _suspects_of_events(land)
        land.run(
            """
            WITH made AS (
                INSERT INTO cases_event (reference, kind, case_id, suspect_id, hearing, occurred_at,
                    precision, learned_at,
                       recorded_at, by_id, source_system, source_id, detail, data, replaces_id)
                SELECT s.event_ref, s.kind, s.case_pk, s.suspect_part_pk, '', s.occurred_at, s.precision,
                    s.learned_at,
                       %s, %s, s.source_system, CASE WHEN s.was_pk IS NULL THEN s.event_id ELSE '' END,
                       s.detail, CASE WHEN s.was_pk IS NULL THEN jsonb_build_object('batch', %s::text)
                           ELSE jsonb_build_object('batch', %s::text, 'feed', s.event_id) END, s.was_pk
                  FROM staged_events s LEFT JOIN cases_event was ON was.id = s.was_pk
                 WHERE s.case_pk IS NOT NULL
                   AND (s.was_pk IS NULL
                        -- A person corrected it: theirs stands.
                        OR NOT EXISTS (SELECT 1 FROM cases_event later WHERE later.replaces_id = s.was_pk)
                       AND (was.kind, was.case_id, was.suspect_id, was.occurred_at, was.precision, was.detail)
                           IS DISTINCT FROM (s.kind, s.case_pk, s.suspect_part_pk, s.occurred_at,
                               s.precision, s.detail))
                RETURNING id, reference)
            UPDATE staged_events s SET event_pk = made.id FROM made WHERE made.reference = s.event_ref
            """,
            now, by.pk if by else None, land.batch, land.batch,
        )  # fmt: skip
        land.run(
            """
            INSERT INTO intake_feedrow AS t (kind, key, digest, batch_id, event_id, acts_for, extra)
            SELECT 'event', key, digest, %s, coalesce(event_pk, was_pk), '', extra FROM staged_events
             WHERE case_pk IS NOT NULL
            ON CONFLICT (kind, key) DO UPDATE
               SET digest = excluded.digest, batch_id = excluded.batch_id, event_id = excluded.event_id,
                   extra = excluded.extra
            """,
            batch_id,
        )
        cursor.execute(
            """
            SELECT s.number, s.case_pk, was.id IS NULL OR was.kind = 'WITHDRAWN', s.event_pk,
                   coalesce(s.wrong, 'crime'), CASE WHEN s.wrong IS NULL THEN s.occurrence_no ELSE s.wrong_value END
              FROM staged_events s LEFT JOIN cases_event was ON was.id = s.was_pk
            """
        )
        landed = Landed()
        for number, case, is_new, event, wrong, value in cursor.fetchall():
            if case is None:
                landed.unknown[number] = (wrong, value)
                continue
            landed.outcomes[number] = "unchanged" if event is None else "accepted" if is_new else "updated"
            if event is not None:
                landed.case_ids.add(case)
        land.announce_later(landed.case_ids)
    return landed


def _staged_event(row: Clean, received_at: datetime) -> list[Any]:
    occurred, learned = row["occurred_at"], row["learned_at"]
    heard = learned.at if learned else received_at
    return [
        row["number"], row["key"], row["digest"], json.dumps(row["extra"]), row["source_system"],
        row["event_id"],
        row["occurrence_no"], row["suspect_ref"], row["kind"], occurred.at,
        "date" if occurred.is_date_only else "moment",
        max(heard, occurred.at), row["detail"], reference("E", 9), reference("PE"), reference("P"),
    ]  # fmt: skip


def _suspects_of_events(land: Land) -> None:
    """The suspect of each event, by their number; one we did not know of is added to the crime by number
    alone.
    """
    empty = listed("''" for _ in PERSON_WORDS)
    land.upsert(
        Person,
        f"""
        INSERT INTO cases_person AS t (reference, source_system, source_id, {listed(PERSON_WORDS)},
               preferred_name, pronouns, confirmed_fields, version)
        SELECT DISTINCT ON (source_system, suspect_id) suspect_ref, source_system, suspect_id, {empty}, '',
            '', '{{}}', 1
          FROM staged_events WHERE suspect_id <> '' AND case_pk IS NOT NULL ORDER BY source_system, suspect_id
        ON CONFLICT (source_system, source_id) WHERE source_id <> '' DO NOTHING
        RETURNING id, true
        """,
    )
    land.run(
        """
        UPDATE staged_events s SET suspect_pk = person.id FROM cases_person person
         WHERE person.source_system = s.source_system AND person.source_id = s.suspect_id
            AND person.source_id <> ''
           AND s.case_pk IS NOT NULL
        """
    )
    land.upsert(
        Participant,
        f"""
        INSERT INTO cases_participant AS t (reference, case_id, person_id, role, {listed(PART_WORDS)},
               agreed_to_be_asked, closure_reason, version)
        SELECT DISTINCT ON (case_pk, suspect_pk) suspect_part_ref, case_pk, suspect_pk, 'SUSPECT',
               {listed("''" for _ in PART_WORDS)}, false, '', 1
          FROM staged_events WHERE suspect_pk IS NOT NULL ORDER BY case_pk, suspect_pk
        ON CONFLICT (case_id, person_id, role) DO NOTHING
        RETURNING id, true
        """,
    )
    land.run(
        """
        UPDATE staged_events s SET suspect_part_pk = part.id FROM cases_participant part
         WHERE part.case_id = s.case_pk AND part.person_id = s.suspect_pk AND part.role = 'SUSPECT'
        """
    )
