"""One row: read, or told what is wrong with it and where."""

from datetime import UTC, date, datetime

import pytest

from referrals.rows import clean_event, clean_referral
from victimcare.intake.extract import RawRow

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
GOOD = {
    "source_system": "RMS", "occurrence_no": "2600000001", "person_id": "P1", "role": "VICTIM",
    "surname": "Evans",
    "recorded_at": "2026-07-01T09:30", "offence_code": "8N",
}  # fmt: skip


def cleaned(**cells):
    return clean_referral(RawRow(2, GOOD | cells), now=NOW)


def test_a_summer_time_is_kept_in_utc():
    row, problems = cleaned()
    assert problems == []
    assert row["recorded_at"].at == datetime(2026, 7, 1, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize("cell", ["1992-05-01", "01/05/1992", "1/5/1992", " 01/05/1992 "])
def test_dates_in_both_ways(cell):
    assert cleaned(date_of_birth=cell)[0]["date_of_birth"] == date(1992, 5, 1)


@pytest.mark.parametrize("cell", ["NULL", "N/A", "not known", " ", "-"])
def test_not_known_is_empty(cell):
    row, problems = cleaned(phone_mobile=cell, date_of_birth=cell, postcode=cell)
    assert (row["phone_mobile"], row["date_of_birth"], row["postcode"], problems) == ("", None, "", [])


def test_spaces_and_composed_letters():
    row, _problems = cleaned(surname="  Llŷr   Jones ", postcode="np204ab", given_names="Sia\u0302n")
    assert (row["surname"], row["postcode"], row["given_names"]) == ("Llŷr Jones", "NP20 4AB", "Si\u00e2n")


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("date_of_birth", "1990-02-31"), ("date_of_birth", "29/02/2027"), ("date_of_birth", "02/03/26"),
        ("date_of_birth", "44927"), ("date_of_birth", "2031-01-01"), ("date_of_birth", "0202-01-01"),
        ("recorded_at", "2099-01-01T00:00"), ("recorded_at", "yesterday"), ("occurrence_no", ""),
        ("surname", ""),
        ("surname", "Ev\u202eans"), ("surname", "Ev\u200bans"), ("surname", "Ev\x00ans"), ("surname",
        "SiÃ¢n"),
        ("surname", "x" * 101), ("postcode", "NP"), ("postcode", "SA1"), ("offence_code", "ZZZ"),
        ("offence_code", "77K"),
        ("role", "BYSTANDER"), ("person_id", ""), ("phone_mobile", "ring my mam"), ("email",
        "not an address"),
        ("sex", "banana"), ("flags", "A-FLAG-THAT-IS-TOO-LONG"), ("safe_to_call", "perhaps"), ("restricted",
        "maybe"),
    ],
)  # fmt: skip
def test_what_is_wrong_names_its_column(column, cell):
    _row, problems = cleaned(**{column: cell})
    assert [problem.column for problem in problems] == [column]
    assert problems[0].reason.endswith(".")


@pytest.mark.parametrize(
    "name",
    [
        "Ŵyn",
        "O'Brien",
        "O’Connor",
        "Ó'Súilleabháin",
        "van der Berg",
        "Łukasz",
        "王",
        "Ng",
        "St.John",
        "محمد",
        "ਸਿੰਘ",
    ],
)
def test_names_are_kept_as_they_are(name):
    row, problems = cleaned(surname=name)
    assert (row["surname"], problems) == (name, [])


def test_a_business_without_a_person_is_no_fault_of_the_row():
    row, problems = cleaned(surname="", person_id="", organisation_name="Castell Stores Ltd")
    assert (row["person_id"], problems) == ("ORG-2600000001", [])


def test_an_offence_we_do_not_list_is_taken_with_its_title():
    assert cleaned(offence_code="77K", offence_title="Something new")[1] == []


def test_contradictions():
    assert cleaned(offence_from="2026-06-02", offence_to="2026-06-01")[1][0].column == "offence_to"
    assert cleaned(date_of_birth="1990-01-01", date_of_death="1980-01-01")[1][0].column == "date_of_death"
    assert cleaned(role="REPRESENTATIVE")[1][0].column == "acts_for_person_id"


def test_the_same_row_has_the_same_digest_whatever_its_spaces():
    assert cleaned(surname=" Evans ")[0]["digest"] == cleaned()[0]["digest"]
    assert cleaned(surname="Rees")[0]["digest"] != cleaned()[0]["digest"]


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("kind", "SUSPECT_ABSCONDED"),
        ("occurred_at", "31/02/2026"),
        ("event_id", ""),
        ("learned_at", "2026-11-01T08:00"),
    ],
)
def test_an_event_that_cannot_be_read_says_where(column, cell):
    cells = {
        "source_system": "RMS",
        "event_id": "E1",
        "occurrence_no": "26",
        "kind": "SUSPECT_ARRESTED",
        "occurred_at": "2026-11-02T09:00",
    }
    _row, problems = clean_event(RawRow(2, cells | {column: cell}), now=NOW)
    assert [problem.column for problem in problems] == [column]
