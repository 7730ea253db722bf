"""How a chunk of rows gets from a file into the tables: COPY to a staging table, then SQL, then history.

For the apps that land extracts. The caller holds the transaction and the lock that lets one chunk land at a
time.
"""

# The SQL is put together from names of columns and tables; values are always parameters.
# ruff: noqa: S608

import random
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, models

from victimcare.accounts.models import User
from victimcare.intake.models import FeedRow, ImportBatch
from victimcare.references import ALPHABET

_random = random.SystemRandom()


def reference(prefix: str, length: int = 8) -> str:
    """As `new_reference`, from the same source of chance, at a tenth of the time: a chunk needs forty
    thousand.
    """
    return prefix + "-" + "".join(_random.choices(ALPHABET, k=length))


def stage(
    cursor: Any, table: str, columns: dict[str, str], copied: list[str], rows: Iterable[list[Any]]
) -> None:
    """Empty the staging table, fill it, and tell the planner what is in it."""
    described = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    cursor.execute(f"CREATE TEMPORARY TABLE IF NOT EXISTS {table} ({described}) ON COMMIT DELETE ROWS")
    cursor.execute(f"TRUNCATE {table}")
    # COPY is psycopg's own: say its faults as Django's, so that a refused row is told from a lost database.
    with (
        connection.wrap_database_errors,
        cursor.copy(f"COPY {table} ({', '.join(copied)}) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row(row)
    cursor.execute(f"ANALYZE {table}")


def merged(words: Sequence[str], known: Sequence[str] = (), *, unless: str = "") -> tuple[str, str]:
    """SET and WHERE of an upsert into `t`: an empty cell and a field named in `unless` change nothing.

    The WHERE is true when something would change, so that an unchanged row is not written again.
    """
    stays = f" OR '{{0}}' = ANY(t.{unless})" if unless else ""
    to = {
        name: f"CASE WHEN excluded.{name} = ''{stays.format(name)} THEN t.{name} ELSE excluded.{name} END"
        for name in words
    }
    to |= {
        name: f"CASE WHEN excluded.{name} IS NULL{stays.format(name)} THEN t.{name} ELSE excluded.{name} END"
        for name in known
    }
    sets = ", ".join(f"{name} = {value}" for name, value in to.items())
    here, there = ", ".join(f"t.{name}" for name in to), ", ".join(to.values())
    return sets, f"({here}) IS DISTINCT FROM ({there})"


def listed(names: Iterable[str], prefix: str = "") -> str:
    return ", ".join(f"{prefix}{name}" for name in names)


def unsaid(model: type[models.Model], said: Iterable[str]) -> tuple[list[str], list[Any]]:
    """The columns of a table that an INSERT does not name, and what a new row holds there."""
    named = set(said)
    rest = {
        field.column: field.get_db_prep_save(field.get_default(), connection)
        for field in model._meta.concrete_fields
        if field.column and field.column not in named and not field.primary_key
    }
    return list(rest), list(rest.values())


def remember(
    kind: str, batch: ImportBatch, said: Mapping[str, str], *, events: Mapping[str, int] | None = None
) -> None:
    """Keep what a feed last said under each key, as a digest; `events` names what the row became."""
    events = events or {}
    FeedRow.objects.bulk_create(
        [
            FeedRow(kind=kind, key=key, digest=digest, batch=batch, event_id=events.get(key))
            for key, digest in said.items()
        ],
        update_conflicts=True,
        unique_fields=["kind", "key"],
        update_fields=["digest", "batch"] + (["event"] if events else []),
        batch_size=1000,
    )


class Land:
    """One staged chunk on its way into the tables, with the history that saving row by row would leave."""

    def __init__(self, cursor: Any, *, change: str, by: User | None, now: datetime) -> None:
        self.cursor, self.change, self.now = cursor, change, now
        self.by_id = by.pk if by else None

    def run(self, sql: str, *values: Any) -> None:
        self.cursor.execute(sql, list(values))

    def upsert(self, model: type[models.Model], sql: str, *values: Any) -> tuple[list[int], set[int]]:
        """Run an upsert that returns `id, is_new`; write history; give the new ids and the changed ids."""
        self.run(sql, *values)
        returned = self.cursor.fetchall()
        new = [pk for pk, is_new in returned if is_new]
        changed = {pk for pk, is_new in returned if not is_new}
        self.history(model, new, "+")
        self.history(model, list(changed), "~")
        return new, changed

    def history(self, model: type[models.Model], ids: list[int], kind: str) -> None:
        """What simple-history writes when a row is saved, for many rows at once."""
        if not ids:
            return
        history = model.history.model  # type: ignore[attr-defined]
        columns = listed(f'"{tracked.column}"' for tracked in history.tracked_fields)
        kept, table = history._meta.db_table, model._meta.db_table
        self.run(
            f"""
            INSERT INTO "{kept}" ({columns},
                   history_date, history_type, history_user_id, history_change_reason)
            SELECT {columns}, %s, %s, %s, %s FROM "{table}" WHERE id = ANY(%s)
            """,
            self.now, kind, self.by_id, self.change, ids,
        )  # fmt: skip

    def announce_later(self, case_ids: set[int]) -> None:
        """`changed_at` stays until the listeners have run, so that a crash in between leaves no case
        behind.
        """
        self.run(
            "UPDATE cases_case SET changed_at = %s WHERE id = ANY(%s) AND changed_at IS DISTINCT FROM %s",
            self.now,
            list(case_ids),
            self.now,
        )
