"""How alike two records are: by table, and by what must hold of any two."""

from dataclasses import replace
from datetime import date

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from victimcare.cases.matching import ENOUGH, NICKNAMES, Record, compare, in_words, is_one_off, transposed

SIAN = Record(
    given="sian", surname="evans", given_sound="sn", surname_sound="efns", born_on=date(1992, 5, 1),
    postcode="NP204AB", phones=frozenset({"07700900123"}), email="sian@example.org", source_system="RMS",
    source_key="P12",
)  # fmt: skip


def another(**facts) -> Record:
    """Siân Evans of whom nothing but her name is known, with these facts."""
    names = {"given": "sian", "surname": "evans", "given_sound": "sn", "surname_sound": "efns"}
    return Record(**names | facts)


LLYWELYN = {"surname": "llewellyn", "surname_sound": "ln"}
TABLE = [
    # What the other record says, whether it is shown to somebody, whether by a key, and one of its reasons.
    ({"born_on": date(1992, 5, 1), "postcode": "NP204AB"}, True, True, "same_birth"),
    ({"born_on": date(1992, 5, 1)}, True, False, "same_name"),
    ({"born_on": date(1992, 1, 5)}, True, False, "birth_transposed"),
    ({"born_on": date(1929, 5, 1)}, True, False, "birth_transposed"),
    ({"phones": frozenset({"07700900123"})}, True, True, "same_phone"),
    ({"email": "sian@example.org"}, True, True, "same_email"),
    ({"source_system": "NICHE", "source_key": "P12"}, True, True, "same_number"),
    ({"source_system": "RMS", "source_key": "P12"}, False, False, ""),
    ({"postcode": "NP204AB"}, False, False, ""),
    ({}, False, False, ""),
    ({"born_on": date(1960, 3, 9), "postcode": "NP204AB", "phones": SIAN.phones}, False, False, ""),
    # A mother and her daughter share all but the given name.
    ({"given": "mair", "given_sound": "mr", "phones": SIAN.phones, "postcode": "NP204AB", "email": SIAN.email},
     False, False, ""),
    # She married: another surname, the same person.
    ({"surname": "pugh", "surname_sound": "pg", "born_on": date(1992, 5, 1), "postcode": "NP204AB"}, True, False,
     "same_given_name"),
    ({"given": "evans", "surname": "sian", "given_sound": "efns", "surname_sound": "sn",
      "born_on": date(1992, 5, 1)}, True, False, "names_swapped"),
    ({"given": "jane", "given_sound": "cn", "born_on": date(1992, 5, 1)}, True, False, "short_for"),
    ({"given": "mary sian", "given_sound": "mr", "born_on": date(1992, 5, 1)}, True, False, "same_name"),
    ({"surname": "evnas", "surname_sound": "efns", "born_on": date(1992, 5, 1)}, True, False,
     "surname_spelt_otherwise"),
    ({"surname": "probert", "surname_sound": "prbrt", "given": "gareth", "given_sound": "crt",
      "phones": SIAN.phones}, False, False, ""),
]  # fmt: skip


@pytest.mark.parametrize(("facts", "is_shown", "is_key", "reason"), TABLE)
def test_what_another_record_has_to_say(facts, is_shown, is_key, reason):
    match = compare(SIAN, another(**facts))
    assert (match.is_enough, match.is_key) == (is_shown, is_key)
    assert not reason or reason in match.reasons


SHARED = {"phones": SIAN.phones, "postcode": "NP204AB", "email": SIAN.email}


@pytest.mark.parametrize(
    ("facts", "against"),
    [
        (SHARED | {"born_on": date(2013, 5, 1)}, ("other_birth",)),
        (SHARED | {"born_on": date(2012, 5, 1)}, ("other_birth",)),  # ten or twenty years: a generation
        (SHARED | {"born_on": date(1992, 5, 1), "sex": "M"}, ("other_sex",)),
        (SHARED | {"born_on": date(2013, 9, 9), "sex": "M"}, ("other_birth", "other_sex")),
    ],
)
def test_a_mother_and_her_namesake_child_are_never_very_likely(facts, against):
    match = compare(replace(SIAN, sex="F"), another(**facts))
    assert (match.against, match.is_key) == (against, False)
    assert match.score <= ENOUGH


@pytest.mark.parametrize("sex", ["", "X", "F"])
def test_a_sex_that_nobody_said_and_a_mistyped_year_speak_against_nothing(sex):
    match = compare(replace(SIAN, sex="F"), another(**SHARED, born_on=date(1993, 5, 1), sex=sex))
    assert (match.against, match.is_key) == ((), True)
    assert "birth_one_figure" in match.reasons


records = st.builds(
    Record,
    given=st.sampled_from(["", "sian", "mair", "dafydd", "david", "non"]),
    surname=st.sampled_from(["", "evans", "evnas", "llywelyn", "llewellyn", "obrien"]),
    surname_sound=st.sampled_from(["", "efns", "ln"]),
    born_on=st.none() | st.dates(date(1920, 1, 1), date(2020, 1, 1)),
    postcode=st.sampled_from(["", "NP204AB"]),
    phones=st.frozensets(st.sampled_from(["07700900123", "01633900123"])),
    email=st.sampled_from(["", "x@example.org"]),
)


@given(records, records)
def test_it_is_the_same_both_ways_round_and_never_more_than_a_hundred(one, other):
    assert compare(one, other).score == compare(other, one).score <= 100


@given(records)
def test_what_is_found_has_reasons_that_people_can_read(record):
    match = compare(SIAN, record)
    assert bool(match.reasons) == bool(match.score)
    assert in_words(match.reasons) != list(match.reasons) or not match.reasons
    assert not match.is_key or match.score >= ENOUGH


@given(st.dates(date(1920, 1, 1), date(2026, 1, 1)))
def test_turning_the_figures_of_a_date_gives_other_dates(day):
    assert day not in transposed(day)


def test_one_letter_off():
    assert is_one_off("evans", "evnas") and is_one_off("evans", "evan") and is_one_off("evans", "avans")
    assert (
        not is_one_off("evans", "bevans1")
        and not is_one_off("non", "nan")
        and not is_one_off("evans", "vanse")
    )


def test_no_nickname_has_an_accent_or_stands_alone():
    assert all(
        len(names) > 1 and all(name.isascii() and name.islower() for name in names) for names in NICKNAMES
    )


ALIKE = [
    ("Llywelyn", "Llewellyn"), ("Llywelyn", "Llewelyn"), ("Siân", "Sian"), ("Dafydd", "David"), ("Rhys", "Rees"),
    ("O'Brien", "OBrien"), ("Hywel", "Howell"), ("Tomos", "Thomas"), ("Catrin", "Kathryn"), ("Phillips", "Philips"),
    ("Gwyn", "Gwynn"), ("Ieuan", "Ioan"), ("Ffion", "Fion"),
]  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_names_that_sound_the_same_in_wales(one, other):
    with connection.cursor() as cursor:
        cursor.execute("SELECT sounds_like(%s) = sounds_like(%s)", [one, other])
        assert cursor.fetchone() == (True,)


@pytest.mark.django_db
@pytest.mark.parametrize(("one", "other"), [("Evans", "Bevan"), ("Jones", "Jenkins"), ("Pugh", "Parry")])
def test_names_that_do_not(one, other):
    with connection.cursor() as cursor:
        cursor.execute("SELECT sounds_like(%s) = sounds_like(%s)", [one, other])
        assert cursor.fetchone() == (False,)
