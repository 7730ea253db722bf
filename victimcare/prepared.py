"""A question that is put into SQL once a process, and asked with other values each time.

To put together a question with five joins costs Django more than the database takes to answer it. Where the same one
is asked at every contact, its SQL is kept; what differs from one time to the next stands in it as `Given`.
"""

import copy
import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Expression, Field, Model, QuerySet
from django.db.transaction import get_connection


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
        self._kept: _Kept | None = None

    def __call__(self, **said: Any) -> list[Any]:
        """The rows, as the queryset itself gives them, with what it prefetches. Raises KeyError for what is not said."""
        [rows] = ask_together(self.of(**said))
        return rows

    def of(self, **said: Any) -> "Asked":
        """The question with these values, to be asked beside others."""
        kept = self._kept or self._put_into_sql()

        def as_the_queryset_does(answered: list[Any]) -> list[Any]:
            rows: Any = kept.asked.all()
            ready = copy.copy(kept.compiler)
            # The connection itself: to look it up anew for each column costs more than to read the row.
            ready.connection, ready.execute_sql = get_connection(), lambda *_args, **_kwargs: [answered]
            ready.get_converters = lambda *_args: kept.converters
            rows.query.get_compiler = lambda *_args, **_kwargs: ready
            return list(rows)

        values = [said[each.name] if isinstance(each, Given) else each for each in kept.parameters]
        given = [said[each.name] for each in kept.parameters if isinstance(each, Given)]
        is_short = not any(isinstance(each, list) and len(each) > PLANNED_AT_MOST for each in given)
        return Asked(kept.sql, values, as_the_queryset_does, _Planned(kept, given) if is_short else None)

    def _put_into_sql(self) -> "_Kept":
        asked = self.build()
        compiler = asked.query.get_compiler(connection=connection)
        try:
            sql, parameters = compiler.as_sql()
        except EmptyResultSet:  # nothing can ever match, whatever is given
            sql, parameters = "", ()
        columns = [column[0] for column in (compiler.select or ())[: compiler.col_count]]
        self._kept = _Kept(asked, compiler, compiler.get_converters(columns), sql, tuple(parameters))
        return self._kept


@dataclass(frozen=True, eq=False)
class _Kept:
    """A question as it was put into SQL, and how its rows are read."""

    asked: Any
    compiler: Any
    converters: Any
    sql: str
    parameters: tuple[Any, ...]

    def plan(self, name: str) -> tuple[str, list[Any]]:
        """The statement that has the database plan it. What is not given stays in it, for the indexes of a part."""
        numbers = count(1)
        places = iter([f"${next(numbers)}" if isinstance(each, Given) else "%s" for each in self.parameters])
        sql = _PLACE.sub(lambda found: next(places) if found[0] == "%s" else found[0], self.sql)
        return f"PREPARE {name} AS {sql}", [each for each in self.parameters if not isinstance(each, Given)]


_PLACE = re.compile("%%|%s")


@dataclass(frozen=True)
class _Planned:
    """A question that a connection plans once, with the values it is asked with."""

    kept: _Kept
    given: list[Any]


@dataclass(frozen=True)
class Asked:
    """A question with its values, not asked yet."""

    sql: str  # "" where nothing can ever match
    parameters: list[Any]
    read: Callable[[list[Any]], list[Any]] = list  # from what the database answers
    planned: _Planned | None = None  # where it is planned once a connection, and not each time


# A longer list is planned for what it is: of a few keys the database fetches each by itself, of thousands it does not.
PLANNED_AT_MOST = 200
_names = count(1)
_planned_by: "WeakKeyDictionary[Any, dict[_Kept, str]]" = (
    WeakKeyDictionary()
)  # of each connection, what and its name


def ask_together(*questions: Asked) -> list[list[Any]]:
    """The rows of each, in one journey to the database and back, where no question needs another's answer."""
    asked = [each for each in questions if each.sql]
    answers: list[list[Any]] = []
    if asked:
        with connection.cursor() as cursor:
            _ask(cursor, asked)
            for n, _each in enumerate(asked):
                if n:
                    cursor.nextset()
                while cursor.description is None:  # it was planned first
                    cursor.nextset()
                answers.append(cursor.fetchall())
    found = iter(answers)
    return [each.read(next(found)) if each.sql else [] for each in questions]


def _ask(cursor: Any, asked: list[Asked]) -> None:
    """Run these. What this connection has not planned yet is planned in the same journey.

    A plan outlives a transaction that is taken back, but not what failed before it: so it has its name only once
    everything succeeded.
    """
    names = _planned_by.setdefault(cursor.connection, {})
    new: dict[_Kept, str] = {}
    statements: list[str] = []
    values: list[Any] = []
    for each in asked:
        if each.planned is None:
            statements.append(each.sql)
            values += each.parameters
            continue
        kept, given = each.planned.kept, each.planned.given
        name = names.get(kept) or new.get(kept)
        if name is None:
            name = new[kept] = f"asked_{next(_names)}"
            sql, said = kept.plan(name)
            statements.append(sql)
            values += said
        places = ", ".join("%s" for _value in given)
        statements.append(f"EXECUTE {name}({places})" if given else f"EXECUTE {name}")
        values += given
    cursor.execute("; ".join(statements), values)
    names |= new
