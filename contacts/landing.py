"""How a chunk of contact rows lands: COPY to a staging table, then match and upsert in SQL.

Rows of one chunk have different natural keys. The caller holds the transaction and the lock that lets one
chunk land at a time. The feed owns what it sent; a contact that a person here changed since stays as it is.
"""

# The SQL is put together from names of columns in this file; values are always parameters.
# ruff: noqa: S608

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils.translation import override

from contacts.models import Contact
from victimcare.accounts.models import User
from victimcare.intake.cells import Clean
from victimcare.intake.layouts import Landed
from victimcare.intake.said import said as _
from victimcare.intake.staging import Land, listed, reference, stage, unsaid

_TEXT = "text NOT NULL"
STAGED: dict[str, str] = {
    "number": "int PRIMARY KEY", "key": _TEXT, "digest": _TEXT, "extra": "jsonb NOT NULL",
    "source_system": _TEXT, "contact_id": _TEXT, "occurrence_no": _TEXT, "person_id": _TEXT, "by_collar": _TEXT,
    "channel": _TEXT, "at": "timestamptz NOT NULL", "outcome": _TEXT, "note": _TEXT,
    "event_ids": "text[] NOT NULL", "learned_at": "timestamptz NOT NULL", "said": _TEXT,
    "contact_ref": _TEXT, "event_ref": _TEXT,
    "case_pk": "bigint", "part_pk": "bigint", "spoke_pk": "bigint", "was_pk": "bigint", "contact_pk": "bigint",
    "wrong": "text", "wrong_value": "text", "is_ours": "boolean", "is_changed": "boolean",
}  # fmt: skip
_FILLED_IN = (
    "case_pk", "part_pk", "spoke_pk", "was_pk", "contact_pk", "wrong", "wrong_value", "is_ours", "is_changed",
)  # fmt: skip
_COPIED = [column for column in STAGED if column not in _FILLED_IN]
# What the feed says of a contact; everything else is as it is for one that nobody said more about.
_SAID = (
    "reference", "participant_id", "spoke_to_id", "direction", "channel", "outcome", "at", "note", "by_collar",
    "is_by_unit", "source_system", "source_id", "recorded_at",
)  # fmt: skip


def land_contacts(
    rows: Sequence[Clean],
    *,
    received_at: datetime | None,
    batch: tuple[int, str],
    by: User | None,
    now: datetime,
) -> Landed:
    """Land contact rows with different keys; `batch` is its id and reference.

    `received_at` is when the file came; None for history, which was known when it happened. A row about
    somebody or something we do not hold comes back in `unknown`. Raises IntegrityError or DataError when one
    contradicts what is held.
    """
    batch_id, batch_reference = batch
    with connection.cursor() as cursor:
        stage(cursor, "staged_contacts", STAGED, _COPIED, [_staged(row, received_at) for row in rows])
        land = _Landing(cursor, change=f"extract {batch_reference}", by=by, now=now)
        land.whom()
        land.what()
        land.contacts()
        land.tells()
        land.events(batch_reference)
        land.feed_rows(batch_id)
        cursor.execute(
            "SELECT number, wrong, wrong_value, case_pk, was_pk, is_ours, is_changed FROM staged_contacts"
        )
        landed = Landed()
        for number, wrong, value, case, was, is_ours, is_changed in cursor.fetchall():
            if wrong:
                column, sentence = _sentences()[wrong]
                landed.unknown[number] = (column, sentence % {"value": value})
            elif was is None or is_changed:
                landed.outcomes[number] = "accepted" if was is None else "updated"
                landed.case_ids.add(case)
            else:
                landed.outcomes[number] = "unchanged"
                if is_ours:
                    landed.kept[number] = ["contact"]
        land.announce_later(landed.case_ids)
    return landed


def reached_last(numbers: Sequence[int]) -> dict[int, datetime]:
    """When each participant of these landed rows was last reached, from the chunk that is staged."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT part_pk, max(at) FROM staged_contacts
             WHERE number = ANY(%s) AND outcome = 'reached' AND part_pk IS NOT NULL GROUP BY part_pk
            """,
            [list(numbers)],
        )
        return dict(cursor.fetchall())


def _sentences() -> dict[str, tuple[str, str]]:
    """Column and sentence of each thing that can be wrong with a row that was read."""
    return {
        "case": ("occurrence_no", _("We hold no crime %(value)s. It may come in a later referrals extract.")),
        "person": (
            "person_id",
            _("Nobody with the number %(value)s is a victim or witness of this crime, or acts for one."),
        ),
        "event": (
            "event_ids",
            _("We hold no event %(value)s. It may come in a later events extract."),
        ),
        "other_case": ("event_ids", _("The event %(value)s is of another crime. Ask which is right.")),
        "later_event": (
            "event_ids",
            _("The event %(value)s happened after this contact, so it cannot have been told. Ask which is right."),
        ),
        "early": (
            "at",
            _("That is before the crime was reported on %(value)s. Check the day and the year."),
        ),
        "somebody_else": (
            "person_id",
            _("This contact was sent before as one with somebody else (%(value)s). Ask which is right."),
        ),
    }  # fmt: skip


def _staged(row: Clean, received_at: datetime | None) -> list[Any]:
    """One row as COPY writes it, in the order of `_COPIED`."""
    at = row["at"].at
    with override("en"):  # kept in the log, so always in English
        said = f"{Contact.Channel(row['channel']).label}: {Contact.Outcome(row['outcome']).label}"
    return [
        row["number"], row["key"], row["digest"], json.dumps(row["extra"]), row["source_system"],
        row["contact_id"], row["occurrence_no"], row["person_id"], row["by_collar"], row["channel"], at,
        row["outcome"], row["note"], row["event_ids"], max(received_at, at) if received_at else at, said,
        reference("C", 9), reference("E", 9),
    ]  # fmt: skip


class _Landing(Land):
    """The steps of landing one staged chunk, in order. A row with `wrong` set goes no further."""

    def whom(self) -> None:
        """The crime, the person told, and the victim they act for where it was not themselves."""
        self.run(
            """
            UPDATE staged_contacts s SET case_pk = c.id FROM cases_case c
             WHERE c.source_system = s.source_system AND c.occurrence_no = s.occurrence_no
               AND c.occurrence_no <> ''
            """
        )
        self.run(
            """
            UPDATE staged_contacts s
               SET part_pk = coalesce(found.represents_id, found.id),
                   spoke_pk = CASE WHEN found.represents_id IS NOT NULL THEN found.id END
              FROM (SELECT DISTINCT ON (w.number) w.number, part.id, part.represents_id
                      FROM staged_contacts w
                      JOIN cases_person person ON person.source_system = w.source_system
                           AND person.source_id = w.person_id AND person.source_id <> ''
                      JOIN cases_participant part ON part.case_id = w.case_pk AND part.person_id = person.id
                           AND part.role IN ('VICTIM', 'WITNESS', 'REPRESENTATIVE')
                     ORDER BY w.number, (part.role = 'VICTIM') DESC, (part.role = 'WITNESS') DESC) found
             WHERE found.number = s.number
            """
        )
        self.run(
            """
            UPDATE staged_contacts s SET was_pk = t.id FROM contacts_contact t
             WHERE t.source_system = s.source_system AND t.source_id = s.contact_id AND t.source_id <> ''
            """
        )
        self.wrong("case", "occurrence_no", "case_pk IS NULL")
        self.wrong("person", "person_id", "part_pk IS NULL")
        self.run(
            """
            UPDATE staged_contacts s SET wrong = 'somebody_else', wrong_value = part.reference
              FROM contacts_contact t JOIN cases_participant part ON part.id = t.participant_id
             WHERE s.wrong IS NULL AND t.id = s.was_pk AND t.participant_id <> s.part_pk
            """
        )
        self.run(
            """
            UPDATE staged_contacts s
               SET wrong = 'early',
                   wrong_value = (coalesce(c.reported_at, c.recorded_at) AT TIME ZONE 'Europe/London')::date
              FROM cases_case c
             WHERE s.wrong IS NULL AND c.id = s.case_pk
               AND (s.at AT TIME ZONE 'Europe/London')::date
                   < (coalesce(c.reported_at, c.recorded_at) AT TIME ZONE 'Europe/London')::date
            """
        )
        # Somebody here changed it since: theirs stands.
        self.run(
            """
            UPDATE staged_contacts s SET is_ours = true
              FROM contacts_historicalcontact h
             WHERE h.id = s.was_pk AND coalesce(h.history_change_reason, '') NOT LIKE 'extract %%'
            """
        )

    def wrong(self, name: str, value: str, condition: str) -> None:
        self.run(
            f"UPDATE staged_contacts SET wrong = %s, wrong_value = {value} WHERE wrong IS NULL AND {condition}",
            name,
        )

    def what(self) -> None:
        """The events that each row names: held, of this crime, and not later than the contact."""
        for name, condition in (
            ("event", "f.event_id IS NULL"),
            ("other_case", "e.case_id <> s.case_pk"),
            (
                "later_event",
                """(e.precision = 'moment' AND e.occurred_at > s.at OR e.precision = 'date' AND
                   (e.occurred_at AT TIME ZONE 'Europe/London')::date > (s.at AT TIME ZONE 'Europe/London')::date)""",
            ),
        ):
            self.run(
                f"""
                UPDATE staged_contacts t SET wrong = %s, wrong_value = bad.event
                  FROM (SELECT s.number, min(named.event) AS event
                          FROM staged_contacts s CROSS JOIN unnest(s.event_ids) AS named(event)
                          LEFT JOIN intake_feedrow f ON f.kind = 'event'
                               AND f.key = s.source_system || '|' || named.event
                          LEFT JOIN cases_event e ON e.id = f.event_id
                         WHERE s.wrong IS NULL AND {condition} GROUP BY s.number) bad
                 WHERE bad.number = t.number
                """,
                name,
            )

    def contacts(self) -> None:
        rest, defaults = unsaid(Contact, _SAID)
        self.run(
            f"""
            INSERT INTO contacts_contact ({listed(_SAID)}, {listed(rest)})
            SELECT contact_ref, part_pk, spoke_pk, 'out', channel, outcome, at, note, by_collar, false,
                   source_system, contact_id, %s, {listed("%s" for _name in rest)}
              FROM staged_contacts WHERE wrong IS NULL AND was_pk IS NULL ORDER BY number
            RETURNING id
            """,
            self.now,
            *defaults,
        )
        self.history(Contact, [pk for (pk,) in self.cursor.fetchall()], "+")
        self.run(
            """
            UPDATE staged_contacts s SET contact_pk = t.id FROM contacts_contact t
             WHERE s.wrong IS NULL AND t.source_system = s.source_system AND t.source_id = s.contact_id
            """
        )
        # An empty cell removes nothing.
        self.run(
            """
            UPDATE contacts_contact t
               SET channel = s.channel, outcome = s.outcome, at = s.at,
                   note = coalesce(nullif(s.note, ''), t.note),
                   by_collar = coalesce(nullif(s.by_collar, ''), t.by_collar), version = t.version + 1
              FROM staged_contacts s
             WHERE s.wrong IS NULL AND s.was_pk = t.id AND s.is_ours IS NOT true
               AND (t.channel, t.outcome, t.at, t.note, t.by_collar) IS DISTINCT FROM
                   (s.channel, s.outcome, s.at, coalesce(nullif(s.note, ''), t.note),
                    coalesce(nullif(s.by_collar, ''), t.by_collar))
            RETURNING t.id
            """
        )
        changed = [pk for (pk,) in self.cursor.fetchall()]
        self.history(Contact, changed, "~")
        self.run("UPDATE staged_contacts SET is_changed = true WHERE contact_pk = ANY(%s)", changed)

    def tells(self) -> None:
        """A conversation that reached them told its events; a call that nobody answered told nothing."""
        self.run(
            """
            DELETE FROM contacts_contact_tells told USING staged_contacts s
             WHERE s.was_pk IS NOT NULL AND s.wrong IS NULL AND s.is_ours IS NOT true
               AND told.contact_id = s.was_pk
               AND (s.outcome <> 'reached' OR NOT EXISTS (
                    SELECT 1 FROM unnest(s.event_ids) AS named(event) JOIN intake_feedrow f ON f.kind = 'event'
                           AND f.key = s.source_system || '|' || named.event WHERE f.event_id = told.event_id))
            RETURNING told.contact_id
            """
        )
        gone = [pk for (pk,) in self.cursor.fetchall()]
        self.run(
            """
            INSERT INTO contacts_contact_tells (contact_id, event_id)
            SELECT DISTINCT s.contact_pk, f.event_id
              FROM staged_contacts s CROSS JOIN unnest(s.event_ids) AS named(event)
              JOIN intake_feedrow f ON f.kind = 'event' AND f.key = s.source_system || '|' || named.event
             WHERE s.wrong IS NULL AND s.outcome = 'reached' AND s.is_ours IS NOT true
            ON CONFLICT DO NOTHING RETURNING contact_id
            """
        )
        new = [pk for (pk,) in self.cursor.fetchall()]
        self.run(
            "UPDATE staged_contacts SET is_changed = true WHERE was_pk IS NOT NULL AND contact_pk = ANY(%s)",
            [*gone, *new],
        )

    def events(self, batch_reference: str) -> None:
        """CONTACT_MADE for each new contact; a contact that changed replaces its event."""
        self.run(
            """
            INSERT INTO cases_event (reference, kind, case_id, participant_id, hearing, occurred_at, precision,
                   learned_at, recorded_at, by_id, source_system, source_id, detail, data, replaces_id)
            SELECT s.event_ref, 'CONTACT_MADE', s.case_pk, s.part_pk, '', s.at, 'moment', s.learned_at, %s, %s,
                   s.source_system, '', s.said,
                   jsonb_build_object('contact', t.reference, 'channel', s.channel, 'outcome', s.outcome,
                                      'direction', 'out', 'batch', %s::text), was.id
              FROM staged_contacts s JOIN contacts_contact t ON t.id = s.contact_pk
              LEFT JOIN LATERAL (
                   SELECT e.id FROM cases_event e
                    WHERE s.was_pk IS NOT NULL AND e.case_id = s.case_pk AND e.kind = 'CONTACT_MADE'
                      AND e.data ->> 'contact' = t.reference
                      AND NOT EXISTS (SELECT 1 FROM cases_event later WHERE later.replaces_id = e.id)
                    ORDER BY e.id DESC LIMIT 1) was ON true
             WHERE s.wrong IS NULL AND (s.was_pk IS NULL OR s.is_changed)
            """,
            self.now,
            self.by_id,
            batch_reference,
        )

    def feed_rows(self, batch_id: int) -> None:
        self.run(
            """
            INSERT INTO intake_feedrow AS t (kind, key, digest, batch_id, participant_id, acts_for, extra)
            SELECT 'contact', key, digest, %s, part_pk, '', extra FROM staged_contacts WHERE wrong IS NULL
            ON CONFLICT (kind, key) DO UPDATE
               SET digest = excluded.digest, batch_id = excluded.batch_id, extra = excluded.extra
            """,
            batch_id,
        )
