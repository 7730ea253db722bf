"""Whether a row may be about another person than whom we hold under its number. Reads only."""

import unicodedata
from collections.abc import Sequence
from functools import reduce
from operator import or_

from django.db.models import Q

from victimcare.cases.models import Person
from victimcare.intake.cells import Clean
from victimcare.intake.said import said as _
from victimcare.lookups import is_any

NAMES = ("given_names", "surname")


def other_people(rows: Sequence[Clean]) -> dict[int, tuple[str, str]]:
    """Rows that change both the name and the date of birth under one number: their column and why, by row number.

    Either alone is a correction. What a person here confirmed does not change, so it is no sign. One query.
    """
    said = [row for row in rows if row["person_id"] and row["date_of_birth"] and row["surname"]]
    if not said:
        return {}
    numbers: dict[str, set[str]] = {}
    for row in said:
        numbers.setdefault(row["source_system"], set()).add(row["person_id"])
    wanted = [Q(is_any("source_id", ids), source_system=system) for system, ids in numbers.items()]
    held = {
        (person.source_system, person.source_id): person
        for person in Person.objects.filter(reduce(or_, wanted), date_of_birth__isnull=False).only(
            "source_system", "source_id", "date_of_birth", "confirmed_fields", *NAMES
        )
    }
    return {
        row["number"]: (
            "date_of_birth",
            _("The name and the date of birth are both others than those held under this number."),
        )
        for row in said
        if (person := held.get((row["source_system"], row["person_id"]))) and is_another(person, row)
    }


def is_another(person: Person, row: Clean) -> bool:
    """Whether this row would give this person both another name and another date of birth."""
    confirmed = person.confirmed_fields
    is_born_otherwise = person.date_of_birth != row["date_of_birth"] and "date_of_birth" not in confirmed
    is_named_otherwise = any(
        row[name]
        and _letters(getattr(person, name))
        and _letters(row[name]) != _letters(getattr(person, name))
        for name in NAMES
        if name not in confirmed
    )
    return is_born_otherwise and is_named_otherwise


def _letters(name: str) -> str:
    """The letters of a name without case, accents and marks: Siân and SIAN are one name."""
    return "".join(c for c in unicodedata.normalize("NFKD", name).casefold() if c.isalnum())
