"""One of thousands of keys, as one parameter: `.filter(is_any("case_id", ids))` for `.filter(case_id__in=ids)`.

An import asks about thousands of keys at once; a placeholder for each of them costs more than the answer.
"""

from collections.abc import Iterable
from typing import Any

from django.db.models import F, Lookup


class _Any(Lookup):
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        lhs, params = self.process_lhs(compiler, connection)
        return f"{lhs} = ANY(%s)", [*params, self.rhs]


def is_any(field: str, values: Iterable[Any]) -> _Any:
    """True where the field is one of these values, which are as the database has them: keys, not instances."""
    return _Any(F(field), list(values))
