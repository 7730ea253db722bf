"""Several new rows in two questions to the database, however many: their numbers, then all of them with their history.

Each row that Django saves is a question of its own, and one more for its history; a case with its victim, what
happened and their referral is a dozen rows. Here they are numbered first, so that they can point to one another, and
then inserted by one statement. The values are those that Django would send: each INSERT is its own compiler's.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, models
from django.db.models.sql import InsertQuery
from django.utils import timezone
from simple_history.manager import HistoryManager

Statement = tuple[str, Sequence[Any]]  # SQL and its parameters


def insert_together(
    rows: Sequence[models.Model], *, by: models.Model | None, beside: Sequence[Statement] = ()
) -> None:
    """Insert rows that are not kept yet, which may point to one another, and the first row of each one's history.

    Call it inside a transaction. Rows of one table are inserted in their order. No signal is sent. `beside` are
    statements about rows that are held already, which are run in the same question.
    """
    _number([row for row in rows if row.pk is None])
    for row in rows:
        _point(row)
    statements = _inserts(rows)  # first: this fills in the moments that a row takes when it is added
    statements += [*_inserts(_histories(rows, by)), *beside]
    parts = ", ".join(f"part_{n} AS ({sql})" for n, (sql, _values) in enumerate(statements))
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {parts} SELECT 1", [value for _sql, values in statements for value in values])
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias


def _number(rows: Sequence[models.Model]) -> None:
    """Give each the next number of its table. One query."""
    if not rows:
        return
    columns = [name for row in rows for name in (row._meta.db_table, str(_key(row).column))]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT " + ", ".join("nextval(pg_get_serial_sequence(%s, %s))" for _row in rows), columns
        )
        for row, number in zip(rows, cursor.fetchone(), strict=True):
            row.pk = number


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
        found += query.get_compiler(connection=connection).as_sql()
    return found


def _histories(rows: Iterable[models.Model], by: models.Model | None) -> list[models.Model]:
    """The first row of the history of each whose history is kept."""
    now = timezone.now()
    found = []
    for row in rows:
        manager = getattr(type(row), "history", None)
        if isinstance(manager, HistoryManager):
            kept: Any = manager.model
            found.append(
                kept(
                    history_date=now, history_type="+", history_user=by, history_change_reason=None,
                    **{field.attname: getattr(row, field.attname) for field in kept.tracked_fields},
                )
            )  # fmt: skip
    return found
