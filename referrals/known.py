"""What is held of the people whom a chunk names. Reads only."""

# Columns are written as people read them.
# ruff: noqa: SIM905

from collections.abc import Iterable

from django.db import connection

from victimcare.intake.cells import Clean


def known_suspects(people: Iterable[tuple[str, str]]) -> set[tuple[str, str, str]]:
    """Where these (system, number) are suspects: system, number, occurrence."""
    pairs = sorted(set(people))
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT person.source_system, person.source_id, c.occurrence_no
              FROM unnest(%s::text[], %s::text[]) AS wanted(system, id)
              JOIN cases_person person
                ON person.source_system = wanted.system AND person.source_id = wanted.id
                   AND person.source_id <> ''
              JOIN cases_participant part ON part.person_id = person.id AND part.role = 'SUSPECT'
              JOIN cases_case c ON c.id = part.case_id
            """,
            [[system for system, _id in pairs], [number for _system, number in pairs]],
        )
        return set(cursor.fetchall())


def known_ids(people: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Our id of each (system, number) that we hold."""
    pairs = sorted(set(people))
    if not pairs:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT person.source_system, person.source_id, person.id
              FROM unnest(%s::text[], %s::text[]) AS wanted(system, id)
              JOIN cases_person person
                ON person.source_system = wanted.system AND person.source_id = wanted.id
                   AND person.source_id <> ''
            """,
            [[system for system, _id in pairs], [number for _system, number in pairs]],
        )
        return {(system, number): pk for system, number, pk in cursor.fetchall()}


def known_people(people: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Clean]:
    """What we hold of each (system, number) that triage asks about, in the words of the extract."""
    pairs = sorted(set(people))
    asked = (
        "date_of_birth date_of_death disability phone_mobile phone_home email address_line_1 safe_to_call "
        "safe_to_text safe_to_email safe_to_post is_confirmed person_pk has_secret"
    ).split()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT person.source_system, person.source_id, person.date_of_birth, person.date_of_death,
                person.disability,
                   person.phone_mobile, person.phone_home, person.email, person.address_line_1,
                       coalesce(safe.phone, ''),
                   coalesce(safe.text, ''), coalesce(safe.email, ''), coalesce(safe.post, ''),
                       safe.confirmed_at IS NOT NULL, person.id, coalesce(safe.address_is_protected, false)
              FROM unnest(%s::text[], %s::text[]) AS wanted(system, id)
              JOIN cases_person person
                ON person.source_system = wanted.system AND person.source_id = wanted.id
                   AND person.source_id <> ''
              LEFT JOIN cases_safecontact safe ON safe.person_id = person.id
            """,
            [[system for system, _id in pairs], [number for _system, number in pairs]],
        )
        return {(row[0], row[1]): dict(zip(asked, row[2:], strict=True)) for row in cursor.fetchall()}
