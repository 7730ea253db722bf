"""How a chunk of clean rows lands: COPY to a staging table, then match and upsert in SQL. Called by actions
only.

Rows of one chunk have different natural keys. The caller holds the transaction and the lock that lets one
chunk land at a time. Every changed row leaves its history row, as a save would.

What a feed may overwrite: an empty cell never removes what is known; a field that a person here confirmed
stays; a safe-contact answer that a person confirmed stays; the feed restricts a case but never opens it.
"""

# The SQL is put together from names of columns in this file; values are always parameters.
# ruff: noqa: S608, SIM905

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection

from referrals.models import Referral
from referrals.triage import Triage
from victimcare.accounts.models import User
from victimcare.cases.models import Case, Participant, Person, SafeContact
from victimcare.intake.cells import Clean
from victimcare.intake.layouts import Landed
from victimcare.intake.models import FeedRow
from victimcare.intake.staging import Land, listed, merged, reference, stage

# Column in staging -> column of the table, where the feed owns it.
PERSON_WORDS = (
    "title given_names surname sex ethnicity language interpreter_language disability "
    "address_line_1 address_line_2 "
    "town postcode phone_mobile phone_home email"
).split()
PERSON_KNOWN = ("date_of_birth", "date_of_death", "prefers_welsh")
SUSPECT_WORDS = "given_names surname address_line_1 postcode phone_mobile".split()
CASE_WORDS = (
    "offence_code offence_title cjs_code location ward local_authority policing_area oic_collar "
    "oic_name oic_email "
    "oic_team"
).split()
CASE_KNOWN = ("recorded_at", "reported_at", "offence_from", "offence_to")
PART_WORDS = (
    "relationship_to_suspect risk_tool risk_level consent_to_refer vps_offered organisation_name".split()
)
SAFE_WORDS = "phone text email post voicemail note".split()

_TEXT = "text NOT NULL"
STAGED: dict[str, str] = {
    "number": "int PRIMARY KEY", "key": _TEXT, "digest": _TEXT, "role": _TEXT, "extra": "jsonb NOT NULL",
    "source_system": _TEXT, "person_id": _TEXT, "occurrence_no": _TEXT, "acts_for": _TEXT,
    "suspect_id": _TEXT,
    **dict.fromkeys(PERSON_WORDS, _TEXT),
    "date_of_birth": "date", "date_of_death": "date", "prefers_welsh": "boolean",
    **dict.fromkeys(CASE_WORDS, _TEXT),
    "recorded_at": "timestamptz", "reported_at": "timestamptz", "offence_from": "date", "offence_to": "date",
    "flags": "text[] NOT NULL", "is_restricted": "boolean NOT NULL",
    **dict.fromkeys(PART_WORDS, _TEXT),
    **{f"safe_{name}": _TEXT for name in SAFE_WORDS}, "is_safety_known": "boolean NOT NULL",
    **{f"suspect_{name}": _TEXT for name in SUSPECT_WORDS},
    "team_id": "bigint", "received_at": "timestamptz NOT NULL", "received_on": "date NOT NULL",
    "crime_at": "timestamptz NOT NULL", "crime_on": "date NOT NULL", "crime_precision": _TEXT,
    "suppressed_because": _TEXT, "priority": "int NOT NULL", "reasons": "jsonb NOT NULL", "channel": _TEXT,
    "due_on": "date", "rule_set_id": "bigint", "categories": "text[] NOT NULL", "entitlement_reason": _TEXT,
    **{f"{name}_ref": _TEXT for name in ("person", "case", "part", "referral", "event", "entitlement",
    "suspect", "suspect_part")},
    # Filled in as the chunk lands.
    "person_pk": "bigint", "case_pk": "bigint", "suspect_pk": "bigint", "part_pk": "bigint",
    "is_new": "boolean",
}  # fmt: skip
_COPIED = [column for column in STAGED if not column.endswith("_pk") and column != "is_new"]


@dataclass(frozen=True)
class Arrival:
    """One row on its way in, with what triage made of it (victims only)."""

    row: Clean
    team_id: int | None
    received_at: datetime
    received_on: date
    crime_at: datetime
    crime_on: date
    crime_precision: str
    triage: Triage | None
    rule_set_id: int | None  # the version of the rules that triaged it
    due_on: date | None
    entitlement_reason: str


def known_suspects(people: Iterable[tuple[str, str]]) -> set[tuple[str, str, str]]:
    """Where these (system, number) are suspects: system, number, occurrence."""
    pairs = sorted(set(people))
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT person.source_system, person.source_id, c.occurrence_no
              FROM unnest(%s::text[], %s::text[]) AS wanted(system, id)
              JOIN cases_person person
                ON person.source_system = wanted.system AND person.source_id = wanted.id
                   AND person.source_id <> ''
              JOIN cases_participant part ON part.person_id = person.id AND part.role = 'SUSPECT'
              JOIN cases_case c ON c.id = part.case_id
            """,
            [[system for system, _id in pairs], [number for _system, number in pairs]],
        )
        return set(cursor.fetchall())


def known_ids(people: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Our id of each (system, number) that we hold."""
    pairs = sorted(set(people))
    if not pairs:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT person.source_system, person.source_id, person.id
              FROM unnest(%s::text[], %s::text[]) AS wanted(system, id)
              JOIN cases_person person
                ON person.source_system = wanted.system AND person.source_id = wanted.id
                   AND person.source_id <> ''
            """,
            [[system for system, _id in pairs], [number for _system, number in pairs]],
        )
        return {(system, number): pk for system, number, pk in cursor.fetchall()}


def known_people(people: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Clean]:
    """What we hold of each (system, number) that triage asks about, in the words of the extract."""
    pairs = sorted(set(people))
    asked = (
        "date_of_birth date_of_death disability phone_mobile phone_home email address_line_1 "
        "safe_to_call safe_to_text "
        "safe_to_email safe_to_post is_confirmed person_pk"
    ).split()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT person.source_system, person.source_id, person.date_of_birth, person.date_of_death,
                person.disability,
                   person.phone_mobile, person.phone_home, person.email, person.address_line_1,
                       coalesce(safe.phone, ''),
                   coalesce(safe.text, ''), coalesce(safe.email, ''), coalesce(safe.post, ''),
                       safe.confirmed_at IS NOT NULL, person.id
              FROM unnest(%s::text[], %s::text[]) AS wanted(system, id)
              JOIN cases_person person
                ON person.source_system = wanted.system AND person.source_id = wanted.id
                   AND person.source_id <> ''
              LEFT JOIN cases_safecontact safe ON safe.person_id = person.id
            """,
            [[system for system, _id in pairs], [number for _system, number in pairs]],
        )
        return {(row[0], row[1]): dict(zip(asked, row[2:], strict=True)) for row in cursor.fetchall()}


# --- Referrals -------------------------------------------------------------------------------------


def land_referrals(
    arrivals: Sequence[Arrival], *, batch_id: int, change: str, by: User | None, now: datetime
) -> Landed:
    """Land rows with different keys. Raises IntegrityError or DataError when one contradicts what is held."""
    with connection.cursor() as cursor:
        stage(cursor, "staged_referrals", STAGED, _COPIED, map(_staged, arrivals))
        land = _Landing(cursor, change=change, by=by, now=now)
        people = land.people()
        suspects = land.suspects()
        cases = land.cases()
        parts = land.parts()
        safe = land.safe_contacts()
        land.late_representatives()
        land.reports()
        land.entitlements()
        referrals = land.referrals(batch_id)
        land.feed_rows(batch_id)
        cursor.execute(
            "SELECT number, is_new, person_pk, suspect_pk, case_pk, part_pk, suppressed_because "
            "FROM staged_referrals"
        )
        landed = Landed()
        for number, is_new, person, suspect, case, part, suppressed in cursor.fetchall():
            moved = (
                person in people or suspect in suspects or case in cases or part in parts or person in safe
            )
            if suppressed and (is_new or part in referrals):
                landed.outcomes[number], landed.reasons[number] = "suppressed", suppressed
            elif is_new:
                landed.outcomes[number] = "accepted"
            else:
                landed.outcomes[number] = "updated" if moved or part in referrals else "unchanged"
            if landed.outcomes[number] != "unchanged":
                landed.case_ids.add(case)
        land.announce_later(landed.case_ids)
    return landed


def _staged(arrival: Arrival) -> list[Any]:
    """One row as COPY writes it, in the order of `_COPIED`."""
    row, triage = arrival.row, arrival.triage
    given, _space, surname = row["suspect_name"].rpartition(" ")
    has_suspect = bool(row["suspect_ref"] or row["suspect_name"] or row["suspect_phone"])
    recorded, reported = row["recorded_at"], row["reported_at"]
    safe = [row[f"safe_to_{channel}"] for channel in ("call", "text", "email", "post", "voicemail")]
    note = row["safe_contact_note"]
    return [
        row["number"], row["key"], row["digest"], row["role"], json.dumps(row["extra"]),
        row["source_system"], row["person_id"], row["occurrence_no"], row["acts_for_person_id"],
        # A suspect without a number of their own is known by the crime alone.
        (row["suspect_ref"] or f"SUSPECT-{row['occurrence_no']}"[:40]) if has_suspect else "",
        *[row[name] for name in PERSON_WORDS],
        row["date_of_birth"], row["date_of_death"], {"Y": True, "N": False}.get(row["welsh_preference"]),
        *[row["team" if name == "oic_team" else name] for name in CASE_WORDS],
        recorded.at if recorded else None, reported.at if reported else None, row["offence_from"],
        row["offence_to"],
        row["flags"], row["restricted"] == "Y",
        *[row[name] for name in PART_WORDS],
        *safe, note, bool(note) or any(safe),
        given[:100], surname[:100], row["suspect_address"], row["suspect_postcode"], row["suspect_phone"],
        arrival.team_id, arrival.received_at, arrival.received_on,
        arrival.crime_at, arrival.crime_on, arrival.crime_precision,
        triage.suppressed_because if triage else "", triage.priority if triage else 3,
        json.dumps(triage.reasons if triage else []), triage.channel if triage else "", arrival.due_on,
        arrival.rule_set_id,
        list(triage.categories) if triage else [], arrival.entitlement_reason,
        reference("PE"), reference("VC"), reference("P"), reference("R"), reference("E", 9),
        reference("E", 9),
        reference("PE"), reference("P"),
    ]  # fmt: skip


class _Landing(Land):
    """The steps of landing one staged chunk of referrals, in order.

    Each returns the ids of rows that were there and changed.
    """

    def __init__(self, cursor: Any, *, change: str, by: User | None, now: datetime) -> None:
        super().__init__(cursor, change=change, by=by, now=now)
        self.new_parts: list[int] = []

    def people(self) -> set[int]:
        columns = [*PERSON_WORDS, *PERSON_KNOWN]
        sets, differs = merged(PERSON_WORDS, PERSON_KNOWN, unless="confirmed_fields")
        _new, changed = self.upsert(
            Person,
            f"""
            INSERT INTO cases_person AS t (reference, source_system, source_id, {listed(columns)},
                   preferred_name, pronouns, confirmed_fields, version)
            SELECT DISTINCT ON (source_system, person_id) person_ref, source_system, person_id,
                   {listed(columns)}, '', '', '{{}}', 1
              FROM staged_referrals ORDER BY source_system, person_id, number DESC
            ON CONFLICT (source_system, source_id) WHERE source_id <> ''
            DO UPDATE SET {sets}, version = t.version + 1 WHERE {differs}
            RETURNING id, xmax = 0
            """,
        )
        self.run(
            """
            UPDATE staged_referrals s SET person_pk = person.id FROM cases_person person
             WHERE person.source_system = s.source_system AND person.source_id = s.person_id
                AND person.source_id <> ''
            """
        )
        return changed

    def suspects(self) -> set[int]:
        """Just enough to tell duties apart and keep contact safe; the record of somebody we serve is left
        alone.
        """
        sets, differs = merged(SUSPECT_WORDS, unless="confirmed_fields")
        rest = [name for name in PERSON_WORDS if name not in SUSPECT_WORDS]
        _new, changed = self.upsert(
            Person,
            f"""
            INSERT INTO cases_person AS t (reference, source_system, source_id, {listed(SUSPECT_WORDS)},
                   {listed(rest)}, preferred_name, pronouns, confirmed_fields, version)
            SELECT DISTINCT ON (source_system, suspect_id) suspect_ref, source_system, suspect_id,
                   {listed(SUSPECT_WORDS, "suspect_")}, {listed("''" for _ in rest)}, '', '', '{{}}', 1
              FROM staged_referrals WHERE suspect_id <> '' ORDER BY source_system, suspect_id, number DESC
            ON CONFLICT (source_system, source_id) WHERE source_id <> ''
            DO UPDATE SET {sets}, version = t.version + 1
             WHERE {differs} AND NOT EXISTS (
                   SELECT 1 FROM cases_participant part WHERE part.person_id = t.id
                      AND part.role <> 'SUSPECT')
               AND NOT EXISTS (SELECT 1 FROM staged_referrals s WHERE s.person_pk = t.id)
            RETURNING id, xmax = 0
            """,
        )
        self.run(
            """
            UPDATE staged_referrals s SET suspect_pk = person.id FROM cases_person person
             WHERE person.source_system = s.source_system AND person.source_id = s.suspect_id
                AND person.source_id <> ''
            """
        )
        return changed

    def cases(self) -> set[int]:
        columns = [*CASE_WORDS, *CASE_KNOWN]
        sets, differs = merged(CASE_WORDS, CASE_KNOWN)
        _new, changed = self.upsert(
            Case,
            f"""
            INSERT INTO cases_case AS t (reference, source_system, occurrence_no, urn, {listed(columns)},
                   flags, is_restricted, opened_at, changed_at, version)
            SELECT DISTINCT ON (source_system, occurrence_no) case_ref, source_system, occurrence_no, '',
                   {listed(columns)}, flags,
                   bool_or(is_restricted) OVER (PARTITION BY source_system, occurrence_no), received_at, %s, 1
              FROM staged_referrals ORDER BY source_system, occurrence_no, (role = 'VICTIM') DESC, number DESC
            ON CONFLICT (source_system, occurrence_no) WHERE occurrence_no <> ''
            DO UPDATE SET {sets}, version = t.version + 1,
                   flags = CASE WHEN excluded.flags = '{{}}' THEN t.flags ELSE excluded.flags END,
                   is_restricted = t.is_restricted OR excluded.is_restricted
             WHERE {differs} OR excluded.flags <> '{{}}' AND excluded.flags <> t.flags
                OR excluded.is_restricted AND NOT t.is_restricted
            RETURNING id, xmax = 0
            """,
            self.now,
        )
        self.run(
            """
            UPDATE staged_referrals s SET case_pk = c.id FROM cases_case c
             WHERE c.source_system = s.source_system AND c.occurrence_no = s.occurrence_no
                AND c.occurrence_no <> ''
            """
        )
        return changed

    def parts(self) -> set[int]:
        """Victims and witnesses, then those who act for them, then suspects."""
        changed: set[int] = set()
        sets, differs = merged(PART_WORDS)
        for which, represents in (
            ("role <> 'REPRESENTATIVE'", "NULL::bigint"),
            (
                "role = 'REPRESENTATIVE'",
                """(SELECT victim.id FROM cases_participant victim JOIN cases_person person
                      ON person.id = victim.person_id
                   WHERE victim.case_id = s.case_pk AND victim.role = 'VICTIM'
                       AND person.source_system = s.source_system AND person.source_id = s.acts_for)""",
            ),
        ):
            new, moved = self.upsert(
                Participant,
                f"""
                INSERT INTO cases_participant AS t (reference, case_id, person_id, role, represents_id,
                       team_id, {listed(PART_WORDS)}, agreed_to_be_asked, closure_reason, version)
                SELECT part_ref, case_pk, person_pk, role, {represents}, team_id, {listed(PART_WORDS)},
                    false, '', 1
                  FROM staged_referrals s WHERE {which}
                ON CONFLICT (case_id, person_id, role)
                DO UPDATE SET {sets}, version = t.version + 1, team_id = coalesce(t.team_id,
                       excluded.team_id), represents_id = coalesce(t.represents_id, excluded.represents_id)
                 WHERE {differs} OR t.represents_id IS NULL AND excluded.represents_id IS NOT NULL
                RETURNING id, xmax = 0
                """,
            )
            self.new_parts += new
            changed |= moved
        self.run(
            """
            UPDATE staged_referrals s SET part_pk = part.id, is_new = part.id = ANY(%s) FROM
                cases_participant part
             WHERE part.case_id = s.case_pk AND part.person_id = s.person_pk AND part.role = s.role
            """,
            self.new_parts,
        )
        self.suspect_parts()
        return changed

    def suspect_parts(self) -> None:
        """A victim who turns out to be a suspect of the same case is not contacted: their referral is
        suppressed.
        """
        self.upsert(
            Participant,
            f"""
            INSERT INTO cases_participant AS t (reference, case_id, person_id, role, {listed(PART_WORDS)},
                   agreed_to_be_asked, closure_reason, version)
            SELECT DISTINCT ON (case_pk, suspect_pk) suspect_part_ref, case_pk, suspect_pk, 'SUSPECT',
                   {listed("''" for _ in PART_WORDS)}, false, '', 1
              FROM staged_referrals WHERE suspect_pk IS NOT NULL ORDER BY case_pk, suspect_pk, number DESC
            ON CONFLICT (case_id, person_id, role) DO NOTHING
            RETURNING id, true
            """,
        )
        self.run(
            """
            UPDATE referrals_referral r
               SET status = 'suppressed', suppressed_because = 'suspect_here', version = r.version + 1
              FROM cases_participant victim, staged_referrals s
             WHERE r.participant_id = victim.id AND victim.role = 'VICTIM' AND r.status = 'received'
               AND victim.case_id = s.case_pk AND victim.person_id = s.suspect_pk
               AND NOT 'status' = ANY(r.decided_fields)  -- a person has said that they are contacted
            RETURNING r.id
            """
        )
        self.history(Referral, [pk for (pk,) in self.cursor.fetchall()], "~")

    def safe_contacts(self) -> set[int]:
        """Returns people, not safe-contact rows. What a person here confirmed is never touched."""
        columns = listed(SAFE_WORDS)
        sets, differs = merged(SAFE_WORDS)
        self.run(
            f"""
            INSERT INTO cases_safecontact AS t (person_id, {columns}, withhold_number, who_may_answer,
                   code_word, address_is_protected, version)
            SELECT DISTINCT ON (person_pk) person_pk, {listed(SAFE_WORDS, "safe_")}, false, '', '', false, 1
              FROM staged_referrals WHERE is_safety_known ORDER BY person_pk, number DESC
            ON CONFLICT (person_id)
            DO UPDATE SET {sets}, version = t.version + 1 WHERE t.confirmed_at IS NULL AND {differs}
            RETURNING id, xmax = 0, person_id
            """
        )
        returned = self.cursor.fetchall()
        self.history(SafeContact, [pk for pk, is_new, _person in returned if is_new], "+")
        self.history(SafeContact, [pk for pk, is_new, _person in returned if not is_new], "~")
        return {person for _pk, is_new, person in returned if not is_new}

    def late_representatives(self) -> None:
        """Those who act for a victim whose row came only now. Few wait, so they are named first."""
        self.run(
            "SELECT participant_id FROM intake_feedrow WHERE acts_for <> '' AND participant_id IS NOT NULL"
        )
        waiting = [pk for (pk,) in self.cursor.fetchall()]
        if not waiting:
            return
        self.run(
            """
            UPDATE cases_participant rep SET represents_id = s.part_pk, version = rep.version + 1
              FROM intake_feedrow waiting, staged_referrals s
             WHERE rep.id = ANY(%s) AND waiting.participant_id = rep.id AND waiting.acts_for = s.person_id
               AND rep.case_id = s.case_pk AND s.role = 'VICTIM' AND s.is_new AND rep.represents_id IS NULL
            RETURNING rep.id
            """,
            waiting,
        )
        ids = [pk for (pk,) in self.cursor.fetchall()]
        self.history(Participant, ids, "~")
        if ids:
            FeedRow.objects.filter(participant_id__in=ids).update(acts_for="")

    def reports(self) -> None:
        """CRIME_REPORTED for each new victim; a changed report date replaces the event, unless a person
        corrected it.
        """
        self.run(
            """
            INSERT INTO cases_event (reference, kind, case_id, participant_id, hearing, occurred_at,
                precision,
                   learned_at, recorded_at, by_id, source_system, source_id, detail, data, replaces_id)
            SELECT s.event_ref, 'CRIME_REPORTED', s.case_pk, s.part_pk, '', s.crime_at, s.crime_precision,
                   greatest(s.received_at, s.crime_at), %s, %s, s.source_system, '', s.offence_title, '{}',
                       was.id
              FROM staged_referrals s
              LEFT JOIN LATERAL (
                   SELECT e.id, e.occurred_at, e.by_id FROM cases_event e
                    WHERE NOT s.is_new AND e.participant_id = s.part_pk AND e.case_id = s.case_pk AND e.kind
                        = 'CRIME_REPORTED'
                      AND NOT EXISTS (SELECT 1 FROM cases_event later WHERE later.replaces_id = e.id)
                    ORDER BY e.id DESC LIMIT 1) was ON true
             WHERE s.role = 'VICTIM'
               AND (s.is_new OR was.id IS NOT NULL AND was.occurred_at <> s.crime_at
                    AND (s.reported_at IS NOT NULL OR s.recorded_at IS NOT NULL))
            """,
            self.now, self.by_id,
        )  # fmt: skip

    def entitlements(self) -> None:
        """Provisional rights by triage: the first time, and again when triage says otherwise; never over a
        person's.
        """
        self.run(
            """
            WITH made AS (
                INSERT INTO cases_entitlement (participant_id, is_enhanced, categories, from_on,
                       is_provisional, reason, set_by_id, set_at)
                SELECT s.part_pk, s.categories <> '{}', s.categories,
                       CASE WHEN s.is_new THEN s.crime_on ELSE greatest(s.received_on, latest.from_on) END,
                       true, s.entitlement_reason, %s, %s
                  FROM staged_referrals s
                  LEFT JOIN LATERAL (
                       SELECT e.id, e.is_provisional, e.categories, e.from_on FROM cases_entitlement e
                        WHERE NOT s.is_new AND e.participant_id = s.part_pk
                        ORDER BY e.from_on DESC, e.id DESC LIMIT 1) latest ON true
                 WHERE s.role = 'VICTIM'
                   AND (latest.id IS NULL AND s.categories <> '{}'
                        OR latest.is_provisional AND latest.categories::text[] <> s.categories)
                RETURNING participant_id, is_enhanced, categories, from_on, reason)
            INSERT INTO cases_event (reference, kind, case_id, participant_id, hearing, occurred_at,
                   precision, learned_at, recorded_at, by_id, source_system, source_id, detail, data)
            SELECT s.entitlement_ref, 'ENTITLEMENT_SET', s.case_pk, s.part_pk, '',
                   (made.from_on + time '12:00') AT TIME ZONE 'Europe/London', 'date',
                   greatest(s.received_at, (made.from_on + time '12:00') AT TIME ZONE 'Europe/London'),
                   %s, %s, '', '', made.reason,
                   jsonb_build_object('is_enhanced', made.is_enhanced, 'categories',
                                      to_jsonb(made.categories), 'is_provisional', true)
              FROM made JOIN staged_referrals s ON s.part_pk = made.participant_id
            """,
            self.by_id, self.now, self.now, self.by_id,
        )  # fmt: skip

    def referrals(self, batch_id: int) -> set[int]:
        """Returns participants whose referral changed. One that an officer has is left as it is."""
        self.run(
            """
            INSERT INTO referrals_referral AS t (reference, participant_id, source, batch_id, received_at,
                   status, suppressed_because, priority, reasons, channel, due_on, rule_set_id,
                   decided_fields, version)
            SELECT referral_ref, part_pk, 'force', %s, received_at,
                   CASE WHEN suppressed_because = '' THEN 'received' ELSE 'suppressed' END,
                   suppressed_because, priority, reasons, channel, due_on, rule_set_id, '{}', 1
              FROM staged_referrals WHERE role = 'VICTIM'
            ON CONFLICT (participant_id)
            -- What a person decided over the rules stays, whatever the feed says later.
            DO UPDATE SET reasons = excluded.reasons, rule_set_id = excluded.rule_set_id,
                   status = CASE WHEN 'status' = ANY(t.decided_fields) THEN t.status ELSE excluded.status END,
                   suppressed_because = CASE WHEN 'status' = ANY(t.decided_fields)
                        THEN t.suppressed_because ELSE excluded.suppressed_because END,
                   priority = CASE WHEN 'priority' = ANY(t.decided_fields)
                        THEN t.priority ELSE excluded.priority END,
                   channel = CASE WHEN 'channel' = ANY(t.decided_fields)
                        THEN t.channel ELSE excluded.channel END,
                   due_on = CASE WHEN 'due_on' = ANY(t.decided_fields) OR t.due_on IS NOT NULL
                             AND (t.priority = excluded.priority OR 'priority' = ANY(t.decided_fields))
                        THEN t.due_on ELSE excluded.due_on END,
                   version = t.version + 1
             WHERE t.status <> 'allocated'
               AND (t.reasons IS DISTINCT FROM excluded.reasons
                 OR NOT 'status' = ANY(t.decided_fields)
                    AND t.suppressed_because IS DISTINCT FROM excluded.suppressed_because
                 OR NOT 'priority' = ANY(t.decided_fields) AND t.priority IS DISTINCT FROM excluded.priority
                 OR NOT 'channel' = ANY(t.decided_fields) AND t.channel IS DISTINCT FROM excluded.channel)
            RETURNING id, xmax = 0, participant_id
            """,
            batch_id,
        )
        returned = self.cursor.fetchall()
        self.history(Referral, [pk for pk, is_new, _part in returned if is_new], "+")
        self.history(Referral, [pk for pk, is_new, _part in returned if not is_new], "~")
        return {part for _pk, is_new, part in returned if not is_new}

    def feed_rows(self, batch_id: int) -> None:
        """What the feed last said, so that the same row again is known at once."""
        self.run(
            """
            INSERT INTO intake_feedrow AS t (kind, key, digest, batch_id, participant_id, acts_for, extra)
            SELECT 'referral', s.key, s.digest, %s, s.part_pk,
                   CASE WHEN s.role = 'REPRESENTATIVE' AND part.represents_id IS NULL THEN s.acts_for ELSE
                       '' END, s.extra
              FROM staged_referrals s JOIN cases_participant part ON part.id = s.part_pk
            ON CONFLICT (kind, key) DO UPDATE
               SET digest = excluded.digest, batch_id = excluded.batch_id, acts_for = excluded.acts_for,
                   extra = excluded.extra
            """,
            batch_id,
        )


# --- Events ----------------------------------------------------------------------------------------

STAGED_EVENTS: dict[str, str] = {
    "number": "int PRIMARY KEY", "key": _TEXT, "digest": _TEXT, "extra": "jsonb NOT NULL",
    "source_system": _TEXT,
    "event_id": _TEXT, "occurrence_no": _TEXT, "suspect_id": _TEXT, "kind": _TEXT,
    "occurred_at": "timestamptz NOT NULL",
    "precision": _TEXT, "learned_at": "timestamptz NOT NULL", "detail": _TEXT, "event_ref": _TEXT,
    "suspect_ref": _TEXT,
    "suspect_part_ref": _TEXT, "case_pk": "bigint", "suspect_pk": "bigint", "suspect_part_pk": "bigint",
    "was_pk": "bigint", "event_pk": "bigint",
}  # fmt: skip
_COPIED_EVENTS = [column for column in STAGED_EVENTS if not column.endswith("_pk")]


def land_events(
    rows: Sequence[Clean],
    *,
    received_at: datetime,
    batch_id: int,
    change: str,
    by: User | None,
    now: datetime,
) -> Landed:
    """Land event rows with different keys. A row whose crime we do not hold comes back in `unknown`."""
    with connection.cursor() as cursor:
        staged = (_staged_event(row, received_at) for row in rows)
        stage(cursor, "staged_events", STAGED_EVENTS, _COPIED_EVENTS, staged)
        land = Land(cursor, change=change, by=by, now=now)
        land.run(
            """
            UPDATE staged_events s SET case_pk = c.id FROM cases_case c
             WHERE c.source_system = s.source_system AND c.occurrence_no = s.occurrence_no
                AND c.occurrence_no <> ''
            """
        )
        _suspects_of_events(land)
        # The event we hold for this row: the last that the feed made of it.
        land.run(
            """
            UPDATE staged_events s SET was_pk = f.event_id FROM intake_feedrow f WHERE f.kind = 'event'
                AND f.key = s.key
            """
        )
        land.run(
            """
            WITH made AS (
                INSERT INTO cases_event (reference, kind, case_id, suspect_id, hearing, occurred_at,
                    precision, learned_at,
                       recorded_at, by_id, source_system, source_id, detail, data, replaces_id)
                SELECT s.event_ref, s.kind, s.case_pk, s.suspect_part_pk, '', s.occurred_at, s.precision,
                    s.learned_at,
                       %s, %s, s.source_system, CASE WHEN s.was_pk IS NULL THEN s.event_id ELSE '' END,
                       s.detail, CASE WHEN s.was_pk IS NULL THEN '{}'::jsonb ELSE jsonb_build_object('feed',
                           s.event_id) END, s.was_pk
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
            now, by.pk if by else None,
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
        cursor.execute("SELECT number, case_pk, was_pk, event_pk, occurrence_no FROM staged_events")
        landed = Landed()
        for number, case, was, event, occurrence in cursor.fetchall():
            if case is None:
                landed.unknown[number] = ("occurrence_no", occurrence)
                continue
            landed.outcomes[number] = (
                "unchanged" if event is None else "accepted" if was is None else "updated"
            )
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
