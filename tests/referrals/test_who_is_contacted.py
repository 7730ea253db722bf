"""From the extract to the call: organisations, those who act for somebody, the dead, and people held twice."""

from datetime import date

import pytest
from django.urls import reverse

from referrals.models import Referral
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


def phone_of(occurrence: str):
    part = Participant.objects.select_related("case", "person")
    return verdicts(part.get(role="VICTIM", case__occurrence_no=occurrence))[Channel.PHONE]


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


def test_whoever_died_is_never_contacted_and_the_family_is(as_supervisor):
    dead = SIAN | {"date_of_death": "2026-11-19", "flags": "HOMICIDE"}
    batch = receive(MOTHER, dead, dead | {"occurrence_no": "2600000009"})
    assert (batch.received, batch.accepted, batch.suppressed) == (3, 3, 0)
    assert phone_of("2600000001").rule == "died"
    for referral in Referral.objects.all():
        assert (referral.status, referral.priority, referral.channel) == ("received", 1, "")
    board = as_supervisor.get(reverse("referrals:allocate"))
    notes = {row.participant.case.occurrence_no: row.notes for row in board.context["board"].rows}
    assert "Contact Carys Evans, who acts for the family" in notes["2600000001"]
    assert "decides who is contacted" in notes["2600000009"]
    assert "Contact Carys Evans" in as_supervisor.get(reverse("referrals:triage-list")).text


def test_a_victim_with_the_suspects_name_and_phone_is_not_rung(as_supervisor):
    receive(SIAN | {"suspect_name": "Siân Evans", "suspect_phone": SIAN["phone_mobile"]})
    assert Referral.objects.get().channel == "phone"  # all that one row says
    board = as_supervisor.get(reverse("referrals:allocate")).context["board"].rows[0]
    assert "may be the suspect" in board.reasons and "No safe way to reach them" in board.notes
    part = Participant.objects.get(role="VICTIM")
    page = as_supervisor.get(reverse("referrals:triage", args=[part.case.reference, part.reference])).text
    assert "may be the suspect" in page and "None is known to be safe" in page


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
