"""Who is meant by what somebody typed: a name, a number, a postcode, a date of birth, one of our references.

Reads only. Two queries: the candidates by every way at once, each from an index, then those of them whom the
reader may see. So nobody is shown, or counted, whom the reader may not see. Names are looked up among the reader's
own team (`NameInCase`): a common surname costs the same however many other teams there are.
"""

# The SQL is put together from text in this file; what was typed is always a parameter.
# ruff: noqa: S608

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import BooleanField, Case, Exists, ExpressionWrapper, IntegerField, OuterRef, Q, When
from django.db.models.expressions import RawSQL

from victimcare import clock
from victimcare.accounts.models import User
from victimcare.accounts.permissions import Role
from victimcare.cases.models import Participant, PersonLink

AT_MOST = 50
AT_LEAST = 3  # characters: fewer would find half the unit
PREFIX_AT_LEAST = 7  # characters of an occurrence number
PHONE_AT_LEAST = 6  # figures, counted from the end
WORDS_AT_MOST = 6
# Looked at before those the reader may not see are left out: the newest. Only where these are not enough, all.
CANDIDATES = 4 * AT_MOST

Sql = tuple[str, list[Any]]  # a query of participants, and its parameters


@dataclass(frozen=True)
class Name:
    """What was typed, as somebody's name: with one word, that word may be either."""

    given: str
    surname: str
    is_one_word: bool


@dataclass
class Alike:
    """Names like the ones typed, which somebody here has."""

    name: Name | None
    given: list[str] = field(default_factory=list)
    surnames: list[str] = field(default_factory=list)


@dataclass
class Found:
    """Whom the words mean, newest first, and whose names are only like them, nearest first; fifty together at most.

    `is_full` where more were found than there is room for. `is_linked` of each says whether another record of the
    same human being may be added.
    """

    people: list[Participant] = field(default_factory=list)
    alike: list[Participant] = field(default_factory=list)
    is_full: bool = False

    @property
    def everybody(self) -> list[Participant]:
        return self.people + self.alike


def clean(typed: str) -> str:
    """What was typed, on one line and no longer than anything we look for."""
    return " ".join(typed.replace("\0", "").split())[:100]


def is_too_short(typed: str) -> bool:
    return len(re.sub(r"\W", "", typed)) < AT_LEAST


def find(typed: str, user: User, *, room: int = AT_MOST) -> Found:
    """Everybody this person may see whom the words could mean, `room` at most. Two queries, seldom four."""
    if is_too_short(typed := clean(typed)):
        return Found()
    name, exact = _ways(typed, user)
    if not exact:
        return Found()
    for at_most in (CANDIDATES, None):
        ids, like = _candidates(exact, name, at_most)
        found = _visible(ids, like, user, room, at_most)
        if len(found.everybody) >= room or len(ids) < CANDIDATES:
            break
    return found


def _candidates(exact: list[Sql], name: Name | None, at_most: int | None) -> tuple[list[int], Alike]:
    """Participants by primary key, the newest; and where they are few, the names like the one typed."""
    sql = f"SELECT id, NULL, NULL FROM ({_union(exact)} ORDER BY id DESC LIMIT %s) AS meant"
    asked = [*_asked(exact), at_most]
    if name is not None:
        # Begun only where the first part does not fill the limit.
        for word, is_surname in ((name.surname, "true"), (name.given, "false")):
            if word:
                sql += f" UNION ALL SELECT NULL, {is_surname}, like_it FROM names_like(plain(%s), {is_surname}) like_it"
                asked.append(word)
    like = Alike(name)
    ids = []
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM ({sql}) AS found LIMIT %s", [*asked, at_most])
        for pk, is_surname, word in cursor.fetchall():
            if pk is not None:
                ids.append(pk)
            else:
                (like.surnames if is_surname else like.given).append(word)
    return ids, like


def _visible(ids: list[int], like: Alike, user: User, room: int, at_most: int | None) -> Found:
    """Those whom the reader may see, the ones that were meant first, with what a list shows of them."""
    alike = _by_names_like(like, user)
    sql, asked = "SELECT unnest(%s::bigint[])", list[Any]([ids])
    if alike:
        sql += f" UNION (SELECT id FROM ({_union(alike)}) AS alike ORDER BY id DESC LIMIT %s)"
        asked += [*_asked(alike), at_most]
    elif not ids:
        return Found()
    order: list[Any] = []
    if alike:
        meant = Q(pk__in=ids)
        order = [
            ExpressionWrapper(meant, BooleanField()).desc(),
            Case(When(meant, then=0), default=_how_far(like), output_field=IntegerField()).asc(),
        ]
        if not ids:
            order = [_how_far(like).asc()]
    rows = Participant.objects.visible_to(user).filter(pk__in=RawSQL(sql, asked)).for_a_list()  # noqa: S611
    rows = rows.annotate(is_linked=is_linked())
    found, known = Found(), set(ids)
    in_order = list(rows.order_by(*order, "-pk")[: room + 1])
    found.is_full = len(in_order) > room
    for part in in_order[:room]:
        (found.people if part.pk in known else found.alike).append(part)
    return found


def _how_far(like: Alike) -> RawSQL:
    """How many names are nearer to what was typed than this participant's; 0 where it is as typed."""
    name = like.name or Name("", "", is_one_word=True)
    surnames = nearest_first(name.surname, like.surnames)
    given = nearest_first(name.given, like.given)
    return RawSQL(
        "(SELECT coalesce(array_position(%s::text[], n.surname), 0)"
        " + coalesce(array_position(%s::text[], split_part(n.given_names, ' ', 1)), 0)"
        " FROM cases_nameincase n WHERE n.participant_id = cases_participant.id)",
        [surnames, given],
    )


def nearest_first(typed: str, names: Iterable[str]) -> list[str]:
    """The names, those that take the fewest changed letters first."""
    return sorted(names, key=lambda name: (letters_apart(typed.casefold(), name), name))


def letters_apart(one: str, other: str) -> int:
    """How many letters must be put in, taken out or changed to make one of the other."""
    row = list(range(len(other) + 1))
    for at, letter in enumerate(one, 1):
        before, row[0] = row[0], at
        for to, theirs in enumerate(other, 1):
            before, row[to] = row[to], min(row[to] + 1, row[to - 1] + 1, before + (letter != theirs))
    return row[-1]


def is_linked() -> "ExpressionWrapper[Q]":
    """Whether somebody said that this person's record and another are of one human being."""
    links = PersonLink.objects.filter(unlinked_at=None)
    of_either = Exists(links.filter(one=OuterRef("person"))) | Exists(links.filter(other=OuterRef("person")))
    return ExpressionWrapper(of_either, BooleanField())


def _union(ways: list[Sql]) -> str:
    return " UNION ".join(sql for sql, _asked in ways)


def _asked(ways: list[Sql]) -> list[Any]:
    return [value for _sql, asked in ways for value in asked]


# --- The ways --------------------------------------------------------------------------------------


def _ways(typed: str, user: User) -> tuple[Name | None, list[Sql]]:
    """How to look for exactly this; and the name in it, to look for others like it."""
    words, born = without_a_date(typed)
    if born is not None:
        return None, [_by_birth(words, born)]
    exact = [*_by_number(typed), *_by_phone(typed), *_by_postcode(typed)]
    if re.search(r"\d", typed):
        return None, exact
    return _name(typed), [*exact, *_by_name(typed.replace(",", " ").split(), user)]


def _name(typed: str) -> Name:
    """Given names come first, unless a comma says otherwise."""
    surname, comma, given = typed.partition(",")
    if comma and given.strip():
        return Name(given.strip(), surname.strip(), is_one_word=False)
    *before, last = typed.split()
    return Name(" ".join(before), last, is_one_word=False) if before else Name(last, last, is_one_word=True)


# One by one from the few that were found: the planner cannot tell how few they are, and would read the whole table.
_OF_CASE = (
    "SELECT part.id AS id FROM cases_case c CROSS JOIN LATERAL"
    " (SELECT id FROM cases_participant WHERE case_id = c.id OFFSET 0) AS part WHERE "
)
_OF_PERSON = (
    "SELECT part.id AS id FROM cases_person p CROSS JOIN LATERAL"
    " (SELECT id FROM cases_participant WHERE person_id = p.id OFFSET 0) AS part WHERE "
)


_ITS_NAME = "CROSS JOIN LATERAL (SELECT * FROM cases_nameincase WHERE participant_id = part.id OFFSET 0) AS n"
_NAMED_OF_CASE = (
    "SELECT part.id AS id FROM cases_case c CROSS JOIN LATERAL"
    f" (SELECT id FROM cases_participant WHERE case_id = c.id OFFSET 0) AS part {_ITS_NAME} WHERE "
)


# By the letters a reference of ours begins with: the SQL that finds the ids of participants.
_BY_REFERENCE = {
    "VC": _OF_CASE + "c.reference = %s",
    "PE": _OF_PERSON + "p.reference = %s",
    "P": "SELECT id FROM cases_participant WHERE reference = %s",
}


def find_by_reference(prefix: str, sql: str) -> None:
    """Find people by a reference of an app above, which says how in its `ready` (decision 18)."""
    _BY_REFERENCE[prefix] = sql


def _by_number(typed: str) -> list[Sql]:
    """VC-..., PE-..., P-..., or the force's own number, whole or from its start."""
    asked = typed.upper().replace(" ", "")
    ways: list[Sql] = []
    for prefix, sql in _BY_REFERENCE.items():
        if reference := re.fullmatch(rf"{prefix}-?(\w+)", asked):
            ways.append((sql, [f"{prefix}-{reference[1]}"]))
    if re.search(r"\d", asked):
        is_long = len(asked) >= PREFIX_AT_LEAST
        number = (
            (_starts("c.occurrence_no", "%s::text"), without_wildcards(asked))
            if is_long
            else ("c.occurrence_no = %s", asked)
        )
        ways.append((f"{_OF_CASE}c.occurrence_no <> '' AND {number[0]}", [number[1]]))
    return ways


def without_wildcards(text: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", text)


def _by_phone(typed: str) -> list[Sql]:
    """The last nine figures, or as many of the last as were typed."""
    figures = re.sub(r"\D", "", typed)
    if not re.fullmatch(r"\+?[\d\s()./-]{6,25}", typed) or len(figures) < PHONE_AT_LEAST:
        return []
    end = figures[-9:][::-1]
    return [
        (
            f"{_OF_PERSON}p.{phone} <> '' AND {_starts(f'number_from_its_end(p.{phone})', '%s::text')}",
            [end],
        )
        for phone in ("phone_mobile", "phone_home")
    ]


def _by_postcode(typed: str) -> list[Sql]:
    asked = typed.upper().replace(" ", "")
    if not re.fullmatch(r"[A-Z]{1,2}\d[A-Z\d]?\d[A-Z]{2}", asked):
        return []
    return [(f"{_OF_PERSON}p.postcode <> '' AND replace(upper(p.postcode), ' ', '') = %s", [asked])]


def _by_birth(words: list[str], born: date) -> Sql:
    """Born that day, and named so where a name was typed too."""
    sql, asked = _any_of(_readings(words)) if words else ("true", [])
    return (
        "SELECT n.participant_id AS id FROM cases_person p JOIN cases_participant part ON part.person_id = p.id"
        " JOIN cases_nameincase n ON n.participant_id = part.id"
        f" WHERE p.date_of_birth = %s AND {sql}",
        [born, *asked],
    )


# --- Names -----------------------------------------------------------------------------------------

Reading = list[tuple[str, str]]  # what each column starts with


def _readings(words: list[str]) -> list[Reading]:
    """What the words may be: a surname, given names, the name they like, or given names and a surname."""
    words = words[:WORDS_AT_MOST]
    whole = " ".join(words)
    readings: list[Reading] = [[(name, whole)] for name in ("surname", "given_names", "preferred_name")]
    for cut in range(1, len(words)):
        one, other = " ".join(words[:cut]), " ".join(words[cut:])
        readings += [
            [("surname", other), ("given_names", one)],
            [("surname", one), ("given_names", other)],
        ]
    return readings


def _starts(column: str, value: str) -> str:
    """With LIKE, which the planner can estimate; a range it takes for one row in two hundred. No wildcards in it."""
    return f"{column} LIKE ({value} || '%%')"


def _as_read(reading: Reading) -> Sql:
    """Nothing but signs is nobody: every name starts with nothing."""
    parts, asked = [], []
    for name, words in reading:
        parts.append(f"{_starts(f'n.{name}', 'plain(%s)')} AND plain(%s) <> ''")
        asked += [words] * 2
        if name == "preferred_name":
            parts.append("n.preferred_name <> ''")
    return " AND ".join(parts), asked


def _any_of(readings: Iterable[Reading]) -> Sql:
    parts = [_as_read(reading) for reading in readings]
    return f"({' OR '.join(f'({sql})' for sql, _a in parts)})", [each for _s, a in parts for each in a]


def _by_name(words: list[str], user: User) -> list[Sql]:
    """One way for each reading and each index of the reader's teams, and one for the few others they may see."""
    readings = _readings(words)
    ways = []
    for column, team in _teams(user):
        for reading in readings:
            sql, asked = _as_read(reading)
            ways.append(
                (
                    f"SELECT n.participant_id AS id FROM cases_nameincase n WHERE n.{column} = %s AND {sql}",
                    [team, *asked],
                )
            )
    named, asked = _any_of(readings)
    return ways + [(f"{sql} AND {named}", [*of, *asked]) for sql, of in _outside_the_team(user)]


def _by_names_like(like: Alike, user: User) -> list[Sql]:
    """Whoever has a name like it; with two names, either as it was typed or like it, but not both as typed."""
    if like.name is None or not (like.given or like.surnames):
        return []
    named: list[Sql]
    if like.name.is_one_word:
        named = [("n.surname = ANY(%s)", [like.surnames])] if like.surnames else []
        named += [(_starts("n.given_names", "%s::text"), [word]) for word in like.given]
    else:
        given, surname = like.name.given, like.name.surname
        asked_given = (_starts("n.given_names", "plain(%s)"), [given])
        named = [(f"n.surname = ANY(%s) AND {asked_given[0]}", [like.surnames, *asked_given[1]])]
        for word in like.given:
            sql, asked = _starts("n.given_names", "%s::text"), [word]
            named.append((f"n.surname = plain(%s) AND {sql}", [surname, *asked]))
            named.append((f"n.surname = ANY(%s) AND {sql}", [like.surnames, *asked]))
    ways = [
        (
            f"SELECT n.participant_id AS id FROM cases_nameincase n WHERE n.{column} = %s AND {sql}",
            [team, *asked],
        )
        for column, team in _teams(user)
        for sql, asked in named
    ]
    of_any = " OR ".join(f"({sql})" for sql, _asked in named)
    return ways + [(f"{sql} AND ({of_any})", [*of, *_asked(named)]) for sql, of in _outside_the_team(user)]


# --- Among whom names are looked up. `may_see` has the last word. ------------------------------------


def _teams(user: User) -> list[tuple[str, int]]:
    """The reader's team, as the column that names it."""
    if user.team_id is None:
        return []
    columns = []
    if user.has_role(Role.VICTIM_CARE_OFFICER) or user.has_role(Role.SUPERVISOR):
        columns.append(("team_id", user.team_id))
    if user.has_role(Role.WITNESS_CARE_OFFICER) or user.has_role(Role.MEASURES_ADVISOR):
        columns.append(("witness_care_team_id", user.team_id))
    return columns


def _outside_the_team(user: User) -> list[Sql]:
    """Those the reader may see for another reason than their team: a few, looked up one by one."""
    ways: list[Sql] = []
    if user.has_role(Role.VICTIM_CARE_OFFICER) or user.has_role(Role.SUPERVISOR):
        ways.append(
            (
                f"SELECT part.id AS id FROM cases_participant part {_ITS_NAME} WHERE part.officer_id IN (SELECT %s::bigint"
                " UNION SELECT user_id FROM accounts_leave WHERE covered_by_id = %s AND cancelled_at IS NULL"
                " AND %s BETWEEN from_on AND until_on) AND part.team_id IS DISTINCT FROM %s",
                [user.pk, user.pk, clock.today(), user.team_id],
            )
        )
    if user.has_role(Role.WITNESS_CARE_OFFICER) or user.has_role(Role.MEASURES_ADVISOR):
        of_officer = "c.witness_care_officer_id = %s AND c.witness_care_team_id IS DISTINCT FROM %s"
        ways.append((f"{_NAMED_OF_CASE}{of_officer}", [user.pk, user.team_id]))
    if user.has_role(Role.OFFICER_IN_THE_CASE) and user.collar:
        ways.append((f"{_NAMED_OF_CASE}c.oic_collar = %s AND c.oic_collar <> ''", [user.collar]))
    if user.has_role(Role.ENGAGEMENT_COORDINATOR):
        ways.append(
            (
                f"SELECT part.id AS id FROM cases_participant part {_ITS_NAME} WHERE part.agreed_to_be_asked",
                [],
            )
        )
    return ways


# --- Dates of birth --------------------------------------------------------------------------------

_DATES = (
    re.compile(r"(?<!\d)(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})(?!\d)"),
    re.compile(r"(?<!\d)(?P<day>\d{1,2})[/.-](?P<month>\d{1,2})[/.-](?P<year>\d{4}|\d{2})(?!\d)"),
    re.compile(
        r"(?<!\d)(?P<day>\d{1,2})(?:st|nd|rd|th)?\s+(?P<month>[a-z]{3,9})\s+(?P<year>\d{4})(?!\d)", re.I
    ),
)
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_MONTHS_CY = ["ion", "chw", "maw", "ebr", "mai", "meh", "gor", "aws", "med", "hyd", "tac", "rha"]


def without_a_date(typed: str) -> tuple[list[str], date | None]:
    """The words, and the date of birth that stood among them: 1/5/1992, 1.5.92, 1 May 1992, 1992-05-01."""
    for pattern in _DATES:
        if found := pattern.search(typed):
            born = _date(**found.groupdict())
            if born is not None:
                return (typed[: found.start()] + " " + typed[found.end() :]).replace(",", " ").split(), born
    return typed.split(), None


def _date(year: str, month: str, day: str) -> date | None:
    """A two-figure year is the latest that is not still to come."""
    today = clock.today()
    if len(year) == 2:
        of_this_century = int(year) <= today.year % 100
        year = str(today.year // 100 - (not of_this_century)) + year
    start = month[:3].lower()
    for names in (_MONTHS, _MONTHS_CY):
        if start in names:
            month = str(names.index(start) + 1)
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None
