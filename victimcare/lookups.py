"""One of thousands of keys, as one parameter: `.filter(is_any("case_id", ids))` for `.filter(case_id__in=ids)`.

An import asks about thousands of keys at once; a placeholder for each of them costs more than the answer.
"""

from collections.abc import Iterable
from typing import Any

from django.db.models import F, IntegerField, Lookup, QuerySet, Subquery

from victimcare.prepared import Given

NUMBERS = frozenset({"smallint", "integer", "bigint"})


class _Any(Lookup):
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        lhs, params = self.process_lhs(compiler, connection)
        # The driver sends small numbers as smallint. The database hashes the keys only where the types are the same.
        kind = self.lhs.output_field.db_type(connection)
        cast = f"::{kind}[]" if kind in NUMBERS else ""
        return f"{lhs} = ANY(%s{cast})", [*params, self.rhs]


def is_any(field: str, values: Iterable[Any] | Given) -> _Any:
    """True where the field is one of these values, which are as the database has them: keys, not instances."""
    return _Any(F(field), values if isinstance(values, Given) else list(values))


class _HowMany(Subquery):
    template = "(SELECT count(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()


def how_many(rows: QuerySet[Any], *, at_most: int) -> Subquery:
    """How many rows there are, counted in their own order and no further than one beyond `at_most`.

    Several of them beside each other are one question: `.values_list(how_many(a, at_most=9), how_many(b, at_most=9))`.
    """
    return _HowMany(rows.values("pk")[: at_most + 1])
