"""From the extract to the call: organisations, those who act for somebody, the dead, and people held twice."""

from datetime import date

import pytest

from tests.referrals.test_receive import SIAN, receive
from victimcare.cases.models import Likeness, Participant
from victimcare.cases.repeats import crimes_before
from victimcare.cases.safe_contact import Channel, verdicts
from victimcare.cases.tasks import compare_new_people

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday", "unit")]

MOTHER = SIAN | {
    "person_id": "R1", "role": "REPRESENTATIVE", "acts_for_person_id": "P1", "given_names": "Carys",
    "date_of_birth": "1970-01-01", "phone_mobile": "07700 900555", "email": "", "address_line_1": "9 Church Lane",
    "postcode": "NP44 9ZZ", "safe_to_call": "",
}  # fmt: skip


def phone(number: str):
    part = (
        Participant.objects.select_related("case", "person")
        .exclude(role="SUSPECT")
        .get(person__source_id=number)
    )
    return verdicts(part)[Channel.PHONE]


def test_the_named_contact_of_a_business_is_the_victims_contact():
    receive(SIAN | {"organisation_name": "Castell Stores Ltd", "flags": ""})
    part = Participant.objects.get(role="VICTIM")
    assert (part.person.name, part.organisation_name) == ("Siân Evans", "Castell Stores Ltd")
    assert part.referral.status == "received"
    assert phone("P1").allowed


def test_a_business_without_one_is_suppressed_and_says_so():
    nameless = {
        "person_id": "O1",
        "given_names": "",
        "surname": "",
        "organisation_name": "Castell Stores Ltd",
    }
    receive(SIAN | nameless)
    referral = Participant.objects.get(role="VICTIM").referral
    assert (referral.status, referral.suppressed_because) == ("suppressed", "nameless_business")


def test_a_childs_mother_is_contacted_instead():
    receive(MOTHER, SIAN | {"date_of_birth": "2014-03-01"})
    assert phone("P1").rule == "child"
    assert phone("R1").allowed


def test_but_not_when_she_is_the_suspect_or_shares_his_phone():
    child = SIAN | {"date_of_birth": "2014-03-01"}
    receive(MOTHER, child | {"suspect_ref": "R1"})
    assert (phone("R1").rule, phone("P1").rule) == ("suspect", "nobody_acts")
    receive(MOTHER | {"occurrence_no": "2600000009", "person_id": "R2", "acts_for_person_id": "P9"},
            child | {"occurrence_no": "2600000009", "person_id": "P9", "suspect_ref": "S9",
                     "suspect_phone": "07700900555"})  # fmt: skip
    assert (phone("R2").rule, phone("P9").rule) == ("tied_to_suspect", "nobody_acts")


def test_whoever_died_is_never_contacted_and_the_family_is():
    receive(MOTHER, SIAN | {"date_of_death": "2026-11-19"})
    assert phone("P1").rule == "died"
    assert "Carys" in str(phone("P1").reasons[0].sentence)


def test_no_to_sharing_stops_no_referral_and_no_call():
    receive(SIAN | {"consent_to_refer": "N"})
    assert Participant.objects.get(role="VICTIM").referral.status == "received"
    assert phone("P1").allowed


def test_somebody_sent_under_two_numbers_is_asked_about_and_counts_once_linked():
    receive(SIAN, SIAN | {"person_id": "P77", "occurrence_no": "2600000077", "given_names": "Sian"})
    assert compare_new_people() > 0
    pair = Likeness.objects.get()
    assert {pair.one.source_id, pair.other.source_id} == {"P1", "P77"}
    assert len(crimes_before([pair.one_id], date(2026, 11, 23))[pair.one_id]) == 1
