"""A question that is put into SQL once a process, and asked with other values each time.

To put together a question with five joins costs Django more than the database takes to answer it. Where the same one
is asked at every contact, its SQL is kept; what differs from one time to the next stands in it as `Given`.
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Expression, Field, Model, QuerySet


class Given(Expression):
    """A value that is said when the question is asked: `filter(participant=Given("participant"))`."""

    def __init__(self, name: str, output_field: "Field[Any, Any] | None" = None) -> None:
        super().__init__(output_field=output_field)
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return "%s", [self]


Row = TypeVar("Row", bound=Model)


class Prepared(Generic[Row]):
    """What `build` asks, put into SQL at the first time.

    `build` reads no clock, no language and nobody's name: whatever may differ is `Given`, or the SQL of the first
    time would be asked for ever. Values are as the database has them: keys, not instances.
    """

    def __init__(self, build: Callable[[], QuerySet[Row, Any]]) -> None:
        self.build = build
        self._kept: tuple[QuerySet[Row, Any], Any, str, tuple[Any, ...]] | None = None

    def __call__(self, **said: Any) -> list[Any]:
        """The rows, as the queryset itself gives them, with what it prefetches. Raises KeyError for what is not said."""
        [rows] = ask_together(self.of(**said))
        return rows

    def of(self, **said: Any) -> "Asked":
        """The question with these values, to be asked beside others."""
        asked, compiler, sql, parameters = self._kept or self._put_into_sql()

        def as_the_queryset_does(answered: list[Any]) -> list[Any]:
            rows: Any = asked.all()
            ready = copy.copy(compiler)
            ready.connection, ready.execute_sql = connection, lambda *_args, **_kwargs: [answered]
            rows.query.get_compiler = lambda *_args, **_kwargs: ready
            return list(rows)

        values = [said[each.name] if isinstance(each, Given) else each for each in parameters]
        return Asked(sql, values, as_the_queryset_does)

    def _put_into_sql(self) -> "tuple[QuerySet[Row, Any], Any, str, tuple[Any, ...]]":
        asked = self.build()
        compiler = asked.query.get_compiler(connection=connection)
        try:
            sql, parameters = compiler.as_sql()
        except EmptyResultSet:  # nothing can ever match, whatever is given
            sql, parameters = "", ()
        self._kept = asked, compiler, sql, tuple(parameters)
        return self._kept


@dataclass(frozen=True)
class Asked:
    """A question with its values, not asked yet."""

    sql: str  # "" where nothing can ever match
    parameters: list[Any]
    read: Callable[[list[Any]], list[Any]] = list  # from what the database answers


def ask_together(*questions: Asked) -> list[list[Any]]:
    """The rows of each, in one journey to the database and back, where no question needs another's answer."""
    asked = [each for each in questions if each.sql]
    answers: list[list[Any]] = []
    if asked:
        with connection.cursor() as cursor:
            cursor.execute(
                "; ".join(each.sql for each in asked), [value for each in asked for value in each.parameters]
            )
            for n, _each in enumerate(asked):
                if n:
                    cursor.nextset()
                answers.append(cursor.fetchall())
    found = iter(answers)
    return [each.read(next(found)) if each.sql else [] for each in questions]
