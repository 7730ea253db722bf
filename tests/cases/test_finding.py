"""Who is found by what somebody typed, and who is not."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import (
    CaseFactory,
    LeaveFactory,
    ParticipantFactory,
    PersonFactory,
    SuspectFactory,
    TeamFactory,
    UserFactory,
)
from victimcare.accounts.models import Team
from victimcare.accounts.permissions import Role
from victimcare.cases.finding import find, without_a_date
from victimcare.cases.models import Case, Exclusion, NameInCase, NameWord, Participant, Person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]


@pytest.fixture
def brynmor(officer):
    """Dafydd O'Brien-Llŷr of NP20 9ZZ, born 3 May 1992, in one case of the unit."""
    person = PersonFactory(
        given_names="Dafydd Rhys", surname="O’Brien-Llŷr", preferred_name="Daf", postcode="NP20 9ZZ",
        phone_mobile="+44 7700 900 321", phone_home="01633 555 000", date_of_birth=date(1992, 5, 3),
    )  # fmt: skip
    return ParticipantFactory(person=person, team=officer.team, case=CaseFactory(occurrence_no="2600012345"))


def named(found) -> list[str]:
    return [part.person.name for part in found]


# --- What finds somebody ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed",
    [
        "O'Brien", "obrien", "O’Brien-Llyr", "OBRIENLLŶR", "dafydd", "Dafydd O'Brien", "O`Brien, Dafydd",
        "O'Brien Dafydd", "daf obr", "Dafydd Rhys O'Brien-Llŷr", "  daf  ",
    ],
)  # fmt: skip
def test_by_a_name_however_it_is_typed(officer, brynmor, typed):
    assert find(typed, officer).people == [brynmor]


@pytest.mark.parametrize(
    "typed",
    [
        "07700900321", "07700 900 321", "+447700900321", "+44 (0)7700 900321", "0044 7700 900321",
        "7700900321", "900321", "(01633) 555-000",
    ],
)  # fmt: skip
def test_by_a_phone_in_any_spacing(officer, brynmor, typed):
    assert find(typed, officer).people == [brynmor]


@pytest.mark.parametrize("typed", ["np209zz", "NP20 9ZZ", "2600012345", "26000123", "26 0001 2345"])
def test_by_a_postcode_or_the_start_of_an_occurrence_number(officer, brynmor, typed):
    assert find(typed, officer).people == [brynmor]


def test_by_any_of_our_references(officer, brynmor):
    for reference in (brynmor.reference, brynmor.case.reference.lower(), brynmor.person.reference):
        assert find(reference, officer).people == [brynmor]
        assert find(reference.replace("-", ""), officer).people == [brynmor]


@pytest.mark.parametrize(
    "typed",
    [
        "O'Brien 3/5/1992", "O'Brien 03.05.92", "1992-05-03 dafydd", "daf obrien 3 May 1992", "3/5/1992",
        "O'Brien, 3 Mai 1992",
    ],
)  # fmt: skip
def test_by_a_date_of_birth_and_a_name(officer, brynmor, typed):
    assert find(typed, officer).people == [brynmor]


@pytest.mark.parametrize(
    "typed",
    [
        "%", "___", "Brien", "07700900322", "NP20 9ZY", "O'Brien Tomos", "2600012346", "260001", "_600012345",
        "O'Brien 4/5/1992", "Tomos 3/5/1992", "O'Brien 31/2/1992",
    ],
)  # fmt: skip
def test_nobody_by_what_they_are_not(officer, brynmor, typed):
    assert find(typed, officer).everybody == []


@pytest.mark.parametrize(
    ("typed", "born"),
    [
        ("Evans 3/5/1992", date(1992, 5, 3)),
        ("Evans 3/5/26", date(2026, 5, 3)),
        ("Evans 3/5/27", date(1927, 5, 3)),
        ("3rd May 1992 Evans", date(1992, 5, 3)),
        ("Evans 3 Tachwedd 1992", date(1992, 11, 3)),
        ("Evans 31/2/1992", None),
        ("01633 555-000", None),
    ],
)
def test_a_date_is_read_out_of_what_was_typed(typed, born):
    assert without_a_date(typed)[1] == born


# --- Names like it ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Sian", "Siân Prosser"),
        ("Shan", "Siân Prosser"),
        ("Llewelyn", "Rhys Llywelyn"),
        ("Llewellyn", "Rhys Llywelyn"),
        ("rhys llewelyn", "Rhys Llywelyn"),
        ("Llewelyn, Rees", "Rhys Llywelyn"),
        ("Griffith", "Emma Griffiths"),
        ("Emma Grifith", "Emma Griffiths"),
        ("Ema Griffiths", "Emma Griffiths"),
        ("مُحمد عبد", "محمد عبد الله"),
        ("عبد الله", "محمد عبد الله"),
    ],
)
def test_a_name_spelled_another_way_is_found(officer, typed, name):
    for given, surname in (("Siân", "Prosser"), ("Rhys", "Llywelyn"), ("Emma", "Griffiths"), ("Tom", "Zuk"),
                           ("محمد", "عبد الله")):  # fmt: skip
        ParticipantFactory(team=officer.team, person__given_names=given, person__surname=surname)
    assert named(find(typed, officer).everybody) == [name]


def test_those_named_so_come_before_those_named_like_it(officer):
    for surname in ("Llewelyn", "Llywelyn", "Llewelyn", "Llewellyn"):
        ParticipantFactory(team=officer.team, person__given_names="Rhys", person__surname=surname)
    found = find("llewelyn", officer)
    assert named(found.people) == ["Rhys Llewelyn", "Rhys Llewelyn"]
    assert named(found.alike) == ["Rhys Llewellyn", "Rhys Llywelyn"]


# --- Whom nobody is shown --------------------------------------------------------------------------


def test_nobody_whom_the_reader_may_not_see(stranger, brynmor):
    for typed in (
        "O'Brien",
        "Obrian",
        "07700900321",
        "NP20 9ZZ",
        "2600012345",
        "3/5/1992",
        brynmor.reference,
    ):
        assert find(typed, stranger).everybody == []


def test_a_suspect_is_never_found(officer, victim):
    suspect = SuspectFactory(case=victim.case)
    for typed in (
        "Probert",
        "Robert",
        "07700 900999",
        "NP44 1ZZ",
        suspect.reference,
        suspect.person.reference,
    ):
        assert find(typed, officer).everybody == []
    assert not NameWord.objects.filter(word="probert").exists()


def test_restricted_and_excluded_cases_are_not_there(officer, colleague):
    for given in ("Open", "Restricted", "Excluded"):
        ParticipantFactory(team=officer.team, person__given_names=given, person__surname="Zygmunt")
    Case.objects.filter(participants__person__given_names="Restricted").update(is_restricted=True)
    case = Case.objects.get(participants__person__given_names="Excluded")
    Exclusion.objects.create(case=case, user=officer, reason="A relative", declared_by=colleague)
    assert named(find("zygmunt", officer).everybody) == ["Open Zygmunt"]


def test_those_left_out_do_not_hide_those_who_may_be_seen(officer):
    """However many of the newest are restricted."""
    seen = ParticipantFactory(team=officer.team, person__surname="Zygmunt")
    case = CaseFactory(is_restricted=True)
    people = Person.objects.bulk_create(
        Person(given_names=f"Hidden{n}", surname="Zygmunt") for n in range(220)
    )
    Participant.objects.bulk_create(
        Participant(case=case, person=person, role="VICTIM", team=officer.team) for person in people
    )
    assert find("zygmunt", officer).people == [seen]


READERS = {
    "their team": lambda part, user: Participant.objects.filter(pk=part.pk).update(team=user.team),
    "their own": lambda part, user: Participant.objects.filter(pk=part.pk).update(officer=user),
    "covered": lambda part, user: LeaveFactory(user=part.officer, covered_by=user),
    "witness care team": lambda part, user: Case.objects.filter(pk=part.case_id).update(
        witness_care_team=user.team
    ),
    "witness care officer": lambda part, user: Case.objects.filter(pk=part.case_id).update(
        witness_care_officer=user
    ),
    "agreed to be asked": lambda part, user: Participant.objects.filter(pk=part.pk).update(
        agreed_to_be_asked=True
    ),
}
ROLE_OF = {
    "witness care team": Role.WITNESS_CARE_OFFICER,
    "witness care officer": Role.MEASURES_ADVISOR,
    "agreed to be asked": Role.ENGAGEMENT_COORDINATOR,
}


@pytest.mark.parametrize("why", READERS)
@pytest.mark.parametrize("typed", ["Zygmunt", "Zigmunt", "siân zygmunt", "Zygmunt 1/5/1992"])
def test_every_reason_to_see_somebody_finds_them_by_name(why, typed):
    """A reason that `may_see` knows and the search does not would hide people."""
    user = UserFactory(
        roles=[ROLE_OF.get(why, Role.VICTIM_CARE_OFFICER)],
        team=TeamFactory(name="Theirs", kind=Team.Kind.WITNESS_CARE),
    )
    part = ParticipantFactory(
        person__surname="Zygmunt", team=TeamFactory(name="Elsewhere"), officer=UserFactory(team=None)
    )
    assert find(typed, user).everybody == []
    READERS[why](part, user)
    assert find(typed, user).everybody == [part]


# --- Names are kept by the database itself ---------------------------------------------------------


def test_a_change_of_name_is_found_at_once(officer, brynmor):
    Person.objects.filter(pk=brynmor.person_id).update(surname="Beynon", preferred_name="")
    assert find("beynon", officer).people == [brynmor]
    assert find("benyon", officer).alike == [brynmor]
    assert find("obrien", officer).everybody == []


def test_another_person_another_role_and_no_part_at_all(officer, brynmor):
    other = PersonFactory(surname="Beynon")
    brynmor.person = other
    brynmor.save()
    assert find("beynon", officer).people == [brynmor]
    Participant.objects.filter(pk=brynmor.pk).update(role="SUSPECT", officer=None)
    assert not NameInCase.objects.filter(participant=brynmor.pk).exists()
    brynmor.delete()
    assert find("beynon", officer).everybody == []


def test_rows_that_come_by_sql_are_found_like_any_other(officer):
    with connection.cursor() as cursor:
        for sql in MANY:
            cursor.execute(sql, [officer.team_id] if "%s" in sql else None)
    assert named(find("familyeb", officer).people) == ["Giveneb Familyeb"]
    assert "Givenec Familyec" in named(find("givenec famlyec", officer).alike)
    assert NameWord.objects.filter(is_surname=True).count() == 50


MANY = (
    """INSERT INTO cases_person (reference, source_system, source_id, title, given_names, surname,
    preferred_name, pronouns, sex, ethnicity, language, interpreter_language, disability,
    address_line_1, address_line_2, town, postcode, phone_mobile, phone_home, email, confirmed_fields,
    version) SELECT 'PE-T' || n, '', '', '', 'Given' || w, 'Family' || w, '', '', '', '', '',
    '', '', '', '', '', '', '', '', '', '{}', 1 FROM generate_series(1, 50) n,
    translate(n::text, '0123456789', 'abcdefghij') w""",
    """INSERT INTO cases_case (reference, source_system, occurrence_no, urn, offence_code, offence_title,
    cjs_code, flags, location, ward, local_authority, policing_area, oic_collar, oic_name, oic_email,
    oic_team, is_restricted, opened_at, version) SELECT 'VC-T' || n, '', 'O' || n, '', '', '', '', '{}',
    '', '', '', '', '', '', '', '', false, now(), 1 FROM generate_series(1, 50) n""",
    """INSERT INTO cases_participant (reference, case_id, person_id, role, team_id,
    relationship_to_suspect, risk_tool, risk_level, consent_to_refer, vps_offered, organisation_name,
    agreed_to_be_asked, closure_reason, version) SELECT 'P-T' || n, c.id, p.id, 'VICTIM', %s, '', '',
    '', '', '', '', false, '', 1 FROM generate_series(1, 50) n JOIN cases_case c ON c.reference =
    'VC-T' || n JOIN cases_person p ON p.reference = 'PE-T' || n""",
)


def test_a_search_asks_two_questions_however_many_are_found(officer):
    for n in (3, 60):
        ParticipantFactory.create_batch(n, team=officer.team)
        with CaptureQueriesContext(connection) as queries:
            found = find("evans", officer)
        assert len(queries) == 2
    assert len(found.people) == 50
    assert found.is_full


def test_the_functions_that_keep_names_never_read_a_table_whole(db):
    """A plan that was made while the tables were empty is kept, and would read them whole ever after."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.proname FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_class c ON c.oid = t.tgrelid"
            " WHERE p.prosrc LIKE '%cases_name%' AND NOT coalesce(p.proconfig @> '{enable_seqscan=off}', false)"
        )
        assert cursor.fetchall() == []
