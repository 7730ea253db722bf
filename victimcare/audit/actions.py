"""Write down that somebody looked."""

from typing import Protocol

from django.db import connection

from victimcare.audit.models import AccessEntry


class Actor(Protocol):
    """Whoever looked, as plain values: this app knows no users."""

    reference: str
    display_name: str
    roles: list[str]


def new_access(
    *,
    by: Actor,
    op: AccessEntry.Op,
    outcome: AccessEntry.Outcome = AccessEntry.Outcome.ALLOWED,
    case: str = "",
    subject: str = "",
    subjects: list[str] | None = None,
    field_group: str = "",
    justification: str = "",
    path: str = "",
) -> AccessEntry:
    """The row that says so, not kept yet, for whoever keeps it beside others."""
    return AccessEntry(
        actor=by.reference,
        actor_name=by.display_name,
        actor_roles=",".join(by.roles),
        op=op,
        outcome=outcome,
        case=case,
        subject=subject,
        subjects=subjects or [],
        field_group=field_group[:40],
        justification=justification[:120],
        path=path[:300],
    )


def record_access(
    *,
    by: Actor,
    op: AccessEntry.Op,
    outcome: AccessEntry.Outcome = AccessEntry.Outcome.ALLOWED,
    case: str = "",
    subject: str = "",
    subjects: list[str] | None = None,
    field_group: str = "",
    justification: str = "",
    path: str = "",
) -> AccessEntry:
    """Append one row. If it cannot be written the page is not shown: the exception goes up."""
    entry = new_access(
        by=by, op=op, outcome=outcome, case=case, subject=subject, subjects=subjects, field_group=field_group,
        justification=justification, path=path,
    )  # fmt: skip
    values = [each.get_db_prep_save(each.pre_save(entry, True), connection) for each in _FIELDS]
    with connection.cursor() as cursor:
        cursor.execute(_APPEND, values)
        [entry.pk] = cursor.fetchone()
    entry._state.adding, entry._state.db = False, connection.alias
    return entry


# Every page appends one: the statement is put together once.
_FIELDS = [each for each in AccessEntry._meta.concrete_fields if not each.primary_key]
_COLUMNS = ", ".join(f'"{each.column}"' for each in _FIELDS)
_VALUES = ", ".join("%s" for _each in _FIELDS)
_APPEND = f"INSERT INTO {AccessEntry._meta.db_table} ({_COLUMNS}) VALUES ({_VALUES}) RETURNING id"  # noqa: S608
