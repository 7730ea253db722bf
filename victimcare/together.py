"""Several rows in one question to the database, however many: their numbers, then all of them with their history.

Each row that Django saves is a question of its own, and one more for its history; a case with its victim, what
happened and their referral is a dozen rows. Here they are numbered, so that they can point to one another, and
inserted by one statement. The values are those that Django would send: each statement is its own compiler's.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from itertools import repeat
from typing import Any

from django.db import connection, models
from django.db.models.expressions import RawSQL
from django.db.models.sql import InsertQuery, UpdateQuery
from django.db.transaction import get_connection
from django.utils import timezone
from simple_history.manager import HistoryManager

Statement = tuple[str, Sequence[Any]]  # SQL and its parameters


def insert_together(
    rows: Sequence[models.Model],
    *,
    by: models.Model | None,
    changed: Sequence[models.Model] = (),
    beside: Sequence[Statement] = (),
) -> None:
    """Insert rows that are not kept yet, which may point to one another, and the first row of each one's history.

    Call it inside a transaction. Rows of one table are inserted in their order. No signal is sent. `changed` are
    rows that are held already and locked by whoever changed them: they are updated, with the next row of their
    history. `beside` are other statements about rows that are held, which are run in the same question.
    """
    unnumbered = [row for row in rows if row.pk is None]
    numbered = _numbered(unnumbered)
    numbers: Iterable[Any] = repeat(None)
    try:
        for row in (*rows, *changed):
            _point(row)
        statements = _inserts(rows)  # first: this fills in the moments that a row takes when it is added
        statements += [_update(row) for row in changed]
        statements += [*_inserts(_histories(rows, "+", by) + _histories(changed, "~", by)), *beside]
        parts = ", ".join(
            [*numbered, *(f"part_{n} AS ({sql})" for n, (sql, _values) in enumerate(statements))]
        )
        with connection.cursor() as cursor:
            cursor.execute(
                f"WITH {parts} SELECT {'* FROM numbered' if numbered else '1'}",  # noqa: S608 - Django's own
                [value for _sql, values in statements for value in values],
            )
            numbers = cursor.fetchone() if numbered else numbers
    finally:
        for row, number in zip(unnumbered, numbers, strict=False):
            row.pk = number
    for row in (*rows, *changed):
        _point(row)
        row._state.adding, row._state.db = False, connection.alias


def statement_of(rows: models.QuerySet[Any], **values: Any) -> Statement:
    """What `rows.update(**values)` would run, to be run `beside` others."""
    query: Any = rows.order_by().query.chain(UpdateQuery)
    query.add_update_values(values)
    sql, parameters = query.get_compiler(connection=get_connection()).as_sql()
    return sql, parameters


def _numbered(rows: Sequence[models.Model]) -> list[str]:
    """Give each the place where the next number of its table will stand; the part of the statement that numbers them."""
    if not rows:
        return []
    quote = connection.ops.quote_name
    taken = []
    for n, row in enumerate(rows):
        table, column = row._meta.db_table, str(_key(row).column)
        taken.append(f"nextval(pg_get_serial_sequence('{quote(table)}', '{column}')) AS n_{n}")
        row.pk = RawSQL(f"SELECT n_{n} FROM numbered", ())  # noqa: S608, S611 - a number
    # Materialized: a number is taken once, however many rows point to it.
    return [f"numbered AS MATERIALIZED (SELECT {', '.join(taken)})"]


def _key(row: models.Model) -> Any:
    return row._meta.pk


def _point(row: models.Model) -> None:
    """What it points to has a number by now."""
    for field in row._meta.concrete_fields:
        if field.is_relation and field.is_cached(row):
            other = field.get_cached_value(row)
            # Past the descriptor, which would forget the row it points to.
            row.__dict__[field.attname] = other.pk if other is not None else None


def _inserts(rows: Iterable[models.Model]) -> list[Statement]:
    """One INSERT for each table, with its values."""
    by_table: dict[type[models.Model], list[models.Model]] = {}
    for row in rows:
        by_table.setdefault(type(row), []).append(row)
    found = []
    for model, its_rows in by_table.items():
        query = InsertQuery(model)
        numbered = its_rows[0].pk is not None
        query.insert_values(
            [each for each in model._meta.concrete_fields if numbered or not each.primary_key], its_rows
        )
        found += query.get_compiler(connection=get_connection()).as_sql()
    return found


def _update(row: models.Model) -> Statement:
    """All of a row that is held, as Django's own save writes it."""
    query: Any = UpdateQuery(type(row))
    query.add_q(models.Q(pk=row.pk))
    query.add_update_fields(
        [
            (each, None, each.pre_save(row, False))
            for each in row._meta.concrete_fields
            if not each.primary_key
        ]
    )
    sql, parameters = query.get_compiler(connection=get_connection()).as_sql()
    return sql, parameters


def _histories(rows: Iterable[models.Model], what: str, by: models.Model | None) -> list[models.Model]:
    """The next row of the history of each whose history is kept; `what` says that they are new (+) or changed (~)."""
    now = timezone.now()
    found = []
    for row in rows:
        kept = _history_of(type(row))
        if kept is not None:
            found.append(
                kept(
                    history_date=now, history_type=what, history_user=by, history_change_reason=None,
                    **{field.attname: getattr(row, field.attname) for field in kept.tracked_fields},
                )
            )  # fmt: skip
    return found


@cache
def _history_of(model: type[models.Model]) -> Any:
    """The model of its history; None where none is kept. A manager made anew for each row costs more than the row."""
    manager = getattr(model, "history", None)
    return manager.model if isinstance(manager, HistoryManager) else None
