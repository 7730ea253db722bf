"""Which records are like others: found set by set in SQL by the ways below, judged by `matching.compare`.

Reads only. Each way has its index and brings at most `AT_MOST` records for each record asked about, the nearest
names first, so that a hostel's telephone or a made-up date of birth cannot make one record cost the others.
"""

# The SQL is put together from text in this file; values are always parameters.
# ruff: noqa: S608

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection

from victimcare.cases.links import linked_to
from victimcare.cases.matching import Match, Record, compare, transposed
from victimcare.cases.models import Participant

AT_MOST = 25

# Everything `matching.Record` asks of one person, from the table or from what was typed.
_RECORD = """
    plain(p.given_names), plain(p.surname), plain(p.preferred_name), sounds_like(first_name(p.given_names)),
    sounds_like(p.surname), p.date_of_birth, replace(upper(p.postcode), ' ', ''), digits(p.phone_mobile),
    digits(p.phone_home), lower(p.email), p.source_system, number_key(p.source_id), p.sex
"""

_NAMED_ALIKE = (
    "(similarity(plain(p.surname), seed.surname) > 0.2 OR sounds_like(p.surname) = seed.surname_sound"
    " OR plain(p.given_names) IN (seed.given, seed.surname))"
)
# How the records like a seed are found. Each has its index and its bound.
WAYS = {
    "mobile": "p.phone_mobile <> '' AND digits(p.phone_mobile) = ANY(seed.phones)",
    "home phone": "p.phone_home <> '' AND digits(p.phone_home) = ANY(seed.phones)",
    "email": "p.email <> '' AND lower(p.email) = nullif(seed.email, '')",
    "number": "p.source_id <> '' AND number_key(p.source_id) = nullif(seed.source_key, '')"
    " AND p.source_system <> seed.source_system",
    "birth": f"p.date_of_birth = ANY(seed.births) AND {_NAMED_ALIKE}",
    "postcode": "p.postcode <> '' AND replace(upper(p.postcode), ' ', '') = nullif(seed.postcode, '')"
    f" AND {_NAMED_ALIKE}",
}
# Only where somebody types a name and may know no more.
BY_SOUND = {
    "sound": "p.surname <> '' AND sounds_like(p.surname) = nullif(seed.surname_sound, '')"
    " AND sounds_like(first_name(p.given_names)) = seed.given_sound"
}
_SERVED = (
    "EXISTS (SELECT 1 FROM cases_participant part WHERE part.person_id = p.id AND part.role <> 'SUSPECT')"
)


def like_query(ways: Mapping[str, str]) -> str:
    """For each seed, the served records that one of these ways finds. Takes the seeds as one JSON parameter.

    OFFSET 0 keeps the last step a look at each record found: the planner thinks so many are found that it would
    rather read the whole table.
    """
    found = "\nUNION\n".join(
        f"""(SELECT p.id FROM cases_person p WHERE p.id <> seed.id AND {way}
              ORDER BY similarity(plain(p.surname), seed.surname) DESC, p.id LIMIT {AT_MOST})"""
        for way in ways.values()
    )
    return f"""
        SELECT seed.id, p.id, {_RECORD}
          FROM jsonb_to_recordset(%s::jsonb) AS seed(id bigint, given text, surname text, surname_sound text,
               given_sound text, births date[], postcode text, phones text[], email text, source_system text,
               source_key text)
         CROSS JOIN LATERAL ({found}) AS found
         CROSS JOIN LATERAL (SELECT * FROM cases_person p WHERE p.id = found.id AND {_SERVED} OFFSET 0) AS p
    """


@dataclass(frozen=True)
class Pair:
    """Two records, the lower id first, and how alike they are."""

    one: int
    other: int
    match: Match


def pairs_of(person_ids: Iterable[int]) -> list[Pair]:
    """Every pair alike enough that one of these people is in: not those linked already, nor a victim and the
    suspect of her own crime. Five queries however many.
    """
    records = _records(person_ids)
    pairs: dict[tuple[int, int], Pair] = {}
    for seed, person, record in _like(records, WAYS):
        match = compare(records[seed], record)
        if match.is_enough:
            key = (min(seed, person), max(seed, person))
            pairs[key] = Pair(*key, match)
    groups = linked_to(one for one, _other in pairs)
    parted = opposed(pairs)
    return [
        pair
        for key, pair in sorted(pairs.items())
        if pair.other not in groups[pair.one] and key not in parted
    ]


def match_of(one: int, other: int) -> Match:
    """How alike two people whom we serve are, whatever the score. One query."""
    records = _records((one, other))
    return compare(records[one], records[other]) if len(records) == 2 else Match()


def like(typed: Mapping[str, Any]) -> list[tuple[int, Match]]:
    """The people most like what was typed, likest first: given_names, surname, date_of_birth, postcode, phone,
    email. A name alone finds whoever bears it, or one that sounds so, although it proves nothing.
    """
    record = _as_typed(typed)
    found = {person: compare(record, other) for _seed, person, other in _like({0: record}, WAYS | BY_SOUND)}
    alike = [(person, match) for person, match in found.items() if match.score >= WORTH_A_LOOK]
    return sorted(alike, key=lambda each: (not each[1].is_key, -each[1].score, each[0]))


# Somebody who types a name only is shown whoever bears it: thirty points, where a pair would need sixty.
WORTH_A_LOOK = 24


def _records(person_ids: Iterable[int]) -> dict[int, Record]:
    """Those of these people whom we serve, as they are compared. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT p.id, {_RECORD} FROM cases_person p WHERE p.id = ANY(%s) AND {_SERVED}",
            [sorted(set(person_ids))],
        )
        return {row[0]: _record(row[1:]) for row in cursor.fetchall()}


def _as_typed(typed: Mapping[str, Any]) -> Record:
    """What was typed, in the letters that the indexes keep."""
    said = {
        name: str(typed.get(name) or "") for name in ("given_names", "surname", "postcode", "phone", "email")
    }
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT {_RECORD} FROM (SELECT %s AS given_names, %s AS surname, '' AS preferred_name,
                   %s::date AS date_of_birth, %s AS postcode, %s AS phone_mobile, '' AS phone_home, %s AS email,
                   '' AS source_system, '' AS source_id, '' AS sex) AS p
            """,
            [said["given_names"], said["surname"], typed.get("date_of_birth"), said["postcode"], said["phone"],
             said["email"]],
        )  # fmt: skip
        return _record(cursor.fetchone())


def _record(row: Any) -> Record:
    (
        given,
        surname,
        preferred,
        given_sound,
        surname_sound,
        born,
        postcode,
        mobile,
        home,
        email,
        system,
        key,
        sex,
    ) = row
    return Record(
        given=" ".join(given.split()), surname=" ".join(surname.split()), preferred=preferred,
        given_sound=given_sound, surname_sound=surname_sound, born_on=born, postcode=postcode,
        phones=frozenset({mobile, home} - {""}), email=email, source_system=system, source_key=key, sex=sex,
    )  # fmt: skip


def _like(records: Mapping[int, Record], ways: Mapping[str, str]) -> list[tuple[int, int, Record]]:
    """(seed, person, their record) for everybody that a way finds. One query."""
    if not records:
        return []
    with connection.cursor() as cursor:
        cursor.execute(like_query(ways), [json.dumps([_seed(pk, each) for pk, each in records.items()])])
        return [(row[0], row[1], _record(row[2:])) for row in cursor.fetchall()]


def _seed(pk: int, record: Record) -> dict[str, Any]:
    births = [record.born_on, *transposed(record.born_on)] if record.born_on else []
    return {
        "id": pk, "given": record.given, "surname": record.surname, "surname_sound": record.surname_sound,
        "given_sound": record.given_sound, "births": [day.isoformat() for day in births],
        "postcode": record.postcode, "phones": sorted(record.phones), "email": record.email,
        "source_system": record.source_system, "source_key": record.source_key,
    }  # fmt: skip


def opposing_cases(ones: Iterable[int], others: Iterable[int]) -> set[int]:
    """The cases in which somebody of one group is suspected and somebody of the other is served. Two queries."""
    groups = list(ones), list(others)
    cases: set[int] = set()
    for suspects, served in (groups, groups[::-1]):
        cases |= set(
            Participant.objects.filter(
                person__in=suspects,
                role=Participant.Role.SUSPECT,
                case__participants__person__in=served,
                case__participants__role__in=Participant.SERVED,
            ).values_list("case_id", flat=True)
        )
    return cases


def opposed(pairs: Iterable[tuple[int, int]]) -> set[tuple[int, int]]:
    """Of these pairs, those of whom one is suspected of a crime in which the other is served. One query."""
    wanted = sorted(set(pairs))
    if not wanted:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT DISTINCT pair.one, pair.other
              FROM unnest(%s::bigint[], %s::bigint[]) AS pair(one, other)
              JOIN cases_participant mine ON mine.person_id = pair.one
              JOIN cases_participant theirs ON theirs.person_id = pair.other AND theirs.case_id = mine.case_id
             WHERE (mine.role = 'SUSPECT') <> (theirs.role = 'SUSPECT')
            """,
            [[one for one, _other in wanted], [other for _one, other in wanted]],
        )
        return {(one, other) for one, other in cursor.fetchall()}
