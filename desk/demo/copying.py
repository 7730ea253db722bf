"""Rows into tables by COPY, for the demonstration year. Everything else in the project saves through actions."""

from collections.abc import Iterable
from typing import Any

from django.db import connection, models
from psycopg.types.json import Jsonb

from victimcare import clock


def next_ids(model: type[models.Model], count: int) -> list[int]:
    """So many fresh primary keys, in order."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [table, count]
        )
        return [row[0] for row in cursor.fetchall()]


def copy_in(model: type[models.Model], rows: Iterable[dict[str, Any]]) -> int:
    """Write these rows; what a row does not say takes the field's default. Returns how many."""
    rows = list(rows)
    if not rows:
        return 0
    fields = [
        field
        for field in model._meta.concrete_fields
        if field.attname in rows[0] or not isinstance(field, models.AutoField)
    ]
    now = clock.now()

    def value(field: models.Field, row: dict[str, Any]) -> Any:
        if field.attname in row:
            given = row[field.attname]
        elif getattr(field, "auto_now_add", False):
            given = now
        else:
            given = field.get_default()
        return Jsonb(given) if isinstance(field, models.JSONField) else given

    columns = ", ".join(f'"{field.column}"' for field in fields)
    with (
        connection.cursor() as cursor,
        cursor.copy(f'COPY "{model._meta.db_table}" ({columns}) FROM STDIN') as copy,
    ):
        for row in rows:
            copy.write_row([value(field, row) for field in fields])
    return len(rows)
