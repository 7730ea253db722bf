"""Which records somebody said are one human being: read only. `linking.link` and `unlink` say so.

A link joins two records; whoever is linked to either is joined too, however long the chain.
"""

# The SQL is put together from text in this file; values are always parameters.
# ruff: noqa: S608

from collections.abc import Iterable

from django.db import connection
from django.db.models.expressions import RawSQL

# Everybody linked to these, and they themselves: (start, person).
CHAIN = """
WITH RECURSIVE chain(start, person) AS (
    SELECT id, id FROM unnest(%s::bigint[]) AS asked(id)
    UNION
    SELECT chain.start, next.person FROM chain CROSS JOIN LATERAL (
        SELECT other_id AS person FROM cases_personlink WHERE one_id = chain.person AND unlinked_at IS NULL
        UNION ALL
        SELECT one_id FROM cases_personlink WHERE other_id = chain.person AND unlinked_at IS NULL) AS next)
"""


def linked_to(person_ids: Iterable[int]) -> dict[int, frozenset[int]]:
    """Everybody who is the same human being as each of these, themselves among them. One query."""
    ids = sorted(set(person_ids))
    groups: dict[int, set[int]] = {pk: {pk} for pk in ids}
    if ids:
        with connection.cursor() as cursor:
            cursor.execute(CHAIN + "SELECT start, person FROM chain WHERE start <> person", [ids])
            for start, person in cursor.fetchall():
                groups[start].add(person)
    return {pk: frozenset(group) for pk, group in groups.items()}


def all_linked(person_ids: Iterable[int]) -> RawSQL:
    """The same as a subquery: `filter(person__in=all_linked([...]))`."""
    return RawSQL(CHAIN + "SELECT person FROM chain", [sorted(set(person_ids))])  # noqa: S611
