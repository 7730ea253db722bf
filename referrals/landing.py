"""How a chunk of clean rows lands: COPY to a staging table, then match and upsert in SQL. Called by actions
only.

Rows of one chunk have different natural keys. The caller holds the transaction and the lock that lets one
chunk land at a time. Every changed row leaves its history row, as a save would.

What a feed may overwrite: an empty cell never removes what is known; a field that a person here confirmed
stays; a safe-contact answer that a person confirmed stays; the feed restricts a case but never opens it.
"""

# The SQL is put together from names of columns; values are always parameters.
# ruff: noqa: S608

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection, models

from referrals.models import Referral
from referrals.places import Place, places
from referrals.staged import (
    ADDRESS_COLUMNS,
    CASE_KNOWN,
    CASE_WORDS,
    PART_WORDS,
    PERSON_KNOWN,
    PERSON_WORDS,
    REACHED_AT,
    SAFE_COLUMNS,
    SAFE_WORDS,
    STAGED,
    SUSPECT_WORDS,
    Arrival,
    lines,
)
from victimcare.accounts.models import User
from victimcare.cases.changing import hold_what_a_feed_says
from victimcare.cases.models import Case, Participant, Person, SafeContact
from victimcare.intake.layouts import Landed
from victimcare.intake.models import FeedRow
from victimcare.intake.staging import Land, listed, merged, stage_lines


def land_referrals(
    arrivals: Sequence[Arrival], *, batch_id: int, change: str, by: User | None, now: datetime
) -> Landed:
    """Land rows with different keys. Raises IntegrityError or DataError when one contradicts what is held."""
    with connection.cursor() as cursor:
        placed = places(cursor, [arrival.row for arrival in arrivals])
        stage_lines(cursor, "staged_referrals", STAGED, list(STAGED), lines(arrivals, placed))
        land = _Landing(cursor, placed, change=change, by=by, now=now)
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
        landed, kept = Landed(), land.kept()
        hold_what_a_feed_says(said=_contradicted(arrivals, placed, kept), change=change, by=by)
        for arrival, place in zip(arrivals, placed, strict=True):
            number = arrival.row["number"]
            if arrival.row["key"] in kept:
                landed.kept[number] = kept[arrival.row["key"]]
            is_moved = (
                place.part in referrals or place.part in parts or place.case in cases
                or place.person in people or place.suspect in suspects or place.person in safe
            )  # fmt: skip
            suppressed = arrival.triage.suppressed_because if arrival.triage else ""
            if suppressed and (place.is_new_part or place.part in referrals):
                landed.outcomes[number], landed.reasons[number] = "suppressed", suppressed
            elif place.is_new_part:
                landed.outcomes[number] = "accepted"
            else:
                landed.outcomes[number] = "updated" if is_moved else "unchanged"
            if landed.outcomes[number] != "unchanged":
                landed.case_ids.add(place.case)
        land.announce_later(landed.case_ids)
    return landed


def _contradicted(
    arrivals: Sequence[Arrival], placed: Sequence[Place], kept: dict[str, list[str]]
) -> dict[int, dict[str, str]]:
    """By person, the address and numbers of a row that says otherwise than what somebody here confirmed."""
    said: dict[int, dict[str, str]] = {}
    for arrival, place in zip(arrivals, placed, strict=True):
        columns = set(kept.get(arrival.row["key"], ())) & REACHED_AT
        if columns & ADDRESS_COLUMNS:  # an address is a whole: half of theirs and half of ours is nobody's
            columns |= ADDRESS_COLUMNS
        if columns:
            said.setdefault(place.person, {}).update({name: arrival.row[name] for name in columns})
    return said


class _Landing(Land):
    """The steps of landing one staged chunk of referrals, in order.

    What is new is inserted; what is held is changed only where some of it is. Each step returns the ids of
    rows that were there and changed.
    """

    def __init__(
        self, cursor: Any, placed: Sequence[Place], *, change: str, by: User | None, now: datetime
    ) -> None:
        super().__init__(cursor, change=change, by=by, now=now)
        self.placed = placed
        self.are_people_held = any(place.says_person and not place.is_new_person for place in placed)
        self.are_cases_held = any(place.says_case and not place.is_new_case for place in placed)
        self.are_parts_held = any(not place.is_new_part for place in placed)
        self.are_suspects_known = any(
            place.suspect is not None and not place.is_new_suspect for place in placed
        )

    def changed(self, model: type[models.Model], sql: str, *values: Any) -> set[int]:
        """Run an UPDATE that returns ids; write history."""
        self.run(sql, *values)
        ids = {pk for (pk,) in self.cursor.fetchall()}
        self.history(model, list(ids), "~")
        return ids

    def people(self) -> set[int]:
        columns = [*PERSON_WORDS, *PERSON_KNOWN]
        self.add(
            Person,
            f"""
            INSERT INTO cases_person (id, reference, source_system, source_id, {listed(columns)},
                   preferred_name, pronouns, confirmed_fields, version)
            SELECT person_pk, person_ref, source_system, person_id, {listed(columns)}, '', '', '{{}}', 1
              FROM staged_referrals WHERE says_person AND is_new_person
            """,
        )
        if not self.are_people_held:
            return set()
        sets, differs = merged(PERSON_WORDS, PERSON_KNOWN, unless="confirmed_fields")
        return self.changed(
            Person,
            f"""
            UPDATE cases_person t SET {sets}, version = t.version + 1 FROM staged_referrals excluded
             WHERE t.id = excluded.person_pk AND excluded.says_person AND NOT excluded.is_new_person
               AND {differs}
            RETURNING t.id
            """,
        )

    def suspects(self) -> set[int]:
        """Just enough to tell duties apart and keep contact safe; the record of somebody we serve is left
        alone.
        """
        rest = [name for name in PERSON_WORDS if name not in SUSPECT_WORDS]
        self.add(
            Person,
            f"""
            INSERT INTO cases_person (id, reference, source_system, source_id, {listed(SUSPECT_WORDS)},
                   {listed(rest)}, preferred_name, pronouns, confirmed_fields, version)
            SELECT suspect_pk, suspect_ref, source_system, suspect_id, {listed(SUSPECT_WORDS, "suspect_")},
                   {listed("''" for _ in rest)}, '', '', '{{}}', 1
              FROM staged_referrals WHERE says_suspect AND is_new_suspect
            """,
        )
        if not self.are_suspects_known:
            return set()
        sets, differs = merged(SUSPECT_WORDS, unless="confirmed_fields")
        said = listed(f"suspect_{name} AS {name}" for name in SUSPECT_WORDS)
        return self.changed(
            Person,
            f"""
            UPDATE cases_person t SET {sets}, version = t.version + 1
              FROM (SELECT suspect_pk, {said} FROM staged_referrals
                     WHERE says_suspect AND NOT is_new_suspect) excluded
             WHERE t.id = excluded.suspect_pk AND {differs} AND NOT EXISTS (
                   SELECT 1 FROM cases_participant part WHERE part.person_id = t.id
                      AND part.role <> 'SUSPECT')
            RETURNING t.id
            """,
        )

    def cases(self) -> set[int]:
        columns = [*CASE_WORDS, *CASE_KNOWN, "flags", "is_restricted"]
        self.add(
            Case,
            f"""
            INSERT INTO cases_case (id, reference, source_system, occurrence_no, urn, {listed(columns)},
                   opened_at, changed_at, version)
            SELECT case_pk, case_ref, source_system, occurrence_no, '', {listed(columns)}, received_at, %s, 1
              FROM staged_referrals WHERE says_case AND is_new_case
            """,
            self.now,
        )
        if not self.are_cases_held:
            return set()
        sets, differs = merged(CASE_WORDS, CASE_KNOWN)
        # What somebody told us when they opened the case stays beside what the feed says.
        flags = """CASE WHEN t.flags_told = '{}' THEN excluded.flags::varchar[] ELSE t.flags_told || ARRAY(
                   SELECT flag FROM unnest(excluded.flags) WITH ORDINALITY AS said(flag, place)
                    WHERE flag <> ALL(t.flags_told::text[]) ORDER BY place)::varchar[] END"""
        return self.changed(
            Case,
            f"""
            UPDATE cases_case t SET {sets}, version = t.version + 1,
                   -- One that the officer in it opened by hand is the feed's from now on.
                   source_system = excluded.source_system,
                   flags = CASE WHEN excluded.flags = '{{}}' THEN t.flags ELSE {flags} END,
                   is_restricted = t.is_restricted OR excluded.is_restricted
              FROM staged_referrals excluded
             WHERE t.id = excluded.case_pk AND excluded.says_case AND NOT excluded.is_new_case
               AND ({differs} OR t.source_system <> excluded.source_system
                    OR excluded.flags <> '{{}}' AND t.flags <> {flags}
                    OR excluded.is_restricted AND NOT t.is_restricted)
            RETURNING t.id
            """,
        )

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
            self.add(
                Participant,
                f"""
                INSERT INTO cases_participant (id, reference, case_id, person_id, role, represents_id,
                       team_id, {listed(PART_WORDS)}, agreed_to_be_asked, closure_reason, version)
                SELECT part_pk, part_ref, case_pk, person_pk, role, {represents}, team_id,
                       {listed(PART_WORDS)}, false, '', 1
                  FROM staged_referrals s WHERE {which} AND is_new
                """,
            )
            if self.are_parts_held:
                changed |= self.changed(
                    Participant,
                    f"""
                    UPDATE cases_participant t SET {sets}, version = t.version + 1,
                           team_id = coalesce(t.team_id, excluded.team_id),
                           represents_id = coalesce(t.represents_id, excluded.represents_id)
                      FROM (SELECT s.*, {represents} AS represents_id FROM staged_referrals s
                             WHERE {which} AND NOT is_new) excluded
                     WHERE t.id = excluded.part_pk
                       AND ({differs} OR t.represents_id IS NULL AND excluded.represents_id IS NOT NULL)
                    RETURNING t.id
                    """,
                )
        self.suspect_parts()
        return changed

    def suspect_parts(self) -> None:
        """A victim who turns out to be a suspect of the same case is not contacted: their referral is
        suppressed.
        """
        self.add(
            Participant,
            f"""
            INSERT INTO cases_participant (id, reference, case_id, person_id, role, {listed(PART_WORDS)},
                   agreed_to_be_asked, closure_reason, version)
            SELECT suspect_part_pk, suspect_part_ref, case_pk, suspect_pk, 'SUSPECT',
                   {listed("''" for _ in PART_WORDS)}, false, '', 1
              FROM staged_referrals WHERE suspect_part_pk IS NOT NULL
            """,
        )
        victims = [place.suspect_as_victim for place in self.placed if place.suspect_as_victim is not None]
        if victims:
            self.changed(
                Referral,
                """
                UPDATE referrals_referral
                   SET status = 'suppressed', suppressed_because = 'suspect_here', version = version + 1
                 WHERE participant_id = ANY(%s) AND status = 'received'
                   AND NOT 'status' = ANY(decided_fields)  -- a person has said that they are contacted
                RETURNING id
                """,
                victims,
            )

    def safe_contacts(self) -> set[int]:
        """Returns people, not safe-contact rows. What a person here confirmed is never touched."""
        columns = listed(SAFE_WORDS)
        sets, differs = merged(SAFE_WORDS)
        self.run(
            f"""
            INSERT INTO cases_safecontact AS t (person_id, {columns}, withhold_number, who_may_answer,
                   code_word, address_is_protected, version)
            SELECT person_pk, {listed(SAFE_WORDS, "safe_")}, false, '', '', false, 1
              FROM staged_referrals WHERE says_safety
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
        into = (
            "INSERT INTO cases_event (reference, kind, case_id, participant_id, hearing, occurred_at, precision,"
            " learned_at, recorded_at, by_id, source_system, source_id, detail, data, replaces_id)"
            " SELECT s.event_ref, 'CRIME_REPORTED', s.case_pk, s.part_pk, '', s.crime_at, s.crime_precision,"
            " greatest(s.received_at, s.crime_at), %s, %s, s.source_system, '', s.offence_title,"
            " jsonb_build_object('batch', %s::text)"
        )
        self.run(
            f"{into}, NULL FROM staged_referrals s WHERE s.role = 'VICTIM' AND s.is_new",
            self.now,
            self.by_id,
            self.batch,
        )
        if self.are_parts_held:
            self.run(
                f"""
                {into}, was.id FROM staged_referrals s CROSS JOIN LATERAL (
                       SELECT e.id, e.occurred_at FROM cases_event e
                        WHERE e.participant_id = s.part_pk AND e.case_id = s.case_pk
                          AND e.kind = 'CRIME_REPORTED'
                          AND NOT EXISTS (SELECT 1 FROM cases_event later WHERE later.replaces_id = e.id)
                        ORDER BY e.id DESC LIMIT 1) was
                 WHERE s.role = 'VICTIM' AND NOT s.is_new AND was.occurred_at <> s.crime_at
                   AND (s.reported_at IS NOT NULL OR s.recorded_at IS NOT NULL)
                """,
                self.now, self.by_id, self.batch,
            )  # fmt: skip

    def entitlements(self) -> None:
        """Provisional rights by triage: the first time, and again when triage says otherwise; never over a
        person's.
        """
        self.entitle(
            """
            SELECT s.part_pk AS participant_id, s.crime_on AS from_on, s.entitlement_ref
              FROM staged_referrals s WHERE s.role = 'VICTIM' AND s.is_new AND s.categories <> '{}'
            """
        )
        if self.are_parts_held:
            self.entitle(
                """
                SELECT s.part_pk AS participant_id, greatest(s.received_on, latest.from_on) AS from_on,
                       s.entitlement_ref
                  FROM staged_referrals s
                  LEFT JOIN LATERAL (
                       SELECT e.id, e.is_provisional, e.categories, e.from_on FROM cases_entitlement e
                        WHERE e.participant_id = s.part_pk
                        ORDER BY e.from_on DESC, e.id DESC LIMIT 1) latest ON true
                 WHERE s.role = 'VICTIM' AND NOT s.is_new
                   AND (latest.id IS NULL AND s.categories <> '{}'
                        OR latest.is_provisional AND latest.categories::text[] <> s.categories)
                """
            )

    def entitle(self, whom: str) -> None:
        """Set the provisional rights of those whom a SELECT names, and record that they were set."""
        self.run(
            f"""
            WITH wanted AS MATERIALIZED ({whom}),
            made AS (
                INSERT INTO cases_entitlement (participant_id, is_enhanced, categories, from_on,
                       is_provisional, reason, set_by_id, set_at)
                SELECT w.participant_id, s.categories <> '{{}}', s.categories, w.from_on, true,
                       s.entitlement_reason, %s, %s
                  FROM wanted w JOIN staged_referrals s USING (entitlement_ref))
            INSERT INTO cases_event (reference, kind, case_id, participant_id, hearing, occurred_at,
                   precision, learned_at, recorded_at, by_id, source_system, source_id, detail, data)
            SELECT s.entitlement_ref, 'ENTITLEMENT_SET', s.case_pk, s.part_pk, '', noon.at, 'date',
                   greatest(s.received_at, noon.at), %s, %s, '', '', s.entitlement_reason,
                   jsonb_build_object('is_enhanced', s.categories <> '{{}}', 'categories',
                                      to_jsonb(s.categories), 'is_provisional', true, 'batch', %s::text)
              FROM wanted w JOIN staged_referrals s USING (entitlement_ref),
                   LATERAL (SELECT (w.from_on + time '12:00') AT TIME ZONE 'Europe/London' AS at) noon
            """,
            self.by_id, self.now, self.now, self.by_id, self.batch,
        )  # fmt: skip

    def referrals(self, batch_id: int) -> set[int]:
        """Returns participants whose referral changed. One that an officer has is left as it is."""
        into = """
            INSERT INTO referrals_referral AS t (reference, participant_id, source, batch_id, received_at,
                   status, suppressed_because, priority, reasons, channel, due_on, rule_set_id,
                   decided_fields, version)
            SELECT referral_ref, part_pk, 'force', %s, received_at,
                   CASE WHEN suppressed_because = '' THEN 'received' ELSE 'suppressed' END,
                   suppressed_because, priority, reasons, channel, due_on, rule_set_id, '{}', 1
              FROM staged_referrals WHERE role = 'VICTIM'
        """
        self.add(Referral, f"{into} AND is_new", batch_id)
        if not self.are_parts_held:
            return set()
        self.run(
            f"""
            {into} AND NOT is_new
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

    def kept(self) -> dict[str, list[str]]:
        """What rows said otherwise and a person here had confirmed, so that it stayed: columns, by the row's key."""
        if not self.are_people_held:
            return {}
        fields = [(name, f"'{name}' = ANY(t.confirmed_fields) AND s.{name} <> '' AND s.{name} <> t.{name}")
                  for name in PERSON_WORDS]  # fmt: skip
        fields += [
            (name, f"'{name}' = ANY(t.confirmed_fields) AND s.{name} <> t.{name}") for name in PERSON_KNOWN
        ]
        fields += [
            (
                column,
                f"safe.confirmed_at IS NOT NULL AND s.safe_{name} <> '' AND s.safe_{name} <> safe.{name}",
            )
            for name, column in zip(SAFE_WORDS, SAFE_COLUMNS, strict=True)
        ]
        said = ", ".join(f"CASE WHEN {differs} THEN '{column}' END" for column, differs in fields)
        self.run(
            f"""
            SELECT s.key, array_remove(ARRAY[{said}], NULL)
              FROM staged_referrals s JOIN cases_person t ON t.id = s.person_pk
              LEFT JOIN cases_safecontact safe ON safe.person_id = t.id
             WHERE NOT s.is_new_person AND (t.confirmed_fields <> '{{}}' OR safe.confirmed_at IS NOT NULL)
            """
        )
        return {key: columns for key, columns in self.cursor.fetchall() if columns}

    def feed_rows(self, batch_id: int) -> None:
        """What the feed last said, so that the same row again is known at once."""
        self.run(
            """
            INSERT INTO intake_feedrow AS t (kind, key, digest, batch_id, participant_id, acts_for, extra)
            SELECT 'referral', s.key, s.digest, %s, s.part_pk,
                   CASE WHEN s.role = 'REPRESENTATIVE' AND (SELECT part.represents_id FROM cases_participant
                       part WHERE part.id = s.part_pk) IS NULL THEN s.acts_for ELSE '' END, s.extra
              FROM staged_referrals s
            ON CONFLICT (kind, key) DO UPDATE
               SET digest = excluded.digest, batch_id = excluded.batch_id, acts_for = excluded.acts_for,
                   extra = excluded.extra
            """,
            batch_id,
        )
