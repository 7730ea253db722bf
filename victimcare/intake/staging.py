"""How a chunk of rows gets from a file into the tables: COPY to a staging table, then SQL, then history.

For the apps that land extracts. The caller holds the transaction and the lock that lets one chunk land at a
time.
"""

# The SQL is put together from names of columns and tables; values are always parameters.
# ruff: noqa: S608

import os
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from itertools import islice
from typing import Any, TypeVar

from django.db import connection, models

from victimcare.accounts.models import User
from victimcare.intake.models import FeedRow, ImportBatch
from victimcare.references import ALPHABET

# Bytes beyond the last whole alphabet would make its first letters likelier: they are left out.
_LETTERS = bytes(ord(ALPHABET[n % len(ALPHABET)]) for n in range(256))
_LEFT_OUT = bytes(range(256 - 256 % len(ALPHABET), 256))

Line = str  # one row as COPY reads it, made by `line`


def references(prefix: str, count: int, length: int = 8) -> list[str]:
    """So many, as `new_reference` makes one and from the same source of chance: a chunk needs forty thousand."""
    wanted, letters = count * length, b""
    while len(letters) < wanted:
        letters += os.urandom(wanted + wanted // 8 + 32).translate(_LETTERS, _LEFT_OUT)
    text = letters.decode("ascii")
    return [f"{prefix}-{text[at : at + length]}" for at in range(0, wanted, length)]


def reference(prefix: str, length: int = 8) -> str:
    return references(prefix, 1, length)[0]


def stage(
    cursor: Any, table: str, columns: dict[str, str], copied: list[str], rows: Iterable[list[Any]]
) -> None:
    """Empty the staging table, fill it, and tell the planner what is in it."""
    with _copying(cursor, table, columns, copied) as copy:
        for row in rows:
            copy.write_row(row)
    cursor.execute(f"ANALYZE {table}")


def stage_lines(
    cursor: Any, table: str, columns: dict[str, str], copied: list[str], lines: Iterable[Line]
) -> None:
    """As `stage`, from rows that are lines already. The planner learns nothing: for tables that join by key."""
    with _copying(cursor, table, columns, copied) as copy:
        rest = iter(lines)
        while some := "".join(islice(rest, 100)):
            copy.write(some)


@contextmanager
def _copying(cursor: Any, table: str, columns: dict[str, str], copied: list[str]) -> Iterator[Any]:
    described = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    cursor.execute(f"CREATE TEMPORARY TABLE IF NOT EXISTS {table} ({described}) ON COMMIT DELETE ROWS")
    cursor.execute(f"TRUNCATE {table}")
    # COPY is psycopg's own: say its faults as Django's, so that a refused row is told from a lost database.
    with (
        connection.wrap_database_errors,
        cursor.copy(f"COPY {table} ({', '.join(copied)}) FROM STDIN") as copy,
    ):
        yield copy


def line(texts: Sequence[str], others: Iterable[str]) -> Line:
    r"""A row as COPY reads it: first the texts, then what needs no care, such as numbers, dates and \N."""
    text = "\t".join(texts)
    if "\\" in text or not text.replace("\t", "").isprintable() or text.count("\t") >= len(texts):
        text = "\t".join(cell.translate(_WITH_CARE) for cell in texts)
    return "\t".join((text, *others)) + "\n"


_WITH_CARE = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})


@lru_cache(maxsize=4096)
def array(texts: tuple[str, ...]) -> str:
    """A text[] as PostgreSQL writes it."""
    quoted = (text.replace("\\", r"\\").replace('"', r"\"") for text in texts)
    return "{" + ",".join(f'"{text}"' for text in quoted) + "}"


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


K = TypeVar("K", bound=Hashable)


def numbered(
    cursor: Any, model: type[models.Model], keys: Iterable[K], held: Mapping[K, int]
) -> dict[K, int]:
    """The primary keys that the rows of those keys will get which are not held, from the table's own sequence."""
    new = [key for key in dict.fromkeys(keys) if key not in held]
    if not new:
        return {}
    cursor.execute(
        "SELECT nextval(ids) FROM (SELECT pg_get_serial_sequence(%s, 'id')::regclass AS ids OFFSET 0) AS of_table,"
        " generate_series(1, %s)",
        [model._meta.db_table, len(new)],
    )
    return dict(zip(new, (pk for (pk,) in cursor.fetchall()), strict=True))


class Land:
    """One staged chunk on its way into the tables, with the history that saving row by row would leave."""

    def __init__(self, cursor: Any, *, change: str, by: User | None, now: datetime) -> None:
        self.cursor, self.change, self.now = cursor, change, now
        self.by_id = by.pk if by else None

    @property
    def batch(self) -> str:
        """The reference of the batch, which every event that lands carries."""
        return self.change.removeprefix("extract ")

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

    def add(self, model: type[models.Model], sql: str, *values: Any) -> None:
        """Run an INSERT of rows that nobody has; write history. Raises IntegrityError when somebody has one."""
        into, columns = _history_of(model)
        self.run(
            f"""
            WITH made AS ({sql} RETURNING *)
            INSERT INTO {into} SELECT {columns}, %s, '+', %s, %s FROM made
            """,
            *values, self.now, self.by_id, self.change,
        )  # fmt: skip

    def history(self, model: type[models.Model], ids: list[int], kind: str) -> None:
        """What simple-history writes when a row is saved, for many rows at once."""
        if not ids:
            return
        into, columns = _history_of(model)
        self.run(
            f"""
            INSERT INTO {into} SELECT {columns}, %s, %s, %s, %s FROM "{model._meta.db_table}"
             WHERE id = ANY(%s)
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


def _history_of(model: type[models.Model]) -> tuple[str, str]:
    """The history table with the columns that a row of it needs, and the model's own among them."""
    history = model.history.model  # type: ignore[attr-defined]
    columns = listed(f'"{tracked.column}"' for tracked in history.tracked_fields)
    added = "history_date, history_type, history_user_id, history_change_reason"
    return f'"{history._meta.db_table}" ({columns}, {added})', columns
