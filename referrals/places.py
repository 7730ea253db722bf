"""Where the rows of a chunk go: the primary keys of their people, cases and parts, held or new. Reads only.

New rows are numbered here, before they are written, so that nothing has to be found again afterwards. The
lock of landing keeps other chunks out; should somebody write the same person or case by hand meanwhile, the
insert is refused, and the rows are placed again with what is held by then.

A case that the officer in it or our own staff opened by hand, before the feed brought the crime, becomes the
feed's: one crime is one case. Its people are joined with nobody; staff are shown who may be the same.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from victimcare.cases.models import Case, Participant, Person
from victimcare.intake.cells import Clean
from victimcare.intake.staging import numbered

Key = tuple[str, str]  # the system, and its number for a person or a crime


@dataclass(slots=True)
class Place:
    """Where one row goes. Of several rows about one person or case, one says what is known of it."""

    person: int
    case: int
    part: int
    suspect: int | None = None
    suspect_part: int | None = None  # only when it is new
    suspect_as_victim: int | None = None  # where the suspect was this case's victim until now
    is_new_person: bool = False
    is_new_case: bool = False
    is_new_part: bool = False
    is_new_suspect: bool = False
    says_person: bool = False
    says_suspect: bool = False
    says_case: bool = False
    says_safety: bool = False
    is_restricted: bool = False  # the case, by any of its rows


def suspect_of(row: Clean) -> str:
    """The number of a row's suspect; one without a number of their own is known by the crime alone."""
    has_suspect = row["suspect_ref"] or row["suspect_name"] or row["suspect_phone"]
    return (row["suspect_ref"] or f"SUSPECT-{row['occurrence_no']}"[:40]) if has_suspect else ""


def is_safety_known(row: Clean) -> bool:
    return bool(
        row["safe_to_call"] or row["safe_to_text"] or row["safe_to_email"] or row["safe_to_post"]
        or row["safe_to_voicemail"] or row["safe_contact_note"]
    )  # fmt: skip


def places(cursor: Any, rows: Sequence[Clean]) -> list[Place]:
    """The place of each row, in their order. Rows have different natural keys."""
    of_people = [(row["source_system"], row["person_id"]) for row in rows]
    of_suspects = [(row["source_system"], number) if (number := suspect_of(row)) else None for row in rows]
    of_cases = [(row["source_system"], row["occurrence_no"]) for row in rows]
    everybody = [*of_people, *filter(None, of_suspects)]
    held_people = _held(cursor, _PEOPLE, everybody)
    new_people = numbered(cursor, Person, everybody, held_people)
    held_cases = _held_cases(cursor, rows)
    new_cases = numbered(cursor, Case, of_cases, held_cases)
    people, cases = held_people | new_people, held_cases | new_cases
    made = []
    for person, suspect, case in zip(of_people, of_suspects, of_cases, strict=True):
        place = Place(people[person], cases[case], 0)
        place.is_new_person, place.is_new_case = person in new_people, case in new_cases
        if suspect is not None:
            place.suspect, place.is_new_suspect = people[suspect], suspect in new_people
        made.append(place)
    _number_parts(cursor, rows, made, set(held_cases.values()))
    _say(rows, made)
    return made


_PEOPLE = """
    SELECT t.source_system, t.source_id, t.id FROM unnest(%s::text[], %s::text[]) AS wanted(system, number)
      JOIN cases_person t ON t.source_system = wanted.system AND t.source_id = wanted.number
           AND t.source_id <> ''
"""
_CASES = """
    SELECT wanted.system, t.occurrence_no, t.id, t.source_system, t.oic_collar, t.is_restricted
      FROM unnest(%s::text[], %s::text[]) AS wanted(system, number)
      JOIN cases_case t ON t.source_system IN (wanted.system, '') AND t.occurrence_no = wanted.number
           AND t.occurrence_no <> ''
"""


def _held(cursor: Any, sql: str, keys: Iterable[Key]) -> dict[Key, int]:
    """Of these keys, those that are held, with their primary keys."""
    pairs = sorted(set(keys))
    cursor.execute(sql, [[system for system, _number in pairs], [number for _system, number in pairs]])
    return {(system, number): pk for system, number, pk in cursor.fetchall()}


def _held_cases(cursor: Any, rows: Sequence[Clean]) -> dict[Key, int]:
    """The crimes of these rows that are held, and those that were opened by hand for what the rows bring."""
    pairs = sorted({(row["source_system"], row["occurrence_no"]) for row in rows})
    cursor.execute(_CASES, [[system for system, _number in pairs], [number for _system, number in pairs]])
    held: dict[Key, int] = {}
    by_hand: dict[Key, tuple[int, str, bool]] = {}
    for system, number, pk, source, collar, is_restricted in cursor.fetchall():
        if source == system:
            held[system, number] = pk
        else:
            by_hand[system, number] = pk, collar, is_restricted
    return (_opened_for(rows, by_hand) | held) if by_hand else held


def _opened_for(rows: Sequence[Clean], by_hand: dict[Key, tuple[int, str, bool]]) -> dict[Key, int]:
    """Of the cases opened by hand those that are surely these crimes: one system, as restricted, and the officer's.

    Our own staff, who looked the number up, name no officer: theirs is the crime whoever the feed says is in it.
    """
    collars: dict[Key, set[str]] = {}
    restricted: set[Key] = set()
    for row in rows:
        key = row["source_system"], row["occurrence_no"]
        if key in by_hand:
            collars.setdefault(key, set()).add(row["oic_collar"])
            if row["restricted"] == "Y":
                restricted.add(key)
    systems = Counter(number for _system, number in by_hand)
    return {
        key: pk
        for key, (pk, collar, is_restricted) in by_hand.items()
        if (not collar or collars[key] - {""} == {collar})
        and is_restricted == (key in restricted)
        and systems[key[1]] == 1
    }  # fmt: skip


def _number_parts(cursor: Any, rows: Sequence[Clean], made: Sequence[Place], held_cases: set[int]) -> None:
    held: dict[tuple[int, int, str], int] = {}
    if held_cases:
        cursor.execute(
            "SELECT case_id, person_id, role, id FROM cases_participant WHERE case_id = ANY(%s)",
            [list(held_cases)],
        )
        held = {(case, person, role): pk for case, person, role, pk in cursor.fetchall()}
    parts = [(place.case, place.person, str(row["role"])) for row, place in zip(rows, made, strict=True)]
    of_suspects = [
        (place.case, place.suspect, Participant.Role.SUSPECT.value) if place.suspect is not None else None
        for place in made
    ]
    new = numbered(cursor, Participant, [*parts, *filter(None, of_suspects)], held)
    left = dict(new)
    for place, part, suspect in zip(made, parts, of_suspects, strict=True):
        place.is_new_part = part in new
        place.part = new[part] if place.is_new_part else held[part]
        if suspect is not None:
            place.suspect_part = left.pop(suspect, None)
            place.suspect_as_victim = held.get((*suspect[:2], Participant.Role.VICTIM.value))


def _say(rows: Sequence[Clean], made: Sequence[Place]) -> None:
    """Who says what: of a person and a suspect the last row, of a case the last about a victim."""
    of_people: dict[int, Place] = {}
    of_safety: dict[int, Place] = {}
    of_suspects: dict[int, Place] = {}
    of_cases: dict[int, tuple[bool, Place]] = {}
    restricted: set[int] = set()
    for row, place in zip(rows, made, strict=True):
        of_people[place.person] = place
        if is_safety_known(row):
            of_safety[place.person] = place
        if place.suspect is not None:
            of_suspects[place.suspect] = place
        is_victim = row["role"] == Participant.Role.VICTIM
        if is_victim or place.case not in of_cases or not of_cases[place.case][0]:
            of_cases[place.case] = is_victim, place
        if row["restricted"] == "Y":
            restricted.add(place.case)
    for place in of_people.values():
        place.says_person = True
    for place in of_safety.values():
        place.says_safety = True
    for pk, place in of_suspects.items():
        place.says_suspect = pk not in of_people  # the record of somebody we serve is left alone
    for _is_victim, place in of_cases.values():
        place.says_case, place.is_restricted = True, place.case in restricted
